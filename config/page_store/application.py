"""The store itself: a WSGI application in front of another."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from threading import Event, Lock
from time import monotonic
from typing import Any, NamedTuple, Protocol

from django.utils.http import http_date

from config.page_store.entries import Answer, Entries, Entry, Headers
from config.page_store.requests import CONDITIONS, canonical_query, coding, evaluate

Environ = dict[str, Any]
Application = Callable[[Environ, Callable], Iterable[bytes]]
Key = tuple[str, str, str, str, str]

logger = logging.getLogger(__name__)

MAX_AGE = 60  # seconds for which browsers and caches need not ask
MAX_PATH = 500  # characters
# A part of the whole, so that no single page clears out the others.
_LARGEST = 8
_WAIT = 30  # seconds for another thread's rendering
_TRIES = 3  # renderings of a page, while something changes during each
# Without an end: of all other answers, these alone name a thing that is or was here.
_KEPT_STATUS = ("200", "301", "308", "410")
# What a request says of the server, and of the key, whoever sent it.
_OF_THE_SERVER = {"PATH_INFO", "SCRIPT_NAME", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL"}
_FORBIDDING = {"set-cookie", "content-encoding", "content-range", "x-accel-redirect", "x-sendfile"}
# Said anew with each answer, by the store or by the server.
_ANEW = {
    "age", "cache-control", "connection", "content-length", "date", "etag", "expires",
    "keep-alive", "last-modified", "server", "transfer-encoding", "vary", "x-request-id",
}  # fmt: skip


class Version(NamedTuple):
    """The content at a moment. `name` changes whenever any page may; times are since 1970.

    `began` is when it was written, which its commit may follow by seconds; `until` is when the next
    begins although nothing is written.
    """

    name: str
    began: float
    until: float


class Shared(Protocol):
    """A place that several processes keep their entries in; a failure counts as nothing found."""

    def get(self, key: Key, version: str) -> Entry | None: ...

    def put(self, key: Key, entry: Entry) -> None: ...


class _Moment(NamedTuple):
    """What was found when last looked: good until `fresh_until` on the process's own clock."""

    fresh_until: float
    version: str | None
    last_modified: int | None
    headers: Headers


class _Flight:
    """A rendering under way, for all who ask for the same of the same version meanwhile."""

    def __init__(self) -> None:
        self.done = Event()
        self.entry: Entry | None = None


class PageStore:
    """Answers from memory what `application` answered before, while the version is the same."""

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
        self._moment = _Moment(0.0, None, None, [])
        self._looking = Lock()
        self._flights: dict[tuple[Key, str], _Flight] = {}

    def __call__(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if (
            (method != "GET" and method != "HEAD")  # noqa: PLR1714 - twice as fast as a tuple
            or "HTTP_COOKIE" in environ
            or "HTTP_AUTHORIZATION" in environ
        ):
            return self._application(environ, start_response)
        moment = self._moment
        if monotonic() >= moment.fresh_until:
            moment = self._look()
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
        if entry is None or entry.version != moment.version:
            return self._render(environ, start_response, key, moment)
        self.entries.touch(key)
        return self._send(environ, start_response, key, entry, moment)

    def _send(
        self,
        environ: Environ,
        start_response: Callable,
        key: Key,
        entry: Entry,
        moment: _Moment,
    ) -> Iterable[bytes]:
        accepted = environ.get("HTTP_ACCEPT_ENCODING")
        wanted = coding(accepted) if accepted else 0
        given = environ.get("HTTP_IF_NONE_MATCH")
        if given:
            wanted = entry.held(given, wanted)
        answer = entry.answers[wanted]
        if answer is None:
            answer = entry.answer(wanted)
            self.entries.grown(key, entry)
        for condition in CONDITIONS:
            if condition in environ:
                outcome = self._outcome(environ, entry, answer, moment)
                if outcome:
                    start_response(outcome, answer.unchanged + moment.headers)
                    return []
                break
        start_response(entry.status, answer.headers + moment.headers)
        return [answer.body] if environ["REQUEST_METHOD"] == "GET" else []

    def _outcome(self, environ: Environ, entry: Entry, answer: Answer, moment: _Moment) -> str:
        """Return the status that a request's conditions ask for, or nothing."""
        if not entry.status.startswith("200"):
            return ""
        outcome = evaluate(environ, answer.etag, moment.last_modified, self._clock())
        return {304: "304 Not Modified", 412: "412 Precondition Failed"}.get(outcome, "")

    def _look(self, *, anew: bool = False) -> _Moment:
        """Return what the version is now; one thread at a time asks."""
        with self._looking:
            began = monotonic()
            if began < self._moment.fresh_until and not anew:
                return self._moment
            try:
                version = self._version()
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing stored is known to be true
                if self._moment.version is not None:
                    logger.warning("Pages are not stored: the version is unknown (%s).", error)
                self._moment = _Moment(0.0, None, None, [])
                return self._moment
            self._moment = _moment(version, began, self._lease, self._clock())
            return self._moment

    def _render(
        self, environ: Environ, start_response: Callable, key: Key, moment: _Moment
    ) -> Iterable[bytes]:
        """Answer what the store has not got, and keep the answer where it may."""
        host, path, query, *_rest = key
        if (
            moment.version is None
            or query is None
            or not host
            or len(path) > MAX_PATH
            or path.startswith(self._never)
        ):
            return self._application(environ, start_response)
        own = _Flight()
        flight = self._flights.setdefault((key, moment.version), own)
        if flight is not own:
            if flight.done.wait(_WAIT) and flight.entry:
                return self._send(environ, start_response, key, flight.entry, moment)
            return self._ask(environ, start_response, key, moment, own)
        try:
            return self._ask(environ, start_response, key, moment, own)
        finally:
            del self._flights[key, moment.version]
            own.done.set()

    def _ask(
        self,
        environ: Environ,
        start_response: Callable,
        key: Key,
        moment: _Moment,
        flight: _Flight,
    ) -> Iterable[bytes]:
        for _time in range(_TRIES):
            version = moment.version or ""
            found = self._shared.get(key, version) if self._shared else None
            if found is not None:
                made = found
                break
            status, headers, chunks = self._response(environ, key)
            if not _may_be_kept(status, headers, self.entries.max_bytes // _LARGEST):
                start_response(status, headers)
                if environ["REQUEST_METHOD"] == "GET":
                    return chunks
                _close(chunks)
                return []
            made = _entry(version, status, headers, chunks)
            # What was written meanwhile may be in it, in part: then it is made once more.
            now = self._look(anew=True)
            if now.version == version:
                if self._shared:
                    self._shared.put(key, made)
                break
            moment = now
        else:
            unsure = _Moment(0.0, None, None, [("Cache-Control", "no-cache")])
            return self._send(environ, start_response, key, made, unsure)
        before = self.entries.get(key)
        if before is not None and before.is_same(made):
            # Its compressed forms are worth keeping.
            before.version = made.version
            made = before
        self.entries.put(key, made)
        flight.entry = made
        return self._send(environ, start_response, key, made, moment)

    def _response(self, environ: Environ, key: Key) -> tuple[str, Headers, Iterable[bytes]]:
        """Return what the application answers to no more than the key says."""
        said: list = []

        def start(status: str, headers: Headers, exc_info: Any = None) -> Callable:
            said[:] = [status, headers]
            return _no_write

        chunks = self._application(_bare(environ, key[2], self._scheme_header), start)
        return said[0], said[1], chunks


def _entry(version: str, status: str, headers: Headers, chunks: Iterable[bytes]) -> Entry:
    try:
        body = b"".join(chunks)
    finally:
        _close(chunks)
    kept = [(name, value) for name, value in headers if name.lower() not in _ANEW]
    return Entry(version, status, kept, body)


def _moment(version: Version, began: float, lease: float, now: float) -> _Moment:
    left = version.until - now
    second = int(version.began)
    # In its first second a version could yet be replaced by another of the same second, and a date
    # has no finer part.
    last_modified = second if now >= second + 1 else None
    # Sent for as long as this moment is trusted, so by its end it must still be true.
    max_age = max(0, min(MAX_AGE, int(left - lease)))
    headers = [("Cache-Control", f"public, max-age={max_age}")]
    if last_modified is not None:
        headers.append(("Last-Modified", http_date(last_modified)))
    return _Moment(began + min(lease, left), version.name, last_modified, headers)


def _bare(environ: Environ, query: str, scheme_header: str) -> Environ:
    """Return the request without all that does not belong to its key.

    So nothing that one sender chose can stand in what others get.
    """
    kept = {*_OF_THE_SERVER, "HTTP_HOST", scheme_header}
    return {
        **{
            name: value
            for name, value in environ.items()
            if name in kept or name.startswith("wsgi.")
        },
        "REQUEST_METHOD": "GET",
        "QUERY_STRING": query,
        "CONTENT_TYPE": "",
        "CONTENT_LENGTH": "",
        "wsgi.input": BytesIO(),
    }


def _may_be_kept(status: str, headers: Headers, largest: int) -> bool:
    if not status.startswith(_KEPT_STATUS):
        return False
    told: Mapping[str, str] = {name.lower(): value for name, value in headers}
    if _FORBIDDING & told.keys():
        return False
    control = told.get("cache-control", "").lower()
    if "no-store" in control or "private" in control:
        return False
    if told.get("vary", "").lower().strip() not in ("", "accept-encoding"):
        return False
    # What announces no length is a stream.
    length = told.get("content-length", "")
    return length.isdecimal() and int(length) <= largest


def _close(chunks: Iterable[bytes]) -> None:
    close = getattr(chunks, "close", None)
    if close:
        close()


def _no_write(data: bytes) -> None:
    raise NotImplementedError("the page store takes what the application returns")
