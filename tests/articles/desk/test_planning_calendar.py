"""The calendar: what stands on which day, and which hours may be moved, by whom."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.desk.planning_calendar import CalendarRange, calendar_page, moment_of, read_range
from articles.models import AuditEntry, Edition
from articles.publishing.rescheduling import reschedule
from articles.publishing.workflow import publish, withdraw
from articles.roles import EDITOR, WRITER
from engagements.dates import PartialDate, Precision
from engagements.history import revisions_of
from engagements.models import Region
from tests.factories import EngagementFactory, TopicFactory, UserFactory, make_draft, make_public

pytestmark = pytest.mark.django_db

CALENDAR, MOVE = reverse("desk:calendar"), reverse("desk:move")
DAY = dt.timedelta(days=1)
NOON = dt.time(12)


def member(role: str) -> User:
    person = UserFactory()
    person.groups.add(Group.objects.get(name=role))
    return User.objects.get(pk=person.pk)


def at_noon(days: int) -> dt.datetime:
    day = timezone.localdate() + dt.timedelta(days=days)
    return timezone.make_aware(dt.datetime.combine(day, NOON))


@pytest.fixture
def visit():
    return EngagementFactory(title="Algiers talks")


@pytest.fixture
def scheduled(visit):
    """An edition that comes out in ten days, at noon."""
    edition = make_draft(headline="Comes out", engagement=visit, topics=[TopicFactory()])
    publish(edition, by=UserFactory(), at=at_noon(10))
    return edition


def form_of(edition: Edition, **changes) -> dict:
    edition.refresh_from_db()
    form = {
        "kind": "article", "pk": edition.pk, "was": edition.public_from.isoformat(),
        "date": (timezone.localdate() + 12 * DAY).isoformat(),
    }  # fmt: skip
    return form | changes


def headlines_by_day(
    view: CalendarRange, region: Region | None = None, person: User | None = None
) -> dict:
    page = calendar_page(view, region, person or UserFactory(), timezone.now())
    days = {
        day.date.isoformat(): [entry.title for entry in day.entries]
        for day in page.days if day.entries
    }  # fmt: skip
    return days | {"undated": [entry.title for entry in page.undated]}


# What stands where


def test_visit_stands_on_its_days_and_no_other():
    day, month, year = (Precision.DAY, Precision.MONTH, Precision.YEAR)
    known = PartialDate(dt.date(2031, 3, 30), day), PartialDate(dt.date(2031, 4, 1), day)
    EngagementFactory(title="Three days", status="planned", start=known[0], end=known[1])
    EngagementFactory(
        title="In March", status="planned", start=PartialDate(dt.date(2031, 3, 1), month)
    )
    EngagementFactory(
        title="In 2031", status="planned", start=PartialDate(dt.date(2031, 1, 1), year)
    )
    EngagementFactory(title="Before", status="planned", start=PartialDate(dt.date(2031, 2, 10)))
    march = headlines_by_day(CalendarRange("month", dt.date(2031, 3, 15)))
    three = {day: ["Three days"] for day in ("2031-03-30", "2031-03-31", "2031-04-01")}
    assert march == three | {"undated": ["In March", "In 2031"]}
    week = headlines_by_day(CalendarRange("week", dt.date(2031, 4, 2)))
    assert week == {
        "2031-03-31": ["Three days"], "2031-04-01": ["Three days"],
        "undated": ["In March", "In 2031"],
    }  # fmt: skip


def test_status_is_told_in_a_word_and_a_shape(client):
    today = timezone.localdate()
    for status, days in [("planned", 3), ("confirmed", 3), ("cancelled", 3), ("planned", -1)]:
        EngagementFactory(status=status, start=PartialDate(today + days * DAY))
    client.force_login(member(WRITER))
    kinds = {}
    for days in (3, -1):
        page = client.get(CALENDAR, {"view": "week", "on": (today + days * DAY).isoformat()})
        for day in page.context["page"].days:
            kinds |= {entry.kind: (entry.shape, entry.word) for entry in day.entries}
    assert kinds == {
        "planned": ("○", "planned"), "confirmed": ("●", "confirmed"),
        "cancelled": ("✕", "cancelled"), "unconfirmed": ("?", "not confirmed"),
    }  # fmt: skip
    assert len({shape for shape, _word in kinds.values()}) == 4


def test_region_leaves_the_others_out(visit, scheduled):
    month = CalendarRange("month", at_noon(10).date())
    inside = visit.regions.first()
    outside = Region.objects.exclude(pk__in=visit.regions.all()).first()
    day = at_noon(10).date().isoformat()
    assert headlines_by_day(month, inside)[day] == ["Comes out"]
    assert day not in headlines_by_day(month, outside)


def test_hour_stands_on_the_day_of_the_sites_zone(client, settings, visit):
    settings.TIME_ZONE = "Pacific/Auckland"
    late = dt.datetime(2031, 3, 9, 20, tzinfo=dt.UTC)  # the tenth already, in Auckland
    EngagementFactory(
        title="Under embargo", public_from=late, start=PartialDate(dt.date(2031, 1, 1))
    )
    client.force_login(member(EDITOR))
    page = client.get(CALENDAR, {"on": "2031-03-01"})
    assert "Times are those of Auckland." in page.content.decode()
    [day] = [day for day in page.context["page"].days if day.entries]
    assert f"{day.entries[0].at:%Y-%m-%d %H:%M}" == "2031-03-10 09:00"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"on": "yesterday"}, "Write the date"),
        ({"on": "9999-99-99"}, "The year has to lie between"),
        ({"on": "1000-01-01"}, "outside the range"),
        ({"region": "atlantis"}, "There is no such region"),
        ({"view": "century", "on": "x" * 5000}, "Write the date"),
    ],
)
def test_absurd_page_says_so_and_shows_today(client, query, sentence):
    client.force_login(member(WRITER))
    page = client.get(CALENDAR, query)
    assert page.status_code == 200
    assert sentence in page.content.decode()


def test_neighbouring_pages_lead_on():
    assert read_range("month", "2031-01-31", dt.date(2031, 1, 1)).shifted(1).on == dt.date(
        2031, 2, 1
    )
    assert CalendarRange("month", dt.date(2031, 1, 15)).shifted(-1).on == dt.date(2030, 12, 1)
    assert CalendarRange("week", dt.date(2031, 1, 1)).shifted(-1).on == dt.date(2030, 12, 25)
    for month in range(1, 13):
        view = CalendarRange("month", dt.date(2031, month, 11))
        assert len(view.days) % 7 == 0
        assert view.first.weekday() == 0
        assert view.first <= dt.date(2031, month, 1) < dt.date(2031, month, 28) <= view.last


def test_calendar_costs_the_same_with_more_rows(client, visit):
    client.force_login(member(EDITOR))
    today, counts = timezone.localdate(), []
    for _turn in range(2):
        for _row in range(2):
            EngagementFactory(start=PartialDate(today))
            EngagementFactory(start=PartialDate(today, Precision.MONTH))
            EngagementFactory(public_from=at_noon(1))
            make_public(engagement=visit)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(CALENDAR, {"region": "north-africa"})
        counts.append(len(queries))
    assert counts == [10, 10]
    assert page.context["region"] is not None


@pytest.mark.sqlite
def test_calendar_reads_by_indexes(client):
    client.force_login(member(EDITOR))
    with CaptureQueriesContext(connection) as queries:
        client.get(CALENDAR)
    asked = [q["sql"] for q in queries if "sort_date" in q["sql"] or "public_from" in q["sql"]]
    assert len(asked) == 4
    for sql in asked:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = " ".join(str(row[-1]) for row in cursor.fetchall())
        assert "SEARCH" in plan, plan
        assert "SCAN" not in plan, plan


# What is moved


def test_hour_is_moved_and_moved_back(client, scheduled):
    editor = member(EDITOR)
    client.force_login(editor)
    page = client.post(MOVE, form_of(scheduled, back="view=week"), follow=True)
    assert page.redirect_chain[-1][0] == f"{CALENDAR}?view=week"
    scheduled.refresh_from_db()
    assert scheduled.public_from == at_noon(12)  # the hour of the day stays
    step = AuditEntry.objects.first()
    assert (step.kind, step.by) == ("rescheduled", editor)
    undo = {"kind": "article", "pk": scheduled.pk, "at": at_noon(10).isoformat(),
            "was": at_noon(12).isoformat()}  # fmt: skip
    told = page.content.decode()
    assert 'class="undo"' in told
    for name, value in undo.items():
        assert f'name="{name}" value="{value}"' in told
    client.post(MOVE, undo)
    scheduled.refresh_from_db()
    assert scheduled.public_from == at_noon(10)


def test_predecessor_stays_until_the_new_hour(visit):
    live = make_public(engagement=visit, topics=[TopicFactory()])
    writer, editor = UserFactory(), member(EDITOR)
    update = make_draft(live.article, engagement=visit, topics=[TopicFactory()], author=writer)
    publish(update, by=editor, at=at_noon(3))
    for days in (5, 2):
        reschedule(update, at=at_noon(days), by=editor)
        live.refresh_from_db()
        assert live.public_until == update.public_from == at_noon(days)
    later = make_draft(live.article, engagement=visit, topics=[TopicFactory()], author=writer)
    publish(later, by=editor, at=at_noon(6))
    # Neither overtakes the other.
    for edition, days in [(update, 7), (later, 1)]:
        edition.refresh_from_db()
        with pytest.raises(ValidationError, match="Choose a time"):
            reschedule(edition, at=at_noon(days), by=editor)


def test_embargo_of_a_visit_is_moved_and_recorded(client):
    visit = EngagementFactory(public_from=at_noon(4))
    client.force_login(member(EDITOR))
    form = {"kind": "visit", "pk": visit.pk, "was": at_noon(4).isoformat(),
            "date": at_noon(6).date().isoformat(), "time": "14:30"}  # fmt: skip
    client.post(MOVE, form)
    visit.refresh_from_db()
    assert timezone.localtime(visit.public_from).time() == dt.time(14, 30)
    assert revisions_of(visit).count() == 2


def test_article_is_not_moved_before_its_visit(client, scheduled):
    visit = scheduled.engagement
    visit.public_from = at_noon(8)
    visit.save()
    client.force_login(member(EDITOR))
    day = at_noon(7).date().isoformat()
    page = client.post(MOVE, form_of(scheduled, date=day), follow=True).content.decode()
    assert "is under embargo until" in page
    form = {"kind": "visit", "pk": visit.pk, "was": at_noon(8).isoformat(),
            "date": at_noon(11).date().isoformat()}  # fmt: skip
    assert (
        "needs this engagement to be public"
        in client.post(MOVE, form, follow=True).content.decode()
    )
    scheduled.refresh_from_db()
    assert scheduled.public_from == at_noon(10)


def test_what_is_public_or_withdrawn_is_not_moved(client, visit):
    client.force_login(member(EDITOR))
    edition = make_public(engagement=visit)
    was = edition.public_from
    for sentence in ("What is public cannot be moved", "not scheduled any more"):
        page = client.post(MOVE, form_of(edition), follow=True).content.decode()
        assert sentence in page
        edition.refresh_from_db()
        assert edition.public_from == was
        if edition.article.withdrawn_at is None:
            withdraw(edition.article, reason="Wrong.")
    form = {"kind": "visit", "pk": visit.pk, "was": visit.public_from.isoformat(),
            "date": at_noon(3).date().isoformat()}  # fmt: skip
    page = client.post(MOVE, form, follow=True).content.decode()
    assert "not under embargo any more" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"date": ""}, "Write the date"),
        ({"date": "2031"}, "Enter one day"),
        ({"date": "9999-12-31"}, "The year has to lie between"),
        ({"date": "2001-01-01"}, "in the past"),
        ({"time": "noon"}, "Enter the time as 14:30."),
        ({"time": "25:00"}, "Enter the time as 14:30."),
        ({"was": "x"}, "The form is incomplete"),
        ({"was": "2031-01-01"}, "The form is incomplete"),
        ({"was": "2031-01-01T00:00:00+00:00"}, "Somebody else moved it."),
        ({"at": "9999-99-99"}, "The form is incomplete"),
    ],
)
def test_hostile_move_gets_a_sentence(client, scheduled, changes, sentence):
    client.force_login(member(EDITOR))
    back = "view=week&next=//evil.example"
    page = client.post(MOVE, form_of(scheduled, back=back, **changes), follow=True)
    assert sentence in page.content.decode()
    assert page.redirect_chain[-1][0].startswith(CALENDAR)
    scheduled.refresh_from_db()
    assert scheduled.public_from == at_noon(10)


def test_hour_that_the_clocks_leave_out_is_refused(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    was = dt.datetime(2031, 3, 1, 12, tzinfo=dt.UTC)
    with pytest.raises(ValidationError, match="no such time"):
        moment_of("2031-03-30", "02:30", was)
    assert moment_of("2031-03-30", "03:30", was) == dt.datetime(2031, 3, 30, 1, 30, tzinfo=dt.UTC)


def test_writer_sees_hours_and_moves_none(client, scheduled):
    client.force_login(member(WRITER))
    page = client.get(CALENDAR, {"on": at_noon(10).date().isoformat()}).content.decode()
    assert "Comes out" in page
    assert "draggable" not in page
    assert client.post(MOVE, form_of(scheduled)).status_code == 403
    client.force_login(member(EDITOR))
    assert client.post(MOVE, form_of(scheduled, kind="person")).status_code == 404
    assert client.post(MOVE, form_of(scheduled, pk="9" * 30)).status_code == 404
