"""What is moved: an unpublished hour to another one, a draft to another writer.

Like the transitions of `workflow`: each does it or says every reason why not.
"""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.caching.batch import batched_refresh
from articles.models import Article, AuditEntry, Edition
from articles.publishing.checks import Reason, Story, check_story, time_is_ahead
from articles.publishing.workflow import locked, reasons_not_to_hide, record, refuse
from articles.wording import name_of
from engagements.dates import spelled_out
from engagements.models import Engagement
from engagements.publishing import MAX_REASON, make_public


def reasons_not_to_reschedule(edition: Edition, at: dt.datetime) -> list[Reason]:
    """Return why a scheduled edition cannot come out at another hour."""
    if not Edition.objects.scheduled().filter(pk=edition.pk).exists():
        return [Reason("", _("It is not scheduled any more: what is public stays where it is."))]
    reasons = [*time_is_ahead(at), *check_story(Story.of(edition), at)]
    others = edition.article.editions.filter(state=Edition.State.APPROVED).exclude(pk=edition.pk)
    before = others.filter(public_from__lt=edition.public_from, public_until=edition.public_from)
    for other in before:
        if other.public_from is not None and other.public_from >= at:
            told = _("Edition %(number)d comes out at %(at)s: this one has to follow it.")
            reasons.append(
                Reason("", told % {"number": other.number, "at": spelled_out(other.public_from)})
            )
    if edition.public_until is not None and at >= edition.public_until:
        told = _("A newer edition comes out at %s: this one has to come before.")
        reasons.append(Reason("", told % spelled_out(edition.public_until)))
    return reasons


@transaction.atomic
@batched_refresh()
def reschedule(edition: Edition, *, at: dt.datetime, by: Any) -> None:
    """Let a scheduled edition come out at another hour; its predecessor stays until then."""
    edition = locked(edition)
    refuse(reasons_not_to_reschedule(edition, at))
    was: Any = edition.public_from
    before = edition.article.editions.filter(
        state=Edition.State.APPROVED, public_from__lt=was, public_until=was
    )
    # The one without end is only one: the earlier ends before the later begins anew.
    before.update(public_until=at)
    edition.public_from = at
    edition.save(update_fields=["public_from"])
    told = _("from %(was)s to %(at)s") % {"was": spelled_out(was), "at": spelled_out(at)}
    kind = AuditEntry.Kind.RESCHEDULED
    record(edition.article, kind, edition=edition, by=by, reason=told)


def reasons_not_to_move_embargo(visit: Engagement, at: dt.datetime) -> list[Reason]:
    """Return why a visit under embargo cannot become public at another hour."""
    now = timezone.now()
    if visit.withdrawn_at or visit.public_from is None or visit.public_from <= now:
        return [Reason("", _("It is not under embargo any more: what is public stays."))]
    return [
        *time_is_ahead(at),
        *(Reason("", sentence) for sentence in reasons_not_to_hide(visit, at)),
    ]


@transaction.atomic
@batched_refresh()
def move_embargo(visit: Engagement, *, at: dt.datetime, by: Any) -> None:
    """Let a visit under embargo become public at another hour."""
    visit = Engagement.objects.select_for_update().get(pk=visit.pk)
    refuse(reasons_not_to_move_embargo(visit, at))
    make_public(visit, at=at, by=by, comment=_("Public from %s.") % spelled_out(at))


@transaction.atomic
def reassign(article: Article, *, to: Any, by: Any) -> None:
    """Give a draft to another writer, who may then change it. Nothing that was written changes."""
    article = Article.objects.select_for_update().get(pk=article.pk)
    newest = article.latest_edition()
    if newest is None or newest.state == Edition.State.APPROVED:
        raise ValidationError(_("“%s” has no open draft any more.") % (newest or article))
    if article.created_by_id == to.pk:
        raise ValidationError(_("“%(what)s” is %(who)s's already.")
                              % {"what": newest, "who": name_of(to)})  # fmt: skip
    if not (to.is_active and to.has_perm("articles.change_article")):
        raise ValidationError(_("%s may not write articles.") % name_of(to))
    told = _("from %(was)s to %(to)s") % {"was": name_of(article.created_by), "to": name_of(to)}
    article.created_by = to
    article.save(update_fields=["created_by"])
    record(article, AuditEntry.Kind.REASSIGNED, edition=newest, by=by, reason=told[:MAX_REASON])
