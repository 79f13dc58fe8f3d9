"""Reschedules editions and embargoes, and reassigns drafts.

Like the transitions of `workflow`, each function raises `ValidationError` with every reason why it
cannot be done.
"""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.caching.batch import batched_refresh
from articles.models import Article, AuditEntry, Edition
from articles.publishing.checks import EditionContent, Reason, check_content, time_is_ahead
from articles.publishing.workflow import hiding_failure_reasons, locked, record, refuse
from articles.wording import name_of
from engagements.dates import spelled_out
from engagements.models import Engagement
from engagements.publishing import MAX_REASON, make_public


def reschedule_failure_reasons(edition: Edition, at: dt.datetime) -> list[Reason]:
    """Return the reasons why an edition cannot be rescheduled to a moment."""
    if not Edition.objects.scheduled().filter(pk=edition.pk).exists():
        return [Reason("", _("It is not scheduled any more. What is public cannot be moved."))]
    reasons = [*time_is_ahead(at), *check_content(EditionContent.of(edition), at)]
    others = edition.article.editions.filter(state=Edition.State.APPROVED).exclude(pk=edition.pk)
    before = others.filter(public_from__lt=edition.public_from, public_until=edition.public_from)
    for other in before:
        if other.public_from is not None and other.public_from >= at:
            sentence = _("Choose a time after %(at)s, when edition %(number)d comes out.")
            sentence %= {"number": other.number, "at": spelled_out(other.public_from)}
            reasons.append(Reason("", sentence))
    if edition.public_until is not None and at >= edition.public_until:
        sentence = _("Choose a time before %s, when a newer edition comes out.")
        reasons.append(Reason("", sentence % spelled_out(edition.public_until)))
    return reasons


@transaction.atomic
@batched_refresh()
def reschedule(edition: Edition, *, at: dt.datetime, by: Any) -> None:
    """Reschedule an edition; its predecessor stays public until the new moment."""
    edition = locked(edition)
    refuse(reschedule_failure_reasons(edition, at))
    was: Any = edition.public_from
    before = edition.article.editions.filter(
        state=Edition.State.APPROVED, public_from__lt=was, public_until=was
    )
    # A constraint allows one edition without end, so the predecessor is updated first.
    before.update(public_until=at)
    edition.public_from = at
    edition.save(update_fields=["public_from"])
    reason = _("from %(was)s to %(at)s") % {"was": spelled_out(was), "at": spelled_out(at)}
    kind = AuditEntry.Kind.RESCHEDULED
    record(edition.article, kind, edition=edition, by=by, reason=reason)


def embargo_failure_reasons(visit: Engagement, at: dt.datetime) -> list[Reason]:
    """Return the reasons why the embargo of an engagement cannot be moved to a moment."""
    now = timezone.now()
    if visit.withdrawn_at or visit.public_from is None or visit.public_from <= now:
        return [Reason("", _("It is not under embargo any more. What is public cannot be moved."))]
    return [
        *time_is_ahead(at),
        *(Reason("", sentence) for sentence in hiding_failure_reasons(visit, at)),
    ]


@transaction.atomic
@batched_refresh()
def move_embargo(visit: Engagement, *, at: dt.datetime, by: Any) -> None:
    """Move the embargo of an engagement to another moment."""
    visit = Engagement.objects.select_for_update().get(pk=visit.pk)
    refuse(embargo_failure_reasons(visit, at))
    make_public(visit, at=at, by=by, comment=_("Public from %s.") % spelled_out(at))


@transaction.atomic
def reassign(article: Article, *, to: Any, by: Any) -> None:
    """Assign an article's draft to another writer, who may then change it."""
    article = Article.objects.select_for_update().get(pk=article.pk)
    newest = article.latest_edition()
    if newest is None or newest.state == Edition.State.APPROVED:
        raise ValidationError(_("“%s” has no open draft any more.") % (newest or article))
    if article.created_by_id == to.pk:
        raise ValidationError(_("“%(what)s” belongs to %(who)s already.")
                              % {"what": newest, "who": name_of(to)})  # fmt: skip
    if not (to.is_active and to.has_perm("articles.change_article")):
        raise ValidationError(_("%s may not write articles.") % name_of(to))
    reason = _("from %(was)s to %(to)s") % {"was": name_of(article.created_by), "to": name_of(to)}
    article.created_by = to
    article.save(update_fields=["created_by"])
    record(article, AuditEntry.Kind.REASSIGNED, edition=newest, by=by, reason=reason[:MAX_REASON])
