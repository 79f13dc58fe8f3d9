"""Serve the site with the production server: `python -m config.serve [--port 8000]`.

Settings are read first, so that a wrong one exits before any process is started. At SIGHUP they
are read again, by new workers, while the old ones end what they are at.
"""

import argparse
import contextlib
import importlib
import ipaddress
import logging
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from multiprocessing.synchronize import Event
from typing import Any

from django.conf import settings
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from config import __version__, bodies, database, watchdog
from config.environment import fail

logger = logging.getLogger(__name__)

READY_SECONDS = 60  # for a new worker, while the old one goes on
# All that a worker imports, and Django's own checks.
CHECK = "import config.wsgi; from django.core import management; management.call_command('check')"
KILL_SECONDS = 10  # for a worker's present requests, before it is killed


class Server(Granian):  # type: ignore[misc, valid-type]  # an alias of one of two classes
    """Reloads only with settings that are right, and only when the next worker is ready."""

    awaited = 0  # workers that a reload starts, each of which has to be ready

    def signal_handler_reload(self, *arguments: object, **more: object) -> None:
        # Other signals must not wait for it.
        threading.Thread(target=self._reload_if_valid, daemon=True).start()

    def _reload_if_valid(self) -> None:
        # In a process of its own, which knows nothing of the present settings.
        command = [sys.executable, "-c", CHECK]
        done = subprocess.run(  # noqa: S603 - a program of our own
            command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
        )
        if done.returncode:
            logger.error("Not reloaded, the workers go on as before. %s", done.stderr.strip())
        else:
            self.awaited = self.workers
            super().signal_handler_reload()

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> Any:
        """Return a worker; a reload stops the one before it when its `start()` has returned."""
        ready = multiprocessing.Event()
        worker = super()._spawn_worker(idx, target, partial(callback_loader, ready))
        worker.ready = ready  # lives for as long as somebody here holds it
        if self.awaited:
            self.awaited -= 1
            start = worker.start
            worker.start = lambda: (start(), ready.wait(READY_SECONDS))
        return worker


def main() -> None:
    """Read the arguments and serve until interrupted."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    inherited = set(os.environ)
    options = parser().parse_args()
    check_scheme()
    check_port(options.host, options.port)
    check_database()
    # Each worker is a new interpreter and reads .env itself, so that it takes up what has changed.
    for name in set(os.environ) - inherited:
        del os.environ[name]
    multiprocessing.set_start_method("spawn")
    server = Server(
        "config.wsgi:application",
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        workers=options.workers,
        # One renders, one sends stored pages, the others receive bodies.
        blocking_threads=2 + bodies.SLOTS,
        websockets=False,
        workers_kill_timeout=KILL_SECONDS,
        respawn_failed_workers=settings.PRODUCTION,
        respawn_interval=1,  # second from the new worker's being ready to the end of the old one
        log_level=LogLevels.info if settings.PRODUCTION else LogLevels.warning,
        log_dictconfig=settings.LOGGING,
    )
    warn_of_public_address(options.host)
    watchdog.start((options.host, options.port), settings.ALLOWED_HOSTS[0].lstrip("."))
    server.serve(target_loader=load)


def load(target: str, ready: Event) -> Callable[..., Iterable[bytes]]:
    """Set up the worker process and return the application."""
    # Ctrl+C then reaches the parent alone: a worker that gets two signals can hang.
    os.setpgid(0, 0)
    # A signal during the start ends the worker at once; the server installs its handler later.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Seconds for which a rendering may keep the interpreter from a thread with a stored page.
    sys.setswitchinterval(0.0005)
    work_in_batches()  # before there are threads, which inherit it
    threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
    settings.DATABASES["default"]["OPTIONS"].update(settings.SERVING_DATABASE_OPTIONS)
    module, _colon, name = target.partition(":")
    application = getattr(importlib.import_module(module), name)
    ready.set()
    return application


def end_with(parent: int) -> None:
    """End this process when its parent has ended: nobody would restart or stop it any more."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(KILL_SECONDS)
    os._exit(1)


def work_in_batches() -> None:
    """Set the scheduling policy SCHED_BATCH, with which arriving requests preempt nobody.

    A busy worker then answers several requests in one time slice.
    """
    if hasattr(os, "SCHED_BATCH"):
        # If it is forbidden, the site is only slower.
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    reader = argparse.ArgumentParser(prog="python -m config.serve", description="Serve the site.")
    reader.add_argument("--version", action="version", version=f"Communiqué {__version__}")
    reader.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    reader.add_argument("--port", type=port, default=8000, help="port to listen on (%(default)s)")
    reader.add_argument(
        "--workers",
        type=int,
        choices=range(1, 65),
        metavar="1-64",
        default=min(os.cpu_count() or 1, 4),
        help="number of processes (%(default)s on this machine)",
    )
    return reader


def port(value: str) -> int:
    """Return a TCP port from the command line."""
    if not value.isdecimal() or not 1 <= int(value) <= 65535:
        raise argparse.ArgumentTypeError(f"{value!r} is no port; give a number from 1 to 65535")
    return int(value)


def check_scheme() -> None:
    """Exit if every page would redirect to itself."""
    if settings.HTTPS and not settings.TRUST_PROXY_HEADERS:
        fail(
            "HTTPS=true needs a web server in front that speaks HTTPS; "
            "set TRUST_PROXY_HEADERS=true once it sends X-Forwarded-Proto and X-Forwarded-For."
        )


def check_port(host: str, number: int) -> None:
    """Exit if the address cannot be listened on."""
    try:
        family, _kind, _protocol, _name, address = socket.getaddrinfo(
            host, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            # Binding succeeds beside a server that shares its port among workers; listening fails.
            probe.listen(1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        fail(
            f"port {number} on {host} cannot be used ({reason}); "
            "stop what uses it or choose another port."
        )


def warn_of_public_address(host: str) -> None:
    """Log a warning if clients reach the server without a web server in front of it."""
    with contextlib.suppress(ValueError):
        if not ipaddress.ip_address(host).is_loopback and not settings.TRUST_PROXY_HEADERS:
            logger.warning(
                "%s may be reached by anyone, without a web server in front that receives slow "
                "requests whole. Listen on 127.0.0.1, or put one in front and set "
                "TRUST_PROXY_HEADERS=true.", host,
            )  # fmt: skip


def check_database() -> None:
    """Exit if the database cannot be connected to."""
    reason = database.failure()
    if reason:
        fail(f"the database does not answer ({reason}); check DATABASE_URL and the database.")


if __name__ == "__main__":
    main()
