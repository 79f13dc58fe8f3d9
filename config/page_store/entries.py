"""Stored responses, within a number of bytes."""

import base64
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import NamedTuple

import brotli

from config.page_store.requests import BROTLI, CODINGS, GZIP, IDENTITY

Headers = list[tuple[str, str]]
# The name of a part of the content; a tuple of them has changed when all of them have.
Scope = str | tuple[str, ...]

# Best for text that is compressed while a reader waits.
_GZIP_LEVEL, _BROTLI_QUALITY = 6, 5
_MIN_COMPRESSED = 200  # bytes; below, the header costs more than is saved
_COMPRESSIBLE = ("text/", "application/json", "application/xml", "image/svg+xml")
_COMPRESSIBLE_SUFFIXES = ("+json", "+xml")
# An entry's own objects and its row in the table, rounded up.
_OVERHEAD = 4_000  # bytes


class Response(NamedTuple):
    """An entry in one coding, ready to be sent."""

    etag: str
    headers: Headers
    unchanged: Headers  # of a 304
    body: bytes


class Basis(NamedTuple):
    """What a response was made from: true until `until`, while none of its scopes changes.

    `number` is the version's, `at` the moment of the rendering; times are Unix seconds. Without
    scopes every change may concern the response.
    """

    number: int
    at: float
    until: float
    scopes: frozenset[Scope] = frozenset()


class Entry:
    """A response of the application: `status` ("200 OK"), headers without validators, body.

    `version` names the content version for which it is known to be true. `responses` has the
    codings that were asked for so far, each at its index of `CODINGS`.
    """

    __slots__ = (
        "_lock", "basis", "body", "digest", "headers", "responses", "size", "status", "version",
    )  # fmt: skip

    def __init__(
        self, version: str, basis: Basis, status: str, headers: Headers, body: bytes
    ) -> None:
        self.version, self.basis, self.status, self.body = version, basis, status, body
        self.headers = headers
        # Without the other headers: two processes may write the same policy in two orders.
        digest = hashlib.blake2b(f"{status} {self._content_type}\n".encode(), digest_size=12)
        digest.update(body)
        self.digest = base64.urlsafe_b64encode(digest.digest()).decode()
        self.responses: list[Response | None] = [None, None, None]
        self._lock = Lock()
        self.size = 0  # bytes, as last counted by the table

    def response(self, coding: int) -> Response:
        """Return the response in a coding; the first call for each compresses it."""
        with self._lock:
            response = self.responses[coding]
            if response is None:
                response = self.responses[coding] = self._encoded(coding)
            return response

    def held(self, tags: str, wanted: int) -> int:
        """Return the coding whose ETag is in `tags` (If-None-Match), else `wanted`.

        A client that has the page in another coding gets the 304 of that coding.
        """
        if self.digest not in tags or not self.status.startswith("200"):
            return wanted
        return next((n for n in range(len(CODINGS)) if self._etag(n) in tags), wanted)

    def is_same(self, other: "Entry") -> bool:
        """Return whether both send the same."""
        return self.digest == other.digest and self.headers == other.headers

    def weigh(self) -> int:
        """Return about how many bytes of memory the entry takes."""
        bodies = {id(self.body): len(self.body)}
        bodies |= {id(row.body): len(row.body) for row in self.responses if row}
        return _OVERHEAD + sum(bodies.values())

    def _encoded(self, coding: int) -> Response:
        body = self.body
        if not self._compressible:
            coding = IDENTITY
        elif coding == GZIP:
            body = gzip.compress(body, _GZIP_LEVEL, mtime=0)
        elif coding == BROTLI:
            body = brotli.compress(body, quality=_BROTLI_QUALITY)
        name, etag = CODINGS[coding], self._etag(coding)
        validator = [("ETag", etag)]
        if self._compressible:
            validator.append(("Vary", "Accept-Encoding"))
        coded = [("Content-Encoding", name)] if name else []
        length = [("Content-Length", str(len(body)))]
        unchanged = [row for row in self.headers if row[0].lower() != "content-type"]
        sent = [*self.headers, *length, *coded, *validator]
        return Response(etag, sent, [*unchanged, *validator], body)

    def _etag(self, coding: int) -> str:
        name = CODINGS[coding]
        return f'"{self.digest}-{name}"' if name else f'"{self.digest}"'

    @property
    def _content_type(self) -> str:
        found = (value for name, value in self.headers if name.lower() == "content-type")
        return next(found, "")

    @property
    def _compressible(self) -> bool:
        kind = self._content_type.partition(";")[0].strip().lower()
        return len(self.body) >= _MIN_COMPRESSED and (
            kind.startswith(_COMPRESSIBLE) or kind.endswith(_COMPRESSIBLE_SUFFIXES)
        )


class Entries:
    """Entries by key, within `max_bytes`; the least recently used are dropped.

    `get` and `touch` need no lock: each is one step of the interpreter.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0
        self._rows: OrderedDict[Hashable, Entry] = OrderedDict()
        self._lock = Lock()
        self.get = self._rows.get

    def __len__(self) -> int:
        return len(self._rows)

    def touch(self, key: Hashable) -> None:
        """Make an entry the most recently used, if it is still here."""
        try:  # noqa: SIM105 - `suppress` would cost more than the rest of an answer
            self._rows.move_to_end(key)
        except KeyError:
            pass

    def put(self, key: Hashable, entry: Entry) -> None:
        """Store an entry as the most recently used one, or count again one that has grown."""
        with self._lock:
            previous = self._rows.pop(key, None)
            if previous is not None:
                self.bytes -= previous.size
            entry.size = entry.weigh() + len(repr(key))
            self._rows[key] = entry
            self.bytes += entry.size
            while self.bytes > self.max_bytes:
                _key, oldest = self._rows.popitem(last=False)
                self.bytes -= oldest.size

    def grown(self, key: Hashable, entry: Entry) -> None:
        """Recompute an entry's size if it is still cached."""
        if self._rows.get(key) is entry:
            self.put(key, entry)
