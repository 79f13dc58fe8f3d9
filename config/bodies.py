"""Reads the bodies of requests in time, before the application's turn."""

import threading
from collections.abc import Callable, Iterable
from io import BytesIO
from time import monotonic
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

SLOTS = 3  # bodies that one process receives at the same time
GRACE = 10  # seconds that every body may take
LEAST_RATE = 8_000  # bytes a second, on average, from then on
_WAIT = 0.5  # seconds for a slot: a body that the web server in front has received takes less
_LARGEST_PART = 65_536  # bytes

Environ = dict[str, Any]
Application = Callable[[Environ, Callable], Iterable[bytes]]


class Bodies:
    """Calls `application` once at a time, each time with a body that has arrived whole.

    The server calls from several threads, so that people who send slowly keep nobody waiting; a
    second rendering at the same time would only slow down the first. A body that comes too slowly
    is answered 408; one for which there is no slot, 503.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._turn = threading.Lock()
        self._slots = threading.BoundedSemaphore(SLOTS)

    def __call__(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        # The application reads no other body.
        if environ["REQUEST_METHOD"] == "POST" and length.isdecimal():
            size = int(length) if len(length) < 20 else 0
            if 0 < size <= settings.MAX_REQUEST_BYTES:
                if not self._slots.acquire(timeout=_WAIT):
                    return _refuse(
                        start_response,
                        "503 Service Unavailable",
                        gettext("Too many people are sending something. Try again in a minute."),
                    )
                try:
                    body = received(environ["wsgi.input"], size)
                finally:
                    self._slots.release()
                if body and body.getbuffer().nbytes < size:
                    return _refuse(
                        start_response,
                        "400 Bad Request",
                        gettext("What you sent broke off, and nothing of it was saved."),
                    )
                if body is None:
                    return _refuse(
                        start_response,
                        "408 Request Timeout",
                        gettext("What you sent arrived too slowly, and nothing of it was saved."),
                    )
                environ["wsgi.input"] = body
        with self._turn:
            return self._application(environ, start_response)


def received(stream: Any, size: int) -> BytesIO | None:
    """Return a body of `size` bytes, or less if the client goes away.

    `None`: it comes too slowly. Each read waits until it has what it asks for, so it asks for
    little from those who send little. From those who send nothing it waits in vain, until they
    go away: the web server in front has to receive bodies whole.
    """
    body, part, began = BytesIO(), 1, monotonic()
    while chunk := stream.read(min(part, size - body.tell())):
        body.write(chunk)
        seconds = monotonic() - began
        if body.tell() < (seconds - GRACE) * LEAST_RATE:
            return None
        is_fast = body.tell() > seconds * LEAST_RATE
        part = min(2 * part, _LARGEST_PART) if is_fast else 1
    body.seek(0)
    return body


def _refuse(start_response: Callable, status: str, sentence: str) -> list[bytes]:
    text = f"{sentence}\n".encode()
    start_response(
        status,
        [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(text))),
            ("Cache-Control", "no-store"),
            ("Connection", "close"),
            ("Retry-After", "60"),
            ("X-Content-Type-Options", "nosniff"),
        ],
    )
    return [text]
