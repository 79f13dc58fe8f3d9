"""Serve the site with the production server: `python -m config.serve [--port 8000]`.

Settings are read first, so that a wrong one exits before any process is started.
"""

import argparse
import contextlib
import importlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable

from django.conf import settings
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from config import __version__, database
from config.environment import fail


def main() -> None:
    """Read the arguments and serve until interrupted."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    options = parser().parse_args()
    check_scheme()
    check_port(options.host, options.port)
    check_database()
    Granian(
        "config.wsgi:application",
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        workers=options.workers,
        # One may render a page while the other sends stored ones.
        blocking_threads=2,
        websockets=False,
        workers_kill_timeout=10,  # seconds for a worker's present request
        respawn_failed_workers=settings.PRODUCTION,
        log_level=LogLevels.info if settings.PRODUCTION else LogLevels.warning,
        log_dictconfig=settings.LOGGING,
    ).serve(target_loader=load)


def load(target: str) -> Callable[..., Iterable[bytes]]:
    """Set up the worker process and return the application."""
    # Ctrl+C then reaches the parent alone: a worker that gets two signals can hang.
    os.setpgid(0, 0)
    # A signal during the start ends the worker at once; the server installs its handler later.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Seconds for which a rendering may keep the interpreter from a thread with a stored page.
    sys.setswitchinterval(0.0005)
    work_in_batches()
    settings.DATABASES["default"]["OPTIONS"].update(settings.SERVING_DATABASE_OPTIONS)
    module, _colon, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


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


def check_database() -> None:
    """Exit if the database cannot be connected to."""
    reason = database.failure()
    if reason:
        fail(f"the database does not answer ({reason}); check DATABASE_URL and the database.")


if __name__ == "__main__":
    main()
