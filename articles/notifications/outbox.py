"""Sends what waits in the outbox, again and again until it arrives or is given up.

Whoever writes a kind of message registers, with `handles`, what sends its payload: a function that
raises whatever went wrong. The outbox imports none of them.
"""

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from articles.models import Message

logger = logging.getLogger(__name__)

Handler = Callable[[Any], None]
_handlers: dict[str, Handler] = {}
# Half a minute, a minute, two ... ten attempts in four hours.
FIRST_RETRY = dt.timedelta(seconds=30)
MOST_ATTEMPTS = 10
# How long an attempt may take before another worker takes the message for abandoned.
LEASE = dt.timedelta(minutes=2)


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register a function as the one that sends messages of a kind."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def send_due(at: dt.datetime | None = None, most: int = 100) -> int:
    """Send up to so many messages that are due; return how many were attempted."""
    attempted = 0
    for message in Message.objects.due(at)[:most]:
        if _claim(message):
            attempted += 1
            _attempt(message)
    return attempted


def _claim(message: Message) -> bool:
    """Say whether this worker has it. No lock is held while another system is spoken to."""
    mine = Message.objects.filter(pk=message.pk, attempts=message.attempts, due_at=message.due_at)
    message.attempts += 1
    return bool(mine.update(attempts=message.attempts, due_at=timezone.now() + LEASE))


def _attempt(message: Message) -> None:
    try:
        _handlers[message.kind](message.payload)
    except Exception as error:  # noqa: BLE001 - whatever another system does, the worker goes on
        is_over = message.attempts >= MOST_ATTEMPTS
        message.due_at = None if is_over else timezone.now() + retry_after(message.attempts)
        message.last_error = f"{type(error).__name__}: {error}"[:500]
        message.save(update_fields=["due_at", "last_error"])
        said = "was given up" if is_over else "will be tried again"
        logger.warning(
            "Message %s %s after attempt %d: %s",
            message, said, message.attempts, message.last_error,
        )  # fmt: skip
    else:
        message.delete()


def retry_after(attempts: int) -> dt.timedelta:
    """Return how long to wait after so many attempts: each time twice as long."""
    return FIRST_RETRY * 2 ** (attempts - 1)
