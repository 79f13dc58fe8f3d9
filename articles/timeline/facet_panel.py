"""The facet panel above a timeline: the number of visits, a histogram and the filters.

The histogram has a bar a month, or a year; each choice of a filter has its number of visits.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from django.db.models import QuerySet
from django.utils.dates import MONTHS
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.models import TimelineEntry
from articles.timeline.facets import MOST_EXACT, SAMPLE, Facets, by_year, facets_of
from articles.timeline.filters import ACTIONS, COVERAGE, LABELS, Kind, View
from articles.timeline.index import KINDS, STATUSES, WITH, Term
from engagements.models import Country, Engagement, Organisation, Person, Topic

# A bar a month; of a longer time, a bar a year.
MOST_MONTHS = 120
# A select with more would be no help.
MOST_CHOICES = 60


class Option(NamedTuple):
    """A choice of a filter. `number` is its visits in words, "" where they are not counted."""

    value: str
    label: str
    number: str


class Select(NamedTuple):
    """A filter. `note` says which choices are left out, if any are."""

    name: str
    label: str
    options: list[Option]
    note: str


class Period(NamedTuple):
    """The visits of a month or a year, and how many of them are planned."""

    visits: int
    planned: int


class Box(NamedTuple):
    """A part of a bar: "planned" (still ahead) or "known". Units of `Histogram`."""

    sort: str
    top: int
    height: int


class Bar(NamedTuple):
    """A period of the histogram: its link, its label, its place from the left and its boxes."""

    address: str
    label: str
    x: int
    boxes: list[Box]


@dataclass(frozen=True, slots=True)
class Histogram:
    """The bars, and the labels of their axes.

    Lengths are whole numbers of its own units: decimals would make a compressed page longer.
    `first` and `last` label its ends, `most` its highest bar.
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


@dataclass(frozen=True, slots=True)
class FacetPanel:
    """The panel as its template reads it.

    `note` says that the choices are not counted, if they are not; `histogram` is `None` where there
    are fewer than two periods, or more visits than are counted.
    """

    is_empty: bool
    words: str
    note: str
    selects: list[Select]
    histogram: Histogram | None


def facet_panel_of(
    subject: Term, entries: QuerySet[TimelineEntry], view: View, at: dt.datetime
) -> FacetPanel:
    facets = facets_of(subject, entries, view, at)
    selects = [
        Select(name, str(LABELS[name]), *choices)
        for name, choices_of in _CHOICES.items()
        if name not in view.choices and (choices := choices_of(facets, subject))[0]
    ]
    return FacetPanel(
        facets.count == 0,
        _words(facets.count, view),
        _note(facets),
        selects,
        _histogram(_periods(facets), view),
    )


def _words(count: int | None, view: View) -> str:
    """Return the view in words: "12 visits: about Security, in 2024."."""
    if count is None:
        number = _("More than %(count)s visits") % {"count": _number(MOST_EXACT)}
    elif count:
        number = ngettext("%(count)s visit", "%(count)s visits", count) % {"count": _number(count)}
    else:
        number = _("No visits")
    phrases = ", ".join(choice.phrase for choice in view.choices.values())
    return f"{number}: {phrases}." if phrases else f"{number}."


def _number(count: int | None) -> str:
    return "" if count is None else number_format(count, force_grouping=True)


def _note(facets: Facets) -> str:
    if facets.count is not None and facets.count <= MOST_EXACT:
        return ""
    return _(
        "Of more than %(most)s visits the choices are those of the newest %(newest)s, without "
        "numbers."
    ) % {"most": _number(MOST_EXACT), "newest": _number(SAMPLE)}


# The choices of a filter, and a note on those that are left out

Choices = tuple[list[Option], str]


def _of_rows(kind: int, rows: QuerySet, value: str) -> Callable[[Facets, Term], Choices]:
    """Return the choices of a kind that has rows: those with most visits, in their own order."""

    def choices(facets: Facets, subject: Term) -> Choices:
        counts = {
            pk: count
            for pk, count in facets.values.get(kind, {}).items()
            if subject != Term(kind, pk)
        }
        # Those that are not counted are in this order.
        first = sorted(counts, key=lambda pk: counts[pk] or 0, reverse=True)[:MOST_CHOICES]
        is_cut = len(first) < len(counts)
        return [
            Option(str(getattr(row, value)).lower(), row.name, _number(counts[row.pk]))
            for row in rows.filter(pk__in=first)
        ], _("the %s with most visits") % _number(MOST_CHOICES) if is_cut else ""

    return choices


def _of_numbers(
    kind: int, numbers: dict[str, int], labels: Sequence[tuple[str, Any]]
) -> Callable[[Facets, Term], Choices]:
    """Return all choices of a fixed set; one without visits has the number 0."""

    def choices(facets: Facets, subject: Term) -> Choices:
        counts = facets.values.get(kind, {})
        return _named(labels, {value: counts.get(numbers[value], 0) for value, _label in labels})

    return choices


def _years(facets: Facets, subject: Term) -> Choices:
    return [
        Option(str(year), str(year), _number(facets.years[year]))
        for year in sorted(facets.years, reverse=True)
    ], ""


def _coverage(facets: Facets, subject: Term) -> Choices:
    covered = facets.values.get(Kind.COVERAGE, {}).get(WITH, 0)
    others = None if covered is None or facets.count is None else facets.count - covered
    return _named(COVERAGE.items(), {"with": covered, "without": others})


def _actions(facets: Facets, subject: Term) -> Choices:
    unfinished = facets.values.get(Kind.ACTIONS, {}).get(WITH, 0)
    return _named(ACTIONS.items(), {"open": unfinished, "overdue": facets.overdue})


def _named(labels: Iterable[tuple[str, Any]], counts: Mapping[str, int | None]) -> Choices:
    return [
        Option(value, capfirst(str(label)), _number(counts[value])) for value, label in labels
    ], ""


_CHOICES: dict[str, Callable[[Facets, Term], Choices]] = {
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


# The histogram


def _periods(facets: Facets) -> dict[int, Period]:
    """Return the visits by month (yyyymm), or by year (yyyy) of a long time; gaps are filled."""
    months = facets.months
    if not months:
        return {}
    first, last = min(months) // 100, max(months) // 100
    numbers = [key // 100 * 12 + key % 100 for key in months]
    if max(numbers) - min(numbers) >= MOST_MONTHS:
        counts, planned = by_year(months), by_year(facets.planned)
        return {year: _period(counts[year], planned[year]) for year in range(first, last + 1)}
    known = {key for key in months if key % 100 <= 12}
    every = [year * 100 + month for year in range(first, last + 1) for month in range(1, 14)]
    return {
        key: _period(months.get(key, 0), facets.planned.get(key, 0))
        for key in every
        # A year's visits of unknown month have a bar of their own, if there are any.
        if key in months or (key % 100 <= 12 and known and min(known) <= key <= max(known))
    }


def _period(visits: int, planned: int) -> Period:
    # Totals that are out of step may count fewer than are planned.
    return Period(visits, min(visits, planned))


def _period_value(key: int) -> str:
    return f"{key // 100}-{key % 100:02}" if key > 9999 else str(key)


def _period_label(key: int) -> str:
    if key <= 9999:
        return str(key)
    year, month = divmod(key, 100)
    if month > 12:
        return _("%d, month unknown") % year
    return f"{MONTHS[month]} {year}"


def _histogram(periods: dict[int, Period], view: View) -> Histogram | None:
    if len(periods) < 2:
        return None
    first, last = min(periods), max(periods)
    most = max(period.visits for period in periods.values())
    scale = _("at most %(count)s a year") if last <= 9999 else _("at most %(count)s a month")
    return Histogram(
        len(periods) * Histogram.PERIOD,
        _bars(periods, most, view),
        _period_label(first),
        _period_label(last),
        scale % {"count": _number(most)},
        any(period.planned for period in periods.values()),
    )


def _visits(period: Period) -> str:
    """Return a period's visits in words: "12 visits, 3 planned"."""
    words = ngettext("%(count)s visit", "%(count)s visits", period.visits) % {
        "count": _number(period.visits)
    }
    if not period.planned:
        return words
    planned = ngettext("%(count)s planned", "%(count)s planned", period.planned)
    return f"{words}, {planned % {'count': _number(period.planned)}}"


def _bars(periods: dict[int, Period], most: int, view: View) -> list[Bar]:
    bars = []
    for number, (key, period) in enumerate(periods.items()):
        # An empty month leads nowhere.
        if not period.visits:
            continue
        start = str(key // 100) if key % 100 > 12 and key > 9999 else _period_value(key)
        bars.append(
            Bar(
                f"{view.address(**{'from': start})}#view",
                f"{_period_label(key)}: {_visits(period)}",
                number * Histogram.PERIOD,
                boxes_of(period, most),
            )
        )
    return bars


def boxes_of(period: Period, most: int) -> list[Box]:
    """Return the boxes of a period's bar, the upper one first; the least is still seen."""
    known = period.visits - period.planned
    height = max(Histogram.LOWEST, round(Histogram.HEIGHT * period.visits / most))
    top = Histogram.HEIGHT - height
    if not (period.planned and known):
        return [Box("planned" if period.planned else "known", top, height)]
    # Neither hides the other.
    planned = min(max(1, round(height * period.planned / period.visits)), height - 1)
    return [Box("planned", top, planned), Box("known", top + planned, height - planned)]
