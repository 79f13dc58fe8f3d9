"""Tells systemd that the site is ready, and that it still answers (sd_notify(3))."""

import http.client
import os
import socket
import threading
import time

_TIMEOUT = 5  # seconds for an answer


def start(address: tuple[str, int], host: str) -> None:
    """Report from a thread, if systemd wants to know; `host` is a name that the site answers to."""
    target = os.environ.get("NOTIFY_SOCKET")
    if target:
        threading.Thread(target=_report, args=[target, address, host], daemon=True).start()


def _report(target: str, address: tuple[str, int], host: str) -> None:
    # Twice in the time after which systemd starts the service again.
    interval = int(os.environ.get("WATCHDOG_USEC") or 60_000_000) / 2_000_000
    state = "READY=1\nWATCHDOG=1"
    while True:
        is_ready = _answers(address, host)
        if is_ready:
            _send(target, state)
            state = "WATCHDOG=1"
        time.sleep(interval if is_ready else 0.5)


def _answers(address: tuple[str, int], host: str) -> bool:
    connection = http.client.HTTPConnection(*address, timeout=_TIMEOUT)
    try:
        connection.request("GET", "/livez", headers={"Host": host})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _send(target: str, state: str) -> None:
    # A name that begins with @ stands in the abstract namespace.
    path = f"\0{target[1:]}" if target.startswith("@") else target
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(state.encode(), path)
