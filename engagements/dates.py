"""Dates that are known to the day, the month or only the year.

A partial date is stored as two columns, the first day of its period and a precision, so that
databases can sort and compare it. It is never displayed more precisely than it is known.
"""

import calendar
import datetime as dt
import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Precision(models.TextChoices):
    DAY = "day", _("day")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


EARLIEST_YEAR = 1000
LATEST_YEAR = 2199
_ISO = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?)?", re.ASCII)
_WORDS = re.compile(r"(?:(?P<day>\d{1,2})\.? )?(?P<month>[A-Za-z]+)\.?,? (?P<year>\d{4})", re.ASCII)
_MONTHS = {
    name.casefold(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}


@dataclass(frozen=True, slots=True)
class PartialDate:
    """The first day of a period and how precisely it is known.

    `date` is normalised: 17 March to the month becomes 1 March to the month.
    """

    date: dt.date
    precision: str = Precision.DAY

    def __post_init__(self) -> None:
        changes: dict[str, int] = {}
        if self.precision != Precision.DAY:
            changes["day"] = 1
        if self.precision == Precision.YEAR:
            changes["month"] = 1
        object.__setattr__(self, "date", self.date.replace(**changes))

    @property
    def first_day(self) -> dt.date:
        return self.date

    @property
    def last_day(self) -> dt.date:
        if self.precision == Precision.YEAR:
            return self.date.replace(month=12, day=31)
        if self.precision == Precision.MONTH:
            days = calendar.monthrange(self.date.year, self.date.month)[1]
            return self.date.replace(day=days)
        return self.date

    @property
    def sort_key(self) -> int:
        """The position on a timeline, yyyymmdd of the last day; a year alone follows its months.

        January 2025 is 20250131, 2025 is 20251331.
        """
        day = self.last_day
        month = 13 if self.precision == Precision.YEAR else day.month
        return day.year * 10_000 + month * 100 + day.day

    def isoformat(self) -> str:
        """Return "2025-01-28", "2025-01" or "2025": what `<time datetime>` takes."""
        length = {Precision.DAY: 10, Precision.MONTH: 7, Precision.YEAR: 4}
        return self.date.isoformat()[: length[Precision(self.precision)]]

    def __str__(self) -> str:
        if self.precision == Precision.YEAR:
            return str(self.date.year)
        if self.precision == Precision.MONTH:
            return date_format(self.date, "YEAR_MONTH_FORMAT")
        # Translators: Django's format of a whole date, the month's name in full.
        return date_format(self.date, gettext("j F Y"))

    @classmethod
    def parse(cls, text: str) -> "PartialDate":
        """Read "2025-01-28", "2025-01", "2025", "28 January 2025", "January 2025" or "Jan 2025".

        Raises `ValidationError` with a sentence for the person who typed it.
        """
        text = " ".join(text.split())
        match = _ISO.fullmatch(text) or _WORDS.fullmatch(text)
        if not match:
            raise ValidationError(_UNREADABLE, code="invalid")
        parts = match.groupdict()
        month = parts["month"]
        if month is not None and not month.isdigit():
            month = _MONTHS.get(month.casefold())
            if month is None:
                raise ValidationError(_UNREADABLE, code="invalid")
        year = int(parts["year"])
        check_year(year)
        try:
            date = dt.date(year, int(month or 1), int(parts["day"] or 1))
        except ValueError:
            raise ValidationError(_("The calendar has no such day."), code="no_such_day") from None
        if parts["day"]:
            return cls(date, Precision.DAY)
        return cls(date, Precision.MONTH if month else Precision.YEAR)


_UNREADABLE = _(
    "Write the date as far as it is known: 28 January 2025, January 2025 or 2025 "
    "(2025-01-28 and 2025-01 work too)."
)


def check_year(year: int) -> None:
    """Raise `ValidationError` for a year before `EARLIEST_YEAR` or after `LATEST_YEAR`."""
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise ValidationError(
            _("The year has to lie between %(first)d and %(last)d."),
            code="year",
            params={"first": EARLIEST_YEAR, "last": LATEST_YEAR},
        )


def check_moment(value: dt.datetime) -> None:
    """Check the year of a moment: in another time zone, Python's first and last would overflow."""
    check_year(value.year)


def zone_name() -> str:
    """Return the name of the site's time zone for people: "Algiers", "UTC"."""
    return timezone.get_current_timezone_name().rpartition("/")[2].replace("_", " ")


def spelled_out(at: dt.datetime) -> str:
    """Return a moment with its time zone: "28 Jan 2025, 14:00 Algiers = 13:00 UTC"."""
    local, utc = timezone.localtime(at), timezone.localtime(at, dt.UTC)
    text = f"{date_format(local, 'j M Y')}, {local:%H:%M} {zone_name()}"
    if zone_name() == "UTC":
        return text
    date = "" if local.date() == utc.date() else f"{date_format(utc, 'j M Y')}, "
    return f"{text} = {date}{utc:%H:%M} UTC"


def format_range(start: PartialDate, end: PartialDate | None) -> str:
    """Return "28 January 2025", "28–30 January 2025", "30 January – 2 February 2025" and so on."""
    if end is None or end == start:
        return str(start)
    both_days = start.precision == end.precision == Precision.DAY
    if both_days and (start.date.year, start.date.month) == (end.date.year, end.date.month):
        return f"{start.date.day}–{end}"
    if both_days and start.date.year == end.date.year:
        return f"{date_format(start.date, 'MONTH_DAY_FORMAT')} – {end}"
    return f"{start} – {end}"


def check_order(start: PartialDate | None, end: PartialDate | None) -> None:
    """Raise `ValidationError` at the field `end` where the period ends before it starts."""
    if start and end and end.last_day < start.first_day:
        raise ValidationError({"end": _("The end is earlier than the start.")})


class PartialDateProperty(property):
    """Reads and writes the columns `<name>_date` and `<name>_precision` as one `PartialDate`.

    A `property`, so that a model's constructor takes it as an argument.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.date, self.precision = f"{name}_date", f"{name}_precision"

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        date = getattr(instance, self.date)
        return PartialDate(date, getattr(instance, self.precision)) if date else None

    def __set__(self, instance, value: PartialDate | None) -> None:
        setattr(instance, self.date, value.date if value else None)
        setattr(instance, self.precision, value.precision if value else "")


def partial_date_constraints(label: str, name: str, *, required: bool = False) -> list:
    """Return the CHECKs that keep `<name>_date` and `<name>_precision` a valid pair.

    `label` begins the constraints' names: "engagement" gives "engagement_start_paired".
    """
    date, precision = f"{name}_date", f"{name}_precision"
    known = Q(**{f"{precision}__in": Precision.values, f"{date}__isnull": False})
    unknown = Q(**{precision: "", f"{date}__isnull": True})
    first_of_period = (
        Q(**{f"{precision}__in": ["", Precision.DAY]})
        | Q(**{precision: Precision.MONTH, f"{date}__day": 1})
        | Q(**{precision: Precision.YEAR, f"{date}__month": 1, f"{date}__day": 1})
    )
    return [
        models.CheckConstraint(
            name=f"{label}_{name}_paired",
            condition=known if required else known | unknown,
            violation_error_message=_("A date needs its precision, and the other way round."),
        ),
        models.CheckConstraint(
            name=f"{label}_{name}_first_of_period",
            condition=first_of_period,
            violation_error_message=_("A month or year is stored as its first day."),
        ),
    ]


def end_not_before_start(label: str) -> models.CheckConstraint:
    """Return the CHECK that the end's period does not lie before the start.

    "17 March 2021 to 2021" is in order: the year holds the day.
    """
    start_year, start_month = F("start_date__year"), F("start_date__month")
    return models.CheckConstraint(
        name=f"{label}_end_not_before_start",
        condition=Q(end_date__isnull=True)
        | Q(start_date__isnull=True)
        | Q(end_date__gte=F("start_date"))
        | Q(end_precision=Precision.YEAR, end_date__year=start_year)
        | Q(
            end_precision=Precision.MONTH,
            end_date__year=start_year,
            end_date__month=start_month,
        ),
        violation_error_message=_("The end is earlier than the start."),
    )
