"""The timeline as a plain function: rows in, periods out."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.timeline.build import Timeline, build_timeline, make_entry
from engagements.dates import PartialDate
from engagements.models import Action, Engagement, Outcome

TODAY = dt.date(2025, 6, 15)


def prefetched(model: type, rows: list):
    """Return a queryset of `model` that holds `rows` already."""
    queryset = model.objects.all()
    queryset._result_cache = rows
    queryset._prefetch_done = True
    return queryset


def row(pk: int, date: str, status: str = "took_place", actions: tuple = ()) -> Engagement:
    """Return an unsaved engagement whose outcomes are as if prefetched: no SQL is needed."""
    visit = Engagement(pk=pk, title=f"Visit {pk}", status=status, start=PartialDate.parse(date))
    outcome = Outcome(pk=pk + 1, engagement=visit)
    planned = [Action(outcome=outcome, status=status) for status in actions]
    outcome._prefetched_objects_cache = {"actions": prefetched(Action, planned)}
    visit._prefetched_objects_cache = {"outcomes": prefetched(Outcome, [outcome])}
    return visit


def build(*rows: Engagement, coverage: dict | None = None) -> Timeline:
    newest_first = sorted(rows, key=lambda r: (r.start.sort_key, r.pk), reverse=True)
    entries = [
        make_entry(row, today=TODAY, coverage=(coverage or {}).get(row.pk, []))
        for row in newest_first
    ]
    return build_timeline(entries, today=TODAY)


def shape(timeline: Timeline) -> list:
    return [
        (year.number, [(m.number, [e.engagement.pk for e in m.entries]) for m in year.months])
        for year in timeline.years
    ]


def ahead(timeline: Timeline) -> list[int]:
    return [entry.engagement.pk for entry in timeline.upcoming]


def test_timeline_of_nothing_is_empty():
    """No rows, no periods."""
    assert build().is_empty
    assert not build(row(1, "2024")).is_empty


def test_timeline_groups_by_year_and_month_newest_first():
    """Years, months and visits run from the newest to the oldest; a tie goes to the later row."""
    timeline = build(
        row(1, "2024-03-02"), row(2, "2024-03-30"), row(3, "2024-11-01"), row(4, "2025-01-28"),
        row(5, "2024-03-30"),
    )  # fmt: skip
    assert shape(timeline) == [(2025, [(1, [4])]), (2024, [(11, [3]), (3, [5, 2, 1])])]


def test_timeline_keeps_visits_known_to_the_year_apart():
    """What is known only to the year opens its year, under no month."""
    timeline = build(row(1, "2024"), row(2, "2024-12-31"), row(3, "2024-12"), row(4, "2024-01"))
    assert shape(timeline) == [(2024, [(None, [1]), (12, [3, 2]), (1, [4])])]


@pytest.mark.parametrize("status", ["planned", "confirmed"])
@pytest.mark.parametrize("date", ["2025-06-15", "2025-06-16", "2025-06", "2025", "2026-01"])
def test_planned_visit_is_upcoming_until_its_last_possible_day(status, date):
    """A planned visit is ahead while its day, month or year has not wholly passed."""
    timeline = build(row(1, date, status))
    assert (ahead(timeline), timeline.years) == ([1], [])
    assert not timeline.upcoming[0].is_unconfirmed


def test_upcoming_visits_stand_soonest_last():
    """The soonest stands next to the line that says today."""
    rows = row(1, "2025-07-01", "planned"), row(2, "2025-09-01", "planned")
    assert ahead(build(*rows)) == [2, 1]


@pytest.mark.parametrize("status", ["cancelled", "postponed"])
def test_called_off_visit_stays_at_its_date(status):
    """What was called off stays where its date is, ahead or past."""
    timeline = build(row(1, "2025-07-01", status), row(2, "2025-05-01", status))
    assert ahead(timeline) == [1]
    assert shape(timeline) == [(2025, [(5, [2])])]
    assert not timeline.upcoming[0].is_unconfirmed
    assert timeline.upcoming[0].status == status


def test_past_visit_that_nobody_confirmed_says_so():
    """A planned visit whose day has passed is in the past, not confirmed."""
    entry = build(row(1, "2025-06-14", "planned")).years[0].months[0].entries[0]
    assert entry.is_unconfirmed
    assert entry.status == "not confirmed"


def test_entry_counts_its_actions_and_has_its_coverage():
    """A card says how many actions are done, and which articles tell the visit."""
    timeline = build(
        row(1, "2025-01-01", actions=("done", "open", "done", "dropped")),
        row(2, "2025-01-02"),
        coverage={1: ["article"]},
    )
    second, first = timeline.years[0].months[0].entries
    assert (first.actions_done, first.actions, first.coverage) == (2, 4, ["article"])
    assert (second.actions_done, second.actions, second.coverage) == (0, 0, [])


DATES = st.builds(
    lambda date, length: date.isoformat()[:length],
    st.dates(dt.date(2023, 1, 1), dt.date(2027, 12, 31)),
    st.sampled_from([4, 7, 10]),
)


@given(st.lists(st.tuples(DATES, st.sampled_from(Engagement.Status.values)), max_size=30))
def test_each_visit_stands_on_the_timeline_once(drawn):
    """No row is lost or doubled, no year or month opens twice."""
    timeline = build(*(row(pk, *values) for pk, values in enumerate(drawn)))
    groups = [month.entries for year in timeline.years for month in year.months]
    shown = ahead(timeline) + [e.engagement.pk for entries in groups for e in entries]
    assert sorted(shown) == list(range(len(drawn)))
    numbers = [year.number for year in timeline.years]
    assert numbers == sorted(set(numbers), reverse=True)
    for year in timeline.years:
        months = [month.number or 13 for month in year.months]
        assert months == sorted(set(months), reverse=True)
