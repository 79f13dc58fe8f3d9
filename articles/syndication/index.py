"""Maintains `FeedEntry`, the index of the articles in feeds.

It follows the timelines' index: an entry has the terms of the engagement's entries there and the
topics of the edition.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from articles.models import Edition, EditionTopic, FeedEntry, TimelineEntry
from articles.models.editions import EditionQuerySet
from articles.timeline import index as timeline_index
from articles.timeline.bulk_insert import bulk_insert
from articles.timeline.index import BATCH, Kind, Term

# The term of the whole site: every entry has it.
ALL = Term(0, 0)
COLUMNS = (
    "kind", "subject", "major_at", "article_id", "edition_id", "engagement_id", "sort_key",
    "public_from", "public_until", "terms",
)  # fmt: skip


class EntryRow(NamedTuple):
    """The values of a `FeedEntry`, in the order of `COLUMNS`."""

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


class Refreshed(NamedTuple):
    """What a refresh found.

    `changed`: the terms whose feeds changed, by the moment from which readers see the change.
    `terms`, `articles`: the topics, and by pk the articles, of all entries before and after.
    """

    changed: dict[dt.datetime, set[Term]]
    terms: set[Term]
    articles: set[int]


@transaction.atomic
def refresh(engagements: Collection[int]) -> Refreshed:
    """Update the entries of engagements, given by pk; write only what changed."""
    before = set(FeedEntry.objects.filter(engagement__in=engagements).values_list(*COLUMNS))
    after = set(_rows(_covered(Edition.objects.all(), **{"in": engagements})))
    changed = {row[5] for row in before ^ after}
    if changed:
        FeedEntry.objects.filter(engagement__in=changed).delete()
        _insert(row for row in after if row.engagement_id in changed)
    # Those of other kinds are the engagements' own.
    topics = {Term(row[0], row[1]) for row in before | after if row[0] == Kind.TOPIC}
    return Refreshed(_changed_terms(before, after), topics, {row[3] for row in before | after})


def _changed_terms(before: Iterable[tuple], after: Iterable[tuple]) -> dict[dt.datetime, set[Term]]:
    """Return the terms whose entries differ, but for `public_until`, by the moment of the change.

    The end of an edition is announced with its successor.
    """
    now = timezone.now()
    old, new = ({(*row[:8], row[9]) for row in rows} for rows in (before, after))
    changed: dict[dt.datetime, set[Term]] = defaultdict(set)
    for kind, subject, *_rest, public_from, _terms in new - old:
        changed[max(now, public_from)].add(Term(kind, subject))
    for kind, subject, *_rest, public_from, _terms in old - new:
        if public_from <= now:
            changed[now].add(Term(kind, subject))
    return changed


def out_of_step() -> set[int]:
    """Return the articles, by pk, with other entries than a refresh would write.

    Entries of editions that have ended stay until the next one.
    """
    now = timezone.now()
    articles: set[int] = set()
    for batch in timeline_index.batches():
        stored = FeedEntry.objects.filter(engagement__in=batch).values_list(*COLUMNS)
        before = {row for row in stored if row[8] is None or row[8] > now}
        after = set(_rows(_covered(Edition.objects.all(), **{"in": batch})))
        articles |= {row[3] for row in before ^ after}
    return articles


def rebuild() -> None:
    """Update every entry; belongs after `timeline_index.rebuild()`."""
    for batch in timeline_index.batches():
        with timeline_index.index_lock():
            refresh(batch)


def rebuild_if_empty(**kwargs: object) -> None:
    """Make the index of a database that is older than it (receiver of `post_migrate`)."""
    if (
        not FeedEntry.objects.exists()
        and Edition.objects.public_or_scheduled(timezone.now()).exists()
    ):
        rebuild()


def _insert(rows: Iterable[EntryRow]) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    bulk_insert(
        FeedEntry._meta.db_table,
        COLUMNS,
        (
            [adapt(value) if isinstance(value, dt.datetime) else value for value in row]
            for row in rows
        ),
    )


def _rows(pairs: Collection[tuple[int, int]]) -> Iterator[EntryRow]:
    """Return the entries that pairs of edition and engagement should have."""
    editions: dict[int, Any] = {  # with `major_at`
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
    for edition, engagement in pairs:
        if engagement not in visits:
            continue  # a draft, or withdrawn
        sort_key, terms = visits[engagement]
        every = {*terms, *topics[edition]}
        text = "".join(term.token[:-1] for term in sorted(every)) + " "
        row = editions[edition]
        assert row.public_from is not None  # noqa: S101 - it is approved
        for term in {ALL, *every}:
            yield EntryRow(
                *term,
                row.major_at,
                row.article_id,
                row.pk,
                engagement,
                sort_key,
                row.public_from,
                row.public_until,
                text if len(text) <= timeline_index.MOST_TERMS else None,
            )


def _covered(editions: EditionQuerySet, **which: object) -> set[tuple[int, int]]:
    """Return the pairs of pks of an edition, public or scheduled, and an engagement it covers.

    `which` is one condition on the engagement, for example `isnull=False`.
    """
    [(lookup, value)] = which.items()
    rows = editions.public_or_scheduled(timezone.now()).order_by()
    return {
        pair
        for relation in ("engagement", "also_covers")
        for pair in rows.filter(**{f"{relation}__{lookup}": value}).values_list("pk", relation)
    }


def _visits(engagements: set[int]) -> dict[int, tuple[int, set[Term]]]:
    """Return `sort_key` and terms, by pk, of the engagements that are on a timeline."""
    visits: dict[int, tuple[int, set[Term]]] = {}
    for pks in _parts(engagements):
        rows = TimelineEntry.objects.filter(engagement__in=pks).exclude(kind=Kind.COVERAGE)
        for pk, sort_key, *term in rows.values_list("engagement_id", "sort_key", "kind", "subject"):
            visits.setdefault(pk, (sort_key, set()))[1].add(Term(*term))
    return visits


def _parts(pks: Collection[int]) -> Iterator[Sequence[int]]:
    """Return pks in parts that are small enough for one query."""
    every = sorted(pks)
    for start in range(0, len(every), BATCH):
        yield every[start : start + BATCH]
