"""Keeps `FeedEntry` in step with the timelines' index and the editions that cover its visits.

Follows `timeline_index`: an entry has the terms of the visit's entries, and the edition's topics.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from articles.models import Edition, EditionTopic, FeedEntry, TimelineEntry
from articles.models.editions import EditionQuerySet
from articles.timeline import index as timeline_index
from articles.timeline.bulk_insert import bulk_insert
from articles.timeline.index import BATCH, Kind, Term

# Every news of the site stands under it.
ALL = Term(0, 0)
COLUMNS = (
    "kind", "subject", "major_at", "article_id", "edition_id", "engagement_id", "sort_key",
    "public_from", "public_until", "terms",
)  # fmt: skip


class Row(NamedTuple):
    """What a `FeedEntry` holds, in the order of `COLUMNS`."""

    kind: int
    subject: int
    major_at: dt.datetime
    article_id: int
    edition_id: int
    engagement_id: int
    sort_key: int
    public_from: dt.datetime
    public_until: dt.datetime | None
    terms: str | None


@transaction.atomic
def refresh(engagements: Collection[int]) -> dict[dt.datetime, set[Term]]:
    """Bring the entries of the editions that cover engagements, by their pks, in line.

    Where nothing changed, nothing is written. Return the terms whose news changed, by the moment
    from which readers see it.
    """
    before = set(FeedEntry.objects.filter(engagement__in=engagements).values_list(*COLUMNS))
    after = set(_rows(_covered(Edition.objects.all(), **{"in": engagements})))
    changed = {row[5] for row in before ^ after}
    if changed:
        FeedEntry.objects.filter(engagement__in=changed).delete()
        _insert(row for row in after if row.engagement_id in changed)
    return _news(before, after)


def _news(before: Iterable[tuple], after: Iterable[tuple]) -> dict[dt.datetime, set[Term]]:
    """Return what readers notice of a change; not that an edition will end one day."""
    now = timezone.now()
    old, new = ({(*row[:8], row[9]) for row in rows} for rows in (before, after))
    told: dict[dt.datetime, set[Term]] = defaultdict(set)
    for kind, subject, *_rest, public_from, _terms in new - old:
        told[max(now, public_from)].add(Term(kind, subject))
    for kind, subject, *_rest, public_from, _terms in old - new:
        if public_from <= now:
            told[now].add(Term(kind, subject))
    return told


def rebuild() -> None:
    """Make every entry right, as `timeline_index.rebuild()` does and after it."""
    for batch in timeline_index.batches():
        with timeline_index.index_lock():
            refresh(batch)


def rebuild_if_empty(**kwargs: object) -> None:
    """Make the index where there is none: after `migrate`, of a database older than the index."""
    if not FeedEntry.objects.exists() and Edition.objects.lasting(timezone.now()).exists():
        rebuild()


def _insert(rows: Iterable[Row]) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    bulk_insert(
        FeedEntry._meta.db_table,
        COLUMNS,
        (
            [adapt(value) if isinstance(value, dt.datetime) else value for value in row]
            for row in rows
        ),
    )


def _rows(pairs: Collection[tuple[int, int]]) -> Iterator[Row]:
    """Return the rows that there should be of pairs of edition and engagement."""
    editions = {
        edition.pk: edition
        for pks in _parts({edition for edition, _engagement in pairs})
        for edition in Edition.objects.filter(pk__in=pks).with_major_at()
    }
    topics: dict[int, set[Term]] = defaultdict(set)
    for pks in _parts(editions):
        rows = EditionTopic.objects.filter(content_object__in=pks)
        for edition, topic in rows.values_list("content_object", "tag"):
            topics[edition].add(Term(Kind.TOPIC, topic))
    visits = _visits({engagement for _edition, engagement in pairs})
    told = attrgetter("major_at", "article_id", "pk")
    for edition, engagement in pairs:
        if engagement not in visits:
            continue  # a draft, or withdrawn
        sort_key, terms = visits[engagement]
        found = {*terms, *topics[edition]}
        text = "".join(term.token[:-1] for term in sorted(found)) + " "
        row = editions[edition]
        assert row.public_from is not None  # noqa: S101 - it is approved
        for term in {ALL, *found}:
            yield Row(
                *term,
                *told(row),
                engagement,
                sort_key,
                row.public_from,
                row.public_until,
                text if len(text) <= timeline_index.MOST_TERMS else None,
            )


def _covered(editions: EditionQuerySet, **which: object) -> set[tuple[int, int]]:
    """Return pairs of edition and engagement, by pk, of what is public or will be.

    `which` is a condition on the engagement: `isnull=False`.
    """
    [(lookup, value)] = which.items()
    lasting = editions.lasting(timezone.now()).order_by()
    return {
        pair
        for relation in ("engagement", "also_covers")
        for pair in lasting.filter(**{f"{relation}__{lookup}": value}).values_list("pk", relation)
    }


def _visits(engagements: set[int]) -> dict[int, tuple[int, set[Term]]]:
    """Return `sort_key` and terms of each engagement that is on a timeline."""
    visits: dict[int, tuple[int, set[Term]]] = {}
    for pks in _parts(engagements):
        rows = TimelineEntry.objects.filter(engagement__in=pks).exclude(kind=Kind.COVERAGE)
        for pk, sort_key, *term in rows.values_list("engagement_id", "sort_key", "kind", "subject"):
            visits.setdefault(pk, (sort_key, set()))[1].add(Term(*term))
    return visits


def _parts(pks: Collection[int]) -> Iterator[Sequence[int]]:
    """Return pks in parts that a query of either database takes."""
    every = sorted(pks)
    for start in range(0, len(every), BATCH):
        yield every[start : start + BATCH]
