"""The timeline: rows in, periods out. No request, no SQL."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from engagements.dates import Precision
from engagements.models import Action, Engagement


@dataclass(slots=True)
class Entry:
    """One engagement on a timeline, with what its card says."""

    engagement: Engagement
    status: str
    is_unconfirmed: bool
    coverage: list = field(default_factory=list)
    actions_done: int = 0
    actions: int = 0
    # The title that the timeline's person held that day.
    title: str = ""


@dataclass(slots=True)
class Month:
    """`number` is 1 to 12, or `None` for engagements known only to the year."""

    number: int | None
    first_day: dt.date
    entries: list[Entry]


@dataclass(slots=True)
class Year:
    number: int
    months: list[Month]


@dataclass(slots=True)
class Timeline:
    """`upcoming` stands first, the soonest last, above the line that says *today*."""

    today: dt.date
    upcoming: list[Entry]
    years: list[Year]

    @property
    def is_empty(self) -> bool:
        return not (self.upcoming or self.years)

    @property
    def entries(self) -> list[Entry]:
        months = [month for year in self.years for month in year.months]
        return self.upcoming + [entry for month in months for entry in month.entries]


def build_timeline(
    engagements: Iterable[Engagement],
    *,
    today: dt.date,
    coverage: dict[int, list] | None = None,
) -> Timeline:
    """Group `engagements`, newest first, into what is coming up and years with their months.

    `coverage` maps an engagement's pk to the public editions that tell it. What was postponed
    or cancelled stays where its date is. Engagements known only to the year open their year in a
    group of their own, never under a month: they are sorted by the last day of their period.
    """
    coverage = coverage or {}
    upcoming: list[Entry] = []
    past: list[Entry] = []
    for engagement in engagements:
        entry = make_entry(engagement, today=today, coverage=coverage.get(engagement.pk, []))
        (upcoming if _is_ahead(engagement, today) else past).append(entry)
    past.sort(key=_position, reverse=True)
    years = [
        Year(year, [_month(number, list(entries)) for number, entries in groupby(rows, _month_of)])
        for year, rows in groupby(past, lambda entry: entry.engagement.start_date.year)
    ]
    return Timeline(today, upcoming, years)


def make_entry(engagement: Engagement, *, today: dt.date, coverage: list) -> Entry:
    statuses = [
        action.status for outcome in engagement.outcomes.all() for action in outcome.actions.all()
    ]
    return Entry(
        engagement,
        status=engagement.status_on(today),
        is_unconfirmed=engagement.is_unconfirmed(today),
        coverage=coverage,
        actions_done=statuses.count(Action.Status.DONE),
        actions=len(statuses),
    )


def _is_ahead(engagement: Engagement, today: dt.date) -> bool:
    # A cancelled visit of next month is news of the future too; one under way today is not.
    return engagement.is_upcoming(today) or engagement.start.first_day > today


def _month_of(entry: Entry) -> int | None:
    start = entry.engagement.start
    return None if start.precision == Precision.YEAR else start.date.month


def _position(entry: Entry) -> tuple:
    engagement = entry.engagement
    return (
        engagement.start_date.year,
        _month_of(entry) or 13,
        engagement.sort_date,
        engagement.pk,
    )


def _month(number: int | None, entries: list[Entry]) -> Month:
    return Month(number, entries[0].engagement.start_date, entries)
