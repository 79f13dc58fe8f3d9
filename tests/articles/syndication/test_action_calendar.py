"""The calendar of promises as an independent parser reads it."""

import datetime as dt

import pytest
import vobject
from django.utils import timezone

from articles.syndication import action_calendar
from engagements.dates import PartialDate, Precision
from engagements.history import record, revisions_of
from engagements.models import Action, ActionUpdate, Country
from engagements.reverting import revert
from tests.factories import (
    ActionFactory,
    EngagementFactory,
    OrganisationFactory,
    OutcomeFactory,
    SourceFactory,
    UserFactory,
)
from tests.wsgi import ask

pytestmark = pytest.mark.django_db

ADDRESS = "/outcomes/calendar.ics"
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def day(month: int, number: int, year: int = 2199) -> PartialDate:
    return PartialDate(dt.date(year, month, number))


def promise(title: str = "Hold a forum", **fields) -> Action:
    fields.setdefault("due", day(3, 1))
    return ActionFactory(title=title, **fields)


def report(action: Action, status: str, text: str = "Begun.") -> ActionUpdate:
    return ActionUpdate.objects.create(
        action=action, status=status, text=text, date=dt.date(2025, 3, 1), reported_by=UserFactory()
    )


def read(client, query: str = ""):
    response = client.get(ADDRESS + query)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    for line in response.content.split(b"\r\n"):
        assert len(line) <= 75
    return vobject.readOne(response.content.decode())


def events(client, query: str = "") -> dict:
    """Return the events by title."""
    found = read(client, query).contents.get("vevent", [])
    return {event.summary.value: event for event in found}


def test_promise_is_an_event_on_the_day_it_is_due(client):
    """It lasts that whole day, keeps nobody busy, and tells whose it is and what came of it."""
    action = promise("Hold a forum; in Oran, again", owner_text="Oil, gas and others")
    report(action, "open", "Not yet.")
    report(action, "under_way", "A hall was found.")
    (event,) = events(client).values()
    assert event.summary.value == "Due: Hold a forum; in Oran, again"
    assert (event.dtstart.value, event.dtend.value) == (dt.date(2199, 3, 1), dt.date(2199, 3, 2))
    visit = action.outcome.engagement
    assert event.url.value == f"http://testserver{visit.get_absolute_url()}#outcomes"
    assert event.description.value == (
        "Under way. Owned by Oil, gas and others.\n\n1 March 2025: A hall was found.\n\n"
        f"Agreed: Improved cooperation, {visit.title}, 28 January 2025"
    )
    assert event.categories.value == ["Oil, gas and others"]
    assert event.transp.value == "TRANSPARENT"
    assert event.status.value == "CONFIRMED"


def test_what_became_of_it_stands_in_the_title_too(client):
    """Programs hide or ignore the status: done, dropped, delayed and overdue are in the title."""
    for status in ("open", "under_way", "delayed", "done", "dropped"):
        promise(status, status=status)
    late = day(1, 1, 2025)
    for status in ("under_way", "delayed", "done", "dropped"):
        promise(f"late {status}", status=status, due=late)
    invented = OutcomeFactory(engagement=EngagementFactory(is_fictional=True))
    promise("invented", due=late, outcome=invented)
    told = {title: event.status.value for title, event in events(client).items()}
    assert told == {
        "Due: open": "CONFIRMED",
        "Due: under_way": "CONFIRMED",
        "Delayed: delayed": "TENTATIVE",
        "Done: done": "CONFIRMED",
        "Dropped: dropped": "CANCELLED",
        "Overdue: late under_way": "CONFIRMED",
        "Overdue: late delayed": "TENTATIVE",
        "Done: late done": "CONFIRMED",
        "Dropped: late dropped": "CANCELLED",
        "Fictional: Overdue: invented": "CONFIRMED",
    }


def test_done_shows_once_it_is_confirmed(client):
    """What one person reports as done stays due until a second one stands for it."""
    action = promise()
    done = report(action, "done", "It was held.")
    done.sources.add(SourceFactory(engagement=action.outcome.engagement))
    (before,) = events(client).items()
    assert before[0] == "Due: Hold a forum"
    assert "It was held." not in before[1].description.value
    done.confirm(by=UserFactory())
    (after,) = events(client).items()
    assert after[0] == "Done: Hold a forum"
    assert "It was held." in after[1].description.value
    assert after[1].uid.value == before[1].uid.value
    assert after[1].last_modified.value >= done.confirmed_at.replace(microsecond=0)


def test_moved_due_day_is_the_same_event(client):
    """Another day, or a day lost and found, raises the sequence; nothing else does."""
    action = promise()
    (before,) = events(client).values()
    assert before.uid.value == f"tag:communique.example,2025:action/{action.pk}"
    action = Action.objects.get()
    action.title = "Hold two forums"
    action.save()
    report(action, "under_way")
    (renamed,) = events(client).values()
    assert (before.sequence.value, renamed.sequence.value) == ("0", "0")
    for due, number in ((day(4, 2), "1"), (None, ""), (day(4, 2), "3")):
        action = Action.objects.get()
        action.due = due
        action.save()
        found = list(events(client).values())
        assert [event.sequence.value for event in found] == ([number] if due else [])
    assert found[0].uid.value == before.uid.value
    assert found[0].dtstart.value == dt.date(2199, 4, 2)
    assert found[0].last_modified.value >= before.last_modified.value


def test_day_that_a_revert_brings_back_raises_the_sequence_too(client):
    """Going back to an earlier state is a change like another: no program may miss it."""
    action, editor = promise(), UserFactory()
    visit = action.outcome.engagement
    record(visit.pk, by=editor)
    action.due = day(4, 2)
    action.save()
    record(visit.pk, by=editor)
    first = revisions_of(visit).last()
    revert(visit, first.revision, by=editor, reason="It was right.")
    (event,) = events(client).values()
    assert event.dtstart.value == dt.date(2199, 3, 1)
    assert event.sequence.value == "2"


def test_promise_without_a_known_day_is_left_out_and_counted(client):
    """A month is no day, nor is “some time”: the calendar's description says how many there are."""
    promise()
    for due in (None, PartialDate(dt.date(2199, 1, 1), Precision.MONTH)):
        promise(due=due)
    promise(due=None, outcome=OutcomeFactory(engagement=EngagementFactory(public_from=None)))
    calendar = read(client)
    assert len(calendar.contents["vevent"]) == 1
    told = calendar.contents["x-wr-caldesc"][0].value
    assert told == calendar.contents["description"][0].value
    assert "2 commitments are left out" in told
    assert "left out" not in read(client, "?status=done").contents["x-wr-caldesc"][0].value


@pytest.fixture
def promises() -> None:
    nato = OrganisationFactory(slug="nato")
    EngagementFactory().participants.create(organisation=nato)
    promise("Late", due=day(1, 1, 2025), owner_country=Country.objects.get(code="DZ"))
    promise("Kept", status="done", owner_organisation=nato)
    away = EngagementFactory(parties=[("visitor", "JP"), ("host", "KR")], location_country=None)
    promise("Away", outcome=OutcomeFactory(engagement=away))


VIEWS = {
    "": {"Late", "Kept", "Away"}, "?status=overdue": {"Late"}, "?status=done": {"Kept"},
    "?country=dz": {"Late"}, "?organisation=nato": {"Kept"}, "?status=dropped": set(),
    "?region=north-africa": {"Late", "Kept"}, "?status=open&region=north-africa": {"Late"},
}  # fmt: skip


def test_calendar_holds_the_promises_of_the_view(client, promises):
    """A calendar has the filters of its page, and the page has its address."""
    for query, expected in VIEWS.items():
        assert {title.partition(": ")[2] for title in events(client, query)} == expected, query
        page = client.get(f"/outcomes/{query}").content.decode()
        address = f"testserver{ADDRESS}{query}".replace("&", "&amp;")
        assert f'href="webcal://{address}"' in page, query


def test_calendar_names_itself(client, promises):
    """A program that subscribes learns the calendar's name, its source and when to ask again."""
    calendar = read(client, "?status=overdue")
    assert calendar.contents["x-wr-calname"][0].value == "Communiqué: what is due (Overdue)"
    assert "With the status “Overdue”." in calendar.contents["x-wr-caldesc"][0].value
    assert calendar.contents["source"][0].value == f"http://testserver{ADDRESS}?status=overdue"
    assert calendar.contents["url"][0].value == "http://testserver/outcomes/?status=overdue"
    assert calendar.contents["refresh-interval"][0].value == "PT1H"
    uids = [read(client, query).contents["uid"][0].value for query in ("", "?status=overdue")]
    assert uids == [
        f"tag:communique.example,2025:promises{chosen}" for chosen in ("", "&status=overdue")
    ]


def test_long_record_is_cut_and_says_so(client, monkeypatch):
    """Of many promises a calendar has those due last, in their order, and says how to get more."""
    for number in (3, 1, 2):
        promise(due=day(number, 1))
    promise(due=None)
    monkeypatch.setattr(action_calendar, "MOST", 2)
    calendar = read(client)
    assert [e.dtstart.value.month for e in calendar.contents["vevent"]] == [2, 3]
    told = calendar.contents["x-wr-caldesc"][0].value
    assert "Only the 2 that are due last" in told
    monkeypatch.setattr(action_calendar, "MOST", 3)
    calendar = read(client)
    assert [e.dtstart.value.month for e in calendar.contents["vevent"]] == [1, 2, 3]
    assert "due last" not in calendar.contents["x-wr-caldesc"][0].value


def test_embargoed_and_withdrawn_visits_promises_are_in_no_calendar(client, monkeypatch):
    """A promise appears at its visit's minute; of a draft or a withdrawn visit never."""
    now = timezone.now()
    gone = EngagementFactory(public_from=now - HOUR)
    for public_from in (now + HOUR, None):
        promise(outcome=OutcomeFactory(engagement=EngagementFactory(public_from=public_from)))
    promise(outcome=OutcomeFactory(engagement=gone))
    gone.withdrawn_at, gone.withdrawn_reason = now, "Mistaken."
    gone.save()
    assert events(client) == {}
    monkeypatch.setattr(timezone, "now", lambda: now + HOUR)
    assert len(events(client)) == 1


def test_stored_copy_is_another_at_the_boundary_and_only_there(stored, monkeypatch):
    """A program that asks again gets a 304 until midnight makes a promise overdue."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    monkeypatch.setattr(timezone, "now", lambda: midnight - HOUR)
    promise(due=PartialDate(midnight.date() - DAY))
    first = ask(stored, ADDRESS)
    assert "Due: Hold a forum" in first.text
    tag = first.headers["etag"]
    assert ask(stored, ADDRESS, if_none_match=tag).status == 304
    assert len(stored.entries) == 1
    monkeypatch.setattr(timezone, "now", lambda: midnight)
    second = ask(stored, ADDRESS, if_none_match=tag)
    assert second.status == 200
    assert "Overdue: Hold a forum" in second.text
    assert second.headers["etag"] != tag


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("status=perhaps", 400), ("status=overdue&status=open", 400), ("status=%D9%A2", 400),
        ("status=" + "9" * 5000, 400), ("status=%00", 400), ("country=%00", 400),
        ("country=zz", 404), ("country=" + "x" * 5000, 404), ("organisation=none", 404),
        ("region=nowhere", 404), ("region=a&region=b", 400), ("region=%F0%9F%8E%89", 404),
        ("&".join(f"a{n}=1" for n in range(10_000)), 400), ("status=&country=", 200),
        # Nothing that this list reads: a link may bring it from anywhere.
        ("year=99999", 200), ("before=nonsense&page=0", 200),
    ],
)  # fmt: skip
def test_nonsense_is_refused(client, query, status):
    """Never an error of the server: 400 for what cannot be, 404 for what is not there."""
    assert client.get(f"{ADDRESS}?{query}").status_code == status


@pytest.mark.parametrize("rows", [2, 5])
def test_query_count_does_not_grow(client, rows, django_assert_num_queries):
    """A calendar asks the same questions for two promises and for five."""
    for row in range(rows):
        report(promise(due=day(1, 1 + row)), "under_way")
        promise(due=None)
    with django_assert_num_queries(3):
        client.get(ADDRESS)
