"""The articles that cover a view's visits, each once, the latest news first.

Read from an index in that order, page by page, so that the first page of a hundred thousand costs
what the first of a thousand costs. Places are keys, and pages end at articles that are marked by
their own number, so that no later news moves anything from one page to another.
"""

import base64
import binascii
import datetime as dt
import zlib
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, TypeVar

from django.db.models import Q
from django.utils.translation import gettext as _

from articles.models import Edition, NewsEntry
from articles.models.articles import EditionQuerySet
from articles.syndication.index import ALL
from articles.timeline.filters import UnreadableError, View
from articles.timeline.index import Term
from articles.timeline.queries import COVERED, narrowed
from engagements.visibility import is_public

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


class News(NamedTuple):
    """An article, by the edition that is public, and the last moment at which it was news."""

    moment: dt.datetime
    article: int
    edition: int

    @property
    def place(self) -> Place:
        return Place(self.moment, self.article)


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


def news_of(subject: Term | None, view: View, at: dt.datetime) -> Older[News]:
    """Return what reads the news of a view; without a subject, of the whole site.

    An article is about what its visits are about, and about its own topics.
    """
    terms = {*view.terms, *([subject] if subject else [])} - {COVERED}
    entries = narrowed(
        NewsEntry.objects.filter(public_from__lte=at).filter(
            Q(public_until__isnull=True) | Q(public_until__gt=at)
        ),
        terms or {ALL},
        view,
        at,
    )
    # A stale row of the index is passed over here and in `editions_of()`.
    entries = entries.filter(is_public(at, "engagement__"))
    if "coverage" in view.choices and view.choices["coverage"].value == "without":
        entries = entries.none()

    def older(before: Place | None, most: int) -> list[News]:
        here = entries
        if before:
            here = here.filter(major_at__lte=before.moment).exclude(
                major_at=before.moment, article__gte=before.number
            )
        rows = here.order_by("-major_at", "-article_id", "-edition_id")
        # A round-up of many visits is one piece of news.
        return [
            News(*row)
            for row in rows.values_list("major_at", "article_id", "edition_id").distinct()[:most]
        ]

    return older


def editions_of(news: Iterable[News], at: dt.datetime) -> EditionQuerySet:
    """Return the editions that readers see of the news, in its order."""
    return Edition.objects.public(at).filter(pk__in=[row.edition for row in news]).newest_first()
