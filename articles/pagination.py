"""Keyset pagination: a page begins at a cursor, so that page 9,000 costs what page 9 costs.

A cursor holds the sort columns of the row that the page stands beside, and travels in the address.
"""

import base64
import binascii
import datetime as dt
import zlib
from collections.abc import Callable
from typing import NamedTuple, Protocol, Self, TypeVar

from django.utils.translation import gettext as _

# Rows on the newest page of an archive, and on average on an older one.
NEWEST_PAGE = 30
OLDER_PAGE = 25

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
# Of moments that a database column can hold.
_EARLIEST, _LATEST = _EPOCH - dt.timedelta(days=365 * 900), dt.datetime(2200, 1, 1, tzinfo=dt.UTC)


class UnreadableError(ValueError):
    """The address asks for something that does not exist; the text says what, for the reader."""


def _encode(*numbers: tuple[int, int]) -> str:
    """Return numbers, each with its size in bytes, as base64 for addresses."""
    packed = b"".join(number.to_bytes(size, signed=True) for number, size in numbers)
    return base64.urlsafe_b64encode(packed).decode()


def _decode(text: str, *sizes: int) -> list[int]:
    """Return the numbers that `_encode` was given; raise `UnreadableError` for anything else."""
    try:
        packed = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        packed = b""
    if len(packed) != sum(sizes):
        raise UnreadableError(_("The address names a page that does not exist."))
    numbers = []
    for size in sizes:
        numbers.append(int.from_bytes(packed[:size], signed=True))
        packed = packed[size:]
    return numbers


class Cursor(NamedTuple):
    """A position in a timeline: an entry's `sort_key` and its engagement's pk."""

    sort_key: int
    engagement: int

    def __str__(self) -> str:
        return _encode((self.sort_key, 4), (self.engagement, 8))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the cursor that `str()` wrote; raise `UnreadableError` for anything else."""
        sort_key, engagement = _decode(text, 4, 8)
        if sort_key < 0 or engagement < 0:
            raise UnreadableError(_("The address names a page that does not exist."))
        return cls(sort_key, engagement)


class ArchiveCursor(NamedTuple):
    """A position in an archive, newest first: a row's moment and, among equals, its number."""

    moment: dt.datetime
    number: int

    def __str__(self) -> str:
        return _encode(((self.moment - _EPOCH) // _MICROSECOND, 8), (self.number, 7))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the cursor that `str()` wrote; raise `UnreadableError` for anything else."""
        microseconds, number = _decode(text, 8, 7)
        try:
            moment = _EPOCH + microseconds * _MICROSECOND
        except OverflowError:
            moment = _LATEST
        if number < 0 or not _EARLIEST < moment < _LATEST:
            raise UnreadableError(_("The address names a page that does not exist."))
        return cls(moment, number)


class HasCursor(Protocol):
    @property
    def cursor(self) -> ArchiveCursor: ...


Row = TypeVar("Row", bound=HasCursor)
# Given a cursor (`None`: from the newest on) and a number: so many older rows, newest first.
FetchOlder = Callable[[ArchiveCursor | None, int], list[Row]]


def archive_page(
    fetch: FetchOlder[Row], before: ArchiveCursor | None
) -> tuple[list[Row], ArchiveCursor | None]:
    """Return a page, and the cursor of the next older page if there is one.

    The newest page has `NEWEST_PAGE` rows. An older one ends at the first row whose own number
    marks it as the last of a page, so that a page stays as it is whatever is added later: what
    feeds call an archive document (RFC 5005).
    """
    if before is None:
        rows = fetch(None, NEWEST_PAGE + 1)
        has_more = len(rows) > NEWEST_PAGE
        return rows[:NEWEST_PAGE], rows[NEWEST_PAGE - 1].cursor if has_more else None
    most = 2 * OLDER_PAGE
    while True:
        rows = fetch(before, most + 1)
        last = next((n for n, row in enumerate(rows[:most]) if _ends_a_page(row.cursor)), None)
        if last is not None:
            return rows[: last + 1], rows[last].cursor if len(rows) > last + 1 else None
        if len(rows) <= most:
            return rows, None
        most *= 2


def _ends_a_page(cursor: ArchiveCursor) -> bool:
    # Of a hash: a list has only some of the numbers, so every 25th could be none of its own.
    return zlib.crc32(str(cursor.number).encode()) % OLDER_PAGE == 0
