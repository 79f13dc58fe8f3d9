"""What stands above a timeline: the number of visits, the filters with a count behind each choice,
and a strip of bars that shows how activity rose and fell.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from django.db.models import QuerySet
from django.utils.dates import MONTHS
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.models import TimelineEntry
from articles.timeline.facets import Summary, by_year, summary_of
from articles.timeline.filters import ACTIONS, COVERAGE, LABELS, Kind, View
from articles.timeline.index import KINDS, STATUSES, WITH, Term
from engagements.models import Country, Engagement, Organisation, Person, Topic

# A bar a month; of a longer time, a bar a year.
MOST_MONTHS = 120
# A select with more would be no help.
MOST_CHOICES = 60
# Of choices counted in part, from here on the round number says enough.
ROUND = 1_000


class Option(NamedTuple):
    """`number` of visits is in words: "12", "340+", "at most 7", "0"; "" where none is known."""

    value: str
    label: str
    number: str


class Select(NamedTuple):
    """`note` says which choices are left out, if any are."""

    name: str
    label: str
    options: list[Option]
    note: str


class Period(NamedTuple):
    """A month or year of the strip: how many visits at least and at most, and how many planned."""

    least: int
    most: int
    planned: int


class Box(NamedTuple):
    """A part of a bar: "unsure" (not counted), "planned" (still ahead) or "known"."""

    sort: str
    top: int
    height: int


class Bar(NamedTuple):
    """A period of the strip: where it leads, what it says, where it stands, and its boxes."""

    address: str
    label: str
    x: int
    boxes: list[Box]


@dataclass(frozen=True, slots=True)
class Strip:
    """Lengths are in units of it, all whole: decimals would be much of a compressed page.

    `first` and `last` are the periods at its ends, `most` is its highest bar, in words.
    """

    PERIOD: ClassVar = 10
    BAR: ClassVar = 8
    HEIGHT: ClassVar = 60
    # Less is hard to see, and to hit.
    LOWEST: ClassVar = 2

    width: int
    bars: list[Bar]
    first: str
    last: str
    most: str
    has_planned: bool
    has_unsure: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """What stands above a timeline, ready for its template; `strip` is `None` where it is short."""

    count: int
    words: str
    selects: list[Select]
    strip: Strip | None


def panel_of(subject: Term, entries: QuerySet[TimelineEntry], view: View, at: dt.datetime) -> Panel:
    summary = summary_of(subject, entries, view, at)
    selects = [
        Select(name, str(LABELS[name]), *found)
        for name, find in _OPTIONS.items()
        if name not in view.choices and (found := find(summary, subject))[0]
    ]
    return Panel(summary.count, _words(summary, view), selects, _strip(_periods(summary), view))


def _words(summary: Summary, view: View) -> str:
    """Return the view in words: "12 visits: about Security, in 2024."."""
    if not summary.count:
        number = _("No visits")
    elif summary.is_exact:
        number = ngettext("%(count)s visit", "%(count)s visits", summary.count) % {
            "count": _number(summary.count)
        }
    else:
        number = _("More than %(count)s visits") % {"count": _number(summary.count)}
    phrases = ", ".join(choice.phrase for choice in view.choices.values())
    return f"{number}: {phrases}." if phrases else f"{number}."


def _number(count: int) -> str:
    return number_format(count, force_grouping=True)


Range = tuple[int, int | None]


def _words_of(known: Range) -> str:
    """Return in words what is known of a number: "340+", "at most 7", "12"; "" if nothing is."""
    least, most = known
    if least == most:
        return _number(least)
    if least:
        return f"{_number(min(least, ROUND))}+"
    return "" if most is None else _("at most %s") % _number(most)


# The choices, and which are left out

Found = tuple[list[Option], str]


def _counts(summary: Summary, kind: int) -> dict[int, Range]:
    """Return how many entries each subject of a kind has, at least and at most."""
    counts, at_most = summary.choices.get(kind, {}), summary.at_most.get(kind, {})
    if kind not in summary.sampled:
        return {pk: (count, count) for pk, count in counts.items()}
    return {
        # People have no totals.
        pk: (counts.get(pk, 0), None if kind == Kind.PERSON else at_most.get(pk, 0))
        for pk in {*counts, *at_most}
    }


def _of_rows(kind: int, rows: QuerySet, value: str) -> Callable[[Summary, Term], Found]:
    """Return the choices of a kind that has rows: those with most visits, in their own order."""

    def options(summary: Summary, subject: Term) -> Found:
        counts = _counts(summary, kind)
        if subject.kind == kind:
            counts.pop(subject.subject, None)
        first = sorted(counts, key=lambda pk: (counts[pk][0], counts[pk][1] or 0), reverse=True)
        kept = first[:MOST_CHOICES]
        notes = []
        if len(kept) < len(counts):
            notes.append(_("the %s with most visits") % _number(MOST_CHOICES))
        if kind == Kind.PERSON and kind in summary.sampled:
            notes.append(_("of the newest %s visits") % _number(summary.counted))
        return [
            Option(str(getattr(row, value)).lower(), row.name, _words_of(counts[row.pk]))
            for row in rows.filter(pk__in=kept)
        ], ", ".join(notes)

    return options


def _of_numbers(
    kind: int, numbers: dict[str, int], labels: Iterable[tuple[str, Any]]
) -> Callable[[Summary, Term], Found]:
    """Return all choices of a fixed set; one that would give nothing says 0."""

    def options(summary: Summary, subject: Term) -> Found:
        counts = _counts(summary, kind)
        return [
            Option(value, capfirst(str(label)), _words_of(counts.get(numbers[value], (0, 0))))
            for value, label in labels
        ], ""

    return options


def _years(summary: Summary, subject: Term) -> Found:
    at_most = summary.years_at_most
    counts: dict[int, Range] = {
        year: (count, at_most.get(year) if year == summary.since else count)
        for year, count in by_year(summary.months).items()
    }
    counts |= {year: (0, most) for year, most in at_most.items() if year < summary.since}
    return [
        Option(str(year), str(year), _words_of(counts[year]))
        for year in sorted(counts, reverse=True)
    ], ""


def _coverage(summary: Summary, subject: Term) -> Found:
    told = summary.choices.get(Kind.COVERAGE, {}).get(WITH, 0)
    untold: Range = (summary.count - told, summary.count - told)
    if Kind.COVERAGE in summary.sampled:
        untold = (summary.counted - told, None)
    with_article = _counts(summary, Kind.COVERAGE).get(WITH, (0, 0))
    return _named(COVERAGE, {"with": with_article, "without": untold})


def _actions(summary: Summary, subject: Term) -> Found:
    unfinished = _counts(summary, Kind.ACTIONS).get(WITH, (0, 0))
    most = summary.at_most.get(Kind.ACTIONS, {}).get(WITH, 0)
    overdue = (summary.overdue, most if summary.sampled else summary.overdue)
    return _named(ACTIONS, {"open": unfinished, "overdue": overdue})


def _named(labels: dict[str, Any], counts: dict[str, Range]) -> Found:
    return [
        Option(name, capfirst(str(label)), _words_of(counts[name]))
        for name, label in labels.items()
    ], ""


_OPTIONS: dict[str, Callable[[Summary, Term], Found]] = {
    "topic": _of_rows(Kind.TOPIC, Topic.objects.all(), "slug"),
    "country": _of_rows(Kind.COUNTRY, Country.objects.all(), "code"),
    "person": _of_rows(Kind.PERSON, Person.objects.all(), "slug"),
    "organisation": _of_rows(Kind.ORGANISATION, Organisation.objects.all(), "slug"),
    "kind": _of_numbers(Kind.KIND, KINDS, Engagement.Kind.choices),
    "status": _of_numbers(Kind.STATUS, STATUSES, Engagement.Status.choices),
    "year": _years,
    "coverage": _coverage,
    "actions": _actions,
}


# The strip


def _periods(summary: Summary) -> dict[int, Period]:
    """Return the entries by month, gaps filled; by year if that is all known, or the time long."""
    months, since = summary.months, summary.since
    if not months:
        return {}
    numbers = [key // 100 * 12 + key % 100 for key in months if key > 9999]
    is_long = len(numbers) < len(months) or max(numbers) - min(numbers) >= MOST_MONTHS
    if since or is_long:
        counts, planned = by_year(months), by_year(summary.planned)
        most = {year: n for year, n in summary.years_at_most.items() if year <= since}
        # All that are planned were counted, even if there are more than the newest that were.
        least = Counter({year: max(counts[year], planned[year]) for year in {*counts, *planned}})
        return {
            year: Period(least[year], max(least[year], most.get(year, 0)), planned[year])
            for year in range(min({*least, *most}), max({*least, *most}) + 1)
        }
    known = {key for key in months if key % 100 <= 12}
    first, last = min(months) // 100, max(months) // 100
    every = [year * 100 + month for year in range(first, last + 1) for month in range(1, 14)]
    return {
        key: Period(count, count, min(count, summary.planned.get(key, 0)))
        for key, count in ((key, months.get(key, 0)) for key in every)
        # A year's visits of unknown month have a bar of their own, if there are any.
        if key in months or (key % 100 <= 12 and known and min(known) <= key <= max(known))
    }


def _period_value(key: int) -> str:
    return f"{key // 100}-{key % 100:02}" if key > 9999 else str(key)


def _period_label(key: int) -> str:
    if key <= 9999:
        return str(key)
    year, month = divmod(key, 100)
    if month > 12:
        return _("%d, month unknown") % year
    return f"{MONTHS[month]} {year}"


def _strip(periods: dict[int, Period], view: View) -> Strip | None:
    if len(periods) < 2:
        return None
    first, last = min(periods), max(periods)
    most = max(period.most for period in periods.values())
    scale = _("at most %(count)s a year") if last <= 9999 else _("at most %(count)s a month")
    return Strip(
        len(periods) * Strip.PERIOD,
        _bars(periods, most, view),
        _period_label(first),
        _period_label(last),
        scale % {"count": _number(most)},
        any(period.planned for period in periods.values()),
        any(period.least < period.most for period in periods.values()),
    )


def _visits(period: Period) -> str:
    """Return a period's visits in words: "12 visits, 3 planned", "at least 1 visit"."""
    number = period.least or period.most
    if period.least == period.most:
        said = ngettext("%(count)s visit", "%(count)s visits", number)
    elif period.least:
        said = ngettext("at least %(count)s visit", "at least %(count)s visits", number)
    else:
        said = ngettext("at most %(count)s visit", "at most %(count)s visits", number)
    words = said % {"count": _number(number)}
    if not period.planned:
        return words
    planned = ngettext("%(count)s planned", "%(count)s planned", period.planned)
    return f"{words}, {planned % {'count': _number(period.planned)}}"


def _bars(periods: dict[int, Period], most: int, view: View) -> list[Bar]:
    bars = []
    for number, (key, period) in enumerate(periods.items()):
        # An empty month leads nowhere.
        if not period.most:
            continue
        start = str(key // 100) if key % 100 > 12 and key > 9999 else _period_value(key)
        bars.append(
            Bar(
                f"{view.address(**{'from': start})}#view",
                f"{_period_label(key)}: {_visits(period)}",
                number * Strip.PERIOD,
                boxes_of(period, most),
            )
        )
    return bars


def boxes_of(period: Period, most: int) -> list[Box]:
    """Return the parts of a period's bar, from its top down; the least is still seen."""
    parts = {
        "unsure": period.most - period.least,
        "planned": period.planned,
        "known": period.least - period.planned,
    }
    sorts = [sort for sort, visits in parts.items() if visits]
    height = max(Strip.LOWEST, len(sorts), round(Strip.HEIGHT * period.most / most))
    boxes, start, seen = [], Strip.HEIGHT - height, 0
    for left, sort in zip(reversed(range(len(sorts))), sorts, strict=True):
        seen += parts[sort]
        end = Strip.HEIGHT - height + round(height * seen / period.most)
        # No part hides another, nor those that are left.
        end = max(start + 1, min(end, Strip.HEIGHT - left))
        boxes.append(Box(sort, start, end - start))
        start = end
    return boxes
