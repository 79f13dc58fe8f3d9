"""What a view of a timeline holds: its page, its number, its months and the choices left.

Everything is read from the index, so that a page of a million visits costs what one of a thousand
costs. What is counted row by row stops at `MOST_EXACT`; beyond it the stored totals answer, or a
count is said to be "at least".
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from articles.models import TimelineEntry, TimelineTotal
from articles.pagination import Cursor
from articles.timeline import totals
from articles.timeline.filters import Choice, View
from articles.timeline.index import STATUSES, WITH, Term, year_of
from engagements.dates import PartialDate
from engagements.models import Action
from engagements.visibility import is_public

Kind = TimelineEntry.Kind

# Matches that are counted one by one.
MOST_EXACT = 10_000
# Of more, the choices are counted among this many of the newest.
SAMPLE = 1_000
# By the column: the relation's name would stand for the engagement's own order.
NEWEST_FIRST = ("-sort_key", "-engagement_id")

COVERED = Term(Kind.COVERAGE, WITH)
UNFINISHED = Term(Kind.ACTIONS, WITH)
OPEN = tuple(Term(Kind.STATUS, STATUSES[status]) for status in ("planned", "confirmed"))


class Match(NamedTuple):
    """An entry that is counted: its place, and the terms of its engagement."""

    sort_key: int
    engagement: int
    terms: str | None


class Found(NamedTuple):
    """A page: the places of its entries, newest first, and those where its neighbours begin."""

    entries: list[Cursor]
    newer: Cursor | None
    older: Cursor | None


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


def shown(at: dt.datetime) -> Q:
    return Q(hidden_until__isnull=True) | Q(hidden_until__lte=at)


def matching(subject: Term | None, view: View, at: dt.datetime) -> QuerySet[TimelineEntry]:
    """Return the entries of the view under its rarest term, in no order.

    Without a subject it is of the whole site, and the view needs a term.
    """
    terms = {*view.terms, subject} if subject else {*view.terms}
    entries = narrowed(TimelineEntry.objects.filter(shown(at)), terms, view, at)
    if "coverage" in view.choices:
        untold = Q(engagement__in=_untold(at))
        is_told = view.choices["coverage"].value == "with"
        entries = entries.filter(~untold if is_told else untold | ~_has(COVERED))
    return entries


def narrowed(entries: QuerySet, terms: set[Term], view: View, at: dt.datetime) -> QuerySet:
    """Return entries of either index with all the terms, of the view's year and actions."""
    rarest = min(terms, key=_totals_of(terms).__getitem__)
    entries = entries.filter(kind=rarest.kind, subject=rarest.subject)
    for term in sorted(terms - {rarest}):
        entries = entries.filter(_has(term))
    if view.year:
        entries = entries.filter(
            sort_key__gte=view.year * 10_000, sort_key__lt=(view.year + 1) * 10_000
        )
    actions = view.choices.get("actions")
    if actions and actions.value == "overdue":
        entries = entries.filter(_is_overdue(at))
    return entries


def _is_overdue(at: dt.datetime) -> Exists:
    """Return the condition that the engagement of an entry has an overdue action.

    It is looked up row by row, in the index's order: by their pks SQLite would sort all for a page.
    """
    overdue = Action.objects.overdue(timezone.localdate(at))
    return Exists(overdue.filter(outcome__engagement=OuterRef("engagement")))


def latest_of(term: Term, at: dt.datetime, *, before: int) -> QuerySet[TimelineEntry]:
    """Return the entries before a month (yyyymm) of an outer query's region that have a term too.

    Newest first.
    """
    entries = TimelineEntry.objects.filter(
        shown(at), kind=Kind.REGION, subject=OuterRef("pk"), sort_key__lt=before * 100
    )
    return entries.filter(_has(term)).order_by(*NEWEST_FIRST)


def meetings_of(one: Term, other: Term, at: dt.datetime, *, before: int) -> QuerySet:
    """Return the engagements, by pk, that took place before a `sort_key` with both parties.

    Newest first.
    """
    rarer, commoner = sorted((one, other), key=_totals_of({one, other}).__getitem__)
    entries = TimelineEntry.objects.filter(
        shown(at),
        _has(commoner),
        _has(totals.TOOK_PLACE),
        kind=rarer.kind,
        subject=rarer.subject,
        sort_key__lt=before,
    )
    return entries.order_by(*NEWEST_FIRST).values_list("engagement_id", flat=True)


def _has(term: Term) -> Q:
    """Return the condition that the engagement of an entry has a term too."""
    crowded = TimelineEntry.objects.filter(terms__isnull=True, kind=term.kind, subject=term.subject)
    return Q(terms__contains=term.token) | Q(
        terms__isnull=True, engagement__in=crowded.values("engagement")
    )


def _untold(at: dt.datetime) -> QuerySet:
    """Return the engagements, by pk, of which something is not public yet, or no longer.

    Of one that is public itself, that is its coverage. Not asked for by kind: SQLite would then
    read every covered one.
    """
    waiting = TimelineEntry.objects.filter(Q(hidden_until__gt=at) | Q(lapses_at__lte=at))
    return waiting.values("engagement")


def _totals_of(terms: set[Term]) -> dict[Term, int]:
    """Return how many entries each term has; of a person, who has no totals, it is 0."""
    if len(terms) == 1:
        return dict.fromkeys(terms, 0)
    found = Q()
    for term in terms:
        found |= Q(kind=term.kind, subject=term.subject)
    rows = (
        TimelineTotal.objects.filter(found, other_kind=0)
        .values_list("kind", "subject")
        .annotate(Sum("count"))
    )
    return dict.fromkeys(terms, 0) | {Term(kind, pk): total for kind, pk, total in rows}


def page_of(entries: QuerySet[TimelineEntry], view: View, at: dt.datetime, size: int) -> Found:
    """Return the page of `size` entries at the view's place. The rule of visibility holds again."""
    # A stale row of the index is passed over here.
    entries = entries.filter(is_public(at, "engagement__"))
    if view.newer:
        rows = _places(_after(entries, view.newer, newer=True), size + 1)
        page = rows[:size][::-1]
        last = page[-1] if page else view.newer
        return Found(page, page[0] if len(rows) > size else None, _beyond(entries, last))
    place = view.older or (Cursor(view.start_key, 0) if view.start_key else None)
    here = _after(entries, place, newer=False) if place else entries.order_by(*NEWEST_FIRST)
    rows = _places(here, size + 1)
    page = rows[:size]
    before = _beyond(entries, page[0] if page else place, newer=True) if place else None
    return Found(page, before, page[-1] if len(rows) > size else None)


def _beyond(
    entries: QuerySet[TimelineEntry], place: Cursor, *, newer: bool = False
) -> Cursor | None:
    """Return the place itself if there are entries beyond it."""
    return place if _after(entries, place, newer=newer).exists() else None


def _after(
    entries: QuerySet[TimelineEntry], place: Cursor, *, newer: bool
) -> QuerySet[TimelineEntry]:
    """Return the entries beyond a place, the nearest first."""
    key, pk = place
    # The first condition is a range of the index; the second takes off its few rows of that day.
    if newer:
        beyond = entries.filter(sort_key__gte=key).exclude(sort_key=key, engagement__lte=pk)
        return beyond.order_by("sort_key", "engagement_id")
    beyond = entries.filter(sort_key__lte=key).exclude(sort_key=key, engagement__gte=pk)
    return beyond.order_by(*NEWEST_FIRST)


def _places(entries: QuerySet[TimelineEntry], most: int) -> list[Cursor]:
    rows = entries.values_list("sort_key", "engagement_id")[:most]
    return [Cursor(*row) for row in rows]


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
        overdue = entries.filter(_has(UNFINISHED), _is_overdue(at)).count()
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
    ahead = entries.filter(_has(OPEN[0]) | _has(OPEN[1]), sort_key__gte=today)
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
