"""Dates that are known to the day, the month or only the year."""

import calendar
import contextlib
import datetime as dt
import re

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from engagements.dates import (
    EARLIEST_YEAR,
    LATEST_YEAR,
    PartialDate,
    Precision,
    check_order,
    format_range,
)

UNREADABLE = "Write the date as far as it is known"
NO_SUCH_DAY = "The calendar has no such day."
YEAR_OUTSIDE = "The year has to lie between 1000 and 2199."

DATES = st.dates(dt.date(EARLIEST_YEAR, 1, 1), dt.date(LATEST_YEAR, 12, 31))
PARTIAL_DATES = st.builds(PartialDate, DATES, st.sampled_from(Precision.values))


def known(text: str) -> PartialDate:
    return PartialDate.parse(text)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2025-01-28", "2025-01-28"),
        ("2025-1-8", "2025-01-08"),
        ("2025-01", "2025-01"),
        ("2025", "2025"),
        ("28 January 2025", "2025-01-28"),
        ("8 jan 2025", "2025-01-08"),
        ("8. JANUARY 2025", "2025-01-08"),
        ("January 2025", "2025-01"),
        ("Jan 2025", "2025-01"),
        ("Jan. 2025", "2025-01"),
        ("Sept 2025", "2025-09"),
        ("May, 2025", "2025-05"),
        ("  28 \t January\u00a0 2025\n", "2025-01-28"),
        ("29 February 2024", "2024-02-29"),
        ("1000", "1000"),
        ("2199-12-31", "2199-12-31"),
    ],
)
def test_parse_reads_what_people_write(text, iso):
    """A date is taken as precisely as it was written, and no more."""
    assert PartialDate.parse(text).isoformat() == iso


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", UNREADABLE),
        ("🎉", UNREADABLE),
        ("٢٠٢٥", UNREADABLE),
        ("٢٨ January ٢٠٢٥", UNREADABLE),
        ("28 يناير 2025", UNREADABLE),
        ("² January 2025", UNREADABLE),
        ("28 ² 2025", UNREADABLE),
        ("2025-01-28T10:00", UNREADABLE),
        ("28/01/2025", UNREADABLE),
        ("28 Januember 2025", UNREADABLE),
        ("-2025", UNREADABLE),
        ("99999", UNREADABLE),
        ("January 99999", UNREADABLE),
        ("2025\x00", UNREADABLE),
        ("\x00", UNREADABLE),
        ("9" * 10_000, UNREADABLE),
        ("a" * 10_000, UNREADABLE),
        ("1 " * 5_000, UNREADABLE),
        ("31 February 2025", NO_SUCH_DAY),
        ("29 February 2025", NO_SUCH_DAY),
        ("2025-13", NO_SUCH_DAY),
        ("2025-00", NO_SUCH_DAY),
        ("2025-01-00", NO_SUCH_DAY),
        ("0 January 2025", NO_SUCH_DAY),
        ("0000", YEAR_OUTSIDE),
        ("0999-12-31", YEAR_OUTSIDE),
        ("January 2200", YEAR_OUTSIDE),
        ("9999", YEAR_OUTSIDE),
    ],
)
def test_parse_refuses_with_a_sentence(text, sentence):
    """What cannot be read says how to write it; a day that never was says so."""
    with pytest.raises(ValidationError) as caught:
        PartialDate.parse(text)
    (said,) = caught.value.messages
    assert said.startswith(sentence)


@given(st.text())
def test_parse_reads_or_refuses_but_never_breaks(text):
    """Whatever is typed is a date or a sentence."""
    with contextlib.suppress(ValidationError):
        assert isinstance(PartialDate.parse(text), PartialDate)


@given(PARTIAL_DATES)
def test_a_date_survives_being_written_and_read(date):
    """The form shows the ISO form, so reading it back must change nothing; nor may words."""
    assert PartialDate.parse(date.isoformat()) == date
    assert PartialDate.parse(str(date)) == date


@given(PARTIAL_DATES)
def test_str_is_never_more_precise_than_known(date):
    """Never "1 March" for "March", never "January" for a year."""
    for shown in (str(date), date.isoformat()):
        names_month = any(name in shown for name in calendar.month_name if name)
        numbers = re.findall(r"\d+", shown)
        pieces = len(numbers) + names_month
        assert pieces == {"day": 3, "month": 2, "year": 1}[date.precision]


@given(DATES, st.sampled_from(Precision.values))
def test_a_date_is_normalised_to_its_period(date, precision):
    """Two dates of one period are the same partial date, and the period holds them."""
    partial = PartialDate(date, precision)
    assert partial == PartialDate(partial.last_day, precision)
    assert partial.first_day <= date <= partial.last_day
    assert PartialDate(partial.last_day + dt.timedelta(days=1), precision) != partial


@pytest.mark.parametrize(
    ("text", "last_day"),
    [
        ("2025-01-28", dt.date(2025, 1, 28)),
        ("2024-02", dt.date(2024, 2, 29)),
        ("2025-12", dt.date(2025, 12, 31)),
        ("2025", dt.date(2025, 12, 31)),
    ],
)
def test_last_day_ends_the_period(text, last_day):
    """The last day that the date may be is the period's last."""
    assert known(text).last_day == last_day


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        ("2025-01-28", None, "28 January 2025"),
        ("2025-01-28", "2025-01-28", "28 January 2025"),
        ("2025-01-28", "2025-01-30", "28–30 January 2025"),
        ("2025-01-30", "2025-02-02", "30 January – 2 February 2025"),
        ("2024-12-30", "2025-01-02", "30 December 2024 – 2 January 2025"),
        ("2025-01", None, "January 2025"),
        ("2025-01", "2025-01", "January 2025"),
        ("2025-01", "2025-03", "January 2025 – March 2025"),
        ("2025-01-28", "2025-01", "28 January 2025 – January 2025"),
        ("2025-01-28", "2025", "28 January 2025 – 2025"),
        ("2021", "2025", "2021 – 2025"),
    ],
)
def test_format_range_says_what_is_shared_once(start, end, shown):
    """A month or year that both days share is not repeated."""
    assert format_range(known(start), known(end) if end else None) == shown


@pytest.mark.parametrize(
    ("start", "end", "in_order"),
    [
        ("2025-01-28", "2025-01-28", True),
        ("2025-01-28", "2025-01-27", False),
        ("2025-01-28", "2025-01", True),
        ("2025-01-28", "2024-12", False),
        ("2025", "2025-01-01", True),
        ("2025", "2024-12-31", False),
        ("2025-01-28", None, True),
    ],
)
def test_check_order_compares_the_periods(start, end, in_order):
    """An end may be vaguer than its start, but not wholly before it."""
    expected = (
        contextlib.nullcontext()
        if in_order
        else pytest.raises(ValidationError, match="The end is earlier")
    )
    with expected:
        check_order(known(start), known(end) if end else None)
