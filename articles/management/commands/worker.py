import logging
import os
import signal
import threading

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections

from articles.outbox import send_due

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Sends what waits in the outbox, such as the news of feeds to a WebSub hub, until it is "
        "told to stop. Several may run at once; the site is right without one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="send what is due now, and end")
        parser.add_argument(
            "--interval", type=float, default=2.0, help="seconds between two looks (%(default)s)"
        )
        parser.add_argument(
            "--parent", type=int, metavar="PID", help="end when the program that started it ends"
        )

    def handle(self, *args, once: bool, interval: float, parent: int | None, **options) -> None:
        if once:
            while send_due():
                pass
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set() and parent in (None, os.getppid()):
            close_old_connections()
            try:
                busy = send_due() > 0
            except Error as error:  # the database is away, or locked: it comes back
                logger.warning("The outbox could not be read: %s", error)
                busy = False
            stop.wait(0 if busy else interval)
