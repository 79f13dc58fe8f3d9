"""Writes notices for colleagues into the outbox, in the transaction of the change."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from articles.models import AuditEntry, Message, OverdueNotice, ReviewRequest
from articles.notifications.recipients import concerned_by, staff_with_perm, writers_of
from engagements.models import Action

MAIL, DIGEST = "mail", "digest"  # kinds of message
REVIEW, RETURNED, PUBLISHED, OVERDUE = "review_requested", "returned", "published", "overdue"
MORNING = dt.time(7)  # in the site's time zone
# An imported archive must not notify anybody of due dates years ago.
LATELY = dt.timedelta(days=60)


def _enqueue(kind: str, people: Iterable[int], at: dt.datetime, **payload: Any) -> None:
    if settings.MAIL_FROM:
        Message.objects.bulk_create(
            Message(kind=MAIL, due_at=at, payload={"kind": kind, "person": pk, **payload})
            for pk in sorted(people)
        )


def morning(after: dt.datetime) -> dt.datetime:
    """Return the first morning at or after a moment."""
    local = timezone.localtime(after)
    day = local.date() + dt.timedelta(days=local.time() > MORNING)
    return dt.datetime.combine(day, MORNING, timezone.get_current_timezone())


def _review_requested(entry: AuditEntry) -> None:
    """Notify the chosen reviewers or, without any, everybody who may approve."""
    asked = ReviewRequest.objects.filter(article=entry.article_id)
    people = set(asked.values_list("person", flat=True))
    people = people or set(staff_with_perm("articles.publish_article").values_list("pk", flat=True))
    _enqueue(
        REVIEW, people - {entry.by_id}, timezone.now(), article=entry.article_id, by=entry.by_id
    )


def _returned(entry: AuditEntry) -> None:
    """Notify the writers of an article that was returned."""
    if entry.edition is None:
        return  # erased since
    people = set(writers_of(entry.edition).values_list("pk", flat=True)) - {entry.by_id}
    _enqueue(RETURNED, people, timezone.now(), article=entry.article_id, step=entry.pk)


def _published(entry: AuditEntry) -> None:
    """Notify the writers at the hour of publication, but not the person who publishes at once."""
    edition = entry.edition
    if not (edition and edition.public_from):
        return
    now = timezone.now()
    # It may have been scheduled for another hour before.
    Message.objects.filter(
        kind=MAIL, payload__kind=PUBLISHED, payload__edition=edition.pk, due_at__gt=now
    ).delete()
    if edition.public_from < now - dt.timedelta(hours=1):
        return  # imported from an archive
    people = set(writers_of(edition).values_list("pk", flat=True))
    if edition.public_from <= now:
        people -= {entry.by_id}
    payload = {"edition": edition.pk, "from": edition.public_from.isoformat()}
    _enqueue(PUBLISHED, people, max(now, edition.public_from), **payload)


_BY_TRANSITION: dict[str, Callable[[AuditEntry], None]] = {
    AuditEntry.Kind.SUBMITTED: _review_requested,
    AuditEntry.Kind.RETURNED: _returned,
    AuditEntry.Kind.APPROVED: _published,
    AuditEntry.Kind.FORCED: _published,
    AuditEntry.Kind.RESCHEDULED: _published,
}


def notify(entry: AuditEntry, **kwargs: Any) -> None:
    """Notify the people whom a transition concerns (receiver of `transitioned`)."""
    if settings.MAIL_FROM and entry.kind in _BY_TRANSITION:
        _BY_TRANSITION[entry.kind](entry)


@transaction.atomic
def overdue(now: dt.datetime) -> None:
    """Notify the people concerned of actions that became overdue; the worker calls it daily.

    An action is marked and its notices are written together, or neither.
    """
    today = timezone.localdate(now)
    notices = OverdueNotice.objects.filter(action=OuterRef("pk"), due_date=OuterRef("due_date"))
    late = Action.objects.overdue(today).filter(~Exists(notices), due_date__gte=today - LATELY)
    by_person: dict[int, list[int]] = {}
    for action in late.select_related("outcome").order_by("due_date", "pk"):
        assert action.due_date is not None  # noqa: S101 - it is overdue
        # Another worker may have created it since the query.
        _row, is_new = OverdueNotice.objects.get_or_create(action=action, due_date=action.due_date)
        for pk in concerned_by(action) if is_new else ():
            by_person.setdefault(pk, []).append(action.pk)
    for pk, actions in by_person.items():
        _enqueue(OVERDUE, [pk], morning(now), actions=actions)
