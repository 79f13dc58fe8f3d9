"""What stands above a timeline: the number of visits, the filters with a count behind each choice,
and a strip of bars that shows how activity rose and fell.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.filters import ACTIONS, COVERAGE, LABELS, Kind, View
from articles.matches import Summary, summary_of
from articles.models import TimelineEntry
from articles.timeline_index import KINDS, STATUSES, WITH, Term
from engagements.models import Country, Engagement, Organisation, Person, Topic

# A bar a month; of a longer time, a bar a year.
MOST_MONTHS = 120
# A select with more would be no help.
MOST_CHOICES = 60
# Of choices counted in part, from here on the round number says enough.
ROUND = 1_000
STRIP_WIDTH, STRIP_HEIGHT = 1000, 60


class Option(NamedTuple):
    """`number` of visits is in words: "12", "340+", "0"."""

    value: str
    label: str
    number: str


class Select(NamedTuple):
    name: str
    label: str
    options: list[Option]


class Bar(NamedTuple):
    """A period of the strip: where it leads, what it says, and its box in units of the strip."""

    address: str
    label: str
    x: float
    width: float
    height: float
    is_planned: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """`first` and `last` are the periods at the strip's ends, `most` its highest bar, in words."""

    count: int
    words: str
    selects: list[Select]
    bars: list[Bar]
    first: str
    last: str
    most: str


def panel_of(subject: Term, entries: QuerySet[TimelineEntry], view: View, at: dt.datetime) -> Panel:
    summary = summary_of(subject, entries, view, at)
    periods = _periods(summary.months)
    today = timezone.localdate(at)
    return Panel(
        summary.count,
        _words(summary, view),
        [
            Select(name, str(LABELS[name]), options)
            for name, find in _OPTIONS.items()
            if name not in view.choices and (options := find(summary, subject))
        ],
        _bars(periods, view, today),
        _period_label(min(periods)) if periods else "",
        _period_label(max(periods)) if periods else "",
        _most(periods),
    )


def _words(summary: Summary, view: View) -> str:
    """Return the view in words: "12 visits: about Security, in 2024."."""
    if not summary.count:
        number = _("No visits")
    elif summary.is_exact:
        number = ngettext("%(count)s visit", "%(count)s visits", summary.count) % {
            "count": number_format(summary.count, force_grouping=True)
        }
    else:
        number = _("More than %(count)s visits") % {
            "count": number_format(summary.count, force_grouping=True)
        }
    phrases = ", ".join(choice.phrase for choice in view.choices.values())
    return f"{number}: {phrases}." if phrases else f"{number}."


def _number(count: int, *, is_least: bool) -> str:
    """Return a count in words; of what was counted in part, nothing where none was met."""
    if not is_least:
        return number_format(count, force_grouping=True)
    return f"{number_format(min(count, ROUND), force_grouping=True)}+" if count else ""


# The choices


def _of_rows(kind: int, rows: QuerySet, value: str) -> Callable[[Summary, Term], list[Option]]:
    """Return the choices of a kind that has rows: those with most visits, in their own order."""

    def options(summary: Summary, subject: Term) -> list[Option]:
        counts = dict(summary.choices.get(kind, {}))
        if subject.kind == kind:
            counts.pop(subject.subject, None)
        kept = dict(Counter(counts).most_common(MOST_CHOICES))
        return [
            Option(
                str(getattr(row, value)).lower(),
                row.name,
                _number(kept[row.pk], is_least=kind in summary.sampled),
            )
            for row in rows.filter(pk__in=kept)
        ]

    return options


def _of_numbers(
    kind: int, numbers: dict[str, int], labels: Iterable[tuple[str, Any]]
) -> Callable[[Summary, Term], list[Option]]:
    """Return all choices of a fixed set; one that would give nothing says 0."""

    def options(summary: Summary, subject: Term) -> list[Option]:
        counts = summary.choices.get(kind, {})
        return [
            Option(
                value,
                capfirst(str(label)),
                _number(counts.get(numbers[value], 0), is_least=kind in summary.sampled),
            )
            for value, label in labels
        ]

    return options


def _years(summary: Summary, subject: Term) -> list[Option]:
    years = Counter[int]()
    for key, count in summary.months.items():
        years[_year_of(key)] += count
    return [
        Option(str(year), str(year), number_format(years[year], force_grouping=True))
        for year in sorted(years, reverse=True)
    ]


def _coverage(summary: Summary, subject: Term) -> list[Option]:
    told = summary.choices.get(Kind.COVERAGE, {}).get(WITH, 0)
    is_least = Kind.COVERAGE in summary.sampled
    numbers = {
        "with": _number(told, is_least=is_least),
        # Of the newest alone one cannot say how many of all have none.
        "without": "" if is_least else _number(summary.count - told, is_least=False),
    }
    return [Option(name, capfirst(str(COVERAGE[name])), numbers[name]) for name in COVERAGE]


def _actions(summary: Summary, subject: Term) -> list[Option]:
    unfinished = summary.choices.get(Kind.ACTIONS, {}).get(WITH, 0)
    numbers = {
        "open": _number(unfinished, is_least=Kind.ACTIONS in summary.sampled),
        "overdue": _number(summary.overdue, is_least=summary.is_sample),
    }
    return [Option(name, capfirst(str(label)), numbers[name]) for name, label in ACTIONS.items()]


_OPTIONS: dict[str, Callable[[Summary, Term], list[Option]]] = {
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


def _year_of(key: int) -> int:
    return key // 100 if key > 9999 else key


def _periods(months: dict[int, int]) -> dict[int, int]:
    """Return the entries by month, gaps filled; by year if that is all known, or the time long."""
    if not months:
        return {}
    numbers = [key // 100 * 12 + key % 100 for key in months if key > 9999]
    if len(numbers) < len(months) or max(numbers) - min(numbers) >= MOST_MONTHS:
        years = Counter[int]()
        for key, count in months.items():
            years[_year_of(key)] += count
        return {year: years[year] for year in range(min(years), max(years) + 1)}
    known = {key for key in months if key % 100 <= 12}
    first, last = min(months) // 100, max(months) // 100
    every = [year * 100 + month for year in range(first, last + 1) for month in range(1, 14)]
    return {
        key: months.get(key, 0)
        for key in every
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


def _most(periods: dict[int, int]) -> str:
    """Return the strip's scale in words."""
    if not periods:
        return ""
    said = _("at most %(count)s a year") if max(periods) <= 9999 else _("at most %(count)s a month")
    return said % {"count": number_format(max(periods.values()), force_grouping=True)}


def _bars(periods: dict[int, int], view: View, today: dt.date) -> list[Bar]:
    if len(periods) < 2:
        return []
    present = today.year if max(periods) <= 9999 else today.year * 100 + today.month
    most, width = max(periods.values()), STRIP_WIDTH / len(periods)
    bars = []
    for number, (key, count) in enumerate(periods.items()):
        told = ngettext("%(count)s visit", "%(count)s visits", count) % {
            "count": number_format(count, force_grouping=True)
        }
        start = str(_year_of(key)) if key % 100 > 12 and key > 9999 else _period_value(key)
        bars.append(
            Bar(
                # An empty month leads nowhere.
                f"{view.address(**{'from': start})}#view" if count else "",
                f"{_period_label(key)}: {told}",
                round(number * width, 1),
                round(width * 0.78, 1),
                # The least is still seen.
                round(max(2.0, STRIP_HEIGHT * count / most), 1) if count else 0.0,
                key > present,
            )
        )
    return bars
