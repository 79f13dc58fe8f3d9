"""What can happen to an article. Each transition does it or says every reason why not.

A reason is a sentence for the person who pressed the button; all of them come together in one
`ValidationError`. `reasons_not_to_…` returns the same before anyone presses. `by` is who does it;
whether their role allows it at all is the admin's question, but for forcing.

    draft → in review → approved, now or at a time → withdrawn → brought back
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.caching.batch import batched_refresh
from articles.models import Article, AuditEntry, Edition, PreviewLink, ReviewRequest
from articles.notifications import enqueue
from articles.publishing.checks import (
    OF_THE_TEXT,
    Reason,
    Story,
    reasons_in,
    time_is_ahead,
    visits_are_public,
)
from engagements.dates import spelled_out
from engagements.models import Engagement, Topic
from engagements.publishing import make_public

MAX_REASON = 300  # characters, as the columns hold


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


def reasons_for_a_reason(reason: str, missing: str) -> list[Reason]:
    """Return what is wrong with a reason that a person gave; `missing` asks for one."""
    if not reason.strip():
        return [Reason("reason", missing)]
    if len(reason.strip()) > MAX_REASON:
        return [Reason("reason", _("The reason is too long: %d characters at most.") % MAX_REASON)]
    return []


def _locked(edition: Edition) -> Edition:
    """Return the edition as it is now, and keep others from changing it until we are done."""
    Article.objects.select_for_update().get(pk=edition.article_id)
    edition.refresh_from_db()
    edition.article.refresh_from_db()
    return edition


def _record(edition: Edition, kind: str, by: Any, reason: str = "") -> AuditEntry:
    return AuditEntry.objects.create(
        article_id=edition.article_id, edition=edition, kind=kind, by=by, reason=reason.strip()
    )


# Review


def reasons_not_to_submit(edition: Edition) -> list[Reason]:
    """Return every reason why `edition` cannot be sent for review."""
    reasons = []
    if edition.state == Edition.State.APPROVED:
        reasons.append(Reason("", _("This edition has been approved already.")))
    if edition.state == Edition.State.IN_REVIEW:
        reasons.append(Reason("", _("This edition waits for review already.")))
    if edition.article.editions.filter(number__gt=edition.number).exists():
        reasons.append(Reason("", _("There is a newer edition: send that one.")))
    return reasons + reasons_in(Story.of(edition), timezone.now(), OF_THE_TEXT)


@transaction.atomic
def submit(edition: Edition, *, by: Any, reviewers: Iterable[Any] = ()) -> None:
    """Send a draft for review; `reviewers` are asked for theirs, everybody else may as well."""
    edition = _locked(edition)
    refuse(reasons_not_to_submit(edition))
    edition.state = Edition.State.IN_REVIEW
    edition.save(update_fields=["state"])
    _record(edition, AuditEntry.Kind.SUBMITTED, by)
    ReviewRequest.objects.filter(article=edition.article_id).delete()
    ReviewRequest.objects.bulk_create(
        [
            ReviewRequest(article_id=edition.article_id, person=person, asked_by=by)
            for person in reviewers
        ]
    )
    enqueue.review_requested(edition, by=by)


def reasons_not_to_return(edition: Edition) -> list[Reason]:
    """Return why `edition` cannot be returned to its writer, nor taken back from review."""
    if edition.state != Edition.State.IN_REVIEW:
        return [Reason("", _("This edition does not wait for review."))]
    return []


@transaction.atomic
def send_back(edition: Edition, *, by: Any, reason: str) -> None:
    """Return an edition to its writer, who reads the reason."""
    edition = _locked(edition)
    missing = _("Say why you return it: its writer will see the reason.")
    refuse([*reasons_not_to_return(edition), *reasons_for_a_reason(reason, missing)])
    edition.state = Edition.State.DRAFT
    edition.save(update_fields=["state"])
    enqueue.returned(_record(edition, AuditEntry.Kind.RETURNED, by, reason))


@transaction.atomic
def recall(edition: Edition, *, by: Any) -> None:
    """Take an edition back from review, to go on writing."""
    edition = _locked(edition)
    refuse(reasons_not_to_return(edition))
    edition.state = Edition.State.DRAFT
    edition.save(update_fields=["state"])
    _record(edition, AuditEntry.Kind.RECALLED, by)


# Approval


def is_sole_author(article: Article, number: int, *, by: Any) -> bool:
    """Say whether nobody but `by` had a hand in what edition `number` would make public.

    Whoever wrote any of it since the last approval counts, so that an editor may mend a comma
    in a writer's story and approve it. `number` may be that of an edition not saved yet.
    """
    editions = Edition.objects.filter(article=article.pk)
    approved = editions.filter(state=Edition.State.APPROVED, number__lt=number)
    since = approved.aggregate(last=Max("number"))["last"] or 0
    written = editions.filter(number__gt=since, number__lte=number)
    # An account that is gone was another person's.
    return not written.filter(~Q(author=by) | Q(author=None)).exists()


def reasons_of_the_desk(
    article: Article, number: int, *, by: Any, forced_reason: str | None = None
) -> list[Reason]:
    """Return why `by` cannot approve the article's edition `number`, whatever it says.

    `forced_reason`: why it cannot wait for a second person; `None` if it is not to be forced.
    """
    reasons = []
    approved = Edition.objects.filter(article=article.pk, state=Edition.State.APPROVED)
    if approved.filter(number=number).exists():
        reasons.append(Reason("", _("This edition has been approved already.")))
    if approved.filter(number__gt=number).exists():
        reasons.append(Reason("", _("A newer edition has been approved already.")))
    if article.withdrawn_at:
        reasons.append(Reason("", _("The article is withdrawn. Bring it back first.")))
    if not is_sole_author(article, number, by=by):
        return reasons
    if forced_reason is None:
        reasons.append(
            Reason("", _("Nobody but you wrote this: another person has to approve it."))
        )
    elif not by.has_perm("articles.force_article"):
        reasons.append(Reason("", _("Only a desk head publishes without a second person.")))
    else:
        missing = _("Say why it cannot wait for a second person.")
        reasons += reasons_for_a_reason(forced_reason, missing)
    return reasons


def reasons_not_to_bring(story: Story, *, by: Any) -> list[Reason]:
    """Return why `by` cannot let the drafts among a story's visits come out with it."""
    is_asked = story.brings_visits and story.drafted_visits
    if not is_asked or by.has_perm("engagements.publish_engagement"):
        return []
    return [Reason("engagement", _("You may not make a visit public: ask somebody who may."))]


def reasons_not_to_publish(
    edition: Edition,
    at: dt.datetime | None = None,
    *,
    by: Any,
    backdated: bool = False,
    forced_reason: str | None = None,
    with_visits: bool = False,
) -> list[Reason]:
    """Return every reason why `by` cannot make `edition` public from `at` (`None`: now)."""
    story = Story.of(edition, brings_visits=with_visits)
    return [
        *reasons_of_the_desk(edition.article, edition.number, by=by, forced_reason=forced_reason),
        *reasons_not_to_bring(story, by=by),
        *reasons_in(story, at or timezone.now()),
        *([] if backdated else time_is_ahead(at)),
    ]


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
    edition = _locked(edition)
    visits = _locked_visits(edition)
    refuse(
        reasons_not_to_publish(
            edition,
            at,
            by=by,
            backdated=backdated,
            forced_reason=forced_reason,
            with_visits=with_visits,
        )
    )
    is_forced = is_sole_author(edition.article, edition.number, by=by)
    public_from = at or timezone.now()
    approved = edition.article.editions.filter(state=Edition.State.APPROVED)
    approved.filter(public_from__gt=public_from).update(public_until=F("public_from"))
    approved.filter(public_from__lte=public_from).filter(
        Q(public_until__isnull=True) | Q(public_until__gt=public_from)
    ).update(public_until=public_from)
    edition.state = Edition.State.APPROVED
    edition.approved_by = by
    edition.public_from = public_from
    edition.forced_reason = (forced_reason or "").strip() if is_forced else ""
    edition.save(update_fields=["state", "approved_by", "public_from", "forced_reason"])
    kind = AuditEntry.Kind.FORCED if is_forced else AuditEntry.Kind.APPROVED
    _record(edition, kind, by, edition.forced_reason)
    if with_visits:
        told = _("Public from %(at)s, with the article “%(article)s”.")
        comment = told % {"at": spelled_out(public_from), "article": edition}
        for visit in visits:
            if visit.is_draft:
                make_public(visit, at=public_from, by=by, comment=comment)
    enqueue.published(edition, by=by)


def _locked_visits(edition: Edition) -> list[Engagement]:
    """Return the edition's visits as they are now; nobody gives one another hour until we are done.

    In one order, so that two who publish at once do not wait for each other.
    """
    pks = [visit.pk for visit in Story.of(edition).visits]
    return list(Engagement.objects.select_for_update().filter(pk__in=pks).order_by("pk"))


def reasons_not_to_confirm(edition: Edition, *, by: Any) -> list[Reason]:
    """Return why `by` cannot approve, afterwards, what was published without a second person."""
    if not edition.forced_reason:
        return [Reason("", _("This edition was not published without a second person."))]
    if edition.confirmed_by_id:
        return [Reason("", _("Somebody has approved it meanwhile."))]
    if by.pk in (edition.approved_by_id, edition.author_id):
        return [Reason("", _("You published this yourself: another person has to approve it."))]
    return []


@transaction.atomic
def confirm(edition: Edition, *, by: Any) -> None:
    """Approve afterwards what was published without a second person."""
    edition = _locked(edition)
    refuse(reasons_not_to_confirm(edition, by=by))
    edition.confirmed_by = by
    edition.save(update_fields=["confirmed_by"])
    _record(edition, AuditEntry.Kind.CONFIRMED, by)


@transaction.atomic
@batched_refresh()
def unschedule(edition: Edition | None, *, by: Any = None) -> None:
    """Make a scheduled edition a draft again; what is public until then stays public.

    `None` stands for an article of which nothing is scheduled any more.
    """
    if edition is None:
        raise ValidationError(_("Nothing is scheduled: the hour may have come meanwhile."))
    edition = _locked(edition)
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
    _record(edition, AuditEntry.Kind.UNSCHEDULED, by)


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
    refuse(reasons + reasons_for_a_reason(reason, missing))
    article.withdrawn_at = at or timezone.now()
    article.withdrawn_reason = reason.strip()
    article.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    # For good: bringing it back opens nothing again.
    PreviewLink.objects.filter(edition__article=article).revoke(by=by)
    AuditEntry.objects.create(
        article=article,
        kind=AuditEntry.Kind.WITHDRAWN,
        by=by,
        reason=article.withdrawn_reason,
        at=article.withdrawn_at,
    )


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
    AuditEntry.objects.create(article=article, kind=AuditEntry.Kind.REINSTATED, by=by, at=now)


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
