"""The querysets of articles, engagements and actions that need somebody's attention.

Each reads only open drafts or engagements near in time, never the whole archive.
"""

import datetime as dt
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value

from articles.models import AuditEntry, Edition, ReviewRequest
from engagements.models import Action, Engagement
from engagements.models.outcomes import ActionQuerySet

AHEAD = dt.timedelta(days=30)
BACK = dt.timedelta(days=60)
MOST_VISITS = 1_000  # nearest engagements before today, and as many after


def _of(person: Any) -> Q:
    """Return the condition that a person wrote an edition or created its article."""
    return Q(author=person.pk) | Q(article__created_by=person.pk)


def _open(state: str) -> QuerySet[Edition]:
    return Edition.objects.worked_on().filter(state=state).order_by("-created_at", "-pk")


def _drafts_of(person: Any) -> Any:
    """Return a person's drafts with the kind of the latest audit entry (`last_transition`)."""
    entries = AuditEntry.objects.filter(article=OuterRef("article")).order_by("-pk")
    mine = _open(Edition.State.DRAFT).filter(_of(person))
    return mine.annotate(last_transition=Subquery(entries.values("kind")[:1]))


def drafts_of(person: Any) -> QuerySet[Edition]:
    """Return a person's drafts without those that were returned."""
    not_returned = ~Q(last_transition=AuditEntry.Kind.RETURNED) | Q(last_transition=None)
    return _drafts_of(person).filter(not_returned)


def returned_to(person: Any) -> QuerySet[Edition]:
    """Return a person's drafts that were returned and not submitted again."""
    return _drafts_of(person).filter(last_transition=AuditEntry.Kind.RETURNED)


def waiting_for(person: Any) -> QuerySet[Edition]:
    """Return the editions in review that a person may approve.

    First those for which they were asked (`is_asked`), then the longest waiting. Editions of which
    they are the only author since the last approval are left out, as by `checks.is_sole_author`.
    """
    if not person.has_perm("articles.publish_article"):
        return Edition.objects.none().annotate(is_asked=Value(value=False))
    written = Edition.objects.since_approval(OuterRef("article"), OuterRef("number"))
    by_others = written.filter(~Q(author=person.pk) | Q(author=None))
    waiting = _open(Edition.State.IN_REVIEW).filter(article__withdrawn_at=None)
    asked = ReviewRequest.objects.filter(article=OuterRef("article"), person=person.pk)
    waiting = waiting.filter(Exists(by_others)).annotate(is_asked=Exists(asked))
    return waiting.order_by("-is_asked", "created_at", "pk")


def asked_of(person: Any) -> QuerySet[Edition]:
    """Return the editions in review for which a person was asked."""
    waiting: Any = waiting_for(person)
    return waiting.filter(is_asked=True)


def sent_by(person: Any) -> QuerySet[Edition]:
    """Return a person's own editions that are in review."""
    return _open(Edition.State.IN_REVIEW).filter(_of(person))


def uncovered() -> QuerySet[Engagement]:
    """Return planned, confirmed and past engagements without an article or a draft."""
    counts = Q(is_newest=True) | Q(state=Edition.State.APPROVED)
    editions = Edition.objects.filter(counts, engagement=OuterRef("pk"))
    rounds = Edition.also_covers.through.objects.filter(engagement=OuterRef("pk"))
    standing = (
        Engagement.Status.PLANNED, Engagement.Status.CONFIRMED, Engagement.Status.TOOK_PLACE
    )  # fmt: skip
    visits = Engagement.objects.filter(status__in=standing, withdrawn_at=None)
    return visits.filter(~Exists(editions), ~Exists(rounds))


def _uncovered_near(*order: str, **near: dt.date) -> QuerySet[Engagement]:
    rows = Engagement.objects.filter(**near).order_by(*order)
    return uncovered().filter(pk__in=rows.values("pk")[:MOST_VISITS]).order_by(*order)


def uncovered_soon(today: dt.date) -> QuerySet[Engagement]:
    """Return the uncovered engagements of the next 30 days, the next one first."""
    return _uncovered_near("sort_date", "pk", sort_date__gte=today, sort_date__lte=today + AHEAD)


def uncovered_lately(today: dt.date) -> QuerySet[Engagement]:
    """Return the uncovered engagements of the last 60 days, the latest first."""
    return _uncovered_near("-sort_date", "-pk", sort_date__lt=today, sort_date__gte=today - BACK)


def overdue(today: dt.date) -> ActionQuerySet:
    """Return the overdue actions, the longest overdue first."""
    return Action.objects.overdue(today).order_by("due_date", "pk")
