"""Sends the messages in the outbox, with retries until each arrives or is given up.

The package that writes a kind of message registers its handler with `handles`: a function that
sends a message and raises when it fails. The outbox imports no handler.
"""

import datetime as dt
import logging
from collections.abc import Callable

from django.utils import timezone

from articles.models import Message

logger = logging.getLogger(__name__)

Handler = Callable[[Message], None]
_handlers: dict[str, Handler] = {}
FIRST_RETRY = dt.timedelta(seconds=30)
MOST_ATTEMPTS = 10  # within some four hours
# An attempt that takes longer counts as abandoned: another worker may take the message.
LEASE = dt.timedelta(minutes=2)


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the decorated function as the handler of a kind of message."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def kinds() -> list[str]:
    """Return the kinds of message that have a handler."""
    return list(_handlers)


def send_due(at: dt.datetime | None = None, kind: str = "", most: int = 100) -> int:
    """Send at most `most` messages that are due, of one kind or of any ("").

    Return how many were attempted.
    """
    attempted = 0
    due = Message.objects.due(at)
    for message in (due.filter(kind=kind) if kind else due)[:most]:
        if _claim(message):
            attempted += 1
            _attempt(message)
    return attempted


def _claim(message: Message) -> bool:
    """Take a message for this worker, without holding a lock while it is sent."""
    mine = Message.objects.filter(pk=message.pk, attempts=message.attempts, due_at=message.due_at)
    message.attempts += 1
    return bool(mine.update(attempts=message.attempts, due_at=timezone.now() + LEASE))


def _attempt(message: Message) -> None:
    try:
        _handlers[message.kind](message)
    except Exception as error:  # noqa: BLE001 - no other system's failure may stop the worker
        is_over = message.attempts >= MOST_ATTEMPTS
        message.due_at = None if is_over else timezone.now() + retry_after(message.attempts)
        message.last_error = f"{type(error).__name__}: {error}"[:500]
        message.save(update_fields=["due_at", "last_error"])
        outcome = "was given up" if is_over else "will be tried again"
        logger.warning(
            "Message %s %s after attempt %d: %s",
            message, outcome, message.attempts, message.last_error,
        )  # fmt: skip
    else:
        message.delete()


def retry_after(attempts: int) -> dt.timedelta:
    """Return how long to wait after a number of failed attempts: twice as long each time."""
    return FIRST_RETRY * 2 ** (attempts - 1)
