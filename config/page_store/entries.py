"""Finished answers, and the bounded place where they are kept."""

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

# Best for text that is compressed while somebody waits.
_GZIP_LEVEL, _BROTLI_QUALITY = 6, 5
_MIN_COMPRESSED = 200  # bytes; below, the header costs more than is saved
_COMPRESSIBLE = ("text/", "application/json", "application/xml", "image/svg+xml")
_COMPRESSIBLE_SUFFIXES = ("+json", "+xml")
# An entry's own objects and its place in the table, measured generously.
_OVERHEAD = 4_000  # bytes


class Answer(NamedTuple):
    """An entry in one coding, ready to be sent."""

    etag: str
    headers: Headers
    unchanged: Headers  # those of a 304
    body: bytes


class Entry:
    """What the application answered: `status` ("200 OK"), headers without validators, body.

    `version` is the content version that it belongs to; `answers` has what was asked for so far,
    by coding.
    """

    __slots__ = ("_lock", "answers", "body", "digest", "headers", "size", "status", "version")

    def __init__(self, version: str, status: str, headers: Headers, body: bytes) -> None:
        self.version, self.status, self.body = version, status, body
        self.headers = headers
        # Not of all headers: two processes may write the same policy in two orders.
        told = hashlib.blake2b(f"{status} {self._content_type}\n".encode(), digest_size=12)
        told.update(body)
        self.digest = base64.urlsafe_b64encode(told.digest()).decode()
        self.answers: list[Answer | None] = [None, None, None]
        self._lock = Lock()
        self.size = 0  # as the table counted it

    def answer(self, coding: int) -> Answer:
        """Return the answer in a coding; it is compressed the first time that anybody asks."""
        with self._lock:
            found = self.answers[coding]
            if found is None:
                found = self.answers[coding] = self._made(coding)
            return found

    def held(self, given: str, wanted: int) -> int:
        """Return the coding that a sender's If-None-Match names, else the one it `wanted`.

        Who has the page in another coding has the page: it gets the 304 of its own tag.
        """
        if self.digest not in given or not self.status.startswith("200"):
            return wanted
        return next((n for n in range(len(CODINGS)) if self._etag(n) in given), wanted)

    def is_same(self, other: "Entry") -> bool:
        """Say whether nothing that readers get has changed."""
        return self.digest == other.digest and self.headers == other.headers

    def weigh(self) -> int:
        """Return how many bytes of memory this takes, nearly."""
        bodies = {id(answer.body): len(answer.body) for answer in self.answers if answer}
        return _OVERHEAD + sum((bodies | {id(self.body): len(self.body)}).values())

    def _made(self, coding: int) -> Answer:
        if not self._compressible:
            return self._answer(IDENTITY, self.body)
        if coding == GZIP:
            return self._answer(GZIP, gzip.compress(self.body, _GZIP_LEVEL, mtime=0))
        if coding == BROTLI:
            return self._answer(BROTLI, brotli.compress(self.body, quality=_BROTLI_QUALITY))
        return self._answer(IDENTITY, self.body)

    def _answer(self, coding: int, body: bytes) -> Answer:
        name, etag = CODINGS[coding], self._etag(coding)
        validator = [("ETag", etag)]
        if self._compressible:
            validator.append(("Vary", "Accept-Encoding"))
        coded = [("Content-Encoding", name)] if name else []
        length = [("Content-Length", str(len(body)))]
        unchanged = [row for row in self.headers if row[0].lower() != "content-type"]
        return Answer(
            etag,
            [*self.headers, *length, *coded, *validator],
            [*unchanged, *validator],
            body,
        )

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
    """Entries by key within a number of bytes; the least recently used make way.

    `get` and `touch` take no lock: each is one step of the interpreter.
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
        """Make an entry the most recently used; nothing happens to one that has made way."""
        try:  # noqa: SIM105 - `suppress` would cost more than the rest of an answer
            self._rows.move_to_end(key)
        except KeyError:
            pass

    def put(self, key: Hashable, entry: Entry) -> None:
        """Keep an entry as the most recently used, or count again one that has grown."""
        with self._lock:
            before = self._rows.pop(key, None)
            if before is not None:
                self.bytes -= before.size
            entry.size = entry.weigh() + len(repr(key))
            self._rows[key] = entry
            self.bytes += entry.size
            while self.bytes > self.max_bytes:
                _key, gone = self._rows.popitem(last=False)
                self.bytes -= gone.size

    def grown(self, key: Hashable, entry: Entry) -> None:
        """Count an entry again, if it is still here."""
        if self._rows.get(key) is entry:
            self.put(key, entry)
