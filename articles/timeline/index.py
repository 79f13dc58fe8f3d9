"""Keeps `TimelineEntry` and `TimelineTotal` in step with the facts and their coverage.

`refresh()` is the one function that writes them. The receivers in `articles.receivers` call it for
every saved or deleted row that an entry depends on; whoever writes past the models' own `save()`
calls it himself.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import permutations
from operator import itemgetter
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Max, Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from articles.caching.version import content_changed
from articles.models import Edition, FeedEntry, TimelineEntry, TimelineTotal
from articles.timeline.bulk_insert import insert
from engagements.dates import PartialDate
from engagements.models import (
    Action,
    Engagement,
    EngagementRegion,
    EngagementTopic,
    Participant,
)

Kind = TimelineEntry.Kind

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
# Engagements that a rebuild takes at once: some ten rows each, a second or two.
BATCH = 5_000
# Characters of the terms of one engagement. PostgreSQL refuses index entries above 2,704 bytes.
MOST_TERMS = 2_000


class Term(NamedTuple):
    """What an entry stands under: a kind of subject and which one."""

    kind: int
    subject: int

    @property
    def token(self) -> str:
        """The term as `TimelineEntry.terms` holds it, with the spaces that set it apart."""
        return f" {self.kind}:{self.subject} "

    @classmethod
    def parse(cls, token: str) -> "Term":
        kind, subject = token.split(":")
        return cls(int(kind), int(subject))


COLUMNS = (
    "kind", "subject", "sort_key", "engagement_id", "hidden_until", "lapses_at", "terms",
)  # fmt: skip


class Row(NamedTuple):
    """What a `TimelineEntry` holds, in the order of `COLUMNS`."""

    kind: int
    subject: int
    sort_key: int
    engagement_id: int
    hidden_until: dt.datetime | None
    lapses_at: dt.datetime | None
    terms: str | None


def recorded() -> QuerySet[Engagement]:
    """Engagements that have entries: public ones and those under embargo."""
    return Engagement.objects.filter(public_from__isnull=False, withdrawn_at__isnull=True)


@transaction.atomic
def refresh(engagements: Collection[int]) -> dict[int, dt.datetime]:
    """Bring the entries and totals of engagements, by their pks, in line with the facts.

    One that is a draft, withdrawn or deleted loses its entries. Where nothing changed, nothing is
    written. Return those that come to readers or leave them, by pk, with the moment.

    Two at once must not both count an engagement: who calls this has written the content's version
    before, in the same transaction, so that others wait for its row.
    """
    if not engagements:
        return {}
    before, after = _renew(**{"in": sorted(engagements)})
    change = _totals(after)
    change.subtract(_totals(before))
    _add_to_totals(change)
    return _seen_anew(before, after)


def _renew(**which: object) -> tuple[set[tuple], set[tuple]]:
    """Replace the entries of engagements that changed, and return those as they were and are.

    `which` is a condition on the engagement's pk: `gte=1, lt=5_001`.
    """
    entries = TimelineEntry.objects.filter(
        **{f"engagement__{lookup}": value for lookup, value in which.items()}
    )
    pks = {f"pk__{lookup}": value for lookup, value in which.items()}
    before: set[tuple] = set(entries.values_list(*COLUMNS))
    after: set[tuple] = set(_rows(recorded().filter(**pks)))
    changed = {row[3] for row in before ^ after}
    before, after = ({row for row in rows if row[3] in changed} for rows in (before, after))
    if before:
        entries.filter(engagement__in=changed).delete()
    if after:
        _insert(after)
    return before, after


def _seen_anew(before: Iterable[tuple], after: Iterable[tuple]) -> dict[int, dt.datetime]:
    """Return since when readers see, or no longer see, an engagement whose visibility changed."""
    now = timezone.now()
    # Each engagement has one entry of its kind, hidden for as long as it is itself.
    old, new = (
        {row[3]: max(row[4] or now, now) for row in rows if row[0] == Kind.KIND}
        for rows in (before, after)
    )
    gone = {pk: now for pk in old.keys() - new.keys() if old[pk] <= now}
    return gone | {pk: at for pk, at in new.items() if old.get(pk) != at}


@contextmanager
def alone() -> Iterator[None]:
    """Be in a transaction beside which nobody brings an index in line.

    Whoever does has written the content's version, as is done here: no page stays stored that was
    made of an index half right. SQLite has one writer at a time.
    """
    with transaction.atomic():
        content_changed()
        yield


def rebuild(report: Callable[[int], object]) -> None:
    """Make every entry and total right; tell `report` of each batch how many engagements it had.

    A batch at a time, so that whoever saves meanwhile waits for one, and no reader meets an empty
    timeline. The totals come last, a year at a time, from entries that are right by then and that
    no refresh can put out of step with them again.
    """
    for which in batches():
        with alone():
            _renew(**which)
        report(recorded().filter(**{f"pk__{name}": value for name, value in which.items()}).count())
    periods = set(TimelineTotal.objects.values_list("period", flat=True).distinct())
    years = {day.year for day in Engagement.objects.dates("sort_date", "year")}
    for year in sorted(years | {year_of(period) for period in periods}):
        with alone():
            _recount(year)


def batches() -> Iterator[dict[str, int]]:
    """Return ranges of pks that hold every engagement, and every one with entries that is gone."""
    ends = [
        pk
        for rows, name in (
            (Engagement.objects, "pk"),
            (TimelineEntry.objects, "engagement"),
            (FeedEntry.objects, "engagement"),
        )
        # Each by itself: SQLite finds one end in an index, and reads all of it for both.
        for end in (Min(name), Max(name))
        if (pk := rows.aggregate(end=end)["end"]) is not None
    ]
    if ends:
        for first in range(min(ends), max(ends) + 1, BATCH):
            yield {"gte": first, "lt": first + BATCH}


def _recount(year: int) -> None:
    """Bring the totals of a year in line with its entries, all of which it holds at once.

    Of a million visits in a century that is 10,000: less than a second.
    """
    # Each engagement has one entry by its kind: those are found by year.
    within = TimelineEntry.objects.filter(
        kind=Kind.KIND,
        subject__in=KINDS.values(),
        sort_key__gte=year * 10_000,
        sort_key__lt=(year + 1) * 10_000,
    )
    entries = TimelineEntry.objects.filter(engagement__in=within.values("engagement"))
    change = _totals(entries.values_list("kind", "subject", "sort_key", "engagement_id"))
    stored = TimelineTotal.objects.filter(
        Q(period=year) | Q(period__gte=year * 100, period__lt=(year + 1) * 100)
    ).values_list("kind", "subject", "other_kind", "other_subject", "period", "count")
    change.subtract({tuple(key): count for *key, count in stored})
    _add_to_totals(change)


def year_of(period: int) -> int:
    """Return the year of a period: of yyyymm, or of a year itself."""
    return period // 100 if period > 9999 else period


def rebuild_if_empty(**kwargs: object) -> None:
    """Make the index where there is none: after `migrate`, of a database older than the index."""
    if recorded().exists() and not TimelineEntry.objects.exists():
        rebuild(lambda _done: None)


def _insert(rows: Iterable[tuple]) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    insert(
        TimelineEntry._meta.db_table,
        COLUMNS,
        ((*row[:4], *(moment and adapt(moment) for moment in row[4:6]), row[6]) for row in rows),
    )


def _rows(engagements: QuerySet[Engagement]) -> Iterator[Row]:
    """Return the rows that the engagements should have."""
    now = timezone.now()
    found: dict[int, dict[Term, Shown]] = defaultdict(dict)
    for kind, pairs in _terms(engagements, now):
        for engagement, subject, told in pairs:
            found[engagement][Term(kind, subject)] = told
    for pk, date, precision, public_from in engagements.values_list(
        "pk", "start_date", "start_precision", "public_from"
    ):
        sort_key = PartialDate(date, precision).sort_key
        text = "".join(term.token[:-1] for term in sorted(found[pk])) + " "
        terms = text if len(text) <= MOST_TERMS else None
        for (kind, subject), told in found[pk].items():
            moment = max(filter(None, (public_from, told.since)))
            hidden_until = moment if moment > now else None
            yield Row(kind, subject, sort_key, pk, hidden_until, told.until, terms)


class Shown(NamedTuple):
    """From and until when an engagement has a term; empty: as long as it is public."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None


Pairs = Iterable[tuple[int, int, Shown]]


def _terms(engagements: QuerySet[Engagement], now: dt.datetime) -> Iterator[tuple[int, Pairs]]:
    """Return for each kind of term: engagement, subject, and when it has the term."""
    among = Q(engagement__in=engagements.values("pk"))
    for kind, pairs in (
        (
            Kind.REGION,
            EngagementRegion.objects.effective().filter(among).values_list("engagement", "region"),
        ),
        (
            Kind.COUNTRY,
            Participant.objects.filter(among)
            .annotate(party_country=Coalesce("country", "organisation__country"))
            .filter(party_country__isnull=False)
            .values_list("engagement", "party_country"),
        ),
        (
            Kind.PERSON,
            Participant.objects.filter(among, person__isnull=False).values_list(
                "engagement", "person"
            ),
        ),
        (
            Kind.ORGANISATION,
            Participant.objects.filter(among, organisation__isnull=False).values_list(
                "engagement", "organisation"
            ),
        ),
        (
            Kind.TOPIC,
            EngagementTopic.objects.filter(content_object__in=engagements.values("pk")).values_list(
                "content_object", "tag"
            ),
        ),
        (
            Kind.ACTIONS,
            (
                (pk, WITH)
                for pk in Action.objects.unfinished()
                .filter(outcome__engagement__in=engagements.values("pk"))
                .values_list("outcome__engagement", flat=True)
            ),
        ),
    ):
        yield kind, ((engagement, subject, Shown()) for engagement, subject in pairs)
    facts = list(engagements.values_list("pk", "kind", "status"))
    yield Kind.KIND, ((pk, KINDS[kind], Shown()) for pk, kind, _status in facts)
    yield Kind.STATUS, ((pk, STATUSES[status], Shown()) for pk, _kind, status in facts)
    yield Kind.COVERAGE, _coverage(engagements, now)


def _coverage(engagements: QuerySet[Engagement], now: dt.datetime) -> Pairs:
    """Return since when, or from when, each engagement has coverage, and until when.

    After a gap the next save finds what comes later: an entry may be missing, never too many.
    """
    approved = Edition.objects.lasting(now).order_by()
    spans: dict[int, list[tuple[dt.datetime, dt.datetime | None]]] = {}
    for covered in ("engagement", "also_covers"):
        rows = approved.filter(**{f"{covered}__in": engagements.values("pk")})
        for pk, since, until in rows.values_list(covered, "public_from", "public_until"):
            spans.setdefault(pk, []).append((since, until))
    for found in spans.values():
        found.sort(key=itemgetter(0))
    return ((pk, WITH, _first_span(found)) for pk, found in spans.items())


def _first_span(spans: list[tuple[dt.datetime, dt.datetime | None]]) -> Shown:
    """Return the first span, and whatever follows it without a gap, as one."""
    since, until = spans[0]
    for start, end in spans[1:]:
        if until is not None and start <= until:
            until = end and max(until, end)
    return Shown(since, until)


def _totals(rows: Iterable[Row | tuple]) -> Counter[tuple[int, ...]]:
    """Return what rows add to the totals, by kind, subject, the other's and the period."""
    counts: Counter[tuple[int, ...]] = Counter()
    terms: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for kind, subject, sort_key, engagement, *_rest in rows:
        if kind != Kind.PERSON:
            terms.setdefault((engagement, sort_key), []).append((kind, subject))
    for (_engagement, sort_key), found in terms.items():
        month, year = sort_key // 100, sort_key // 10_000
        counts.update((*term, 0, 0, month) for term in found)
        counts.update((*one, *other, year) for one, other in permutations(found, 2))
    return counts


def _add_to_totals(changes: Counter[tuple[int, ...]]) -> None:
    # In one order, so that two who save at once wait for each other and do not lock up.
    rows = sorted((*key, count) for key, count in changes.items() if count)
    if not rows:
        return
    table = TimelineTotal._meta.db_table
    columns = "kind, subject, other_kind, other_subject, period"
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({columns}, count) VALUES (%s, %s, %s, %s, %s, %s)"  # noqa: S608 - names of our own
            f" ON CONFLICT ({columns}) DO UPDATE SET count = {table}.count + excluded.count",
            rows,
        )
