"""Whose turn it is: the articles and visits that somebody should do something about.

Each is asked of what is open or near in time, and never of the whole archive.
"""

import datetime as dt
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value

from articles.models import AuditEntry, Edition, ReviewRequest
from engagements.models import Action, Engagement
from engagements.models.outcomes import ActionQuerySet

AHEAD = dt.timedelta(days=30)
BACK = dt.timedelta(days=60)
MOST_VISITS = 1_000  # of each half of that time, the nearest ones


def _of(person: Any) -> Q:
    """Return the condition that an edition is of an article that a person began, or theirs."""
    return Q(author=person.pk) | Q(article__created_by=person.pk)


def _open(state: str) -> QuerySet[Edition]:
    return Edition.objects.worked_on().filter(state=state).order_by("-created_at", "-pk")


def _drafts_of(person: Any) -> Any:
    """Annotate a person's drafts with the kind of their latest audit entry (`last_transition`)."""
    entries = AuditEntry.objects.filter(article=OuterRef("article")).order_by("-pk")
    mine = _open(Edition.State.DRAFT).filter(_of(person))
    return mine.annotate(last_transition=Subquery(entries.values("kind")[:1]))


def drafts_of(person: Any) -> QuerySet[Edition]:
    """Return a person's drafts, without those that were returned."""
    not_returned = ~Q(last_transition=AuditEntry.Kind.RETURNED) | Q(last_transition=None)
    return _drafts_of(person).filter(not_returned)


def returned_to(person: Any) -> QuerySet[Edition]:
    """Return what was returned to a person and not submitted again since."""
    return _drafts_of(person).filter(last_transition=AuditEntry.Kind.RETURNED)


def waiting_for(person: Any) -> QuerySet[Edition]:
    """Return what waits for review and may be approved by a person.

    First what they were asked for (`is_asked`), then the longest waiting. That is what somebody
    else had a hand in since the last approval: `workflow.is_sole_author`, asked of all at once.
    """
    if not person.has_perm("articles.publish_article"):
        return Edition.objects.none().annotate(is_asked=Value(value=False))
    approved_since = Edition.objects.filter(
        article=OuterRef("article"),
        state=Edition.State.APPROVED,
        number__gte=OuterRef("number"),
        number__lt=OuterRef(OuterRef("number")),
    )
    by_others = Edition.objects.filter(
        ~Q(author=person.pk) | Q(author=None),
        ~Exists(approved_since),
        article=OuterRef("article"),
        number__lte=OuterRef("number"),
    )
    waiting = _open(Edition.State.IN_REVIEW).filter(article__withdrawn_at=None)
    asked = ReviewRequest.objects.filter(article=OuterRef("article"), person=person.pk)
    waiting = waiting.filter(Exists(by_others)).annotate(is_asked=Exists(asked))
    return waiting.order_by("-is_asked", "created_at", "pk")


def asked_of(person: Any) -> QuerySet[Edition]:
    """Return what waits for review and somebody asked this very person to look at."""
    waiting: Any = waiting_for(person)
    return waiting.filter(is_asked=True)


def sent_by(person: Any) -> QuerySet[Edition]:
    """Return a person's own that wait for another."""
    return _open(Edition.State.IN_REVIEW).filter(_of(person))


def uncovered() -> QuerySet[Engagement]:
    """Return visits that stand, and of which nobody has begun to write."""
    counts = Q(is_newest=True) | Q(state=Edition.State.APPROVED)
    told = Edition.objects.filter(counts, engagement=OuterRef("pk"))
    rounds = Edition.also_covers.through.objects.filter(engagement=OuterRef("pk"))
    standing = (
        Engagement.Status.PLANNED, Engagement.Status.CONFIRMED, Engagement.Status.TOOK_PLACE
    )  # fmt: skip
    visits = Engagement.objects.filter(status__in=standing, withdrawn_at=None)
    return visits.filter(~Exists(told), ~Exists(rounds))


def uncovered_soon(today: dt.date) -> QuerySet[Engagement]:
    """Return those that come up within a month, the next one first."""
    near = Engagement.objects.filter(sort_date__gte=today, sort_date__lte=today + AHEAD)
    near = near.order_by("sort_date", "pk")
    return uncovered().filter(pk__in=near.values("pk")[:MOST_VISITS]).order_by("sort_date", "pk")


def uncovered_lately(today: dt.date) -> QuerySet[Engagement]:
    """Return those of the last two months, the latest first."""
    near = Engagement.objects.filter(sort_date__lt=today, sort_date__gte=today - BACK)
    near = near.order_by("-sort_date", "-pk")
    return uncovered().filter(pk__in=near.values("pk")[:MOST_VISITS]).order_by("-sort_date", "-pk")


def overdue(today: dt.date) -> ActionQuerySet:
    """Return the actions whose time has passed, the longest overdue first."""
    return Action.objects.overdue(today).order_by("due_date", "pk")
