"""Groups the entries of a timeline by year and month. No request, no SQL."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol

from engagements.models import Action, Engagement


class Placed(Protocol):
    """An entry of a timeline, or its card."""

    @property
    def sort_key(self) -> int:
        """The `PartialDate.sort_key` of its start."""

    @property
    def is_ahead(self) -> bool:
        """Whether it is in the part above *today*."""


@dataclass(slots=True)
class Entry:
    """An engagement on a timeline, with what its card shows."""

    engagement: Engagement
    status: str
    is_unconfirmed: bool
    is_ahead: bool
    coverage: list = field(default_factory=list)
    actions_done: int = 0
    actions: int = 0
    # The title that the timeline's person held that day.
    title: str = ""

    @property
    def sort_key(self) -> int:
        return self.engagement.start.sort_key


@dataclass(slots=True)
class Month:
    """The entries of a month. `number` is 1 to 12, or `None` if only the year is known."""

    number: int | None
    first_day: dt.date
    entries: list


@dataclass(slots=True)
class Year:
    number: int
    months: list[Month]


@dataclass(slots=True)
class Timeline:
    """The entries to come, the soonest last, and the years below the line of *today*."""

    today: dt.date
    upcoming: list
    years: list[Year]

    @property
    def is_empty(self) -> bool:
        return not (self.upcoming or self.years)


def build_timeline(entries: Sequence[Placed], *, today: dt.date) -> Timeline:
    """Group entries, newest first, into those to come and years with their months.

    Postponed and cancelled ones stay at their dates. Those of which only the year is known are a
    group of their own at the top of their year.
    """
    past = [entry for entry in entries if not entry.is_ahead]
    years = [
        Year(year, [_month(key, list(rows)) for key, rows in groupby(of_year, _month_of)])
        for year, of_year in groupby(past, lambda entry: entry.sort_key // 10_000)
    ]
    return Timeline(today, [entry for entry in entries if entry.is_ahead], years)


def make_entry(engagement: Engagement, *, today: dt.date, coverage: list) -> Entry:
    """Return the entry of an engagement with its public editions, oldest first."""
    statuses = [
        action.status for outcome in engagement.outcomes.all() for action in outcome.actions.all()
    ]
    return Entry(
        engagement,
        status=engagement.status_on(today),
        is_unconfirmed=engagement.is_unconfirmed(today),
        # A cancelled visit of next month is news of the future too; one under way today is not.
        is_ahead=engagement.is_upcoming(today) or engagement.start.first_day > today,
        coverage=coverage,
        actions_done=statuses.count(Action.Status.DONE),
        actions=len(statuses),
    )


def _month_of(entry: Placed) -> int:
    return entry.sort_key // 100


def _month(key: int, entries: list) -> Month:
    year, month = divmod(key, 100)
    known = month <= 12
    return Month(month if known else None, dt.date(year, month if known else 1, 1), entries)
