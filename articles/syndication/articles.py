"""The articles that cover the engagements of a view, each listed once, the latest news first.

An index in that order is read page by page, so that a page costs the same in a list of a hundred
thousand articles as in one of a thousand.
"""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Q

from articles.models import Edition, FeedEntry
from articles.models.editions import EditionQuerySet
from articles.pagination import ArchiveCursor, FetchOlder
from articles.syndication.index import ALL
from articles.timeline.filters import View
from articles.timeline.index import Term
from articles.timeline.queries import COVERED, filtered_entries
from engagements.visibility import is_public


class FeedRow(NamedTuple):
    """An article: when its latest major edition came out, its pk, and its public edition's pk."""

    moment: dt.datetime
    article: int
    edition: int

    @property
    def cursor(self) -> ArchiveCursor:
        return ArchiveCursor(self.moment, self.article)


def feed_rows(subject: Term | None, view: View, at: dt.datetime) -> FetchOlder[FeedRow]:
    """Return the function that fetches the articles of a view, or without a subject of the site.

    An article belongs to the terms of its engagements and to its own topics.
    """
    terms = {*view.terms, *([subject] if subject else [])} - {COVERED}
    entries = filtered_entries(
        FeedEntry.objects.filter(public_from__lte=at).filter(
            Q(public_until__isnull=True) | Q(public_until__gt=at)
        ),
        terms or {ALL},
        view,
        at,
    )
    # The index may be stale: the rule of visibility is applied here and in `editions_of()`.
    entries = entries.filter(is_public(at, "engagement__"))
    if "coverage" in view.choices and view.choices["coverage"].value == "without":
        entries = entries.none()

    def fetch(before: ArchiveCursor | None, most: int) -> list[FeedRow]:
        here = entries
        if before:
            here = here.filter(major_at__lte=before.moment).exclude(
                major_at=before.moment, article__gte=before.number
            )
        rows = here.order_by("-major_at", "-article_id", "-edition_id")
        # An article that covers several engagements has a row for each.
        return [
            FeedRow(*row)
            for row in rows.values_list("major_at", "article_id", "edition_id").distinct()[:most]
        ]

    return fetch


def editions_of(rows: Iterable[FeedRow], at: dt.datetime) -> EditionQuerySet:
    """Return the public editions of rows, the newest first."""
    return Edition.objects.public(at).filter(pk__in=[row.edition for row in rows]).newest_first()
