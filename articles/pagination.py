"""Keyset pagination: cursors that stand in an address, and pages that nothing later moves."""

import base64
import binascii
import datetime as dt
import zlib
from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

from django.utils.translation import gettext as _


class UnreadableError(ValueError):
    """The address asks for something that cannot be; the text says what, for the reader."""


class Cursor(NamedTuple):
    """A place in a timeline: an entry's `sort_key` and its engagement's pk."""

    sort_key: int
    engagement: int

    def __str__(self) -> str:
        packed = self.sort_key.to_bytes(4) + self.engagement.to_bytes(8)
        return base64.urlsafe_b64encode(packed).decode()

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        try:
            packed = base64.b64decode(text, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            packed = b""
        cursor = cls(int.from_bytes(packed[:4]), int.from_bytes(packed[4:]))
        # Larger keys and pks would not fit their columns.
        if len(packed) != 12 or cursor.sort_key >= 2**31 or cursor.engagement >= 2**63:
            raise UnreadableError(_("The address names a place that no timeline has."))
        return cursor


EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)
LATEST = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
# News on the newest page, and on average on an older one.
NEWEST = 30
A_PAGE = 25


class Place(NamedTuple):
    """Where a piece of news stands: its moment and, of one moment, a number."""

    moment: dt.datetime
    number: int

    def __str__(self) -> str:
        packed = (self.moment - EPOCH) // MICROSECOND
        return base64.urlsafe_b64encode(
            packed.to_bytes(8, signed=True) + self.number.to_bytes(7)
        ).decode()

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read what `str()` wrote; raise `UnreadableError` for anything else."""
        try:
            packed = base64.b64decode(text, altchars=b"-_", validate=True)
            if len(packed) != 15:
                raise ValueError
            moment = EPOCH + int.from_bytes(packed[:8], signed=True) * MICROSECOND
        except (binascii.Error, ValueError, OverflowError):
            moment = LATEST
        if not EPOCH - dt.timedelta(days=365 * 900) < moment < LATEST:
            raise UnreadableError(_("The address names a place that no list has."))
        return cls(moment, int.from_bytes(packed[8:]))


class Placed(Protocol):
    @property
    def place(self) -> Place: ...


T = TypeVar("T", bound=Placed)
# Given a place and a number: so many rows that are older, newest first.
Older = Callable[[Place | None, int], list[T]]


def page_of(older: Older[T], before: Place | None) -> tuple[list[T], Place | None]:
    """Return a page, and the place at which the next older page begins, if there is one.

    The newest page has `NEWEST` rows. An older one ends at the first row whose number says so,
    which depends on nothing else: whatever is added later, it stays as it is.
    """
    if before is None:
        rows = older(None, NEWEST + 1)
        return rows[:NEWEST], rows[NEWEST - 1].place if len(rows) > NEWEST else None
    most = 2 * A_PAGE
    while True:
        rows = older(before, most + 1)
        last = next((n for n, row in enumerate(rows[:most]) if _ends_a_page(row.place)), None)
        if last is not None:
            return rows[: last + 1], rows[last].place if len(rows) > last + 1 else None
        if len(rows) <= most:
            return rows, None
        most *= 2


def _ends_a_page(place: Place) -> bool:
    # Numbers follow each other, and a list has some of them: every 25th could be none of its own.
    return zlib.crc32(str(place.number).encode()) % A_PAGE == 0
