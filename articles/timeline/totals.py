"""Reads the stored totals, less the entries that are hidden at a moment."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator

from django.db.models import Q, Sum

from articles.models import TimelineEntry, TimelineTotal
from articles.timeline.index import Term

# Engagement: its terms, each with whether it is hidden, and its `sort_key`.
Hidden = dict[int, tuple[dict[Term, bool], int]]


def hidden(at: dt.datetime) -> Hidden:
    """Return the engagements with an entry that is hidden at a moment: the totals count it."""
    waiting = TimelineEntry.objects.filter(Q(hidden_until__gt=at) | Q(lapses_at__lte=at))
    engagements: Hidden = {}
    rows = TimelineEntry.objects.filter(engagement__in=waiting.values("engagement")).values_list(
        "engagement_id", "kind", "subject", "sort_key", "hidden_until", "lapses_at"
    )
    for pk, kind, subject, sort_key, until, lapses_at in rows:
        terms, _key = engagements.setdefault(pk, ({}, sort_key))
        has_lapsed = lapses_at is not None and lapses_at <= at
        terms[Term(kind, subject)] = has_lapsed or (until is not None and until > at)
    return engagements


def by_month(term: Term, less: Hidden, year: int | None = None) -> dict[int, int]:
    """Return a term's entries by month (yyyymm; month 13: unknown), of all years or one."""
    rows = TimelineTotal.objects.filter(kind=term.kind, subject=term.subject, count__gt=0)
    if year:
        rows = rows.filter(month__gte=year * 100, month__lt=(year + 1) * 100)
    months = Counter(dict(rows.values_list("month", "count")))
    for terms, key in less.values():
        if terms.get(term) and key // 100 in months:
            months[key // 100] -= 1
    return dict(+months)


def of_each(kind: int, less: Hidden) -> dict[int, int]:
    """Return the number of entries of each subject of a kind, by pk."""
    rows = TimelineTotal.objects.filter(kind=kind)
    counts = Counter(dict(rows.values_list("subject").annotate(Sum("count")).order_by()))
    counts.subtract(pk for pk, _key in _hidden_entries(less, kind))
    return dict(+counts)


def months_of_each(kind: int, less: Hidden, since: int, until: int) -> Counter[tuple[int, int]]:
    """Return the entries by subject and month, from one month (yyyymm) to another."""
    rows = TimelineTotal.objects.filter(kind=kind, month__gte=since, month__lte=until)
    counts = Counter(
        {(pk, month): count for pk, month, count in rows.values_list("subject", "month", "count")}
    )
    counts.subtract(
        (pk, key // 100) for pk, key in _hidden_entries(less, kind) if since <= key // 100 <= until
    )
    return +counts


def _hidden_entries(less: Hidden, kind: int) -> Iterator[tuple[int, int]]:
    """Return subject and `sort_key` of the hidden entries of a kind."""
    for terms, key in less.values():
        for term, is_hidden in terms.items():
            if is_hidden and term.kind == kind:
                yield term.subject, key
