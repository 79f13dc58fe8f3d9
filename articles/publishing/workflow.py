"""The transitions of an article, one function each.

    check → change → audit entry → signal

The check of the form's buttons is `failure_reasons()`: a transition raises all reasons together in
one `ValidationError`, and the form shows them before a button is pressed. `by` is the person who
does it; the admin checks their permission, except for publishing without a second person.
`articles.receivers` connects what follows a transition to the signal `transitioned`.

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
from articles.publishing.authorship import unread_by_others
from articles.publishing.checks import (
    EditionContent,
    Reason,
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

# Sent after each transition, within its transaction, with `entry`, its `AuditEntry`.
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
    """Store `content` (columns of `Edition`) as the article's next edition.

    Earlier editions do not change, nor does the public page. The new edition is a draft, or takes
    the place of one that is in review.
    """
    # The lock gives two editions that are saved at once different numbers.
    Article.objects.select_for_update().get(pk=article.pk)
    last = article.editions.aggregate(last=Max("number"))["last"] or 0
    waiting = article.editions.filter(state=Edition.State.IN_REVIEW)
    state = Edition.State.DRAFT
    if waiting.update(state=Edition.State.DRAFT):
        state = Edition.State.IN_REVIEW
    edition = Edition(article=article, number=last + 1, author=author, state=state, **content)
    # `save()` sets `is_newest` and clears that of the predecessor.
    edition.full_clean(exclude=["author", "is_newest"])
    edition.save()
    edition.topics.set(list(topics))
    edition.also_covers.set(also_covers)
    return edition


# Notes are not restored: they explain why that edition was saved.
RESTORED = [
    "headline", "standfirst", "body", "byline", "picture", "picture_alt", "picture_is_decorative",
    "picture_caption", "engagement", "is_major",
]  # fmt: skip


def restore(edition: Edition, *, by: Any) -> Edition:
    """Save and return a new draft with the content of an earlier edition."""
    return save_edition(
        edition.article,
        author=by,
        topics=edition.topics.all(),
        also_covers=edition.also_covers.all(),
        note=_("Restored from edition %d.") % edition.number,
        **{name: getattr(edition, name) for name in RESTORED},
    )


def refuse(reasons: Iterable[Reason]) -> None:
    """Raise `ValidationError` with the sentences of the reasons, if there are any."""
    sentences = [reason.text for reason in reasons]
    if sentences:
        raise ValidationError(sentences)


def locked(edition: Edition) -> Edition:
    """Lock the edition's article until the end of the transaction; return the edition reloaded."""
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
    """Submit a draft for review and ask `reviewers`; others may review it as well."""
    edition = locked(edition)
    refuse(failure_reasons(Transition.SUBMIT, EditionContent.of(edition), by=by))
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
    """Return an edition in review to its writer, with a reason."""
    edition = locked(edition)
    refuse(failure_reasons(Transition.RETURN, EditionContent.of(edition), by=by, reason=reason))
    edition.state = Edition.State.DRAFT
    edition.save(update_fields=["state"])
    kind, reason = AuditEntry.Kind.RETURNED, reason.strip()
    record(edition.article, kind, edition=edition, by=by, reason=reason)


@transaction.atomic
def recall(edition: Edition, *, by: Any) -> None:
    """Take an edition in review back to a draft."""
    edition = locked(edition)
    refuse(failure_reasons(Transition.RECALL, EditionContent.of(edition), by=by))
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

    Its predecessor is public until then; an edition scheduled for later never comes out.
    `backdated` allows a moment in the past, for an import. `forced_reason` lets a desk head
    publish without a second person; the edition stays flagged until `confirm`. So does one most of
    whose text nobody else has read. `with_visits`
    publishes its draft engagements at the same moment; without it they are reasons to refuse.
    Raises `ValidationError` with every reason.
    """
    edition = locked(edition)
    visits = _locked_visits(edition)
    content = EditionContent.of(edition, publishes_visits=with_visits)
    refuse(
        failure_reasons(
            Transition.PUBLISH if forced_reason is None else Transition.FORCE,
            content,
            by=by,
            at=at,
            reason=forced_reason or "",
            backdated=backdated,
        )
    )
    public_from = at or timezone.now()
    if is_sole_author(edition.article_id, edition.number, by=by):
        flag = (forced_reason or "").strip()
    else:
        flag = unread_by_others(content, by=by)
    _supersede(edition.article, public_from)
    edition.state = Edition.State.APPROVED
    edition.approved_by = by
    edition.public_from = public_from
    edition.forced_reason = flag
    edition.save(update_fields=["state", "approved_by", "public_from", "forced_reason"])
    for visit in visits if with_visits else ():
        if visit.is_draft:
            comment = _("Public from %(at)s, with the article “%(article)s”.")
            comment %= {"at": spelled_out(public_from), "article": edition}
            make_public(visit, at=public_from, by=by, comment=comment)
    kind = AuditEntry.Kind.FORCED if flag else AuditEntry.Kind.APPROVED
    record(edition.article, kind, edition=edition, by=by, reason=edition.forced_reason)


def _locked_visits(edition: Edition) -> list[Engagement]:
    """Lock and return the edition's engagements, in order of pk so that no two deadlock."""
    pks = [visit.pk for visit in EditionContent.of(edition).visits]
    return list(Engagement.objects.select_for_update().filter(pk__in=pks).order_by("pk"))


def _supersede(article: Article, at: dt.datetime) -> None:
    """End the public edition at a moment; editions scheduled for later never come out.

    `update()` sends no signals, but saving the successor refreshes the whole article.
    """
    approved = article.editions.filter(state=Edition.State.APPROVED)
    approved.filter(public_from__gt=at).update(public_until=F("public_from"))
    approved.filter(public_from__lte=at).filter(
        Q(public_until__isnull=True) | Q(public_until__gt=at)
    ).update(public_until=at)


@transaction.atomic
def confirm(edition: Edition, *, by: Any) -> None:
    """Approve an edition that was published without a second person."""
    edition = locked(edition)
    refuse(confirm_failure_reasons(edition, by=by))
    edition.confirmed_by = by
    edition.save(update_fields=["confirmed_by"])
    record(edition.article, AuditEntry.Kind.CONFIRMED, edition=edition, by=by)


@transaction.atomic
@batched_refresh()
def unschedule(edition: Edition | None, *, by: Any = None) -> None:
    """Make a scheduled edition a draft again; its predecessor stays public.

    `None`: the article has no scheduled edition any more.
    """
    if edition is None:
        raise ValidationError(_("Nothing is scheduled: it may have been published by now."))
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
    """Withdraw a public article; its address then answers 410 with the date and `reason`."""
    article = Article.objects.select_for_update().get(pk=article.pk)
    reasons = []
    if not Article.objects.public().filter(pk=article.pk).exists():
        reasons.append(Reason("", _("Only a public article can be withdrawn.")))
    missing = _("Say why it is withdrawn: readers will see the reason.")
    refuse(reasons + check_reason(reason, missing))
    article.withdrawn_at = at or timezone.now()
    article.withdrawn_reason = reason.strip()
    article.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    # For good: reinstating the article does not restore its links.
    PreviewLink.objects.filter(edition__article=article).revoke(by=by)
    kind, at = AuditEntry.Kind.WITHDRAWN, article.withdrawn_at
    record(article, kind, by=by, reason=article.withdrawn_reason, at=at)


@transaction.atomic
@batched_refresh()
def reinstate(article: Article, *, by: Any = None) -> None:
    """Make a withdrawn article public again, if its engagements are public."""
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
        for reason in visits_are_public(
            EditionContent.of(edition), max(now, edition.public_from or now)
        )
    )
    article.withdrawn_at, article.withdrawn_reason = None, ""
    article.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    record(article, AuditEntry.Kind.REINSTATED, by=by, at=now)


def dependents_of(engagements: Iterable[Engagement]) -> Any:
    """Return the public and scheduled editions that cover any of the engagements."""
    return Edition.objects.covering(engagements).filter(
        Q(pk__in=Edition.objects.public().values("pk"))
        | Q(pk__in=Edition.objects.scheduled().values("pk"))
    )


def dependent_message(edition: Edition) -> str:
    """Return the sentence that says that an edition's engagement has to be public."""
    return _("Withdraw the article “%s” first: it needs this engagement to be public.") % edition


def hiding_failure_reasons(engagement: Engagement, public_from: dt.datetime | None) -> list[str]:
    """Return why an engagement cannot be hidden until `public_from` (`None`: for good).

    An article cannot be public while one of its engagements is not.
    """
    covering = dependents_of([engagement])
    if public_from is not None:
        covering = covering.filter(public_from__lt=public_from)
    return [dependent_message(edition) for edition in covering.order_by("pk")]
