import argparse
import contextlib
import datetime as dt
import logging
import os
import queue
import signal
from collections.abc import Callable

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections
from django.utils import timezone

from articles.notices.telling import overdue
from articles.outbox import send_due

logger = logging.getLogger(__name__)


class OnceADay:
    """Calls a function with the present moment, at the first chance of each day."""

    def __init__(self, function: Callable[[dt.datetime], None]) -> None:
        self.function = function
        self.done: dt.date | None = None

    def __call__(self) -> None:
        now = timezone.now()
        if self.done != timezone.localdate(now):
            self.function(now)
            self.done = timezone.localdate(now)


def seconds(value: str) -> float:
    """Return a number of seconds, at most an hour."""
    with contextlib.suppress(ValueError):
        if 0 < float(value) <= 3600:
            return float(value)
    raise argparse.ArgumentTypeError(f"{value!r} is no interval; give seconds, at most 3600")


class Command(BaseCommand):
    help = (
        "Sends what waits in the outbox, such as e-mails to colleagues and the news of feeds to a "
        "WebSub hub, until it is told to stop. Several may run at once; the site is right "
        "without one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="send what is due now, and end")
        parser.add_argument(
            "--interval", type=seconds, default=2.0, help="seconds between two looks (%(default)s)"
        )
        parser.add_argument(
            "--parent", type=int, metavar="PID", help="end when the program that started it ends"
        )

    def handle(self, *args, once: bool, interval: float, parent: int | None, **options) -> None:
        tell_of_overdue = OnceADay(overdue)
        if once:
            tell_of_overdue()
            while send_due():
                pass
            return
        # The handler runs in the midst of whatever the worker is at, a wait for this queue
        # included; a SimpleQueue allows that, a threading.Event waits for itself for ever.
        told_to_stop: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _frame: told_to_stop.put(number))
        while parent in (None, os.getppid()):
            close_old_connections()
            try:
                tell_of_overdue()
                busy = send_due() > 0
            except Error as error:  # the database is away, or locked: it comes back
                logger.warning("The outbox could not be read: %s", error)
                busy = False
            with contextlib.suppress(queue.Empty):
                told_to_stop.get(timeout=0 if busy else interval)
                return
