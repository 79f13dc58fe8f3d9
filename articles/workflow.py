"""What can happen to an article. Each transition does it or says every reason why not.

A reason is a sentence for the person who pressed the button; all of them come together in one
`ValidationError`.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from articles.models import Article, Edition
from articles.receivers import one_refresh
from engagements.models import Engagement, Topic

MAX_REASON = 300  # characters, as the columns hold


@transaction.atomic
@one_refresh()
def save_edition(
    article: Article,
    *,
    author: Any,
    topics: Iterable[Topic] = (),
    also_covers: Iterable[Engagement] = (),
    **content: Any,
) -> Edition:
    """Store `content` (columns of `Edition`) as the article's next edition, a draft.

    Earlier editions stay as they are, so a public page does not change by this.
    """
    # The lock gives two people who save at once two numbers.
    Article.objects.select_for_update().get(pk=article.pk)
    last = article.editions.aggregate(last=Max("number"))["last"] or 0
    edition = Edition(article=article, number=last + 1, author=author, **content)
    edition.full_clean(exclude=["author"])
    edition.save()
    edition.topics.set(list(topics))
    edition.also_covers.set(also_covers)
    return edition


def spelled_out(at: dt.datetime) -> str:
    """Return a moment with its zone: "28 January 2025, 14:00 CET"."""
    local = timezone.localtime(at)
    return f"{date_format(local, 'DATE_FORMAT')}, {local:%H:%M %Z}"


def reasons_not_to_publish(
    edition: Edition, at: dt.datetime | None = None, *, backdated: bool = False
) -> list[str]:
    """Return every reason why `edition` cannot be public from `at` (`None`: now)."""
    now = timezone.now()
    reasons = []
    if edition.state == Edition.State.APPROVED:
        reasons.append(_("This edition has been approved already."))
    newer = edition.article.editions.filter(state=Edition.State.APPROVED, number__gt=edition.number)
    if newer.exists():
        reasons.append(_("A newer edition has been approved already."))
    if edition.article.withdrawn_at:
        reasons.append(_("The article is withdrawn. Reinstate it first."))
    if at is not None and at < now and not backdated:
        reasons.append(_("The time of publication is in the past."))
    return reasons + reasons_in_content(
        at=at or now,
        engagement=edition.engagement,
        also_covers=edition.also_covers.all(),
        standfirst=edition.standfirst,
        body=edition.body,
        has_topics=edition.topics.exists(),
    )


def reasons_in_content(
    *,
    at: dt.datetime,
    engagement: Engagement | None,
    also_covers: Iterable[Engagement],
    standfirst: str,
    body: str,
    has_topics: bool,
) -> list[str]:
    """Return what the content itself lacks to be public from `at`."""
    reasons = []
    if engagement is None:
        reasons.append(_("Choose the visit that the story tells."))
    if not standfirst.strip():
        reasons.append(_("Write a standfirst."))
    if not body.strip():
        reasons.append(_("The story is empty."))
    if not has_topics:
        reasons.append(_("Choose at least one topic."))
    return reasons + reasons_in_engagements([engagement, *also_covers], at=at)


def reasons_in_engagements(
    engagements: Iterable[Engagement | None], *, at: dt.datetime
) -> list[str]:
    """Return which of the engagements readers cannot see at a moment, and why."""
    reasons = []
    for covered in filter(None, engagements):
        if covered.withdrawn_at:
            reasons.append(_("The visit “%s” is withdrawn.") % covered)
        elif covered.public_from is None:
            reasons.append(
                _("The visit “%s” is a draft. Set the time from which it is public.") % covered
            )
        elif covered.public_from > at:
            reasons.append(
                _("The visit “%(visit)s” is under embargo until %(until)s.")
                % {"visit": covered, "until": spelled_out(covered.public_from)}
            )
    return reasons


@transaction.atomic
@one_refresh()
def publish(
    edition: Edition, *, by: Any, at: dt.datetime | None = None, backdated: bool = False
) -> None:
    """Approve `edition` and make it public from `at` (`None`: now).

    Its predecessor is public until that moment. A scheduled one whose hour lies later never
    comes out. `backdated` lets an import of an archive name a moment in the past. Raises
    `ValidationError` with every reason why not.
    """
    Article.objects.select_for_update().get(pk=edition.article_id)
    edition.refresh_from_db()
    reasons = reasons_not_to_publish(edition, at, backdated=backdated)
    if reasons:
        raise ValidationError(reasons)
    public_from = at or timezone.now()
    approved = edition.article.editions.filter(state=Edition.State.APPROVED)
    approved.filter(public_from__gt=public_from).update(public_until=F("public_from"))
    approved.filter(public_from__lte=public_from).filter(
        Q(public_until__isnull=True) | Q(public_until__gt=public_from)
    ).update(public_until=public_from)
    edition.state = Edition.State.APPROVED
    edition.approved_by = by
    edition.public_from = public_from
    edition.save(update_fields=["state", "approved_by", "public_from"])


@transaction.atomic
@one_refresh()
def unschedule(edition: Edition | None) -> None:
    """Make a scheduled edition a draft again; what is public until then stays public.

    `None` stands for an article of which nothing is scheduled any more.
    """
    if edition is None:
        raise ValidationError(_("Nothing is scheduled: the hour may have come meanwhile."))
    article = Article.objects.select_for_update().get(pk=edition.article_id)
    edition.refresh_from_db()
    if not Edition.objects.scheduled().filter(pk=edition.pk).exists():
        raise ValidationError(_("This edition is not scheduled."))
    boundary, end = edition.public_from, edition.public_until
    edition.state = Edition.State.DRAFT
    edition.approved_by = edition.public_from = edition.public_until = None
    edition.save(update_fields=["state", "approved_by", "public_from", "public_until"])
    article.editions.filter(
        state=Edition.State.APPROVED, public_from__lt=boundary, public_until=boundary
    ).update(public_until=end)


@transaction.atomic
@one_refresh()
def withdraw(article: Article, *, reason: str, at: dt.datetime | None = None) -> None:
    """Take a public article off; its address then answers 410 with the date and `reason`."""
    article = Article.objects.select_for_update().get(pk=article.pk)
    reasons = []
    if not Article.objects.public().filter(pk=article.pk).exists():
        reasons.append(_("Only a public article can be withdrawn."))
    if not reason.strip():
        reasons.append(_("Say why it is withdrawn: readers will see the reason."))
    if len(reason.strip()) > MAX_REASON:
        reasons.append(_("The reason is too long: %d characters at most.") % MAX_REASON)
    if reasons:
        raise ValidationError(reasons)
    article.withdrawn_at = at or timezone.now()
    article.withdrawn_reason = reason.strip()
    article.save(update_fields=["withdrawn_at", "withdrawn_reason"])


@transaction.atomic
@one_refresh()
def reinstate(article: Article) -> None:
    """Make a withdrawn article public again, as it was, if its engagements still are."""
    article = Article.objects.select_for_update().get(pk=article.pk)
    if not article.withdrawn_at:
        raise ValidationError(_("This article is not withdrawn."))
    now = timezone.now()
    standing = article.editions.filter(state=Edition.State.APPROVED).filter(
        Q(public_until__isnull=True) | Q(public_until__gt=now)
    )
    reasons = [
        reason
        for edition in standing.exclude(public_until=F("public_from")).select_related("engagement")
        for reason in reasons_in_engagements(
            [edition.engagement, *edition.also_covers.all()],
            at=max(now, edition.public_from or now),
        )
    ]
    if reasons:
        raise ValidationError(reasons)
    article.withdrawn_at, article.withdrawn_reason = None, ""
    article.save(update_fields=["withdrawn_at", "withdrawn_reason"])


def reasons_not_to_hide(engagement: Engagement, public_from: dt.datetime | None) -> list[str]:
    """Return why `engagement` cannot become public only from `public_from` (`None`: not at all).

    An article that is public, or will be, cannot stand without its engagement.
    """
    covering = Edition.objects.covering([engagement]).filter(
        Q(pk__in=Edition.objects.public().values("pk"))
        | Q(pk__in=Edition.objects.scheduled().values("pk"))
    )
    if public_from is not None:
        covering = covering.filter(public_from__lt=public_from)
    return [
        _("The article “%s” needs this engagement to be public. Withdraw it first.") % edition
        for edition in covering.order_by("pk")
    ]
