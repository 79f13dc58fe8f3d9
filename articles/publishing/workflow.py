"""What can happen to an article: each transition as one function that reads from top to bottom.

    check → change → audit entry → signal

`failure_reasons()` is the check. It returns every reason why a transition cannot happen, each a
sentence for the person who asked for it; a transition raises all of them together in one
`ValidationError`, and the form shows them before anybody presses the button. `by` is who does it;
whether their role allows it at all is the admin's question, except for publishing without a second
person. Whoever has to act on a transition listens to `transitioned` (`articles.receivers`).

    draft → in review → approved, now or at a time → withdrawn → reinstated
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max, Q
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.caching.batch import batched_refresh
from articles.models import Article, AuditEntry, Edition, PreviewLink, ReviewRequest
from articles.publishing.checks import (
    Reason,
    Story,
    Transition,
    check_reason,
    confirm_failure_reasons,
    failure_reasons,
    is_sole_author,
    visits_are_public,
)
from engagements.dates import spelled_out
from engagements.models import Engagement, Topic
from engagements.publishing import make_public

# Sent after each transition, within its transaction, with the `entry` of the audit log.
transitioned = Signal()


@transaction.atomic
@batched_refresh()
def save_edition(
    article: Article,
    *,
    author: Any,
    topics: Iterable[Topic] = (),
    also_covers: Iterable[Engagement] = (),
    **content: Any,
) -> Edition:
    """Store `content` (columns of `Edition`) as the article's next edition, a draft.

    Earlier editions stay as they are, so a public page does not change by this. What waits for
    review waits on, with the new edition in its place.
    """
    # The lock gives two people who save at once two numbers.
    Article.objects.select_for_update().get(pk=article.pk)
    last = article.editions.aggregate(last=Max("number"))["last"] or 0
    waiting = article.editions.filter(state=Edition.State.IN_REVIEW)
    state = Edition.State.DRAFT
    if waiting.update(state=Edition.State.DRAFT):
        state = Edition.State.IN_REVIEW
    edition = Edition(article=article, number=last + 1, author=author, state=state, **content)
    # Saving it takes the mark of the newest off the one before.
    edition.full_clean(exclude=["author", "is_newest"])
    edition.save()
    edition.topics.set(list(topics))
    edition.also_covers.set(also_covers)
    return edition


# What a restored edition takes over. Not the notes: they tell why that edition was saved.
RESTORED = [
    "headline", "standfirst", "body", "byline", "picture", "picture_alt", "picture_is_decorative",
    "picture_caption", "engagement", "is_major",
]  # fmt: skip


def restore(edition: Edition, *, by: Any) -> Edition:
    """Return a new draft of the article with all that an earlier edition held."""
    return save_edition(
        edition.article,
        author=by,
        topics=edition.topics.all(),
        also_covers=edition.also_covers.all(),
        note=_("Restored from edition %d.") % edition.number,
        **{name: getattr(edition, name) for name in RESTORED},
    )


def refuse(reasons: Iterable[Reason]) -> None:
    """Raise `ValidationError` with the sentences, if there are any."""
    sentences = [reason.text for reason in reasons]
    if sentences:
        raise ValidationError(sentences)


def locked(edition: Edition) -> Edition:
    """Return the edition as it is now, its article locked until the transaction ends."""
    Article.objects.select_for_update().get(pk=edition.article_id)
    edition.refresh_from_db()
    edition.article.refresh_from_db()
    return edition


def record(article: Article, kind: str, *, edition: Edition | None = None, **columns: Any) -> None:
    """Write the audit entry of a transition and send `transitioned`."""
    entry = AuditEntry.objects.create(article=article, edition=edition, kind=kind, **columns)
    transitioned.send(sender=AuditEntry, entry=entry)


# Review


@transaction.atomic
def submit(edition: Edition, *, by: Any, reviewers: Iterable[Any] = ()) -> None:
    """Submit a draft for review; `reviewers` are asked for theirs, everybody else may as well."""
    edition = locked(edition)
    refuse(failure_reasons(Transition.SUBMIT, Story.of(edition), by=by))
    edition.state = Edition.State.IN_REVIEW
    edition.save(update_fields=["state"])
    article = edition.article
    article.review_requests.all().delete()
    ReviewRequest.objects.bulk_create(
        [ReviewRequest(article=article, person=person, asked_by=by) for person in reviewers]
    )
    record(article, AuditEntry.Kind.SUBMITTED, edition=edition, by=by)


@transaction.atomic
def send_back(edition: Edition, *, by: Any, reason: str) -> None:
    """Return an edition to its writer, who reads the reason."""
    edition = locked(edition)
    refuse(failure_reasons(Transition.RETURN, Story.of(edition), by=by, reason=reason))
    edition.state = Edition.State.DRAFT
    edition.save(update_fields=["state"])
    kind, reason = AuditEntry.Kind.RETURNED, reason.strip()
    record(edition.article, kind, edition=edition, by=by, reason=reason)


@transaction.atomic
def recall(edition: Edition, *, by: Any) -> None:
    """Take an edition back from review, to go on writing."""
    edition = locked(edition)
    refuse(failure_reasons(Transition.RECALL, Story.of(edition), by=by))
    edition.state = Edition.State.DRAFT
    edition.save(update_fields=["state"])
    record(edition.article, AuditEntry.Kind.RECALLED, edition=edition, by=by)


# Approval


@transaction.atomic
@batched_refresh()
def publish(
    edition: Edition,
    *,
    by: Any,
    at: dt.datetime | None = None,
    backdated: bool = False,
    forced_reason: str | None = None,
    with_visits: bool = False,
) -> None:
    """Approve `edition` and make it public from `at` (`None`: now).

    Its predecessor is public until that moment. A scheduled one whose hour lies later never
    comes out. `backdated` lets an import of an archive name a moment in the past.
    `forced_reason` lets a desk head publish what nobody else had a hand in; it stays flagged
    until `confirm`. `with_visits` lets those of its visits that are drafts come out at the same
    moment; otherwise each is a reason why not. Raises `ValidationError` with every reason.
    """
    edition = locked(edition)
    visits = _locked_visits(edition)
    refuse(
        failure_reasons(
            Transition.PUBLISH if forced_reason is None else Transition.FORCE,
            Story.of(edition, brings_visits=with_visits),
            by=by,
            at=at,
            reason=forced_reason or "",
            backdated=backdated,
        )
    )
    public_from = at or timezone.now()
    is_forced = is_sole_author(edition.article_id, edition.number, by=by)
    _supersede(edition.article, public_from)
    edition.state = Edition.State.APPROVED
    edition.approved_by = by
    edition.public_from = public_from
    edition.forced_reason = (forced_reason or "").strip() if is_forced else ""
    edition.save(update_fields=["state", "approved_by", "public_from", "forced_reason"])
    for visit in visits if with_visits else ():
        if visit.is_draft:
            comment = _("Public from %(at)s, with the article “%(article)s”.")
            comment %= {"at": spelled_out(public_from), "article": edition}
            make_public(visit, at=public_from, by=by, comment=comment)
    kind = AuditEntry.Kind.FORCED if is_forced else AuditEntry.Kind.APPROVED
    record(edition.article, kind, edition=edition, by=by, reason=edition.forced_reason)


def _locked_visits(edition: Edition) -> list[Engagement]:
    """Return the edition's visits as they are now; nobody else changes them before the end.

    In one order, so that two who publish at once do not wait for each other.
    """
    pks = [visit.pk for visit in Story.of(edition).visits]
    return list(Engagement.objects.select_for_update().filter(pk__in=pks).order_by("pk"))


def _supersede(article: Article, at: dt.datetime) -> None:
    """End the public edition at a moment; a scheduled one that would come later never comes out.

    With `update()`, which no receiver hears: saving the successor refreshes the whole article.
    """
    approved = article.editions.filter(state=Edition.State.APPROVED)
    approved.filter(public_from__gt=at).update(public_until=F("public_from"))
    approved.filter(public_from__lte=at).filter(
        Q(public_until__isnull=True) | Q(public_until__gt=at)
    ).update(public_until=at)


@transaction.atomic
def confirm(edition: Edition, *, by: Any) -> None:
    """Approve afterwards what was published without a second person."""
    edition = locked(edition)
    refuse(confirm_failure_reasons(edition, by=by))
    edition.confirmed_by = by
    edition.save(update_fields=["confirmed_by"])
    record(edition.article, AuditEntry.Kind.CONFIRMED, edition=edition, by=by)


@transaction.atomic
@batched_refresh()
def unschedule(edition: Edition | None, *, by: Any = None) -> None:
    """Make a scheduled edition a draft again; what is public until then stays public.

    `None` stands for an article of which nothing is scheduled any more.
    """
    if edition is None:
        raise ValidationError(_("Nothing is scheduled: the hour may have come meanwhile."))
    edition = locked(edition)
    if not Edition.objects.scheduled().filter(pk=edition.pk).exists():
        raise ValidationError(_("This edition is not scheduled."))
    boundary, end = edition.public_from, edition.public_until
    edition.state = Edition.State.DRAFT
    edition.approved_by = edition.public_from = edition.public_until = edition.confirmed_by = None
    edition.forced_reason = ""
    decision = ["approved_by", "public_from", "public_until", "confirmed_by", "forced_reason"]
    edition.save(update_fields=["state", *decision])
    edition.article.editions.filter(
        state=Edition.State.APPROVED, public_from__lt=boundary, public_until=boundary
    ).update(public_until=end)
    record(edition.article, AuditEntry.Kind.UNSCHEDULED, edition=edition, by=by)


@transaction.atomic
@batched_refresh()
def withdraw(
    article: Article, *, reason: str, by: Any = None, at: dt.datetime | None = None
) -> None:
    """Take a public article off; its address then answers 410 with the date and `reason`."""
    article = Article.objects.select_for_update().get(pk=article.pk)
    reasons = []
    if not Article.objects.public().filter(pk=article.pk).exists():
        reasons.append(Reason("", _("Only a public article can be withdrawn.")))
    missing = _("Say why it is withdrawn: readers will see the reason.")
    refuse(reasons + check_reason(reason, missing))
    article.withdrawn_at = at or timezone.now()
    article.withdrawn_reason = reason.strip()
    article.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    # For good: bringing it back opens nothing again.
    PreviewLink.objects.filter(edition__article=article).revoke(by=by)
    kind, at = AuditEntry.Kind.WITHDRAWN, article.withdrawn_at
    record(article, kind, by=by, reason=article.withdrawn_reason, at=at)


@transaction.atomic
@batched_refresh()
def reinstate(article: Article, *, by: Any = None) -> None:
    """Make a withdrawn article public again, as it was, if its engagements still are."""
    article = Article.objects.select_for_update().get(pk=article.pk)
    if not article.withdrawn_at:
        raise ValidationError(_("This article is not withdrawn."))
    now = timezone.now()
    standing = article.editions.filter(state=Edition.State.APPROVED).filter(
        Q(public_until__isnull=True) | Q(public_until__gt=now)
    )
    refuse(
        reason
        for edition in standing.exclude(public_until=F("public_from")).select_related("engagement")
        for reason in visits_are_public(Story.of(edition), max(now, edition.public_from or now))
    )
    article.withdrawn_at, article.withdrawn_reason = None, ""
    article.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    record(article, AuditEntry.Kind.REINSTATED, by=by, at=now)


def standing_on(engagements: Iterable[Engagement]) -> Any:
    """Return the editions, public or to be, that cannot stand without any of the engagements."""
    return Edition.objects.covering(engagements).filter(
        Q(pk__in=Edition.objects.public().values("pk"))
        | Q(pk__in=Edition.objects.scheduled().values("pk"))
    )


def needs_it(edition: Edition) -> str:
    return _("The article “%s” needs this engagement to be public. Withdraw it first.") % edition


def reasons_not_to_hide(engagement: Engagement, public_from: dt.datetime | None) -> list[str]:
    """Return why `engagement` cannot become public only from `public_from` (`None`: not at all).

    An article that is public, or will be, cannot stand without its engagement.
    """
    covering = standing_on([engagement])
    if public_from is not None:
        covering = covering.filter(public_from__lt=public_from)
    return [needs_it(edition) for edition in covering.order_by("pk")]
