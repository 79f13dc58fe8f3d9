"""What happened is written down for whom it concerns, in the transaction in which it happens."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from articles.models import AuditEntry, Edition, Message, OverdueNotice, ReviewRequest
from articles.notifications.recipients import concerned_by, who_may, writers_of
from engagements.models import Action

MAIL, DIGEST = "mail", "digest"  # kinds of message
REVIEW, RETURNED, PUBLISHED, OVERDUE = "review_requested", "returned", "published", "overdue"
MORNING = dt.time(7)  # in the site's time zone
# An archive that is imported tells nobody of what was not kept years ago.
LATELY = dt.timedelta(days=60)


def _tell(kind: str, people: Iterable[int], at: dt.datetime, **about: Any) -> None:
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


def review_requested(edition: Edition, *, by: Any) -> None:
    """Tell those who were asked or, where nobody was, everybody who may approve."""
    if not settings.MAIL_FROM:
        return
    asked = ReviewRequest.objects.filter(article=edition.article_id).values_list(
        "person", flat=True
    )
    people = set(asked) or set(who_may("articles.publish_article").values_list("pk", flat=True))
    people -= {by.pk if by else None}
    _tell(REVIEW, people, timezone.now(), article=edition.article_id, by=by and by.pk)


def returned(step: AuditEntry) -> None:
    """Tell its writers."""
    if not settings.MAIL_FROM:
        return
    people = set(writers_of(step.article).values_list("pk", flat=True)) - {step.by_id}
    _tell(RETURNED, people, timezone.now(), article=step.article_id, step=step.pk)


def published(edition: Edition, *, by: Any) -> None:
    """Tell its writers, at its hour; who publishes it this minute knows."""
    if not (settings.MAIL_FROM and edition.public_from):
        return
    now = timezone.now()
    # What was said of an hour that has been called off.
    Message.objects.filter(
        kind=MAIL, payload__kind=PUBLISHED, payload__edition=edition.pk, due_at__gt=now
    ).delete()
    if edition.public_from < now - dt.timedelta(hours=1):
        return  # from an archive
    people = set(writers_of(edition.article, before=edition.number).values_list("pk", flat=True))
    if edition.public_from <= now:
        people -= {by.pk if by else None}
    told = {"edition": edition.pk, "from": edition.public_from.isoformat()}
    _tell(PUBLISHED, people, max(now, edition.public_from), **told)


def overdue(now: dt.datetime) -> None:
    """Tell of promises whose time has passed and of which nobody was told; called by the worker."""
    today = timezone.localdate(now)
    told = OverdueNotice.objects.filter(action=OuterRef("pk"), due_date=OuterRef("due_date"))
    late = Action.objects.overdue(today).filter(~Exists(told), due_date__gte=today - LATELY)
    by_person: dict[int, list[int]] = {}
    for action in late.select_related("outcome").order_by("due_date", "pk"):
        _row, is_ours = OverdueNotice.objects.get_or_create(action=action, due_date=action.due_date)
        for pk in concerned_by(action) if is_ours else ():
            by_person.setdefault(pk, []).append(action.pk)
    for pk, actions in by_person.items():
        _tell(OVERDUE, [pk], morning(now), actions=actions)
