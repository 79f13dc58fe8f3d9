"""Feed readers that people use, against a running server: newsboat, rss2email and feedparser."""

import datetime as dt
from collections.abc import Iterator

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.utils import timezone

from articles.caching.watch import Watch
from articles.page_store import page_store
from tests.factories import EngagementFactory, TopicFactory, make_public
from tests.readers import newsboat, parser, rss2email
from tests.server import serving

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = dt.timedelta(hours=1)
PATH = "/regions/north-africa/feed.{}?topic=energy"


class Newsroom:
    """Two articles on a visit; what is done to the older one is what readers hear of, or not."""

    def __init__(self) -> None:
        self.topics = [TopicFactory(slug="energy")]
        self.visit = EngagementFactory(topics=self.topics)
        self.now = timezone.now().replace(microsecond=0)
        self.old = self.publish("Old", 5)
        self.publish("New", 4)

    def publish(self, headline: str, hours_ago: int, **content):
        return make_public(
            self.now - hours_ago * HOUR, headline=headline, engagement=self.visit,
            topics=self.topics, **content,
        )  # fmt: skip

    def edit(self, headline: str, hours_ago: int, *, is_major: bool) -> None:
        self.publish(headline, hours_ago, article=self.old.article, is_major=is_major)


@pytest.fixture
def site(transactional_db) -> Iterator[tuple[str, list[int]]]:
    """The site behind its page store: its address and the statuses of its answers."""
    watch = Watch()
    with serving(page_store(WSGIHandler(), version=watch, share=1)) as found:
        yield found
    watch.close()


@pytest.mark.parametrize("reader", [newsboat, rss2email, parser])
@pytest.mark.parametrize("form", ["rss", "atom"])
def test_reader_hears_of_news_once(site, tmp_path, reader, form):
    """Each item once, with its date; no news is a 304; a minor edit is none, a major one is."""
    newsroom = Newsroom()
    address, answers = site
    poll = reader(tmp_path, address + PATH.format(form))
    assert poll() == [("New", newsroom.now - 4 * HOUR), ("Old", newsroom.now - 5 * HOUR)]
    assert poll() == []
    if reader is newsboat:
        # It keeps a validator only once it knows the feed, from its second poll on.
        assert poll() == []
    assert answers[-1] == 304
    newsroom.edit("Old, a comma later", 3, is_major=False)
    assert poll() == []
    assert answers[-1] == 200
    newsroom.edit("Old, with news", 2, is_major=True)
    # Atom tells when an article first came out too; of these, rss2email alone passes over it.
    hours = 2 if form == "rss" or reader is rss2email else 5
    assert poll() == [("Old, with news", newsroom.now - hours * HOUR)]
    assert poll() == []
