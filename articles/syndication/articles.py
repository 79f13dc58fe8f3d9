"""The articles that cover a view's visits, each once, the latest news first.

Read from an index in that order, page by page, so that the first page of a hundred thousand costs
what the first of a thousand costs. Places are keys, and pages end at articles that are marked by
their own number, so that no later news moves anything from one page to another.
"""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Q

from articles.models import Edition, FeedEntry
from articles.models.articles import EditionQuerySet
from articles.pagination import Older, Place
from articles.syndication.index import ALL
from articles.timeline.filters import View
from articles.timeline.index import Term
from articles.timeline.queries import COVERED, narrowed
from engagements.visibility import is_public


class News(NamedTuple):
    """An article, by the edition that is public, and the last moment at which it was news."""

    moment: dt.datetime
    article: int
    edition: int

    @property
    def place(self) -> Place:
        return Place(self.moment, self.article)


def news_of(subject: Term | None, view: View, at: dt.datetime) -> Older[News]:
    """Return what reads the news of a view; without a subject, of the whole site.

    An article is about what its visits are about, and about its own topics.
    """
    terms = {*view.terms, *([subject] if subject else [])} - {COVERED}
    entries = narrowed(
        FeedEntry.objects.filter(public_from__lte=at).filter(
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
