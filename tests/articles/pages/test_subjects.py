"""Regions, countries, people, organisations and topics: what is on record of each."""

import datetime as dt
import re

import pytest
from django.utils import timezone
from django.utils.text import slugify

from articles.models import TimelineEntry
from articles.pages import subjects
from articles.templatetags.public_pages import as_bars
from articles.timeline.activity import QUARTERS, regions_with_activity, subject_summaries
from engagements.dates import PartialDate
from engagements.models import ActionUpdate, Country, Engagement, Participant, Region, Source
from tests.articles.timeline.oracle import engagements_of
from tests.factories import (
    ActionFactory,
    AppointmentFactory,
    EngagementFactory,
    OrganisationFactory,
    OutcomeFactory,
    PersonFactory,
    TopicFactory,
    UserFactory,
    make_public,
)

pytestmark = pytest.mark.django_db


def country(code: str) -> Country:
    return Country.objects.get(code=code)


def take_part(visit: Engagement, **party) -> Participant:
    return Participant.objects.create(engagement=visit, position=9, **party)


def listed(kind: str) -> dict[str, int]:
    rows = subject_summaries(kind, timezone.now())
    return {str(row.subject): row.visits for row in rows if row.visits}


def test_country_has_what_it_was_a_party_to_wherever_it_was():
    """A country's timeline follows the parties; a place alone puts nothing on it."""
    at_home = EngagementFactory()
    ministry = OrganisationFactory(name="Ministry", country=country("DZ"))
    abroad = EngagementFactory(
        location_country=country("IT"), parties=[("visitor", "ES"), ("host", "IT")]
    )
    take_part(abroad, organisation=ministry)
    take_part(abroad, country=country("DZ"))
    EngagementFactory(parties=[("visitor", "ES"), ("other", "FR")])
    assert set(engagements_of(country("DZ"))) == {at_home, abroad}
    assert engagements_of(country("DZ")).count() == 2
    assert listed("country") == {"Algeria": 2, "France": 1, "Italy": 1, "Spain": 3}


def test_index_counts_what_is_public_once():
    """Two participants of one body are one visit; what is not public is not counted."""
    union, envoy, topic = OrganisationFactory(name="Union"), PersonFactory(name="Envoy"), "Energy"
    energy = TopicFactory(name=topic)
    for public_from in (timezone.now() - dt.timedelta(days=1), None):
        visit = EngagementFactory(public_from=public_from, topics=[energy])
        take_part(visit, organisation=union, person=envoy)
        take_part(visit, organisation=union)
    assert listed("organisation") == {"Union": 1}
    assert listed("person") == {"Envoy": 1}
    assert listed("topic") == {"Energy": 1}


def test_person_known_only_from_a_draft_has_no_page(client):
    """An address tells nobody who is coming."""
    envoy, topic = PersonFactory(slug="envoy"), TopicFactory(slug="plan")
    visit = EngagementFactory(public_from=None, topics=[topic])
    take_part(visit, country=country("FR"), person=envoy)
    for address in ("/people/envoy/", "/people/envoy/feed.rss", "/topics/plan/"):
        assert client.get(address).status_code == 404
    assert "envoy" not in client.get("/people/").content.decode()
    visit.public_from = timezone.now()
    visit.save()
    for address in ("/people/envoy/", "/people/envoy/feed.rss", "/topics/plan/"):
        assert client.get(address).status_code == 200


def test_topic_of_an_article_alone_has_a_page(client):
    """A topic that only a public article bears is named too."""
    make_public(topics=[TopicFactory(slug="sea")])
    assert client.get("/topics/sea/").status_code == 200


def test_person_page_tells_tenure_titles_and_travel(client):
    """Offices with their days, the title held that day, and the countries visited with numbers."""
    envoy, union = PersonFactory(name="Envoy", slug="envoy"), OrganisationFactory(name="Union")
    AppointmentFactory(
        person=envoy, organisation=union, title="Envoy for Harbours",
        start=PartialDate(dt.date(2020, 3, 1), "month"), end=PartialDate(dt.date(2024, 5, 2)),
    )  # fmt: skip
    AppointmentFactory(
        person=envoy, organisation=union, title="Head", start=PartialDate(dt.date(2024, 5, 3))
    )
    AppointmentFactory(
        person=envoy, organisation=union, title="Secretary",
        start=PartialDate(timezone.localdate() + dt.timedelta(days=5)),
    )  # fmt: skip
    for title in ("Envoy for Harbours", "Head"):
        take_part(EngagementFactory(), organisation=union, person=envoy, title_text=title)
    take_part(
        EngagementFactory(location_country=country("IT"), parties=[("host", "IT")]),
        organisation=union, person=envoy, side="visitor",
    )  # fmt: skip
    page = client.get("/people/envoy/").content.decode()
    assert "March 2020 – 2 May 2024" in page
    assert "since 3 May 2024" in page
    assert "Secretary" not in page, "an office that begins later is not yet told"
    assert 'href="/countries/dz/">Algeria</a> (2), ' in page
    assert 'href="/countries/it/">Italy</a></dd>' in page
    assert page.count("as Envoy for Harbours") == 1
    assert page.count("as Head") == 1


def test_host_does_not_travel():
    """Whoever receives at home has visited nothing."""
    visit, envoy = EngagementFactory(), PersonFactory()
    take_part(visit, country=country("DZ"), person=envoy, side="host")
    assert not Engagement.objects.travels_of(envoy).exists()


def test_promises_stand_on_their_owners_page(client):
    """A country's page lists what it promised: overdue first, with the word."""
    outcome = OutcomeFactory()
    ActionFactory(outcome=outcome, title="Open a school", owner_country=country("DZ"))
    ActionFactory(
        outcome=outcome, title="Build a pier", owner_country=country("DZ"),
        due=PartialDate(dt.date(2025, 2, 1)),
    )  # fmt: skip
    ActionFactory(outcome=outcome, title="Somebody else's", owner_country=country("ES"))
    page = client.get("/countries/dz/").content.decode()
    assert page.index("Build a pier") < page.index("Open a school")
    assert page.count(">overdue<") == 1
    assert "Somebody else" not in page


def test_home_tells_what_was_kept_and_what_is_overdue(client):
    """A promise is kept once a second person confirmed it, overdue once its time has passed."""
    outcome = OutcomeFactory()
    late = ActionFactory(
        outcome=outcome, title="Build a pier", due=PartialDate(dt.date(2025, 2, 1))
    )
    kept = ActionFactory(outcome=outcome, title="Open a school")
    ActionFactory(outcome=outcome, title="Meet again")
    source = Source.objects.create(engagement=outcome.engagement, publisher="P", title="T")
    update = ActionUpdate(
        action=kept, date=dt.date(2025, 3, 1), status="done", text="Open.",
        reported_by=UserFactory(),
    )  # fmt: skip
    update.save()
    page = client.get("/").content.decode()
    assert late.title in page
    assert kept.title not in page
    update.sources.add(source)
    update.confirm(by=UserFactory())
    page = client.get("/").content.decode()
    assert page.index("Commitments overdue") < page.index(late.title)
    assert page.index("Commitments fulfilled") < page.index(kept.title)
    assert "Meet again" not in page


def test_activity_counts_by_quarter_and_leaves_out_what_is_known_to_the_year():
    """The last number is the present quarter's; a visit of "2025" belongs to none."""
    today = timezone.localdate()
    EngagementFactory(start=PartialDate(today.replace(day=1)))
    EngagementFactory(start=PartialDate(today.replace(month=1, day=1), "year"))
    EngagementFactory(start=PartialDate(dt.date(today.year - 7, 1, 1)))
    row = next(r for r in regions_with_activity(timezone.now()) if r.subject.slug == "sahel")
    assert (row.visits, row.latest_visit) == (0, None)
    rows = {r.subject.slug: r for r in regions_with_activity(timezone.now())}
    row = rows["north-africa"]
    assert len(row.activity) == QUARTERS
    assert row.activity[-1] == 1
    assert sum(row.activity) == 1
    assert row.visits == 3


@pytest.mark.parametrize("crowded", [False, True])
def test_activity_leaves_out_what_did_not_take_place(crowded):
    """Nobody travelled for a visit that was called off, put off or never confirmed."""
    today = timezone.localdate()
    first = PartialDate(today.replace(day=1))
    for status in Engagement.Status.values:
        EngagementFactory(start=first, status=status)
    EngagementFactory(start=first, status="cancelled", public_from=None)
    if crowded:
        TimelineEntry.objects.update(terms=None)
    rows = {row.subject.slug: row for row in regions_with_activity(timezone.now())}
    assert rows["north-africa"].activity[-1] == 1
    assert rows["north-africa"].visits == len(Engagement.Status)


def test_people_are_listed_a_page_at_a_time(client, monkeypatch):
    """Each person stands once, in the order of the letters, and a letter leads to its page."""
    monkeypatch.setattr(subjects, "PEOPLE_A_PAGE", 2)
    visit = EngagementFactory()
    for name in ("Dora", "Ben", "Álvaro", "Clea", "Eve"):
        take_part(
            visit, side="other", country=country("FR"),
            person=PersonFactory(name=name, slug=slugify(name)),
        )  # fmt: skip
    pages = {
        start: client.get("/people/", {"from": start} if start else {}).content.decode()
        for start in ("", "clea", "eve", "d", "z")
    }
    shown = {
        start: re.findall(r'<a href="/people/([a-z]+)/"', page) for start, page in pages.items()
    }
    assert shown == {
        "": ["alvaro", "ben"], "clea": ["clea", "dora"], "eve": ["eve"], "d": ["dora", "eve"],
        "z": [],
    }  # fmt: skip
    assert 'rel="next" href="?from=clea"' in pages[""]
    assert 'rel="prev"' not in pages[""]
    assert 'rel="prev" href="/people/?from=clea"' in pages["eve"]
    assert 'rel="next"' not in pages["eve"]
    assert "There is no name from here on." in pages["z"]


@pytest.mark.parametrize("start", ["É", "A", "../x", "a" * 201])
def test_people_begin_nowhere_else_than_at_letters(client, start):
    """Nonsense in the address is answered by a page that is not there."""
    assert client.get("/people/", {"from": start}).status_code == 404


def test_latest_visit_is_the_latest_that_took_place():
    """What is planned or not public is not a region's latest."""
    EngagementFactory(title="Old", start=PartialDate(dt.date(2024, 1, 1)))
    EngagementFactory(title="New", start=PartialDate(dt.date(2024, 6, 1)))
    EngagementFactory(title="Hidden", start=PartialDate(dt.date(2024, 7, 1)), public_from=None)
    EngagementFactory(title="Planned", status="planned", start=PartialDate(dt.date(2024, 8, 1)))
    region = Region.objects.get(slug="north-africa")
    row = next(r for r in regions_with_activity(timezone.now()) if r.subject == region)
    assert str(row.latest_visit) == "New"


@pytest.mark.parametrize(
    ("counts", "bars"),
    [([], "M0 24h0"), ([0, 0], "M0 24h20"), ([1, 100], "M0 24h20M1 24v-2h8v2zM11 24v-24h8v24z")],
)
def test_activity_line_shows_the_least_too(counts, bars):
    """The tallest bar fills the height, and one visit beside a hundred can still be seen."""
    assert as_bars(counts) == bars


def test_address_of_a_country_is_its_code_in_lower_case(client):
    """One address each: the code in capitals is no second one."""
    assert country("DZ").get_absolute_url() == "/countries/dz/"
    assert client.get("/countries/dz/").status_code == 200
    for wrong in ("DZ", "d", "dza", "d1", "zz"):
        assert client.get(f"/countries/{wrong}/").status_code == 404


def test_office_at_a_body_without_a_page_has_no_link(client):
    """What nothing public names has no page, so nothing leads there."""
    envoy, quiet = PersonFactory(slug="envoy"), OrganisationFactory(name="Quiet", slug="quiet")
    AppointmentFactory(person=envoy, organisation=quiet, title="Clerk")
    take_part(EngagementFactory(), country=country("FR"), person=envoy)
    page = client.get("/people/envoy/").content.decode()
    assert "Clerk, Quiet" in page
    assert "/organisations/quiet/" not in page


def test_person_is_told_by_the_office_or_by_the_latest_title(client):
    """Who has no office on record is what the latest public visit says."""
    envoy, minister = PersonFactory(name="Envoy"), PersonFactory(name="Minister")
    AppointmentFactory(
        person=envoy, title="Special Representative", organisation=None, country=country("ES")
    )
    for year, title, public in (
        (2023, "Deputy", True),
        (2024, "Minister", True),
        (2026, "?", False),
    ):
        visit = EngagementFactory(
            start=PartialDate(dt.date(year, 1, 5)),
            public_from=timezone.now() if public else None,
        )
        take_part(visit, country=country("DZ"), person=minister, title_text=title)
        take_part(visit, country=country("ES"), person=envoy, title_text="Guest")
    page = client.get("/people/").content.decode()
    assert "Special Representative, Spain" in page
    assert "Minister, Algeria" in page
    assert "Deputy" not in page
    assert "?, Algeria" not in page
