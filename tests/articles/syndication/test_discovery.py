"""Where readers learn what can be followed: autodiscovery, the page of feeds, its OPML."""

import re
import xml.etree.ElementTree as ET

import pytest
from django.utils import timezone

from articles.timeline.activity import most_visited
from engagements.dates import PartialDate
from tests.factories import (
    EngagementFactory,
    OrganisationFactory,
    PersonFactory,
    TopicFactory,
    make_public,
)

pytestmark = pytest.mark.django_db

ALTERNATE = re.compile(r'<link rel="alternate" type="([^"]+)" title="([^"]+)" href="([^"]+)">')
TYPES = ["application/rss+xml", "application/atom+xml", "application/feed+json"]


@pytest.fixture
def world():
    topic = TopicFactory(name="Oil & gas", slug="energy")
    visit = EngagementFactory(topics=[topic])
    visit.participants.create(organisation=OrganisationFactory(slug="nato"))
    visit.participants.create(
        organisation=OrganisationFactory(), person=PersonFactory(slug="envoy")
    )
    return make_public(engagement=visit, topics=[topic])


def alternates(client, address: str) -> list[tuple[str, str]]:
    text = client.get(address).content.decode()
    return [(kind, href.replace("&amp;", "&")) for kind, _title, href in ALTERNATE.findall(text)]


@pytest.mark.parametrize(
    "address",
    [
        "/regions/north-africa/", "/countries/dz/?topic=energy&year=2025", "/people/envoy/",
        "/organisations/nato/?kind=visit", "/topics/energy/", "/corrections/",
        "/outcomes/?status=open",
    ],
)  # fmt: skip
def test_view_names_its_own_feeds(client, world, address):
    """A page names the feeds and the calendar of what it shows, filters included; each answers."""
    path, _mark, query = address.partition("?")
    found = alternates(client, address)
    own = [(kind, href) for kind, href in found if href.startswith(path)]
    # A feed reader that is given the page takes the first.
    assert found[:3] == own[:3]
    expected = [f"{path}feed.{form}" for form in ("rss", "atom", "json")]
    if path != "/corrections/":
        expected.append(f"{path}calendar.ics")
    assert [href.partition("?")[0] for _kind, href in own] == expected
    assert [kind for kind, _href in own][:3] == TYPES
    for _kind, href in own:
        assert href.partition("?")[2] == query
        assert client.get(href).status_code == 200


def test_every_page_names_the_feeds_of_the_site(client, world):
    """Whichever page a feed reader is given, it finds something to follow."""
    for address in ("/", "/articles/", world.get_absolute_url(), "/regions/", "/feeds/", "/none/"):
        found = [found for found in alternates(client, address) if found[0] in TYPES]
        assert found == list(zip(TYPES, ("/feed.rss", "/feed.atom", "/feed.json"), strict=True))


def test_feeds_are_explained_and_listed(client, world):
    """The page of feeds names those of every kind, and each of its addresses answers."""
    page = client.get("/feeds/").content.decode()
    for text in ("feed reader", "webcal://testserver/regions/north-africa/calendar.ics"):
        assert text in page
    found = set(re.findall(r'href="(/[^"]*(?:feed\.\w+|calendar\.ics|\.opml))"', page))
    for path in ("", "topics/energy/", "countries/dz/", "people/envoy/", "organisations/nato/"):
        assert f"/{path}feed.rss" in found
    assert {"/corrections/feed.atom", "/outcomes/feed.json", "/outcomes/calendar.ics"} <= found
    assert "/corrections/calendar.ics" not in found
    for address in found:
        assert client.get(address).status_code == 200, address


def test_opml_lists_the_same_feeds(client, world):
    """A feed reader imports every feed with its page, in groups."""
    response = client.get("/feeds.opml")
    root = ET.fromstring(response.content)  # noqa: S314 - ours
    assert response["Content-Type"] == "text/x-opml; charset=utf-8"
    outlines = root.findall(".//outline[@type='rss']")
    topic = next(row for row in outlines if row.get("text") == "Oil & gas")
    assert topic.get("xmlUrl") == "http://testserver/topics/energy/feed.rss"
    assert topic.get("htmlUrl") == "http://testserver/topics/energy/"
    for row in outlines:
        assert client.get(row.get("xmlUrl").removeprefix("http://testserver")).status_code == 200


def test_cut_groups_have_those_with_most_visits(client, monkeypatch):
    """Of a kind with many, page and OPML name the same, and the page says where the others are."""
    monkeypatch.setattr("articles.syndication.directory.MOST", 1)
    body, envoy = OrganisationFactory(slug="nato"), PersonFactory(slug="envoy")
    for _visit in range(3):
        visit = EngagementFactory()
        visit.participants.create(organisation=body, person=envoy)
        visit.participants.create(organisation=OrganisationFactory(), person=PersonFactory())
    draft = EngagementFactory(public_from=None)
    draft.participants.create(organisation=body, person=PersonFactory(slug="secret"))
    page = client.get("/feeds/").content.decode()
    assert set(re.findall(r'"/people/([\w-]+)/feed.rss"', page)) == {"envoy"}
    assert set(re.findall(r'"/organisations/([\w-]+)/feed.rss"', page)) == {"nato"}
    assert page.count("These have the most visits.") == 3  # of regions and countries too
    assert page.count("These appear most often in the newest 1,000 visits.") == 1
    told = client.get("/feeds.opml").content.decode()
    assert set(re.findall(r"/people/([\w-]+)/feed.rss", told)) == {"envoy"}


def test_people_are_those_of_the_newest_visits(monkeypatch):
    """Of people there may be too many to count: who was met long ago makes room."""
    monkeypatch.setattr("articles.timeline.activity.SAMPLE", 3)
    past, present, other = (PersonFactory(name=name) for name in ("Past", "Present", "Other"))
    for day, person in [
        ("2024-01-01", past), ("2024-01-02", past), ("2024-01-03", past), ("2025-01-01", other),
        ("2025-01-02", present), ("2025-01-03", present),
    ]:  # fmt: skip
        visit = EngagementFactory(start=PartialDate.parse(day))
        visit.participants.create(organisation=OrganisationFactory(), person=person)
    EngagementFactory(start=PartialDate.parse("2025-02-01"), public_from=None)
    assert most_visited("person", timezone.now(), 1) == ([present], True)
    assert most_visited("person", timezone.now(), 2) == ([other, present], True)
    assert most_visited("person", timezone.now(), 9) == ([other, present], True)


def test_feeds_page_query_count_does_not_grow(client, django_assert_num_queries):
    """One more of each kind asks nothing more."""
    for rows in (2, 9):
        for _row in range(rows):
            visit = EngagementFactory(topics=[TopicFactory()])
            visit.participants.create(organisation=OrganisationFactory(), person=PersonFactory())
        with django_assert_num_queries(15):
            client.get("/feeds/")
