"""Calendars as an independent parser reads them."""

import datetime as dt

import pytest
import vobject
from django.utils import timezone

from articles.syndication import calendars
from engagements.dates import PartialDate, Precision
from engagements.models import DateChange
from tests.factories import EngagementFactory, TopicFactory

pytestmark = pytest.mark.django_db

ADDRESS = "/countries/dz/calendar.ics"
HOUR = dt.timedelta(hours=1)


def day(month: int, number: int) -> PartialDate:
    return PartialDate(dt.date(2025, month, number))


def read(client, address: str = ADDRESS):
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    for line in response.content.split(b"\r\n"):
        assert len(line) <= 75
    return vobject.readOne(response.content.decode())


def events(client, address: str = ADDRESS) -> dict:
    found = read(client, address).contents.get("vevent", [])
    return {event.uid.value: event for event in found}


def test_visit_is_an_event_of_whole_days(client):
    """One day ends on the next, several days on the day after the last; it keeps nobody busy."""
    one = EngagementFactory(title="An envoy; in Algiers, again", start=day(1, 28), summary="Talks.")
    more = EngagementFactory(
        start=day(3, 30), end=day(4, 2), topics=[TopicFactory(name="Oil, gas")]
    )
    found = events(client)
    assert found.keys() == {str(one.uuid), str(more.uuid)}
    first, second = found[str(one.uuid)], found[str(more.uuid)]
    assert (first.dtstart.value, first.dtend.value) == (dt.date(2025, 1, 28), dt.date(2025, 1, 29))
    assert (second.dtstart.value, second.dtend.value) == (dt.date(2025, 3, 30), dt.date(2025, 4, 3))
    assert first.summary.value == "An envoy; in Algiers, again"
    assert first.location.value == "Algiers, Algeria"
    assert first.url.value == f"http://testserver{one.get_absolute_url()}"
    assert first.description.value.startswith("Talks.")
    assert second.categories.value == ["Oil, gas"]
    assert first.transp.value == "TRANSPARENT"
    assert first.status.value == "CONFIRMED"


def test_status_stands_in_the_title_too(client):
    """What is off says so in its title, since programs hide or ignore the status."""
    for status in ("cancelled", "postponed", "planned"):
        EngagementFactory(status=status, title=status.capitalize())
    ahead = PartialDate(timezone.localdate() + dt.timedelta(days=9))
    EngagementFactory(status="planned", title="Ahead", start=ahead, is_fictional=True)
    told = {event.summary.value: event.status.value for event in events(client).values()}
    assert told == {
        "Cancelled: Cancelled": "CANCELLED",
        "Postponed: Postponed": "TENTATIVE",
        "Not confirmed: Planned": "TENTATIVE",
        "Fictional: Ahead": "TENTATIVE",
    }


def test_moved_visit_stays_the_same_event(client):
    """A changed date keeps the event's id and raises its sequence, whatever its slug becomes."""
    visit = EngagementFactory(start=day(1, 28))
    (before,) = events(client).values()
    DateChange.objects.create(
        engagement=visit, old_start=visit.start, new_start=day(2, 3), reason="Fog."
    )
    visit.start, visit.slug = day(2, 3), "moved"
    visit.save()
    (after,) = events(client).values()
    assert after.uid.value == before.uid.value
    assert (before.sequence.value, after.sequence.value) == ("0", "1")
    assert after.dtstart.value == dt.date(2025, 2, 3)
    assert after.last_modified.value >= before.last_modified.value


def test_visit_without_a_known_day_is_left_out_and_counted(client):
    """A month is no day: such visits are in no calendar, and its description says how many."""
    EngagementFactory()
    for precision in (Precision.MONTH, Precision.YEAR):
        EngagementFactory(start=PartialDate(dt.date(2025, 1, 1), precision))
    calendar = read(client)
    assert len(calendar.contents["vevent"]) == 1
    told = calendar.contents["x-wr-caldesc"][0].value
    assert told == calendar.contents["description"][0].value
    assert "2 visits are left out" in told


def test_end_without_a_known_day_is_no_end(client):
    """A visit from a day until some time in the month stands on its first day."""
    EngagementFactory(start=day(1, 28), end=PartialDate(dt.date(2025, 2, 1), Precision.MONTH))
    (event,) = events(client).values()
    assert event.dtend.value - event.dtstart.value == dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("/calendar.ics", 2), ("/calendar.ics?country=tn", 1), ("/calendar.ics?year=2024", 0),
        ("/regions/north-africa/calendar.ics?topic=energy", 1), (f"{ADDRESS}?coverage=with", 0),
    ],
)  # fmt: skip
def test_calendar_holds_the_visits_of_the_view(client, address, number):
    """A calendar has the filters of its timeline; of the whole site it has every visit."""
    EngagementFactory(topics=[TopicFactory(slug="energy")])
    EngagementFactory(parties=[("visitor", "ES"), ("host", "TN")])
    assert len(events(client, address)) == number


def test_calendar_names_itself(client):
    """A program that subscribes learns the calendar's name, its source and when to ask again."""
    calendar = read(client, f"{ADDRESS}?year=2025")
    assert calendar.contents["x-wr-calname"][0].value == "Communiqué: Algeria (2025)"
    assert calendar.contents["source"][0].value == f"http://testserver{ADDRESS}?year=2025"
    assert calendar.contents["refresh-interval"][0].value == "PT1H"
    assert calendar.method.value == "PUBLISH"
    assert (
        f'href="webcal://testserver{ADDRESS}?year=2025"'
        in client.get("/countries/dz/?year=2025").content.decode()
    )


def test_long_record_is_cut_and_says_so(client, monkeypatch):
    """Of many visits a calendar has the latest, and says how to get the others."""
    monkeypatch.setattr(calendars, "MOST", 2)
    for number in (1, 2, 3):
        EngagementFactory(start=day(number, 1))
    calendar = read(client)
    assert [e.dtstart.value.month for e in calendar.contents["vevent"]] == [2, 3]
    assert "latest 2 visits" in calendar.contents["x-wr-caldesc"][0].value


def test_embargoed_and_withdrawn_visits_are_in_no_calendar(client, monkeypatch):
    """A visit appears at its minute; a draft or a withdrawn one never."""
    now = timezone.now()
    EngagementFactory(public_from=now + HOUR)
    EngagementFactory(public_from=None)
    gone = EngagementFactory(public_from=now - HOUR)
    gone.withdrawn_at, gone.withdrawn_reason = now, "Mistaken."
    gone.save()
    assert events(client) == {}
    monkeypatch.setattr(timezone, "now", lambda: now + HOUR)
    assert len(events(client)) == 1


@pytest.mark.parametrize("rows", [2, 5])
def test_query_count_does_not_grow(client, rows, django_assert_num_queries):
    """A calendar asks the same questions for two visits and for five."""
    for _row in range(rows):
        EngagementFactory(topics=[TopicFactory()])
    with django_assert_num_queries(5):
        client.get(ADDRESS)


@pytest.mark.parametrize("mark", ["\n", "\r", "\r\n", "\u2028", "\x1f", "\t"])
def test_names_with_line_breaks_stand_on_one_line(client, mark):
    """Rows that are older than the rule against them break no calendar and add no property."""
    name = f"First{mark}X-EVIL:1"
    topic = TopicFactory(name=name, slug="energy")
    EngagementFactory(title=name, venue=name, city=name, topics=[topic])
    content = client.get("/topics/energy/calendar.ics").content.decode()
    assert "First X-EVIL:1\r\n" in content.split("NAME:")[1]
    assert not [line for line in content.split("\r\n") if line.startswith("X-EVIL")]
    (event,) = events(client, "/topics/energy/calendar.ics").values()
    assert event.summary.value == "First X-EVIL:1"
    assert event.location.value.startswith("First X-EVIL:1, First X-EVIL:1")
    assert event.categories.value == ["First X-EVIL:1"]
