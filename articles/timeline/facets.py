"""What stands above a timeline's entries: their number, their months and the choices left."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from django.db.models import Count, F, QuerySet
from django.utils import timezone

from articles.models import TimelineEntry
from articles.timeline import totals
from articles.timeline.filters import Choice, View
from articles.timeline.index import STATUSES, WITH, Term, year_of
from articles.timeline.queries import COVERED, NEWEST_FIRST, Kind, has_term, is_overdue
from engagements.dates import PartialDate

# Matches that are counted one by one.
MOST_EXACT = 10_000
# Of more, the choices are counted among this many of the newest.
SAMPLE = 1_000
UNFINISHED = Term(Kind.ACTIONS, WITH)
OPEN = tuple(Term(Kind.STATUS, STATUSES[status]) for status in ("planned", "confirmed"))


class Match(NamedTuple):
    """An entry that is counted: its place, and the terms of its engagement."""

    sort_key: int
    engagement: int
    terms: str | None


@dataclass(slots=True)
class Summary:
    """What stands above a timeline's entries.

    `months` maps yyyymm (month 13: unknown) to entries, or years (yyyy) where only those are
    known; `planned` maps the months of those that are ahead. `choices` maps a kind of term to its
    subjects and their entries, `overdue` counts those with overdue actions.

    Where more match than are counted, not `is_exact`, `count` and `months` are of the newest, down
    to some day of the year `since`; `years_at_most` says how many a year may have. `sampled` are
    the kinds of which only the newest `counted` entries were looked at (then overdue actions too):
    there are as many as `choices` has or more, but not more than `at_most` has, where it has any.
    """

    count: int
    is_exact: bool
    months: dict[int, int]
    planned: dict[int, int]
    choices: dict[int, dict[int, int]]
    overdue: int
    counted: int
    sampled: frozenset[int] = frozenset()
    at_most: dict[int, dict[int, int]] = field(default_factory=dict)
    since: int = 0
    years_at_most: dict[int, int] = field(default_factory=dict)


def summary_of(
    subject: Term, entries: QuerySet[TimelineEntry], view: View, at: dt.datetime
) -> Summary:
    """Return what stands above the entries: exact up to `MOST_EXACT` matches, but for `_counted`.

    A filter by the subject itself narrows nothing.
    """
    hidden = totals.hidden(at)
    chosen = [
        choice
        for choice in view.choices.values()
        if choice.name != "year" and choice.term != subject
    ]
    terms = [subject, *(choice.term for choice in chosen if choice.term)]
    # Of people nothing is stored, but nobody meets so many that counting takes long.
    is_of_person = any(term.kind == Kind.PERSON for term in terms)
    months = None if is_of_person else _stored_months(subject, chosen, view.year, hidden)
    is_stored = months is not None and sum(months.values()) > MOST_EXACT
    at_most: dict[int, int] = {}
    if is_of_person:
        newest, is_all = _newest(entries), True
    elif is_stored:
        newest, is_all = _newest(entries, SAMPLE), False
    else:
        at_most = _years_at_most(terms, view.year, hidden) if months is None else {}
        newest, is_all = _counted(subject, entries, at_most, hidden)
    # Few in the totals and yet not all: the totals are out of step.
    is_exact = is_all or is_stored
    if months is None or not is_exact or (is_all and chosen):
        months = dict(Counter(match.sort_key // 100 for match in newest))
    count, planned = sum(months.values()), _planned(entries, at)
    if not is_all:
        newest = newest[:SAMPLE]
        entries = entries.filter(sort_key__gte=newest[-1].sort_key if newest else 0)
    choices, overdue = _choices(newest, hidden), 0
    # Once actions are chosen, nobody chooses among them.
    if "actions" not in view.choices:
        overdue = entries.filter(has_term(UNFINISHED), is_overdue(at)).count()
    if is_all:
        return Summary(count, is_exact, months, planned, choices, overdue, count)
    summary = Summary(count, is_exact, months, planned, choices, overdue, min(count, SAMPLE))
    summary.sampled, most = frozenset(Kind), count
    if not is_exact:
        summary.since = year_of(min(months))
        summary.years_at_most = at_most or _years_at_most(terms, view.year, hidden)
        most = sum(summary.years_at_most.values())
    summary.at_most = {
        kind: {pk: min(number, most) for pk, number in counts.items()}
        for kind, counts in totals.beside(subject, hidden, view.year).items()
    }
    if is_exact and not chosen:
        # People have no totals.
        summary.choices = summary.at_most | {Kind.PERSON: choices.get(Kind.PERSON, {})}
        summary.sampled = frozenset({Kind.PERSON})
    return summary


def _newest(entries: QuerySet[TimelineEntry], most: int | None = None) -> list[Match]:
    rows = entries.order_by(*NEWEST_FIRST).values_list("sort_key", "engagement_id", "terms")
    return [Match(*row) for row in rows[:most]]


def _counted(
    subject: Term,
    entries: QuerySet[TimelineEntry],
    at_most: dict[int, int],
    hidden: totals.Hidden,
) -> tuple[list[Match], bool]:
    """Return the newest matches, and whether these are all.

    `at_most` says how many a year may have; it is empty where the number is known. Beyond
    `MOST_EXACT` a sample tells whether counting on is worth it: if its matches lie so close
    together that twice as many are to be expected, it is not. So where the newest lie closest,
    fewer may go uncounted too.
    """
    if sum(at_most.values()) > MOST_EXACT:
        sample = _newest(entries, SAMPLE + 1)
        if len(sample) <= SAMPLE:
            return sample, True
        months = totals.by_month(subject, hidden)
        passed = sum(n for month, n in months.items() if month >= sample[-1].sort_key // 100)
        if SAMPLE * sum(months.values()) > 2 * MOST_EXACT * max(1, passed):
            return sample[:SAMPLE], False
    found = _newest(entries, MOST_EXACT + 1)
    return found[:MOST_EXACT], len(found) <= MOST_EXACT


def _planned(entries: QuerySet[TimelineEntry], at: dt.datetime) -> dict[int, int]:
    """Return those that are planned or confirmed and begin today or later, by month.

    One that is under way has begun.
    """
    today = PartialDate(timezone.localdate(at)).sort_key
    ahead = entries.filter(has_term(OPEN[0]) | has_term(OPEN[1]), sort_key__gte=today)
    return dict(ahead.order_by().values_list(F("sort_key") / 100).annotate(Count("pk")))


def _years_at_most(terms: list[Term], year: int | None, hidden: totals.Hidden) -> dict[int, int]:
    """Return how many match in a year, at most: what the first term has with the rarest other."""
    subject, *others = terms
    known = [totals.together(subject, term, hidden, year) for term in others]
    known.append(by_year(totals.by_month(subject, hidden, year)))
    years = set.intersection(*(set(counts) for counts in known))
    return {year: min(counts[year] for counts in known) for year in years}


def _choices(matches: list[Match], hidden: totals.Hidden) -> dict[int, dict[int, int]]:
    """Return the entries of each further term, by kind and subject."""
    counts = Counter(chain.from_iterable(match.terms.split() for match in matches if match.terms))
    crowded = [match.engagement for match in matches if match.terms is None]
    if crowded:
        rows = TimelineEntry.objects.filter(engagement__in=crowded).values_list("kind", "subject")
        counts.update(Term(*row).token.strip() for row in rows)
    if hidden:
        counts.subtract(
            term.token.strip()
            for match in matches
            for term, is_hidden in hidden.get(match.engagement, ({}, 0))[0].items()
            if is_hidden
        )
    choices: dict[int, dict[int, int]] = {}
    for token, count in (+counts).items():
        term = Term.parse(token)
        if term.kind != Kind.REGION:
            choices.setdefault(term.kind, {})[term.subject] = count
    return choices


def _stored_months(
    subject: Term, chosen: list[Choice], year: int | None, hidden: totals.Hidden
) -> dict[int, int] | None:
    """Return what the stored totals know: months without a filter, years with one, or `None`."""
    if len(chosen) > 1:
        return None
    if not chosen:
        return totals.by_month(subject, hidden, year)
    [choice] = chosen
    if choice.value == "overdue":
        return None
    if choice.term:
        return totals.together(subject, choice.term, hidden, year)
    untold = by_year(totals.by_month(subject, hidden, year))
    untold.subtract(totals.together(subject, COVERED, hidden, year))
    return dict(+untold)


def by_year(months: dict[int, int]) -> Counter[int]:
    """Return months' counts (yyyymm) by year; those of years stay."""
    years = Counter[int]()
    for key, count in months.items():
        years[year_of(key)] += count
    return years
