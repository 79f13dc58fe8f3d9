"""The public pages: found, not found, gone, and in how many queries."""

import datetime as dt
import re

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from articles.caching.batch import batched_refresh
from articles.publishing.workflow import withdraw
from engagements.dates import PartialDate
from engagements.models import Participant
from tests.articles.samples import make_full_article, make_full_engagement
from tests.factories import (
    ActionFactory,
    AppointmentFactory,
    EngagementFactory,
    OrganisationFactory,
    OutcomeFactory,
    PersonFactory,
    TopicFactory,
    TourFactory,
    make_public,
)

pytestmark = pytest.mark.django_db

# What each list's page is asked for; two of them name no article.
LISTS = {
    "home": {}, "article_list": {}, "region_list": {}, "country_list": {}, "person_list": {},
    "organisation_list": {}, "topic_list": {}, "region": {"slug": "north-africa"},
    "country": {"code": "DZ"}, "person": {"slug": "envoy"}, "organisation": {"slug": "union"},
    "topic": {"slug": "energy"},
}  # fmt: skip


@pytest.fixture
def topics():
    return [TopicFactory(name="Energy", slug="energy"), TopicFactory(name="Sea", slug="sea")]


@pytest.fixture
def party():
    """An envoy of an organisation, with two offices, who takes part in all of a test's visits."""
    union = OrganisationFactory(name="Union", slug="union")
    envoy = PersonFactory(name="Envoy", slug="envoy")
    AppointmentFactory.create_batch(2, person=envoy, organisation=union)
    return {"organisation": union, "person": envoy}


def full_visit(topics, party, **fields):
    """Return a visit with everything on it, in which the party takes part."""
    with batched_refresh():
        visit = make_full_engagement(topics, **fields)
        Participant.objects.create(engagement=visit, side="visitor", position=9, **party)
        ActionFactory(outcome=visit.outcomes.first(), owner_organisation=party["organisation"])
        ActionFactory(outcome=visit.outcomes.first(), owner_country=visit.location_country)
    return visit


def address(name: str) -> str:
    return reverse(f"articles:{name}", kwargs=LISTS[name])


@pytest.mark.parametrize("name", LISTS)
def test_list_shows_what_is_public(client, topics, party, name):
    """Every list answers, to GET and HEAD alike, and takes no POST."""
    visit = full_visit(topics, party, title="Ministers meet")
    make_full_article(topics, headline="Ministers have met", engagement=visit)
    response = client.get(address(name))
    assert response.status_code == 200
    text = response.content.decode()
    if name.endswith("_list") and name != "article_list":
        assert re.search(r"\b[1-9] visits?\b", text)
    else:
        assert "Ministers have met" in text
    head = client.head(address(name))
    assert (head.status_code, head.content) == (200, b"")
    assert client.post(address(name)).status_code == 405


QUERIES = {
    "home": 23, "article_list": 8, "region_list": 9, "country_list": 4, "person_list": 7,
    "organisation_list": 4, "topic_list": 4, "region": 24, "country": 25, "person": 26,
    "organisation": 24, "topic": 31,
}  # fmt: skip

# The same page while nothing has changed: cards and facet panel are kept.
QUERIES_AGAIN = {"region": 3, "country": 4, "person": 6, "organisation": 4, "topic": 10}


@pytest.mark.parametrize("rows", [2, 5])
def test_list_query_count_does_not_grow(client, topics, party, rows, django_assert_num_queries):
    """A list asks the same questions for two rows and for five."""
    ahead = PartialDate(timezone.localdate() + dt.timedelta(days=9))
    with batched_refresh():
        for _row in range(rows):
            make_full_article(topics, engagement=full_visit(topics, party))
            tour = full_visit(topics, party, tour=TourFactory())
            make_public(topics=topics, engagement=tour)
            full_visit(topics, party, status="planned", start=ahead)
            full_visit(TopicFactory.create_batch(1), {
                "organisation": OrganisationFactory(), "person": PersonFactory(),
            })  # fmt: skip
    for name, queries in QUERIES.items():
        cache.clear()
        with django_assert_num_queries(queries, info=name):
            client.get(address(name))
        if name in QUERIES_AGAIN:
            with django_assert_num_queries(QUERIES_AGAIN[name], info=f"{name} again"):
                client.get(address(name))


@pytest.mark.parametrize("rows", [2, 5])
def test_page_query_count_does_not_grow(client, topics, rows, django_assert_num_queries):
    """A page asks the same questions however many stops, outcomes and articles it shows."""
    with batched_refresh():
        tour = TourFactory()
        stops = [make_full_engagement(topics, tour=tour) for _row in range(rows)]
        for _row in range(rows):
            OutcomeFactory(engagement=stops[0])
            make_full_article(topics, engagement=stops[0])
        edition = make_full_article(topics, engagement=stops[0], also_covers=stops[1:])
    # The first time, and while the facts stay the same.
    for shown, counts in ((edition, (23, 1)), (stops[0], (22, 5))):
        cache.clear()
        for queries in counts:
            with django_assert_num_queries(queries, info=shown):
                assert client.get(shown.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    "path", ["articles", "engagements", "regions", "countries", "people", "organisations", "topics"]
)
def test_unknown_object_is_not_found(client, path):
    """An address that never was anything answers 404."""
    assert client.get(f"/{path}/no-such-thing/").status_code == 404


def test_combinations_of_filters_are_kept_from_crawlers(client, topics):
    """There is no end of them; a single filter may be followed, and none is indexed."""
    make_public(topics=topics)
    assert "Disallow: /*?*&\n" in client.get("/robots.txt").text
    for query, content in (("kind=visit", "noindex, follow"),
                           ("kind=visit&status=took_place", "noindex, nofollow")):  # fmt: skip
        text = client.get(f"/regions/north-africa/?{query}").text
        assert f'<meta name="robots" content="{content}">' in text
    assert 'name="robots"' not in client.get("/regions/north-africa/").text


@pytest.mark.parametrize("page", ["0", "-1", "abc", "99999", "1" + "0" * 30, "٣", "", "1.0", "²"])
def test_nonsense_page_is_not_found(client, page):
    """A page that does not exist is a 404 page, whatever was asked for."""
    response = client.get("/articles/", {"page": page})
    assert response.status_code == 404
    assert "<h1" in response.content.decode()


def test_second_page_goes_on_where_the_first_ends(client, topics):
    """Each article stands on one page of the list."""
    visit = EngagementFactory()
    for number in range(21):
        make_public(headline=f"Story-{number:02}.", topics=topics, engagement=visit)
    texts = [client.get("/articles/", {"page": page}).content.decode() for page in (1, 2)]
    for number in range(21):
        assert sum(f"Story-{number:02}." in text for text in texts) == 1
    assert client.get("/articles/?page=3").status_code == 404


@pytest.mark.parametrize("method", ["get", "head"])
def test_withdrawn_article_is_gone(client, method):
    """A withdrawn article answers 410; its engagement's page stays."""
    edition = make_public()
    withdraw(edition.article, reason="Mistaken.")
    assert getattr(client, method)(edition.get_absolute_url()).status_code == 410
    assert client.get(edition.engagement.get_absolute_url()).status_code == 200


@pytest.mark.parametrize("method", ["get", "head"])
def test_withdrawn_engagement_is_gone(client, method):
    """A withdrawn engagement answers 410, and an article about it shows none of its facts."""
    visit = EngagementFactory(venue="Palace of the People")
    edition = make_public(engagement=visit)
    visit.withdrawn_at, visit.withdrawn_reason = timezone.now(), "Never happened."
    visit.save()
    assert getattr(client, method)(visit.get_absolute_url()).status_code == 410
    assert "Palace of the People" not in client.get(edition.get_absolute_url()).content.decode()


@pytest.mark.parametrize("kind", ["article", "engagement"])
def test_page_takes_no_post(client, kind):
    """Public pages are read only; HEAD is answered without a body."""
    edition = make_public()
    shown = edition if kind == "article" else edition.engagement
    assert client.post(shown.get_absolute_url()).status_code == 405
    head = client.head(shown.get_absolute_url())
    assert (head.status_code, head.content) == (200, b"")


def test_note_of_an_edition_that_never_came_out_is_not_shown(client):
    """The list of changes tells of editions that readers saw, and of no others."""
    first = make_public(at=timezone.now() - dt.timedelta(hours=3))
    hours = {"Called off.": 1, "Spelling mended.": 2}
    for note, ago in hours.items():
        at = timezone.now() - dt.timedelta(hours=ago)
        shared = {"article": first.article, "engagement": first.engagement}
        make_public(at=at, public_note=note, topics=first.topics.all(), **shared)
    text = client.get(first.get_absolute_url()).content.decode()
    assert "Spelling mended." in text
    assert "Called off." not in text


def test_healthz_answers(client):
    """A probe gets a word of plain text."""
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert client.post("/healthz").status_code == 405
