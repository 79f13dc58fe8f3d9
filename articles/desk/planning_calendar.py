"""The planning calendar: engagements, publications and ends of embargoes by day.

Engagements of which only the month or the year is known are listed below the grid. Every query is
limited to the days of the page and to a number of rows.
"""

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, get_format
from django.utils.translation import gettext as _

from articles.models import Edition
from engagements.dates import EARLIEST_YEAR, LATEST_YEAR, PartialDate, Precision
from engagements.models import Engagement, Region

MONTH, WEEK = "month", "week"
LONGEST = dt.timedelta(days=60)  # engagements that began earlier are not searched
MOST = 1_000  # rows of each kind
MOST_OF_A_DAY = {MONTH: 6, WEEK: 60}

# Kinds of entries are distinguished by a shape besides the word.
SHAPES = {
    "planned": "○",
    "confirmed": "●",
    "took_place": "✓",
    "postponed": "‖",
    "cancelled": "✕",
    "unconfirmed": "?",
    "scheduled": "▲",
    "published": "△",
    "embargo": "◆",
}


@dataclass
class CalendarRange:
    """The days of a page: a week, or a month filled up to whole weeks."""

    kind: str
    on: dt.date

    @property
    def days(self) -> list[dt.date]:
        # Django counts from Sunday, Python from Monday.
        begins = (int(get_format("FIRST_DAY_OF_WEEK")) - 1) % 7
        weeks = calendar.Calendar(begins).monthdatescalendar(self.on.year, self.on.month)
        if self.kind == MONTH:
            return [day for week in weeks for day in week]
        return next(week for week in weeks if self.on in week)

    @property
    def first(self) -> dt.date:
        return self.days[0]

    @property
    def last(self) -> dt.date:
        return self.days[-1]

    @property
    def title(self) -> str:
        if self.kind == MONTH:
            return date_format(self.on, "YEAR_MONTH_FORMAT")
        return f"{date_format(self.first, 'j F')} – {date_format(self.last, 'j F Y')}"

    def shifted(self, steps: int) -> "CalendarRange":
        """Return the month or the week that is a number of steps later (negative: earlier)."""
        if self.kind == WEEK:
            return CalendarRange(WEEK, self.on + dt.timedelta(days=7 * steps))
        months = self.on.year * 12 + self.on.month - 1 + steps
        return CalendarRange(MONTH, dt.date(months // 12, months % 12 + 1, 1))


def read_range(kind: str, on: str, today: dt.date) -> CalendarRange:
    """Return the range that an address asks for; raise `ValidationError` for a bad date."""
    if not on:
        return CalendarRange(WEEK if kind == WEEK else MONTH, today)
    date = PartialDate.parse(on[:40]).first_day
    if not EARLIEST_YEAR < date.year < LATEST_YEAR:
        raise ValidationError(_("That day is outside the range of the calendar."))
    return CalendarRange(WEEK if kind == WEEK else MONTH, date)


@dataclass
class CalendarEntry:
    """An engagement, a publication or the end of an embargo."""

    kind: str  # a key of SHAPES
    word: str
    title: str
    url: str
    note: str = ""
    # In the site's time zone; only of a publication and of the end of an embargo.
    at: dt.datetime | None = None
    pk: int = 0
    # What may be rescheduled: "article" or "visit".
    movable: str = ""

    @property
    def shape(self) -> str:
        return SHAPES[self.kind]


@dataclass
class Day:
    """A day with its entries; `more` counts those left out."""

    date: dt.date
    is_outside: bool = False
    is_today: bool = False
    entries: list[CalendarEntry] = field(default_factory=list)
    more: int = 0


@dataclass
class CalendarPage:
    """The days of a range, and the entries whose day is unknown."""

    days: list[Day]
    undated: list[CalendarEntry]


def calendar_page(
    view: CalendarRange, region: Region | None, person: Any, now: dt.datetime
) -> CalendarPage:
    """Return the page of a range: each day has its publications and embargoes, then engagements."""
    today = timezone.localdate(now)
    days = {
        date: Day(date, view.kind == MONTH and date.month != view.on.month, date == today)
        for date in view.days
    }
    start = timezone.make_aware(dt.datetime.combine(view.first, dt.time.min))
    end = timezone.make_aware(dt.datetime.combine(view.last + dt.timedelta(days=1), dt.time.min))
    hours = [
        *_publications(start, end, region, person, now),
        *_embargoes(max(start, now), end, region, person),
    ]
    for entry in sorted(hours, key=lambda hour: (hour.at, hour.pk)):
        if entry.at is not None and entry.at.date() in days:
            days[entry.at.date()].entries.append(entry)
    for visit in _visits(view, region):
        for date in view.days:
            if visit.start.first_day <= date <= visit.last_day:
                days[date].entries.append(_visit_entry(visit, today))
    most = MOST_OF_A_DAY[view.kind]
    for day in days.values():
        day.more = max(0, len(day.entries) - most)
        del day.entries[most:]
    undated = [_visit_entry(visit, today) for visit in _undated_visits(view, region)]
    return CalendarPage(list(days.values()), undated)


def _in(region: Region | None) -> Q:
    return Q() if region is None else Q(pk__in=Engagement.objects.in_region(region).values("pk"))


def _visits(view: CalendarRange, region: Region | None) -> list[Engagement]:
    """Return the engagements with a known day that overlap the range."""
    rows = Engagement.objects.filter(
        _in(region),
        sort_date__gte=view.first - LONGEST,
        sort_date__lte=view.last,
        start_precision=Precision.DAY,
    )
    # One whose end is known only by month is shown on its first day.
    rows = rows.filter(Q(sort_date__gte=view.first) | Q(end_date__gte=view.first))
    return list(rows.defer("summary").order_by("sort_date", "pk")[:MOST])


def _undated_visits(view: CalendarRange, region: Region | None) -> list[Engagement]:
    """Return the engagements in the range's months of which only month or year is known."""
    months = {
        PartialDate(date, Precision.MONTH).last_day
        for date in ([view.on] if view.kind == MONTH else [view.first, view.last])
    }
    years = {date.replace(month=12, day=31) for date in months}
    known = Q(start_precision=Precision.MONTH, sort_date__in=months)
    known |= Q(start_precision=Precision.YEAR, sort_date__in=years)
    rows = Engagement.objects.filter(_in(region), known, sort_date__in=months | years)
    return list(rows.defer("summary").order_by("sort_date", "pk")[:50])


def _visit_entry(visit: Engagement, today: dt.date) -> CalendarEntry:
    kind = "unconfirmed" if visit.is_unconfirmed(today) else visit.status
    is_long = visit.end is not None or visit.start.precision != Precision.DAY
    return CalendarEntry(
        kind,
        visit.status_on(today),
        visit.title,
        reverse("admin:engagements_engagement_change", args=[visit.pk]),
        note=visit.when if is_long else "",
    )


def _publications(
    start: dt.datetime, end: dt.datetime, region: Region | None, person: Any, now: dt.datetime
) -> Iterator[CalendarEntry]:
    rows = Edition.objects.filter(
        state=Edition.State.APPROVED,
        public_from__gte=start,
        public_from__lt=end,
        article__withdrawn_at=None,
    ).exclude(public_until=F("public_from"))
    if region is not None:
        rows = rows.filter(engagement__in=Engagement.objects.in_region(region).values("pk"))
    may_move = person.has_perm("articles.publish_article")
    columns = ("pk", "article", "headline", "public_from")
    for pk, article, headline, at in rows.order_by("public_from", "pk").values_list(*columns)[
        :MOST
    ]:
        is_ahead = at > now
        yield CalendarEntry(
            "scheduled" if is_ahead else "published",
            _("comes out") if is_ahead else _("published"),
            headline,
            reverse("admin:articles_article_change", args=[article]),
            at=timezone.localtime(at),
            pk=pk,
            movable="article" if is_ahead and may_move else "",
        )


def _embargoes(
    start: dt.datetime, end: dt.datetime, region: Region | None, person: Any
) -> Iterator[CalendarEntry]:
    rows = Engagement.objects.filter(
        _in(region), public_from__gt=start, public_from__lt=end, withdrawn_at=None
    )
    may_move = person.has_perm("engagements.publish_engagement")
    columns = ("pk", "title", "public_from")
    for pk, title, at in rows.order_by("public_from", "pk").values_list(*columns)[:MOST]:
        yield CalendarEntry(
            "embargo",
            _("visit's embargo ends"),
            title,
            reverse("admin:engagements_engagement_change", args=[pk]),
            at=timezone.localtime(at),
            pk=pk,
            movable="visit" if may_move else "",
        )


def moment_of(date: str, time: str, was: dt.datetime) -> dt.datetime:
    """Return the moment of a day and a time as typed; without a time, that of `was`.

    Raises `ValidationError` if either cannot be read or the time does not exist.
    """
    day = PartialDate.parse(date[:40])
    if day.precision != Precision.DAY:
        raise ValidationError(_("Enter one day, such as 28 January 2025."))
    hour = timezone.localtime(was).time().replace(tzinfo=None)
    if time:
        try:
            hour = dt.time.fromisoformat(time[:8])
        except ValueError:
            raise ValidationError(_("Enter the time as 14:30.")) from None
    try:
        at = timezone.make_aware(dt.datetime.combine(day.first_day, hour.replace(tzinfo=None)))
        existing = timezone.localtime(at.astimezone(dt.UTC))
    except OverflowError:
        raise ValidationError(_("That day is outside the range of the calendar.")) from None
    if existing.replace(tzinfo=None) != at.replace(tzinfo=None):
        raise ValidationError(_("The clocks go forward then: there is no such time."))
    return at
