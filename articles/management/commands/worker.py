import argparse
import contextlib
import datetime as dt
import logging
import os
import select
import signal
import socket
from collections.abc import Callable, Iterator

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections
from django.utils import timezone

from articles.notifications.enqueue import overdue
from articles.notifications.outbox import send_due

logger = logging.getLogger(__name__)


class OnceADay:
    """Calls a function with the present moment when it is first called on a day."""

    def __init__(self, function: Callable[[dt.datetime], None]) -> None:
        self.function = function
        self.done: dt.date | None = None

    def __call__(self) -> None:
        now = timezone.now()
        if self.done != timezone.localdate(now):
            self.function(now)
            self.done = timezone.localdate(now)


@contextlib.contextmanager
def stop_signals() -> Iterator[socket.socket]:
    """Yield a socket that becomes readable at SIGTERM or SIGINT.

    The interpreter itself writes to it, so no signal is missed. A handler that sets a flag or
    raises misses one that arrives between the last check and the sleep.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.settimeout(0)  # as set_wakeup_fd requires
        signal.set_wakeup_fd(writer.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        try:
            yield reader
        finally:
            signal.set_wakeup_fd(-1)


def seconds(value: str) -> float:
    """Return a number of seconds above 0, at most an hour."""
    with contextlib.suppress(ValueError):
        if 0 < float(value) <= 3600:
            return float(value)
    raise argparse.ArgumentTypeError(f"{value!r} is no interval: above 0, at most 3600 seconds")


class Command(BaseCommand):
    help = (
        "Send the messages in the outbox (e-mails to colleagues, notifications of a WebSub hub) "
        "until stopped. Several may run at once; the site is correct without one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="send what is due now, and exit")
        parser.add_argument(
            "--interval", type=seconds, default=2.0, help="seconds between queries (%(default)s)"
        )
        parser.add_argument(
            "--parent", type=int, metavar="PID", help="exit when the process that started it exits"
        )

    def handle(self, *args, once: bool, interval: float, parent: int | None, **options) -> None:
        notify_of_overdue = OnceADay(overdue)
        if once:
            notify_of_overdue()
            while send_due():
                pass
            return
        with stop_signals() as stopped:
            while parent in (None, os.getppid()):
                close_old_connections()
                try:
                    notify_of_overdue()
                    # One at a time, since another system may be slow and a stop must not wait.
                    is_busy = send_due(most=1) > 0
                except Error as error:  # the database is unavailable or locked for now
                    logger.warning("The outbox could not be read: %s", error)
                    is_busy = False
                readable, _, _ = select.select([stopped], [], [], 0 if is_busy else interval)
                if readable:
                    return
