"""Writes the mails to colleagues into the outbox, in the transaction of what they are about."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from articles.models import AuditEntry, Message, OverdueNotice, ReviewRequest
from articles.notifications.recipients import concerned_by, who_may, writers_of
from engagements.models import Action

MAIL, DIGEST = "mail", "digest"  # kinds of message
REVIEW, RETURNED, PUBLISHED, OVERDUE = "review_requested", "returned", "published", "overdue"
MORNING = dt.time(7)  # in the site's time zone
# An archive that is imported tells nobody of what was not kept years ago.
LATELY = dt.timedelta(days=60)


def _enqueue(kind: str, people: Iterable[int], at: dt.datetime, **about: Any) -> None:
    if settings.MAIL_FROM:
        Message.objects.bulk_create(
            Message(kind=MAIL, due_at=at, payload={"kind": kind, "person": pk, **about})
            for pk in sorted(people)
        )


def morning(after: dt.datetime) -> dt.datetime:
    """Return the next morning's hour that is not before a moment."""
    zone = timezone.get_current_timezone()
    day = timezone.localdate(after)
    for days in (0, 1):
        at = dt.datetime.combine(day + dt.timedelta(days=days), MORNING, zone)
        if at >= after:
            break
    return at


def review_requested(entry: AuditEntry) -> None:
    """Notify the people who were asked or, where nobody was, everybody who may approve."""
    if not settings.MAIL_FROM:
        return
    asked = ReviewRequest.objects.filter(article=entry.article_id)
    people = set(asked.values_list("person", flat=True))
    people = people or set(who_may("articles.publish_article").values_list("pk", flat=True))
    _enqueue(
        REVIEW, people - {entry.by_id}, timezone.now(), article=entry.article_id, by=entry.by_id
    )


def returned(entry: AuditEntry) -> None:
    """Notify the writers of an article that was returned."""
    if not settings.MAIL_FROM:
        return
    people = set(writers_of(entry.article).values_list("pk", flat=True)) - {entry.by_id}
    _enqueue(RETURNED, people, timezone.now(), article=entry.article_id, step=entry.pk)


def published(entry: AuditEntry) -> None:
    """Notify the writers at the hour of publication; whoever publishes it this minute knows."""
    edition = entry.edition
    if not (settings.MAIL_FROM and edition and edition.public_from):
        return
    now = timezone.now()
    # Notices of an hour that has been called off.
    Message.objects.filter(
        kind=MAIL, payload__kind=PUBLISHED, payload__edition=edition.pk, due_at__gt=now
    ).delete()
    if edition.public_from < now - dt.timedelta(hours=1):
        return  # from an archive
    people = set(writers_of(entry.article, before=edition.number).values_list("pk", flat=True))
    if edition.public_from <= now:
        people -= {entry.by_id}
    about = {"edition": edition.pk, "from": edition.public_from.isoformat()}
    _enqueue(PUBLISHED, people, max(now, edition.public_from), **about)


# By the kind of transition: whom it concerns.
BY_TRANSITION: dict[str, Callable[[AuditEntry], None]] = {
    AuditEntry.Kind.SUBMITTED: review_requested,
    AuditEntry.Kind.RETURNED: returned,
    AuditEntry.Kind.APPROVED: published,
    AuditEntry.Kind.FORCED: published,
    AuditEntry.Kind.RESCHEDULED: published,
}


def overdue(now: dt.datetime) -> None:
    """Notify the people concerned of actions that became overdue; the worker does it daily."""
    today = timezone.localdate(now)
    told = OverdueNotice.objects.filter(action=OuterRef("pk"), due_date=OuterRef("due_date"))
    late = Action.objects.overdue(today).filter(~Exists(told), due_date__gte=today - LATELY)
    by_person: dict[int, list[int]] = {}
    for action in late.select_related("outcome").order_by("due_date", "pk"):
        assert action.due_date is not None  # noqa: S101 - it is overdue
        _row, is_ours = OverdueNotice.objects.get_or_create(action=action, due_date=action.due_date)
        for pk in concerned_by(action) if is_ours else ():
            by_person.setdefault(pk, []).append(action.pk)
    for pk, actions in by_person.items():
        _enqueue(OVERDUE, [pk], morning(now), actions=actions)
