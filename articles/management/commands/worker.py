import argparse
import contextlib
import datetime as dt
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, close_old_connections
from django.utils import timezone

from articles.notifications.enqueue import overdue
from articles.notifications.outbox import kinds, send_due
from articles.operations.proof import is_proven, path_of_night
from articles.pictures.library import delete_discarded_files

logger = logging.getLogger(__name__)

_GRACE = 0.5  # seconds in which a message that is being sent may arrive before the worker ends


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


def daily(now: dt.datetime) -> None:
    overdue(now)
    delete_discarded_files(now)


def start_backup(now: dt.datetime) -> None:
    """Start the day's backup and its proof, if they are set up and not there."""
    path = path_of_night(now)
    if path and not is_proven(path):
        # A program of its own, since messages and a stop must not wait for it.
        subprocess.Popen([sys.executable, settings.BASE_DIR / "manage.py", "backup"])  # noqa: S603


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
        "and make each night's backup, until stopped. Several may run at once; the site is "
        "correct without one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="send what is due now, and exit; without a backup"
        )
        parser.add_argument(
            "--interval", type=seconds, default=2.0, help="seconds between queries (%(default)s)"
        )
        parser.add_argument(
            "--parent", type=int, metavar="PID", help="exit when the process that started it exits"
        )

    def handle(self, *args, once: bool, interval: float, parent: int | None, **options) -> None:
        once_a_day, back_up = OnceADay(daily), OnceADay(start_backup)
        if once:
            once_a_day()
            while send_due():
                pass
            return
        # One queue a kind: a system that hangs delays nothing that is meant for another. They end
        # with the process, whatever they wait for; what was being sent is sent again later.
        ending = threading.Event()
        queues = [
            threading.Thread(target=send_queue, args=[kind, interval, ending], daemon=True)
            for kind in kinds()
        ]
        with stop_signals() as stopped:
            for queue in queues:
                queue.start()
            is_stopped = False
            while (
                not is_stopped
                and parent in (None, os.getppid())
                and all(queue.is_alive() for queue in queues)
            ):
                with database_errors_logged():
                    once_a_day()
                    back_up()
                is_stopped = bool(select.select([stopped], [], [], interval)[0])
        has_failed = not all(queue.is_alive() for queue in queues)
        ending.set()
        deadline = time.monotonic() + _GRACE
        for queue in queues:
            queue.join(max(0.0, deadline - time.monotonic()))
        if has_failed:
            raise CommandError("A queue has failed; the error is above.")


def send_queue(kind: str, interval: float, ending: threading.Event) -> None:
    """Send the messages of one kind when they are due, until `ending` is set."""
    while not ending.is_set():
        is_busy = False
        with database_errors_logged():
            # One at a time, so that it ends between two.
            is_busy = send_due(kind=kind, most=1) > 0
        if not is_busy:
            ending.wait(interval)


@contextlib.contextmanager
def database_errors_logged() -> Iterator[None]:
    """Log an error of the database, which is unavailable or locked for now."""
    close_old_connections()
    try:
        yield
    except Error as error:
        logger.warning("The outbox could not be read: %s", error)
    finally:
        close_old_connections()
