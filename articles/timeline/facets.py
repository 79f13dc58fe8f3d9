"""Counts a view's entries: all of them, by month, and by each value that a filter can still take.

A number is exact or absent: of more than `MOST_EXACT` matches only the stored totals are shown.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from django.db.models import Count, F, QuerySet
from django.utils import timezone

from articles.models import TimelineEntry
from articles.timeline import totals
from articles.timeline.filters import View
from articles.timeline.index import KINDS, STATUSES, WITH, Term
from articles.timeline.queries import NEWEST_FIRST, Kind, has_term, is_overdue
from engagements.dates import PartialDate

# More matches are not counted.
MOST_EXACT = 10_000
# The newest matches in which values are looked up where more match than are counted.
SAMPLE = 1_000
UNFINISHED = Term(Kind.ACTIONS, WITH)
OPEN = tuple(Term(Kind.STATUS, STATUSES[status]) for status in ("planned", "confirmed"))
# The kinds of term whose values are a fixed set.
FIXED: dict[int, Collection[int]] = {
    Kind.KIND: KINDS.values(),
    Kind.STATUS: STATUSES.values(),
    Kind.COVERAGE: (WITH,),
    Kind.ACTIONS: (WITH,),
}


class Match(NamedTuple):
    """An entry that is counted: its place, and the terms of its engagement."""

    sort_key: int
    engagement: int
    terms: str | None


@dataclass(slots=True)
class Facets:
    """The number of a view's entries, their months, and the values left for its filters.

    A number of `None` is not counted; a `count` of `None` is more than `MOST_EXACT`. `months` maps
    yyyymm (month 13: unknown) to entries, `planned` to those of them that are ahead; both are empty
    where `count` is `None`. `years` maps a year to its entries, `values` a kind of term to its
    subjects and their entries; where they are not counted, the most frequent come first. `overdue`
    is the number of entries with overdue actions.
    """

    count: int | None
    months: dict[int, int]
    planned: dict[int, int]
    years: Mapping[int, int | None]
    values: Mapping[int, Mapping[int, int | None]]
    overdue: int | None


def facets_of(
    subject: Term, entries: QuerySet[TimelineEntry], view: View, at: dt.datetime
) -> Facets:
    """Return the facets of the entries of a view.

    Up to `MOST_EXACT` entries all are counted. Of more, the number and the months are those of the
    stored totals, if no filter but a year is set, and the values are those of the newest `SAMPLE`.
    """
    hidden = totals.hidden_entries(at)
    # A filter by the subject itself narrows nothing.
    filters = [
        choice
        for choice in view.choices.values()
        if choice.name != "year" and choice.term != subject
    ]
    months = {} if filters else totals.by_month(subject, hidden, view.year)
    count = sum(months.values())
    if count > MOST_EXACT:
        values = _uncounted_values(_newest(entries, SAMPLE), hidden)
        years = dict.fromkeys(by_year(months))
        return Facets(count, months, _planned(entries, at), years, values, None)
    matches = _newest(entries, MOST_EXACT + 1)
    if len(matches) > MOST_EXACT:
        values = _uncounted_values(matches[:SAMPLE], hidden)
        years = dict.fromkeys(_years_of_all({subject, *view.terms}, hidden))
        return Facets(None, {}, {}, years, values, None)
    months = dict(Counter(match.sort_key // 100 for match in matches))
    overdue = 0
    # Who has chosen actions does not choose among them again.
    if "actions" not in view.choices:
        overdue = entries.filter(has_term(UNFINISHED), is_overdue(at)).count()
    return Facets(
        len(matches),
        months,
        _planned(entries, at),
        by_year(months),
        _values(matches, hidden),
        overdue,
    )


def _newest(entries: QuerySet[TimelineEntry], most: int) -> list[Match]:
    rows = entries.order_by(*NEWEST_FIRST).values_list("sort_key", "engagement_id", "terms")
    return [Match(*row) for row in rows[:most]]


def _planned(entries: QuerySet[TimelineEntry], at: dt.datetime) -> dict[int, int]:
    """Return the entries that are planned or confirmed and begin today or later, by month."""
    today = PartialDate(timezone.localdate(at)).sort_key
    ahead = entries.filter(has_term(OPEN[0]) | has_term(OPEN[1]), sort_key__gte=today)
    return dict(ahead.order_by().values_list(F("sort_key") / 100).annotate(Count("pk")))


def _values(matches: Sequence[Match], hidden: totals.Hidden) -> dict[int, dict[int, int]]:
    """Return the number of matches that have each term, by its kind and subject.

    Regions, which are no filter, are left out.
    """
    counts = Counter(chain.from_iterable(match.terms.split() for match in matches if match.terms))
    crowded = [match.engagement for match in matches if match.terms is None]
    if crowded:
        rows = TimelineEntry.objects.filter(engagement__in=crowded).values_list("kind", "subject")
        counts.update(Term(*row).token.strip() for row in rows)
    if hidden:
        pks = {match.engagement for match in matches}
        counts.subtract(entry.term.token.strip() for entry in hidden if entry.engagement in pks)
    values: dict[int, dict[int, int]] = {}
    for token, count in (+counts).items():
        term = Term.parse(token)
        if term.kind != Kind.REGION:
            values.setdefault(term.kind, {})[term.subject] = count
    return values


def _uncounted_values(
    matches: Sequence[Match], hidden: totals.Hidden
) -> dict[int, Mapping[int, None]]:
    """Return the values of the matches, the most frequent first, and all of fixed sets."""
    values = _values(matches, hidden)
    ordered: dict[int, Mapping[int, None]] = {
        kind: dict.fromkeys(sorted(counts, key=counts.__getitem__, reverse=True))
        for kind, counts in values.items()
    }
    return ordered | {kind: dict.fromkeys(subjects) for kind, subjects in FIXED.items()}


def _years_of_all(terms: Iterable[Term], hidden: totals.Hidden) -> set[int]:
    """Return the years in which each of the terms has entries; people, without months, have all."""
    years = [
        set(by_year(totals.by_month(term, hidden))) for term in terms if term.kind != Kind.PERSON
    ]
    return set.intersection(*years) if years else set()


def by_year(months: dict[int, int]) -> Counter[int]:
    """Return the counts of months (yyyymm) by year."""
    years = Counter[int]()
    for month, count in months.items():
        years[month // 100] += count
    return years
