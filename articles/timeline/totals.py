"""Reads the stored totals, less the entries that are hidden at a moment."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.db.models import Q

from articles.models import TimelineEntry, TimelineTotal
from articles.timeline.index import TOOK_PLACE, Kind, Term


class HiddenEntry(NamedTuple):
    """An entry that the totals count and readers do not see."""

    engagement: int
    sort_key: int
    term: Term


Hidden = Sequence[HiddenEntry]


def hidden_entries(at: dt.datetime) -> Hidden:
    rows = TimelineEntry.objects.filter(Q(hidden_until__gt=at) | Q(lapses_at__lte=at))
    return [
        HiddenEntry(pk, sort_key, Term(*term))
        for pk, sort_key, *term in rows.values_list("engagement_id", "sort_key", "kind", "subject")
    ]


def by_month(term: Term, hidden: Hidden, year: int | None = None) -> dict[int, int]:
    """Return a term's entries by month (yyyymm; month 13: unknown), of all years or one."""
    rows = TimelineTotal.objects.filter(kind=term.kind, subject=term.subject)
    if year:
        rows = rows.filter(month__gte=year * 100, month__lt=(year + 1) * 100)
    months = Counter(dict(rows.values_list("month", "count")))
    months.subtract(entry.sort_key // 100 for entry in hidden if entry.term == term)
    return dict(+months)


def of_each(kind: int, subjects: Collection[int], hidden: Hidden) -> dict[int, int]:
    """Return the number of entries of subjects of a kind, by pk."""
    rows = TimelineTotal.objects.filter(kind=TimelineTotal.ALL + kind, subject__in=subjects)
    counts = Counter(dict(rows.values_list("subject", "count")))
    counts.subtract(entry.term.subject for entry in hidden if entry.term.kind == kind)
    return dict(+counts)


def held_by_month(
    regions: Collection[int], hidden: Hidden, since: int, until: int
) -> Counter[tuple[int, int]]:
    """Return the visits that took place by region and month, from one month (yyyymm) to another."""
    rows = TimelineTotal.objects.filter(
        kind=TimelineTotal.HELD, subject__in=regions, month__gte=since, month__lte=until
    )
    counts = Counter(
        {(pk, month): count for pk, month, count in rows.values_list("subject", "month", "count")}
    )
    held = {entry.engagement for entry in hidden if entry.term == TOOK_PLACE}
    counts.subtract(
        (entry.term.subject, entry.sort_key // 100)
        for entry in hidden
        if entry.term.kind == Kind.REGION and entry.engagement in held
    )
    return +counts
