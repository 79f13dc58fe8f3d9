"""The public pages: found, not found, gone, and in how many queries."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from articles.workflow import withdraw
from engagements.dates import PartialDate
from engagements.models import Region
from tests.articles.samples import make_full_article, make_full_engagement
from tests.factories import EngagementFactory, TopicFactory, TourFactory, make_public

pytestmark = pytest.mark.django_db

LISTS = ["home", "article_list", "region_list", "region", "topic"]


@pytest.fixture
def topics():
    return [TopicFactory(name="Energy", slug="energy"), TopicFactory(name="Sea", slug="sea")]


@pytest.fixture
def region():
    """A region that every factory's engagement belongs to."""
    return EngagementFactory().regions.first()


def address(name: str, region: Region) -> str:
    slugs = {"region": [region.slug], "topic": ["energy"]}
    return reverse(f"articles:{name}", args=slugs.get(name, []))


@pytest.mark.parametrize("name", LISTS)
def test_list_shows_what_is_public(client, topics, region, name):
    """Every list answers, to GET and HEAD alike, and takes no POST."""
    make_full_article(topics, headline="Ministers meet")
    response = client.get(address(name, region))
    assert response.status_code == 200
    if name != "region_list":
        assert "Ministers meet" in response.content.decode()
    head = client.head(address(name, region))
    assert (head.status_code, head.content) == (200, b"")
    assert client.post(address(name, region)).status_code == 405


QUERIES = {"home": 0, "article_list": 0, "region_list": 0, "region": 0, "topic": 0}


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("rows", [2, 12])
def test_list_query_count_does_not_grow(
    client, topics, region, name, rows, django_assert_num_queries
):
    """A list asks the same questions for two rows and for twelve."""
    ahead = PartialDate(timezone.localdate() + dt.timedelta(days=9))
    for _row in range(rows):
        make_full_article(topics)
        make_full_engagement(topics, status="planned", start=ahead)
    client.get("/healthz")
    with django_assert_num_queries(QUERIES[name]):
        client.get(address(name, region))
