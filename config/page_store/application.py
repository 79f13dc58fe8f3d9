"""The page store: a WSGI application in front of another."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from io import BytesIO
from threading import Event, Lock
from time import monotonic
from typing import Any, NamedTuple, Protocol

from django.utils.http import http_date
from django.utils.translation import gettext

from config.page_store.entries import Basis, Entries, Entry, Headers, Scope
from config.page_store.requests import CONDITIONS, canonical_query, coding, evaluate
from config.page_store.share import Share

Environ = dict[str, Any]
Application = Callable[[Environ, Callable], Iterable[bytes]]
Key = tuple[str, str, str, str, str]  # host, path, query, scheme, script name

logger = logging.getLogger(__name__)

MAX_AGE = 60  # seconds for which browsers and caches need not ask
MAX_PATH = 500  # characters
_LARGEST = 8  # no entry may take more than this part of the memory
_WAIT = 30  # seconds for another thread's rendering
_TRIES = 3  # renderings of a page whose content changes during each
_UNSURE: Headers = [("Cache-Control", "no-cache")]  # of a page that may no longer be true
# The set, in a request's environment, to which the application adds the scopes of its response.
SCOPES = "page_store.scopes"
# Not 404: there is no end of addresses without a page.
_STORABLE = ("200", "301", "308", "410")
# What a page may depend on besides its key: the server, which is the same for everyone.
_OF_THE_SERVER = {"PATH_INFO", "SCRIPT_NAME", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL"}
_NOT_STORABLE = {
    "set-cookie", "content-encoding", "content-range", "x-accel-redirect", "x-sendfile",
}  # fmt: skip
# The store or the server writes these for each response.
_PER_RESPONSE = {
    "age", "cache-control", "connection", "content-length", "date", "etag", "expires",
    "keep-alive", "last-modified", "server", "transfer-encoding", "vary", "x-request-id",
}  # fmt: skip


class Version(NamedTuple):
    """The content at a moment. `name` changes whenever any page may; times are Unix seconds.

    `began` is the time of the write, which its commit may follow by seconds. `until` is when the
    next version begins without a write. `number` grows with every write. `changed` has the number
    at which each scope last changed; one that is missing there has not changed since the number
    `known_since`.
    """

    name: str
    began: float
    until: float
    number: int = 0
    changed: Mapping[str, int] = {}
    known_since: int = 0

    def still_holds(self, basis: Basis, now: float) -> bool:
        """Return whether a response made from `basis` would be the same if it were made now."""
        return (
            bool(basis.scopes)
            # Not after a clock was set back, or a database restored.
            and basis.at <= now < basis.until
            and self.known_since <= basis.number <= self.number
            and not any(self._has_changed(scope, basis.number) for scope in basis.scopes)
        )

    def _has_changed(self, scope: Scope, number: int) -> bool:
        every = (scope,) if isinstance(scope, str) else scope
        return all(self.changed.get(name, 0) > number for name in every)


class Shared(Protocol):
    """Entries by key; a failure counts as a miss. `seconds`: for which the entry may hold."""

    def get(self, key: Key) -> Entry | None: ...

    def put(self, key: Key, entry: Entry, seconds: float) -> None: ...


class _Reading(NamedTuple):
    """The version as last read, trusted until `fresh_until` on the process's monotonic clock.

    `name` is the version's, `None` if nobody knows it; `headers` are those that depend on it.
    """

    fresh_until: float = 0.0
    name: str | None = None
    version: Version | None = None
    last_modified: int | None = None
    headers: Headers = []


class _Rendering:
    """A rendering under way, for all threads that want the same page of the same version."""

    def __init__(self) -> None:
        self.done = Event()
        self.entry: Entry | None = None


class PageStore:
    """Sends stored responses of `application` while they are true."""

    def __init__(
        self,
        application: Application,
        *,
        version: Callable[[], Version],
        parameters: Iterable[str] = (),
        never: Iterable[str] = (),
        max_bytes: int = 64 * 1024**2,
        lease: float = 0.0,
        scheme_header: str = "",
        shared: Shared | None = None,
        share: float = 1.0,
        stale: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.entries = Entries(max_bytes)
        self._application = application
        self._version = version
        self._lease = lease
        self._never = tuple(never)
        self._scheme_header = scheme_header
        self._shared = shared
        self._clock = clock
        self._query = canonical_query(tuple(parameters))
        self._reading = _Reading()
        self._read_lock = Lock()
        self._renderings: dict[tuple[Key, str], _Rendering] = {}
        self._combinations = Share(share)
        self._stale = stale
        self._confirmed = 0.0, _Reading()  # when, by the monotonic clock, and what

    def __call__(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if (
            (method != "GET" and method != "HEAD")  # noqa: PLR1714 - twice as fast as a tuple
            or "HTTP_COOKIE" in environ
            or "HTTP_AUTHORIZATION" in environ
        ):
            return self._application(environ, start_response)
        reading = self._reading
        if monotonic() >= reading.fresh_until:
            reading = self._read()
        query = environ.get("QUERY_STRING", "")
        if query:
            query = self._query(query)
        if self._scheme_header:
            # As Django reads it: the first of a list.
            scheme = environ.get(self._scheme_header, "").partition(",")[0].strip()
            scheme = "https" if scheme == "https" else "http"
        else:
            scheme = environ["wsgi.url_scheme"]
        key = (
            environ.get("HTTP_HOST", ""),
            environ.get("PATH_INFO", ""),
            query,
            scheme,
            environ.get("SCRIPT_NAME", ""),
        )
        entry = self.entries.get(key)
        if entry is None or (
            entry.version != reading.name and not self._is_current(entry, reading)
        ):
            return self._miss(environ, start_response, key, reading)
        self.entries.touch(key)
        return self._send(environ, start_response, key, entry, reading)

    def _is_current(self, entry: Entry, reading: _Reading) -> bool:
        """Return whether an entry is still true, and remember it for the reading's version."""
        if entry.version != reading.name:
            version = reading.version
            if version is None or not version.still_holds(entry.basis, self._clock()):
                return False
            entry.version = version.name
        return True

    def _send(
        self,
        environ: Environ,
        start_response: Callable,
        key: Key,
        entry: Entry,
        reading: _Reading,
    ) -> Iterable[bytes]:
        """Send an entry in an accepted coding, or the outcome of the request's conditions."""
        accepted = environ.get("HTTP_ACCEPT_ENCODING")
        wanted = coding(accepted) if accepted else 0
        tags = environ.get("HTTP_IF_NONE_MATCH")
        if tags:
            wanted = entry.held(tags, wanted)
        response = entry.responses[wanted]
        if response is None:
            response = entry.response(wanted)
            self.entries.grown(key, entry)
        for condition in CONDITIONS:
            if condition in environ and entry.status.startswith("200"):
                outcome = evaluate(environ, response.etag, reading.last_modified, self._clock())
                if outcome:
                    start_response(outcome, response.unchanged + reading.headers)
                    return []
                break
        start_response(entry.status, response.headers + reading.headers)
        return [response.body] if environ["REQUEST_METHOD"] == "GET" else []

    def _read(self, *, anew: bool = False) -> _Reading:
        """Return a fresh reading; one thread at a time asks for the version."""
        with self._read_lock:
            began = monotonic()
            if began < self._reading.fresh_until and not anew:
                return self._reading
            try:
                version = self._version()
            except Exception as error:  # noqa: BLE001 - whatever it is, no entry is known to be current
                if self._reading.name is not None:
                    logger.warning("Pages are not stored: the version is unknown (%s).", error)
                self._reading = _Reading()
                at, last = self._confirmed
                is_late = began > at + self._stale
                if last.version and not is_late and self._clock() < last.version.until:
                    return last._replace(headers=_UNSURE)
            else:
                self._reading = _reading(version, began, self._lease, self._clock())
                self._confirmed = began, self._reading
            return self._reading

    def _miss(
        self, environ: Environ, start_response: Callable, key: Key, reading: _Reading
    ) -> Iterable[bytes]:
        """Answer a request for which there is no current entry; one thread renders the page."""
        host, path, query, *_rest = key
        if (
            reading.name is None
            or query is None
            or not host
            or len(path) > MAX_PATH
            or path.startswith(self._never)
        ):
            return self._application(environ, start_response)
        own = _Rendering()
        rendering = self._renderings.setdefault((key, reading.name), own)
        if rendering is not own:
            if rendering.done.wait(_WAIT) and rendering.entry:
                return self._send(environ, start_response, key, rendering.entry, reading)
            return self._render(environ, start_response, key, reading, own)
        try:
            return self._render(environ, start_response, key, reading, own)
        finally:
            del self._renderings[key, reading.name]
            own.done.set()

    def _render(
        self,
        environ: Environ,
        start_response: Callable,
        key: Key,
        reading: _Reading,
        rendering: _Rendering,
    ) -> Iterable[bytes]:
        """Answer from the shared entries or the application, and store the response if allowed."""
        combines = "&" in key[2]
        for _try in range(_TRIES):
            shared = self._shared.get(key) if self._shared else None
            if shared is not None and self._is_current(shared, reading):
                entry = shared
                break
            began = self._clock()
            run = partial(self._run, environ, key)
            result = self._combinations.run(run) if combines else run()
            if result is None:
                return _busy(environ, start_response)
            status, headers, chunks, scopes = result
            if not _is_storable(status, headers, self.entries.max_bytes // _LARGEST):
                start_response(status, headers)
                if environ["REQUEST_METHOD"] == "GET":
                    return chunks
                _close(chunks)
                return []
            version = reading.version or Version("", 0.0, 0.0)
            basis = Basis(version.number, began, version.until, frozenset(scopes))
            entry = _entry(version.name, basis, status, headers, chunks)
            # A change during the rendering may be in the page in part: then render it again.
            reading = self._read(anew=True)
            if self._is_current(entry, reading):
                if self._shared:
                    self._shared.put(key, entry, version.until - began)
                break
        else:
            unsure = _Reading(headers=_UNSURE)
            return self._send(environ, start_response, key, entry, unsure)
        previous = self.entries.get(key)
        if previous is not None and previous.is_same(entry):
            # Its compressed forms are still right.
            previous.version, previous.basis = entry.version, entry.basis
            entry = previous
        self.entries.put(key, entry)
        rendering.entry = entry
        return self._send(environ, start_response, key, entry, reading)

    def _run(self, environ: Environ, key: Key) -> tuple[str, Headers, Iterable[bytes], set[Scope]]:
        """Return the application's response to the request without all that is not in its key.

        So nothing that one client chose can stand in what others get. The last item is the scopes
        of the response.
        """
        scopes: set[Scope] = set()
        allowed = {*_OF_THE_SERVER, "HTTP_HOST", self._scheme_header}
        reduced = {
            **{n: v for n, v in environ.items() if n in allowed or n.startswith("wsgi.")},
            "REQUEST_METHOD": "GET",
            "QUERY_STRING": key[2],
            "CONTENT_TYPE": "",
            "CONTENT_LENGTH": "",
            "wsgi.input": BytesIO(),
            SCOPES: scopes,
        }
        started: list[Any] = []

        def start(status: str, headers: Headers, exc_info: Any = None) -> Callable:
            started[:] = [status, headers]
            return _no_write

        chunks = self._application(reduced, start)
        return started[0], started[1], chunks, scopes


def _entry(
    version: str, basis: Basis, status: str, headers: Headers, chunks: Iterable[bytes]
) -> Entry:
    try:
        body = b"".join(chunks)
    finally:
        _close(chunks)
    stored = [(name, value) for name, value in headers if name.lower() not in _PER_RESPONSE]
    return Entry(version, basis, status, stored, body)


def _reading(version: Version, began: float, lease: float, now: float) -> _Reading:
    left = version.until - now
    second = int(version.began)
    # A date has no fractions, and until its first second is over another version could have the
    # same date.
    last_modified = second if now >= second + 1 else None
    # Sent for as long as this reading is trusted, so it must still be true at its end.
    max_age = max(0, min(MAX_AGE, int(left - lease)))
    headers = [("Cache-Control", f"public, max-age={max_age}")]
    if last_modified is not None:
        headers.append(("Last-Modified", http_date(last_modified)))
    return _Reading(began + min(lease, left), version.name, version, last_modified, headers)


def _is_storable(status: str, headers: Headers, largest: int) -> bool:
    values = {name.lower(): value.lower() for name, value in headers}
    control = values.get("cache-control", "")
    length = values.get("content-length", "")  # a stream has none
    return (
        status.startswith(_STORABLE)
        and not _NOT_STORABLE & values.keys()
        and "no-store" not in control
        and "private" not in control
        and values.get("vary", "").strip() in ("", "accept-encoding")
        and length.isdecimal()
        and int(length) <= largest
    )


def _busy(environ: Environ, start_response: Callable) -> Iterable[bytes]:
    """Answer 503: combinations of parameters have had their share of the time."""
    body = gettext("The site is busy with filtered pages. Try again in a few seconds.").encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("Retry-After", "2"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start_response("503 Service Unavailable", headers)
    return [body] if environ["REQUEST_METHOD"] == "GET" else []


def _close(chunks: Iterable[bytes]) -> None:
    close = getattr(chunks, "close", None)
    if close:
        close()


def _no_write(data: bytes) -> None:
    raise NotImplementedError("the page store takes what the application returns")
