"""RSS, Atom and JSON Feed as a feed reader sees them."""

import datetime as dt
import json
import re
import xml.etree.ElementTree as ET

import feedparser
import pytest
from django.core.cache import cache
from django.utils import timezone

from articles.publishing.workflow import publish, withdraw
from tests.articles.samples import make_full_article, make_picture
from tests.factories import (
    ArticleFactory,
    EngagementFactory,
    TopicFactory,
    UserFactory,
    make_draft,
    make_public,
)
from tests.wsgi import ask

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
SITE = "http://testserver"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def topic():
    """A topic of a public engagement: one that nothing public names has no feed."""
    found = TopicFactory(name="Oil & gas", slug="energy")
    EngagementFactory(topics=[found])
    return found


FEEDS = [
    "/feed.rss",
    "/regions/north-africa/feed.atom",
    "/countries/dz/feed.rss?topic=energy&kind=visit",
    "/topics/energy/feed.atom",
]


@pytest.fixture(params=FEEDS)
def feed(request, topic) -> str:
    """The address of a feed of each kind in turn."""
    return request.param


def parsed(client, address: str):
    response = client.get(address)
    assert response.status_code == 200
    found = feedparser.parse(response.content)
    assert not found.bozo, found.get("bozo_exception")
    return found


def entries(client, address: str) -> list:
    return parsed(client, address).entries


def test_item_tells_the_whole_story(client, topic, feed):
    """An item has the full text, absolute links, a lasting id, author, topics and picture."""
    picture = make_picture(credit="A. Lens")
    edition = make_public(
        headline="Oil & gas", body='<p>All of <a href="/regions/">it</a>.</p>', byline="A. Writer",
        topics=[topic], picture=picture, picture_alt="A square", picture_caption="On site",
    )  # fmt: skip
    (item,) = entries(client, feed)
    assert item.title in ("Oil & gas", "Oil &amp; gas")
    content = item.content[0].value
    assert f'<a href="{SITE}/regions/"' in content
    assert f'<a href="{SITE}{edition.engagement.get_absolute_url()}"' in content
    assert 'alt="A square"' in content
    assert "On site" in content
    assert item.link == f"{SITE}{edition.get_absolute_url()}"
    assert item.id == f"tag:communique.example,2025:article/{edition.article.uuid}"
    assert "A. Writer" in item.author
    assert [tag.term for tag in item.tags] == ["Oil & gas"]
    for moment in (item.published_parsed, item.updated_parsed):
        published = dt.datetime(*moment[:6], tzinfo=dt.UTC)
        assert published == edition.public_from.replace(microsecond=0)
    (enclosure,), (media,) = item.enclosures, item.media_content
    length = len(b"".join(client.get(enclosure.href.removeprefix(SITE))))
    assert (enclosure.type, int(enclosure.length)) == ("image/jpeg", length)
    assert (media["url"], media["type"], int(media["filesize"])) == (
        enclosure.href, "image/jpeg", length,
    )  # fmt: skip
    assert (media["width"], media["height"]) == ("320", "180")
    assert item.media_credit[0]["content"] == "A. Lens"


def test_json_feed_tells_the_same(client, topic):
    """JSON Feed 1.1 has what RSS and Atom have, since one description makes all three."""
    make_full_article([topic], headline="A “quoted” headline", byline="A. Writer")
    response = client.get("/countries/dz/feed.json?topic=energy")
    assert response["Content-Type"] == "application/feed+json; charset=utf-8"
    told = json.loads(response.content)
    atom = client.get("/countries/dz/feed.atom?topic=energy").content
    (item,), (entry,) = (
        told["items"],
        feedparser.parse(atom, sanitize_html=False, resolve_relative_uris=False).entries,
    )
    assert told["version"] == "https://jsonfeed.org/version/1.1"
    assert told["feed_url"] == f"{SITE}/countries/dz/feed.json?topic=energy"
    assert told["home_page_url"] == f"{SITE}/countries/dz/?topic=energy"
    assert (item["id"], item["url"], item["title"]) == (entry.id, entry.link, entry.title)
    assert item["content_html"] == entry.content[0].value.strip()
    assert item["authors"] == [{"name": "A. Writer"}]
    assert (item["tags"], item["language"]) == (["Oil & gas"], "en")
    (attachment,) = item["attachments"]
    assert attachment["size_in_bytes"] == int(entry.enclosures[0].length)
    assert dt.datetime.fromisoformat(item["date_modified"]).tzinfo is not None


def test_feed_says_what_it_is(client, feed):
    """A feed names itself, its page, its language and, for a person who opens it, how to follow."""
    response = client.get(feed)
    told = feedparser.parse(response.content).feed
    assert told.title.startswith("Communiqué")
    assert told.language == "en-gb"
    (own,) = [link.href for link in told.links if link.rel == "self"]
    assert own == f"{SITE}{feed}"
    assert client.get(told.link.removeprefix(SITE)).status_code == 200
    text = response.content.decode()
    assert response["Content-Type"] == "application/xml; charset=utf-8"
    assert re.findall(r'<\?xml-stylesheet type="text/css" href="(\S+)"\?>', text) == [
        "/static/css/site.css", "/static/css/feed.css",
    ]  # fmt: skip
    words = ET.fromstring(text).find(".//{http://www.w3.org/1999/xhtml}h1")  # noqa: S314 - ours
    assert words is not None
    assert words.text == told.title


def test_table_stays_a_table(client, topic, feed):
    """A reader gets heads with what they head, cells in their rows, and a caption before them."""
    table = (
        '<table><thead><tr><th scope="col">Year</th><th scope="col">Exports</th></tr></thead>'
        '<tbody><tr><th scope="row">2024</th><td>17</td></tr>'
        '<tr><td colspan="2">none</td></tr></tbody></table>'
    )
    written = re.sub(' scope="[a-z]+"', "", table)
    written = written.replace("<table>", "<table><caption>In millions</caption>")
    make_public(body=f"<p>See:</p>{written}", topics=[topic])
    (item,) = entries(client, feed)
    assert f"<p>In millions</p>{table}" in item.content[0].value


def test_id_outlives_the_slug(client, topic, feed):
    """A changed address does not make an article new."""
    article = make_public(topics=[topic], engagement=EngagementFactory(topics=[topic])).article
    before = entries(client, feed)[0]
    article.slug = "another"
    article.save()
    after = entries(client, feed)[0]
    assert (after.id, after.link == before.link) == (before.id, False)


def test_feed_keeps_its_id_when_a_topic_is_renamed(client, topic):
    """The id of a feed holds numbers, since slugs of its subject and filters may change."""
    address = "/countries/dz/feed.atom?topic={}"
    before = parsed(client, address.format("energy")).feed.id
    topic.slug = "oil"
    topic.save()
    assert parsed(client, address.format("oil")).feed.id == before


@pytest.mark.parametrize("form", ["rss", "atom", "json"])
def test_ids_are_the_same_under_every_host(client, topic, form):
    """Whatever the site is called, its feed and items are the same, though links differ."""
    now = timezone.now()
    first = make_public(now - 3 * HOUR, topics=[topic])
    make_public(now - 2 * HOUR, topics=[topic])
    make_public(now - HOUR, article=first.article, is_major=True, topics=[topic])
    address = f"/countries/dz/feed.{form}?topic=energy"

    def told(host: str) -> tuple[list[str], str | None]:
        text = client.get(address, headers={"host": host}).content.decode()
        assert f"http://{host}/articles/" in text
        if form == "json":
            return [item["id"] for item in json.loads(text)["items"]], None
        found = feedparser.parse(text)
        return [item.id for item in found.entries], found.feed.get("id")

    ids, own = told("testserver")
    assert len(set(ids)) == 2
    assert (own is not None) is (form == "atom")
    assert [told(host) for host in ("localhost", "127.0.0.1")] == [(ids, own)] * 2


def test_round_up_stands_once(client, topic, feed):
    """An article stands once in a feed, however many of its visits are there."""
    visits = [EngagementFactory() for _visit in range(3)]
    make_public(topics=[topic], also_covers=visits)
    assert len(entries(client, feed)) == 1


@pytest.mark.parametrize("is_major", [True, False])
def test_only_a_major_change_is_news(client, topic, feed, is_major):
    """A minor edition leaves an article as it is for a reader; a major one is news, once."""
    now = timezone.now()
    old = make_public(now - 3 * HOUR, headline="Old", topics=[topic])
    make_public(now - 2 * HOUR, headline="New", topics=[topic])
    before = {item.id: item.updated for item in entries(client, feed)}
    more = {"article": old.article, "topics": [topic], "is_major": is_major}
    make_public(now - HOUR, headline="Old, mended", **more)
    items = entries(client, feed)
    titles = [item.title for item in items]
    assert titles == (["Old, mended", "New"] if is_major else ["New", "Old, mended"])
    after = {item.id: item.updated for item in items}
    assert len(before.keys() - after.keys()) == is_major
    assert (after == before) is not is_major


def test_first_edition_is_news_whatever_its_flag(client, topic):
    """A minor edit after a first edition that was flagged minor moves nothing either."""
    now = timezone.now()
    first = make_public(now - 3 * HOUR, is_major=False, topics=[topic])
    before = entries(client, "/feed.rss")[0]
    make_public(now - HOUR, article=first.article, is_major=False, topics=[topic])
    after = entries(client, "/feed.rss")[0]
    assert (after.id, after.published) == (before.id, before.published)


def test_corrections_are_marked(client, topic, feed):
    """The text ends with what changed and when, and a category says that something did."""
    now = timezone.now()
    first = make_public(now - 3 * HOUR, topics=[topic])
    more = {"article": first.article, "topics": [topic], "is_major": False}
    make_public(now - 2 * HOUR, public_note="One more photograph.", **more)
    assert [tag for tag in entries(client, feed)[0].tags if tag.scheme] == []
    note = "The envoy’s name was misspelt."
    make_public(now - HOUR, public_note=note, is_correction=True, **more)
    (item,) = entries(client, feed)
    assert f"Correction: {note}" in item.content[0].value
    assert "One more photograph." in item.content[0].value
    (mark,) = [tag for tag in item.tags if tag.scheme]
    assert mark.scheme == f"{SITE}/corrections/"


def test_any_text_makes_a_well_formed_feed(client, topic, feed):
    """Control characters, emoji, right-to-left text and XML's own signs break nothing."""
    text = "Zug \x0b \ufffe & <b> ]]> 🕊 سلام"
    edition = make_public(article=ArticleFactory(language="ar"), standfirst=text, topics=[topic])
    type(edition).objects.filter(pk=edition.pk).update(headline=text, byline="A & B \x01")
    type(topic).objects.filter(pk=topic.pk).update(name=text)
    (item,) = entries(client, feed)
    assert "سلام" in item.content[0].value
    assert "🕊" in item.title
    assert 'dir="rtl"' in item.content[0].value


# The first time, and while no article changes.
QUERIES = dict(zip(FEEDS, ((8, 2), (9, 3), (11, 5), (9, 3)), strict=True))


@pytest.mark.parametrize("rows", [2, 5])
def test_feed_query_count_does_not_grow(client, topic, rows, django_assert_num_queries):
    """A feed asks the same questions for two items and for five."""
    for _row in range(rows):
        make_full_article([topic])
    for feed, counts in QUERIES.items():
        cache.clear()
        for queries in counts:
            with django_assert_num_queries(queries, info=feed):
                client.get(feed)


def test_empty_feed_does_not_change(client, feed):
    """An empty feed is the same from one poll to the next."""
    first, second = client.get(feed), client.get(feed)
    assert first.content == second.content
    assert entries(client, feed) == []


@pytest.mark.parametrize("form", ["feed.rss", "feed.atom", "feed.json", "calendar.ics"])
def test_nonsense_is_answered_as_a_timeline_does(client, topic, form):
    """Nonsense is a 400 with a sentence, a subject or filter that does not exist a 404."""
    for query in ("year=0", "kind=chat", "topic=energy&topic=energy", "status=%FF", "older=x"):
        response = client.get(f"/regions/north-africa/{form}?{query}")
        assert response.status_code == 400, query
        assert response.content.decode().strip().endswith(".")
    for address in (f"/regions/nowhere/{form}", f"/regions/north-africa/{form}?person=nobody"):
        assert client.get(address).status_code == 404
    if form != "calendar.ics":
        for place in ("x", "A" * 20, "_" * 20, "A" * 5000, "é"):
            address = f"/regions/north-africa/{form}"
            assert client.get(address, {"before": place}).status_code in (200, 400)
            assert client.get(address, {"before": "x"}).status_code == 400


def test_withdrawn_article_leaves_the_feed(client, stored, topic, feed):
    """A withdrawal takes an article out, and a reader's ETag no longer matches."""
    edition = make_public(topics=[topic])
    etag = ask(stored, feed).headers["etag"]
    assert ask(stored, feed, if_none_match=etag).status == 304
    withdraw(edition.article, reason="Mistaken.")
    assert ask(stored, feed, if_none_match=etag).status == 200
    assert entries(client, feed) == []


def test_embargoed_article_appears_at_its_hour(client, topic, feed, monkeypatch):
    """A feed holds an article from its minute on, once and in order, and not before."""
    at = timezone.now() + HOUR
    make_public(topics=[topic], headline="Older")
    publish(make_draft(topics=[topic], headline="Embargoed"), by=UserFactory(), at=at)
    assert [item.title for item in entries(client, feed)] == ["Older"]
    monkeypatch.setattr(timezone, "now", lambda: at)
    assert [item.title for item in entries(client, feed)] == ["Embargoed", "Older"]


def test_feed_takes_no_post(client, feed):
    """Feeds are read only."""
    assert client.post(feed).status_code == 405
    assert client.head(feed).content == b""


@pytest.mark.parametrize("name", ["feed.rss", "feed.atom", "feed.json", "calendar.ics"])
def test_browsers_of_other_sites_may_read_feeds(client, topic, name):
    """So a feed reader in a browser gets them."""
    assert client.get(f"/topics/energy/{name}")["Access-Control-Allow-Origin"] == "*"
    assert client.get("/feeds.opml")["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in client.get("/topics/energy/")


def test_rss_shows_typed_markup_as_text(client, topic):
    """Readers take descriptions, and titles with a "<", for HTML: a typed tag is no tag there."""
    typed = "<script>alert(1)</script> & <b>bold</b>"
    make_public(headline=f"On {typed}", standfirst=typed, topics=[topic])
    TopicFactory._meta.model.objects.filter(pk=topic.pk).update(description=typed, name=typed)
    root = ET.fromstring(client.get("/topics/energy/feed.rss").content)  # noqa: S314 - our own
    texts = [node.text for name in ("title", "description") for node in root.iter(name)]
    assert len(texts) == 4
    for text in texts:
        assert "<" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;" in text
