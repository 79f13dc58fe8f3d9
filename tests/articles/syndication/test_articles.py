"""The index of the news against the slow query, and the pages of an archive."""

import datetime as dt
import io

import feedparser
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.caching.batch import batched_refresh
from articles.models import Article, Edition, FeedEntry
from articles.pagination import ArchiveCursor, archive_page
from articles.publishing.workflow import publish, reinstate, unschedule, withdraw
from articles.syndication import index as syndication_index
from articles.syndication.articles import feed_rows
from articles.timeline import filters
from articles.timeline.subjects import public_topics, term_of
from engagements.models import Country, Region
from tests.articles.timeline.oracle import engagements_of
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


def slow(subject, at: dt.datetime, topic=None) -> list[int]:
    """Return the editions that should be in a subject's feed, in order, the plain way."""
    found = []
    for edition in Edition.objects.public(at).newest_first():
        covered = {edition.engagement_id, *edition.also_covers.values_list("pk", flat=True)}
        own = set(edition.topics.values_list("pk", flat=True))
        for visit in engagements_of(subject, at) if subject else []:
            topics = own | set(visit.topics.values_list("pk", flat=True))
            if visit.pk in covered and (topic is None or topic.pk in topics):
                found.append(edition.pk)
                break
    return found


def fast(subject, at: dt.datetime, query: str = "") -> list[int]:
    view = filters.read(QueryDict(query), "/")
    return [row.edition for row in feed_rows(term_of(subject), view, at)(None, 100)]


STEPS = ("draft", "publish", "schedule", "unschedule", "withdraw", "reinstate", "round up", "tag")


def do(step: str, n: int, topics: list) -> None:
    """Let an editor do something to one of three articles, if it can be done."""
    now, by = timezone.now(), UserFactory()
    article = ArticleFactory._meta.model.objects.order_by("pk")[n % 3]
    drafts = article.editions.filter(state="draft").order_by("-number")
    match step:
        case "draft":
            make_draft(article, topics=topics[: 1 + n % 2], is_major=bool(n % 2))
        case "publish" | "schedule" if drafts and not article.withdrawn_at:
            newer = article.editions.filter(state="approved", number__gt=drafts[0].number)
            if not newer.exists():
                publish(drafts[0], by=by, at=now + HOUR if step == "schedule" else None)
        case "unschedule" if waiting := article.editions.scheduled().first():
            unschedule(waiting)
        case "withdraw" if Edition.objects.public().filter(article=article).exists():
            withdraw(article, reason="Mistaken.")
        case "reinstate" if article.withdrawn_at:
            reinstate(article)
        case "round up" if drafts:
            drafts[0].also_covers.add(EngagementFactory(parties=[("host", "TN")], topics=topics))
        case "tag":
            visit = article.editions.first().engagement
            visit.topics.set(topics[n % 2 :])


@settings(max_examples=8)
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 5)), max_size=10))
def test_index_agrees_with_the_slow_query_whatever_happens(steps):
    """Whatever editors do, a feed holds what its definition says, now and after an embargo."""
    cache.clear()  # an example that is rolled back leaves what it kept
    with transaction.atomic():
        topics = TopicFactory.create_batch(2)
        for _article in range(3):
            make_draft(topics=topics[:1])
        for step, n in steps:
            do(step, n, topics)
        for at in (timezone.now(), timezone.now() + 2 * HOUR):
            for subject in (
                Country.objects.get(code="DZ"), Country.objects.get(code="TN"),
                Region.objects.get(slug="north-africa"),
            ):  # fmt: skip
                assert fast(subject, at) == slow(subject, at)
                for topic in topics:
                    # By another nobody may filter yet.
                    if public_topics().filter(pk=topic.pk).exists():
                        told = fast(subject, at, f"topic={topic.slug}")
                        assert told == slow(subject, at, topic)
        kept = set(FeedEntry.objects.values_list(*syndication_index.COLUMNS))
        syndication_index.rebuild()
        assert set(FeedEntry.objects.values_list(*syndication_index.COLUMNS)) == kept
        transaction.set_rollback(True)


def test_rebuild_mends_what_is_out_of_step():
    """A lost entry of the news comes back, and one of what is told no longer goes."""
    kept, untold = make_public(), make_public()
    before = set(FeedEntry.objects.filter(edition=kept).values_list(*syndication_index.COLUMNS))
    FeedEntry.objects.filter(edition=kept).delete()
    Article.objects.filter(pk=untold.article_id).update(
        withdrawn_at=timezone.now(), withdrawn_reason="Wrong"
    )
    syndication_index.rebuild()
    assert before
    assert set(FeedEntry.objects.values_list(*syndication_index.COLUMNS)) == before


def test_rebuild_takes_away_news_of_visits_that_are_gone(monkeypatch):
    """Also of the very first and last ones, which no range of visits that are there holds."""
    monkeypatch.setattr("articles.timeline.index.BATCH", 1)
    first = EngagementFactory()
    editions = [make_public(), make_public(), make_public()]
    last = 1 + editions[-1].engagement_id
    for edition, vanished in zip(editions, (first.pk, last), strict=False):
        assert FeedEntry.objects.filter(edition=edition).update(engagement=vanished)
    first.delete()
    call_command("rebuild_timelines", stdout=io.StringIO(), stderr=io.StringIO())
    assert not FeedEntry.objects.filter(engagement__in=(first.pk, last)).exists()
    assert {row.edition_id for row in FeedEntry.objects.all()} == {row.pk for row in editions}


def archive(client, address: str) -> list[list[str]]:
    """Return the ids on each page of an archive, followed from the newest."""
    pages = []
    while address:
        found = feedparser.parse(client.get(address.removeprefix(SITE)).content)
        pages.append([item.id for item in found.entries])
        links = {link.rel: link.href for link in found.feed.links}
        if len(pages) > 1:
            assert "fh_archive" in found.feed
            assert links["current"].partition("?before=")[0] == links["current"]
        address = links.get("prev-archive", "")
    return pages


@pytest.fixture
@batched_refresh()
def many() -> list[Edition]:
    """Ninety articles on three moments each, so that places need more than a moment."""
    now = timezone.now()
    visit = EngagementFactory(public_from=now - dt.timedelta(days=9))
    topic, by, author = TopicFactory(), UserFactory(), UserFactory()
    found = [
        make_draft(engagement=visit, topics=[topic], author=author, headline=f"Article {n}")
        for n in range(90)
    ]
    for n, edition in enumerate(found):
        publish(edition, by=by, at=now - dt.timedelta(days=1 + n // 30), backdated=True)
    return found


def test_archive_gives_each_article_once_and_stays_as_it_is(client, many):
    """Followed page by page, each stands once; news later changes no page of the archive."""
    address = "/countries/dz/feed.atom"
    before = archive(client, address)
    ids = [uri for page in before for uri in page]
    assert len(ids) == len(set(ids)) == 90
    assert len(before[0]) == 30
    assert len(before) > 2
    visit = many[0].engagement
    for _news in range(7):
        make_public(engagement=visit, topics=many[0].topics.all())
    minor = {"article": many[60].article, "engagement": visit, "topics": many[0].topics.all()}
    make_public(timezone.now(), is_major=False, **minor)
    after = archive(client, address)
    assert len({uri for page in after for uri in page}) == 97
    assert after[2:][-len(before) + 2 :] == before[2:]
    # The news of one that was far down: it moves to the front, and its page alone changes.
    make_public(timezone.now(), **minor)
    moved = archive(client, address)
    assert sum(len(page) for page in moved) == 97
    assert many[60].article.uuid.hex in moved[0][0].replace("-", "")


def test_page_without_an_end_of_its_own_ends_all_the_same():
    """However rare the numbers that end a page, every row stands on one page."""

    class Row:
        def __init__(self, cursor: ArchiveCursor) -> None:
            self.cursor = cursor

    now = timezone.now()
    rows = [Row(ArchiveCursor(now, number)) for number in range(500, 0, -1)]

    def older(before: ArchiveCursor | None, most: int) -> list[Row]:
        return [row for row in rows if before is None or row.cursor < before][:most]

    met, before = [], None
    while True:
        page, before = archive_page(older, before)
        met += page
        if before is None:
            break
        assert page
    assert met == rows


@given(
    at=st.datetimes(
        dt.datetime(1200, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        dt.datetime(2199, 1, 1),  # noqa: DTZ001
        timezones=st.just(dt.UTC),
    ),
    number=st.integers(0, 2**55 - 1),
)
def test_cursor_is_read_as_it_was_written(at, number):
    """A cursor survives the way through an address."""
    cursor = ArchiveCursor(at, number)
    assert ArchiveCursor.parse(str(cursor)) == cursor


def test_first_page_reads_few_rows(many):
    """The newest page is read from the index in its order, without sorting the whole of it."""
    term = term_of(Country.objects.get(code="DZ"))
    rows = feed_rows(term, filters.View("/"), timezone.now())
    with CaptureQueriesContext(connection) as queries:
        rows(None, 30)
    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {queries[0]['sql']}")
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    if connection.vendor == "sqlite":
        assert "feedentry_in_order" in plan
        assert "TEMP B-TREE" not in plan
