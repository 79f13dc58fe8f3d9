"""Keeps `TimelineEntry` and `TimelineTotal` in step with the facts and their coverage.

`refresh()` is the one function that writes them. The receivers in `articles.receivers` call it for
every saved or deleted row that an entry depends on; whoever writes past the models' own `save()`
calls it himself.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import permutations
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F, Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from articles.bulk import insert
from articles.models import Edition, TimelineEntry, TimelineTotal
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
# Engagements that a rebuild takes at once: some ten rows each.
BATCH = 5_000


class Term(NamedTuple):
    """What an entry stands under: a kind of subject and which one."""

    kind: int
    subject: int


COLUMNS = ("kind", "subject", "sort_key", "engagement_id", "hidden_until")


class Row(NamedTuple):
    """What a `TimelineEntry` holds, in the order of `COLUMNS`."""

    kind: int
    subject: int
    sort_key: int
    engagement_id: int
    hidden_until: dt.datetime | None


def recorded() -> QuerySet[Engagement]:
    """Engagements that have entries: public ones and those under embargo."""
    return Engagement.objects.filter(public_from__isnull=False, withdrawn_at__isnull=True)


@transaction.atomic
def refresh(engagements: Collection[int]) -> None:
    """Bring the entries and totals of engagements, by their pks, in line with the facts.

    One that is a draft, withdrawn or deleted loses its entries. Where nothing changed, nothing is
    written.
    """
    pks = sorted(engagements)
    if not pks:
        return
    # Two who save the same engagement must not both count it.
    list(Engagement.objects.select_for_update().filter(pk__in=pks).order_by("pk").values("pk"))
    before = set(TimelineEntry.objects.filter(engagement__in=pks).values_list(*COLUMNS))
    after = set(_rows(recorded().filter(pk__in=pks)))
    changed = {row[3] for row in before ^ after}
    if not changed:
        return
    # Only what differs is written.
    for kind, subject, _sort_key, engagement, _hidden in before - after:
        TimelineEntry.objects.filter(engagement=engagement, kind=kind, subject=subject).delete()
    _insert(after - before)
    change = _totals(row for row in after if row[3] in changed)
    change.subtract(_totals(row for row in before if row[3] in changed))
    _add_to_totals(change)


@transaction.atomic
def rebuild(report: Callable[[int], object]) -> None:
    """Make every entry and total anew; tell `report` of each batch how many engagements it had."""
    TimelineEntry.objects.all().delete()
    TimelineTotal.objects.all().delete()
    totals: Counter[tuple[int, ...]] = Counter()
    for pks in _batches(recorded().order_by("pk").values_list("pk", flat=True)):
        rows = list(_rows(recorded().filter(pk__gte=pks[0], pk__lte=pks[-1])))
        _insert(rows)
        totals.update(_totals(rows))
        report(len(pks))
    _add_to_totals(totals)


def rebuild_if_empty(**kwargs: object) -> None:
    """Make the index where there is none: after `migrate`, of a database older than the index."""
    if recorded().exists() and not TimelineEntry.objects.exists():
        rebuild(lambda _done: None)


def _insert(rows: Iterable[Row]) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    table = TimelineEntry._meta.db_table
    insert(table, COLUMNS, ((*row[:4], row[4] and adapt(row[4])) for row in rows))


def _batches(pks: QuerySet) -> Iterator[list[int]]:
    batch: list[int] = []
    for pk in pks.iterator():
        batch.append(pk)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _rows(engagements: QuerySet[Engagement]) -> Iterator[Row]:
    """Return the rows that the engagements should have."""
    now = timezone.now()
    facts = {
        pk: (PartialDate(date, precision).sort_key, public_from)
        for pk, date, precision, public_from in engagements.values_list(
            "pk", "start_date", "start_precision", "public_from"
        )
    }
    for kind, pairs in _terms(engagements, now):
        moments: dict[tuple[int, int], dt.datetime | None] = {}
        for engagement, subject, public_from in pairs:
            moments[engagement, subject] = public_from
        for (engagement, subject), public_from in moments.items():
            sort_key, since = facts[engagement]
            moment = max(filter(None, (since, public_from)))
            yield Row(kind, subject, sort_key, engagement, moment if moment > now else None)


Pairs = Iterable[tuple[int, int, dt.datetime | None]]


def _terms(engagements: QuerySet[Engagement], now: dt.datetime) -> Iterator[tuple[int, Pairs]]:
    """Return for each kind of term: engagement, subject, and a moment before which it is hidden."""
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
        yield kind, ((engagement, subject, None) for engagement, subject in pairs)
    facts = list(engagements.values_list("pk", "kind", "status"))
    yield Kind.KIND, ((pk, KINDS[kind], None) for pk, kind, _status in facts)
    yield Kind.STATUS, ((pk, STATUSES[status], None) for pk, _kind, status in facts)
    yield Kind.COVERAGE, _coverage(engagements, now)


def _coverage(engagements: QuerySet[Engagement], now: dt.datetime) -> Pairs:
    """Return since when, or from when, each engagement has coverage."""
    approved = (
        Edition.objects.filter(
            Q(public_until__isnull=True) | Q(public_until__gt=now),
            state=Edition.State.APPROVED,
            article__withdrawn_at__isnull=True,
        )
        .exclude(public_until=F("public_from"))
        .order_by()
    )
    first: dict[int, dt.datetime] = {}
    for covered in ("engagement", "also_covers"):
        rows = (
            approved.filter(**{f"{covered}__in": engagements.values("pk")})
            .values_list(covered)
            .annotate(Min("public_from"))
        )
        for pk, moment in rows:
            first[pk] = min(moment, first.get(pk, moment))
    return ((pk, WITH, moment) for pk, moment in first.items())


def _totals(rows: Iterable[Row | tuple]) -> Counter[tuple[int, ...]]:
    """Return what rows add to the totals, by kind, subject, the other's and the period."""
    counts: Counter[tuple[int, ...]] = Counter()
    terms: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for kind, subject, sort_key, engagement, _hidden in rows:
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
    table = TimelineTotal._meta.db_table
    columns = "kind, subject, other_kind, other_subject, period"
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({columns}, count) VALUES (%s, %s, %s, %s, %s, %s)"  # noqa: S608 - names of our own
            f" ON CONFLICT ({columns}) DO UPDATE SET count = {table}.count + excluded.count",
            rows,
        )
