"""RSS and Atom as a feed reader sees them."""

import datetime as dt

import feedparser
import pytest
from django.utils import timezone

from articles.workflow import publish, withdraw
from tests.articles.samples import make_full_article, make_picture
from tests.factories import (
    ArticleFactory,
    EngagementFactory,
    TopicFactory,
    UserFactory,
    make_draft,
    make_public,
)

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
SITE = "http://testserver"
FORMATS = ["rss", "atom"]


@pytest.fixture
def topic():
    """A topic of a public engagement: one that nothing public names has no feed."""
    found = TopicFactory(name="Oil & gas", slug="energy")
    EngagementFactory(topics=[found])
    return found


VIEWS = {
    "site": "", "region": "/regions/north-africa", "country": "/countries/dz",
    "topic": "/topics/energy",
}  # fmt: skip


@pytest.fixture(params=[f"{view}/feed.{form}" for view in VIEWS.values() for form in FORMATS])
def feed(request, topic) -> str:
    """The address of a feed of each kind in turn."""
    return request.param


def entries(client, address: str) -> list:
    response = client.get(address)
    assert response.status_code == 200
    parsed = feedparser.parse(response.content)
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed.entries


def test_item_tells_the_whole_story(client, topic, feed):
    """An item has the full text, absolute links, a lasting id, author, topics and picture."""
    picture = make_picture()
    edition = make_public(
        headline="Oil & gas", body='<p>All of <a href="/regions/">it</a>.</p>', byline="A. Writer",
        topics=[topic], picture=picture, picture_alt="A square",
    )  # fmt: skip
    (item,) = entries(client, feed)
    assert item.title in ("Oil & gas", "Oil &amp; gas")
    assert f'<a href="{SITE}/regions/"' in item.content[0].value
    assert item.link == f"{SITE}{edition.get_absolute_url()}"
    assert item.id == f"tag:communique.example,2025:article/{edition.article.uuid}"
    assert "A. Writer" in item.author
    assert [tag.term for tag in item.tags] == ["Oil & gas"]
    published = dt.datetime(*item.published_parsed[:6], tzinfo=dt.UTC)
    assert published == edition.public_from.replace(microsecond=0)
    (enclosure,) = item.enclosures
    answer = client.get(enclosure.href.removeprefix(SITE))
    assert (enclosure.type, int(enclosure.length)) == ("image/jpeg", len(b"".join(answer)))


def test_id_outlives_the_slug(client, topic, feed):
    """A changed address does not make an article new."""
    article = make_public(topics=[topic]).article
    before = entries(client, feed)[0]
    article.slug = "another"
    article.save()
    after = entries(client, feed)[0]
    assert (after.id, after.link == before.link) == (before.id, False)


def test_round_up_stands_once(client, topic, feed):
    """An article stands once in a feed, however many of its visits are there."""
    visits = [EngagementFactory() for _visit in range(3)]
    make_public(topics=[topic], also_covers=visits)
    assert len(entries(client, feed)) == 1


@pytest.mark.parametrize(("is_major", "first"), [(True, "Old, mended"), (False, "New")])
def test_only_a_major_change_moves_an_article(client, topic, feed, is_major, first):
    """A minor edition leaves an article where it is; a major one is news."""
    now = timezone.now()
    old = make_public(now - 3 * HOUR, headline="Old", topics=[topic])
    make_public(now - 2 * HOUR, headline="New", topics=[topic])
    more = {"article": old.article, "topics": [topic], "is_major": is_major}
    make_public(now - HOUR, headline="Old, mended", **more)
    titles = [item.title for item in entries(client, feed)]
    assert sorted(titles) == ["New", "Old, mended"]
    assert titles[0] == first


def test_any_text_makes_a_well_formed_feed(client, topic, feed):
    """Control characters, emoji, right-to-left text and XML's own signs break nothing."""
    text = "Zug \x0b \ufffe & <b> ]]> 🕊 سلام"
    edition = make_public(
        article=ArticleFactory(language="ar"), standfirst=text, byline="A & B \x01", topics=[topic]
    )
    type(edition).objects.filter(pk=edition.pk).update(headline=text)
    (item,) = entries(client, feed)
    assert "سلام" in item.content[0].value
    assert "🕊" in item.title
    assert 'dir="rtl"' in item.content[0].value


QUERIES = {"": 6, "regions": 7, "countries": 7, "topics": 7}


@pytest.mark.parametrize("rows", [2, 12])
def test_feed_query_count_does_not_grow(client, topic, feed, rows, django_assert_num_queries):
    """A feed asks the same questions for two items and for twelve."""
    for _row in range(rows):
        make_full_article([topic])
    with django_assert_num_queries(QUERIES[feed.split("/")[-3] if feed.count("/") > 1 else ""]):
        client.get(feed)


def test_empty_feed_does_not_change(client, feed):
    """An empty feed is the same from one poll to the next."""
    first, second = client.get(feed), client.get(feed)
    assert first.content == second.content
    assert entries(client, feed) == []


@pytest.mark.parametrize("view", ["regions", "topics"])
@pytest.mark.parametrize("form", FORMATS)
def test_feed_of_an_unknown_subject_is_not_found(client, view, form):
    """A feed of nothing is a 404."""
    assert client.get(f"/{view}/no-such-thing/feed.{form}").status_code == 404


def test_withdrawn_article_leaves_the_feed(client, topic, feed):
    """A withdrawal takes an article out, and a reader's ETag no longer matches."""
    edition = make_public(topics=[topic])
    etag = client.get(feed)["ETag"]
    assert client.get(feed, headers={"if-none-match": etag}).status_code == 304
    withdraw(edition.article, reason="Mistaken.")
    assert client.get(feed, headers={"if-none-match": etag}).status_code == 200
    assert entries(client, feed) == []


def test_embargoed_article_appears_at_its_hour(client, topic, feed, monkeypatch):
    """A feed holds an article from its minute on, and not before."""
    at = timezone.now() + HOUR
    publish(make_draft(topics=[topic]), by=UserFactory(), at=at)
    assert entries(client, feed) == []
    monkeypatch.setattr(timezone, "now", lambda: at)
    assert len(entries(client, feed)) == 1


def test_feed_takes_no_post(client, feed):
    """Feeds are read only."""
    assert client.post(feed).status_code == 405
    assert client.head(feed).content == b""
