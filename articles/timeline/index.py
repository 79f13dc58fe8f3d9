"""Writes `TimelineEntry` and `TimelineTotal`, the index of the timelines.

Nothing else writes them. `articles.receivers` calls `refresh()` for every saved or deleted row that
an entry depends on; code that writes past the models' `save()` calls `refresh_engagements()`.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Count, Max, Min, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from articles.caching.version import content_changed
from articles.models import Edition, FeedEntry, TimelineEntry, TimelineTotal
from articles.timeline.bulk_insert import bulk_insert
from engagements.dates import PartialDate
from engagements.models import (
    Action,
    Engagement,
    EngagementRegion,
    EngagementTopic,
    Participant,
)

Kind = TimelineEntry.Kind

# The kinds of those that have a timeline.
SUBJECTS = (Kind.REGION, Kind.COUNTRY, Kind.PERSON, Kind.ORGANISATION, Kind.TOPIC)

# Numbers for what has no pk. Append only: rows hold them.
KINDS = {
    kind: number
    for number, kind in enumerate(
        (
            "official_visit", "working_visit", "state_visit", "visit", "meeting", "summit",
            "conference", "call", "other",
        ),
        start=1,
    )
}  # fmt: skip
STATUSES = {"planned": 1, "confirmed": 2, "took_place": 3, "postponed": 4, "cancelled": 5}
WITH = 1
# Engagements in a transaction of a rebuild: some ten rows each, a second or two.
BATCH = 5_000
# Characters of the terms of one engagement. PostgreSQL refuses index entries above 2,704 bytes.
MOST_TERMS = 2_000


class Term(NamedTuple):
    """A kind of subject and one subject of it: what an entry is indexed by."""

    kind: int
    subject: int

    @property
    def token(self) -> str:
        """The term in the text of `TimelineEntry.terms`, between its spaces: " 5:12 "."""
        return f" {self.kind}:{self.subject} "

    @classmethod
    def parse(cls, token: str) -> "Term":
        kind, subject = token.split(":")
        return cls(int(kind), int(subject))


TOOK_PLACE = Term(Kind.STATUS, STATUSES["took_place"])

COLUMNS = (
    "kind", "subject", "sort_key", "engagement_id", "hidden_until", "lapses_at", "terms",
)  # fmt: skip
# What a `TimelineTotal` counts.
KEY = ("kind", "subject", "month")


class Row(NamedTuple):
    """The values of a `TimelineEntry`, in the order of `COLUMNS`."""

    kind: int
    subject: int
    sort_key: int
    engagement_id: int
    hidden_until: dt.datetime | None
    lapses_at: dt.datetime | None
    terms: str | None


def indexed_engagements() -> QuerySet[Engagement]:
    """Return the engagements that have entries: public ones and those under embargo."""
    return Engagement.objects.filter(public_from__isnull=False, withdrawn_at__isnull=True)


class Refreshed(NamedTuple):
    """What a refresh found.

    `moments`: when engagements become public or cease to be, by pk. `terms`: the subjects whose
    timelines list one of the engagements, or did so before.
    """

    moments: dict[int, dt.datetime]
    terms: set[Term]


@transaction.atomic
def refresh(engagements: Collection[int]) -> Refreshed:
    """Update the entries and totals of engagements, by pk, from the facts.

    Drafts, withdrawn and deleted engagements lose their entries. Nothing is written where nothing
    changed.

    The caller has written the content version in the same transaction: its row is the lock that
    keeps two refreshes from counting an engagement twice.
    """
    if not engagements:
        return Refreshed({}, set())
    before, after = _replace_entries(engagements)
    change = _count(after)
    change.subtract(_count(before))
    _add_to_totals(change)
    terms = {Term(row[0], row[1]) for row in before | after if row[0] in SUBJECTS}
    return Refreshed(_visibility_changes(before, after), terms)


def _replace_entries(engagements: Collection[int]) -> tuple[set[tuple], set[tuple]]:
    """Replace the entries that changed; return all old rows and all new ones."""
    before, after = _entries(engagements)
    changed = {row[3] for row in before ^ after}
    if before:
        TimelineEntry.objects.filter(engagement__in=changed).delete()
    if changed:
        _insert(row for row in after if row[3] in changed)
    return before, after


def _entries(engagements: Collection[int]) -> tuple[set[tuple], set[tuple]]:
    """Return the stored rows of engagements, and those that they should have."""
    entries = TimelineEntry.objects.filter(engagement__in=engagements)
    rows = _rows(indexed_engagements().filter(pk__in=engagements))
    return set(entries.values_list(*COLUMNS)), set(rows)


def out_of_step(engagements: Collection[int]) -> set[int]:
    """Return the engagements, by pk, with other entries than a refresh would write.

    What passes with time is no difference: a moment that has come, and coverage that has lapsed.
    """
    now = timezone.now()
    before, after = _entries(engagements)
    lapsed = {row[3] for row in before if row[5] and row[5] <= now}
    covered = Term(Kind.COVERAGE, WITH).token

    def lasting(rows: set[tuple]) -> set[tuple]:
        return {
            (kind, subject, sort_key, pk, max(until, now) if until else now, lapses_at,
             terms and terms.replace(covered, " "))
            for kind, subject, sort_key, pk, until, lapses_at, terms in rows
            if kind != Kind.COVERAGE or pk not in lapsed
        }  # fmt: skip

    return {row[3] for row in lasting(before) ^ lasting(after)}


def totals_out_of_step() -> int:
    """Return the number of totals that are not the number of their entries."""
    entries = TimelineEntry.objects.order_by("engagement").values_list(*COLUMNS[:4])
    counts = Counter[tuple[int, ...]]()
    for _engagement, rows in groupby(entries.iterator(), key=itemgetter(3)):
        counts.update(_count(list(rows)))
    _subtract_stored(counts, TimelineTotal.objects.all())
    return sum(1 for count in counts.values() if count)


def _visibility_changes(before: Iterable[tuple], after: Iterable[tuple]) -> dict[int, dt.datetime]:
    """Return the moment from which an engagement is public, or is so no longer, by pk."""
    now = timezone.now()
    # Each engagement has one entry of its kind, hidden for as long as it is itself.
    old, new = (
        {row[3]: max(row[4] or now, now) for row in rows if row[0] == Kind.KIND}
        for rows in (before, after)
    )
    gone = {pk: now for pk in old.keys() - new.keys() if old[pk] <= now}
    return gone | {pk: at for pk, at in new.items() if old.get(pk) != at}


@contextmanager
def index_lock() -> Iterator[None]:
    """Open a transaction in which no other process writes an index.

    The lock is the row of the content version, which every writer of an index writes first. Its new
    number also discards pages that were made from an index that is half rebuilt.
    """
    with transaction.atomic():
        content_changed()
        yield


def rebuild(report: Callable[[int], object]) -> None:
    """Make all entries and totals anew; call `report` with the engagements of each batch.

    A transaction for each batch: a save waits for one of them at most, and no reader meets an empty
    timeline. The totals follow, a year at a time, counted from entries that are right by then.
    """
    for batch in batches():
        with index_lock():
            _replace_entries(batch)
        report(indexed_engagements().filter(pk__in=batch).count())
    months = TimelineTotal.objects.values_list("month", flat=True).distinct()
    years = {day.year for day in Engagement.objects.dates("sort_date", "year")}
    for year in sorted(years | {month // 100 for month in months}):
        with index_lock():
            _recount_year(year)
    with index_lock():
        _recount_all()


def batches() -> Iterator[range]:
    """Return ranges of pks that cover every engagement, and deleted ones with entries."""
    ends = [
        pk
        for rows, name in (
            (Engagement.objects, "pk"),
            (TimelineEntry.objects, "engagement"),
            (FeedEntry.objects, "engagement"),
        )
        # Two queries: SQLite reads one end from an index, but all of the index for both.
        for end in (Min(name), Max(name))
        if (pk := rows.aggregate(end=end)["end"]) is not None
    ]
    if ends:
        for first in range(min(ends), max(ends) + 1, BATCH):
            yield range(first, first + BATCH)


def _recount_year(year: int) -> None:
    """Count the totals of a year from its entries, in memory.

    Of a million visits in a century that is 10,000: less than a second.
    """
    # Each engagement has one entry of its kind, and these are indexed by date.
    within = TimelineEntry.objects.filter(
        kind=Kind.KIND,
        subject__in=KINDS.values(),
        sort_key__gte=year * 10_000,
        sort_key__lt=(year + 1) * 10_000,
    )
    entries = TimelineEntry.objects.filter(engagement__in=within.values("engagement"))
    change = _count(entries.values_list(*COLUMNS[:4]))
    within_year = Q(month__gte=year * 100, month__lt=(year + 1) * 100)
    _subtract_stored(change, TimelineTotal.objects.filter(within_year))
    _add_to_totals(Counter({key: count for key, count in change.items() if key[2]}))


def _recount_all() -> None:
    """Count the totals of all months from those of each, and people's from their entries."""
    months = TimelineTotal.objects.filter(kind__lt=TimelineTotal.HELD)
    people = TimelineEntry.objects.filter(kind=Kind.PERSON)
    change = Counter[tuple[int, ...]]()
    for rows, number in ((months, Sum("count")), (people, Count("pk"))):
        for kind, subject, count in rows.values_list("kind", "subject").annotate(number).order_by():
            change[TimelineTotal.ALL + kind, subject, 0] = count
    _subtract_stored(change, TimelineTotal.objects.filter(kind__gte=TimelineTotal.ALL))
    _add_to_totals(change)


def _subtract_stored(change: Counter[tuple[int, ...]], stored: QuerySet[TimelineTotal]) -> None:
    change.subtract({tuple(key): count for *key, count in stored.values_list(*KEY, "count")})


def rebuild_if_empty(**kwargs: object) -> None:
    """Make the index after `migrate`, in a database that is older than the index."""
    if indexed_engagements().exists() and not TimelineEntry.objects.exists():
        rebuild(lambda _done: None)


def _insert(rows: Iterable[tuple]) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    bulk_insert(
        TimelineEntry._meta.db_table,
        COLUMNS,
        ((*row[:4], *(moment and adapt(moment) for moment in row[4:6]), row[6]) for row in rows),
    )


def _rows(engagements: QuerySet[Engagement]) -> Iterator[Row]:
    """Return the rows that the engagements should have."""
    now = timezone.now()
    visits = list(
        engagements.order_by().values_list(
            "pk", "kind", "status", "start_date", "start_precision", "public_from"
        )
    )
    if not visits:
        return  # drafts, or withdrawn: nothing hangs on them
    spans: dict[int, dict[Term, Span]] = defaultdict(dict)
    for pk, name, status, *_rest in visits:
        spans[pk][Term(Kind.KIND, KINDS[name])] = Span()
        spans[pk][Term(Kind.STATUS, STATUSES[status])] = Span()
    for pk, term, span in _terms(list(spans), now):
        spans[pk][term] = span
    for pk, _name, _status, date, precision, public_from in visits:
        sort_key = PartialDate(date, precision).sort_key
        text = "".join(term.token[:-1] for term in sorted(spans[pk])) + " "
        terms = text if len(text) <= MOST_TERMS else None
        for (kind, subject), span in spans[pk].items():
            moment = max(filter(None, (public_from, span.since)))
            hidden_until = moment if moment > now else None
            yield Row(kind, subject, sort_key, pk, hidden_until, span.until, terms)


class Span(NamedTuple):
    """The time in which an engagement has a term; `None`: for as long as it is public."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None


def _terms(engagements: list[int], now: dt.datetime) -> Iterator[tuple[int, Term, Span]]:
    """Return each engagement, by pk, with each of its terms but kind and status, and its span."""
    regions = EngagementRegion.objects.effective().filter(engagement__in=engagements).order_by()
    parties = Participant.objects.filter(engagement__in=engagements).order_by()
    of_party = Coalesce("country", "organisation__country")
    topics = EngagementTopic.objects.filter(content_object__in=engagements)
    actions = Action.objects.unfinished().filter(outcome__engagement__in=engagements).order_by()
    for kinds, rows in (
        ((Kind.REGION,), regions.values_list("engagement", "region")),
        (
            (Kind.COUNTRY, Kind.PERSON, Kind.ORGANISATION),
            parties.values_list("engagement", of_party, "person", "organisation"),
        ),
        ((Kind.TOPIC,), topics.values_list("content_object", "tag")),
        ((Kind.ACTIONS,), actions.values_list("outcome__engagement", Value(WITH))),
    ):
        for engagement, *subjects in rows:
            for kind, subject in zip(kinds, subjects, strict=True):
                if subject:  # not every party has a country, a person and an organisation
                    yield engagement, Term(kind, subject), Span()
    for pk, span in _coverage(engagements, now):
        yield pk, Term(Kind.COVERAGE, WITH), span


def _coverage(engagements: list[int], now: dt.datetime) -> Iterator[tuple[int, Span]]:
    """Return the first span of coverage of each engagement, past or to come.

    Coverage that follows after a gap is found by the next save: an entry may be missing, but there
    is never one too many.
    """
    approved = Edition.objects.public_or_scheduled(now).order_by()
    spans: dict[int, list[tuple[dt.datetime, dt.datetime | None]]] = {}
    for covered in ("engagement", "also_covers"):
        rows = approved.filter(**{f"{covered}__in": engagements})
        for pk, since, until in rows.values_list(covered, "public_from", "public_until"):
            spans.setdefault(pk, []).append((since, until))
    for pk, of_one in spans.items():
        yield pk, _first_span(sorted(of_one, key=itemgetter(0)))


def _first_span(spans: list[tuple[dt.datetime, dt.datetime | None]]) -> Span:
    """Return the first span, joined with those that follow it without a gap."""
    since, until = spans[0]
    for start, end in spans[1:]:
        if until is not None and start <= until:
            until = end and max(until, end)
    return Span(since, until)


def _count(rows: Collection[Row | tuple]) -> Counter[tuple[int, ...]]:
    """Return the totals of rows by `KEY`; the rows are all those of their engagements."""
    counts = Counter[tuple[int, ...]]()
    held = {row[3] for row in rows if row[:2] == TOOK_PLACE}
    for kind, subject, sort_key, engagement, *_rest in rows:
        counts[TimelineTotal.ALL + kind, subject, 0] += 1
        if kind != Kind.PERSON:
            counts[kind, subject, sort_key // 100] += 1
        if kind == Kind.REGION and engagement in held:
            counts[TimelineTotal.HELD, subject, sort_key // 100] += 1
    return counts


def _add_to_totals(changes: Counter[tuple[int, ...]]) -> None:
    # In one order, so that two who save at once wait for each other and do not lock up.
    rows = sorted((*key, count) for key, count in changes.items() if count)
    if not rows:
        return
    table, columns = TimelineTotal._meta.db_table, ", ".join(KEY)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({columns}, count) VALUES (%s, %s, %s, %s)"  # noqa: S608 - names of our own
            f" ON CONFLICT ({columns}) DO UPDATE SET count = {table}.count + excluded.count",
            rows,
        )
