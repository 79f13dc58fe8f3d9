"""Reads the stored totals, less what readers do not see yet."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator

from django.db.models import Max, Q, Sum

from articles.models import TimelineEntry, TimelineTotal
from articles.timeline.index import STATUSES, Term

Kind = TimelineEntry.Kind

TOOK_PLACE = Term(Kind.STATUS, STATUSES["took_place"])
# Engagement: its terms and whether each is hidden, and the `sort_key`.
Hidden = dict[int, tuple[dict[Term, bool], int]]


def hidden(at: dt.datetime) -> Hidden:
    """Return the engagements with an entry that readers do not see: the totals count it."""
    waiting = TimelineEntry.objects.filter(Q(hidden_until__gt=at) | Q(lapses_at__lte=at))
    found: Hidden = {}
    rows = TimelineEntry.objects.filter(engagement__in=waiting.values("engagement")).values_list(
        "engagement_id", "kind", "subject", "sort_key", "hidden_until", "lapses_at"
    )
    for pk, kind, subject, sort_key, until, lapses_at in rows:
        terms, _key = found.setdefault(pk, ({}, sort_key))
        is_over = lapses_at is not None and lapses_at <= at
        terms[Term(kind, subject)] = is_over or (until is not None and until > at)
    return found


def by_month(term: Term, less: Hidden, year: int | None = None) -> dict[int, int]:
    """Return the entries of a term by month (yyyymm; month 13: unknown), of all years or one."""
    rows = TimelineTotal.objects.filter(
        kind=term.kind, subject=term.subject, other_kind=0, count__gt=0
    )
    if year:
        rows = rows.filter(period__gte=year * 100, period__lt=(year + 1) * 100)
    months = Counter(dict(rows.values_list("period", "count")))
    for terms, key in less.values():
        if terms.get(term) and key // 100 in months:
            months[key // 100] -= 1
    return dict(+months)


def together(one: Term, other: Term, less: Hidden, year: int | None = None) -> dict[int, int]:
    """Return the entries that both terms have, by year."""
    rows = TimelineTotal.objects.filter(
        kind=one.kind,
        subject=one.subject,
        other_kind=other.kind,
        other_subject=other.subject,
        count__gt=0,
    )
    if year:
        rows = rows.filter(period=year)
    years = Counter(dict(rows.values_list("period", "count")))
    for terms, key in less.values():
        if one in terms and other in terms and (terms[one] or terms[other]):
            years[key // 10_000] -= 1
    return dict(+years)


def beside(term: Term, less: Hidden, year: int | None = None) -> dict[int, dict[int, int]]:
    """Return how many of a term's entries each other term has: by kind and subject.

    Regions are left out, and people, who have no totals.
    """
    # Named rather than excluded: they stand before the subject in the index.
    others = set(Kind) - {Kind.REGION, Kind.PERSON}
    rows = TimelineTotal.objects.filter(kind=term.kind, other_kind__in=others, subject=term.subject)
    if year:
        rows = rows.filter(period=year)
    sums = rows.values_list("other_kind", "other_subject").annotate(Sum("count")).order_by()
    totals = Counter({Term(kind, pk): count for kind, pk, count in sums})
    for terms, key in less.values():
        if term in terms and (not year or key // 10_000 == year):
            totals.subtract(one for one, is_hidden in terms.items() if is_hidden or terms[term])
    found: dict[int, dict[int, int]] = {}
    for (kind, pk), count in (+totals).items():
        found.setdefault(kind, {})[pk] = count
    return found


def of_each(kind: int, less: Hidden) -> dict[int, int]:
    """Return how many entries each subject of a kind has."""
    rows = TimelineTotal.objects.filter(kind=kind, other_kind=0)
    counts = Counter(dict(rows.values_list("subject").annotate(Sum("count")).order_by()))
    counts.subtract(pk for pk, _key, is_hidden in _among(less, kind) if is_hidden)
    return dict(+counts)


def months_of_each(kind: int, less: Hidden, since: int, until: int) -> Counter[tuple[int, int]]:
    """Return the entries by subject and month, from one month (yyyymm) to another."""
    rows = TimelineTotal.objects.filter(
        kind=kind, other_kind=0, period__gte=since, period__lte=until
    )
    counts = Counter(
        {(pk, month): count for pk, month, count in rows.values_list("subject", "period", "count")}
    )
    counts.subtract(
        (pk, key // 100)
        for pk, key, is_hidden in _among(less, kind)
        if is_hidden and since <= key // 100 <= until
    )
    return +counts


def latest_years(kind: int, less: Hidden) -> dict[int, int]:
    """Return the year in which something last took place, of each subject of a kind."""
    rows = TimelineTotal.objects.filter(
        kind=kind, other_kind=TOOK_PLACE.kind, other_subject=TOOK_PLACE.subject, count__gt=0
    )
    years = dict(rows.values_list("subject").annotate(Max("period")).order_by())
    taken = {pk for terms, _key in less.values() if TOOK_PLACE in terms for _k, pk in terms}
    unsure: dict[int, Counter[int]] = {}
    for pk, year, count in rows.filter(subject__in=taken).values_list("subject", "period", "count"):
        unsure.setdefault(pk, Counter())[year] = count
    for terms, key in less.values():
        for term, is_hidden in terms.items():
            if term.kind == kind and term.subject in unsure and TOOK_PLACE in terms and is_hidden:
                unsure[term.subject][key // 10_000] -= 1
    return {pk: max(+unsure[pk], default=0) if pk in unsure else year for pk, year in years.items()}


def _among(less: Hidden, kind: int) -> Iterator[tuple[int, int, bool]]:
    """Return subject, `sort_key` and whether it is hidden, of the rows of a kind."""
    for terms, key in less.values():
        for term, is_hidden in terms.items():
            if term.kind == kind:
                yield term.subject, key, is_hidden
