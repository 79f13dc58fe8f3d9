"""The demo newsroom as `make demo` runs it: readers of its feeds, while a desk head edits."""

import contextlib
import datetime as dt
import http.client
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from wsgiref.util import is_hop_by_hop

import pytest

from articles.demo import PASSWORD
from tests.browser.test_review import told
from tests.browser.test_whole_job import publish_alone
from tests.postgres import free_port
from tests.readers import Seen, newsboat, parser, rss2email
from tests.server import serving, until_it_answers

pytestmark = pytest.mark.browser

# What is public of each article, and since when its last major change is.
PUBLIC = """
SELECT article_id, headline, (
    SELECT max(public_from) FROM articles_edition AS major
    WHERE major.article_id = edition.article_id AND major.is_major
    AND major.state = 'approved' AND major.public_from <= :now
) AS news
FROM articles_edition AS edition JOIN articles_article AS article ON article.id = article_id
WHERE withdrawn_at IS NULL AND state = 'approved' AND public_from <= :now
AND (public_until IS NULL OR public_until > :now)
ORDER BY news DESC
"""


class Demo:
    """The running demo's address, and what its database says is public."""

    def __init__(self, home: Path, address: str) -> None:
        self.database = home / "db.sqlite3"
        self.address = address

    def public(self) -> list[tuple[int, str, str]]:
        """Return each public article's key, headline and moment of its last major change."""
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        address = f"file:{self.database}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            return connection.execute(PUBLIC, {"now": now}).fetchall()

    def news(self) -> Seen:
        """Return what a reader is to show, the newest first."""
        return [
            (headline, dt.datetime.fromisoformat(moment).replace(microsecond=0, tzinfo=dt.UTC))
            for _article, headline, moment in self.public()
        ]


@pytest.fixture
def demo(tmp_path) -> Iterator[Demo]:
    """The demo, begun with nothing, in a directory of its own."""
    home, port = tmp_path / "demo", free_port()
    program = (
        f"from config import demo; demo.HOME = demo.Path({str(home)!r})\n"
        # The readers ask for no script, and packing all of them takes as long as the demo's load.
        "from whitenoise.compress import Compressor\n"
        "Compressor.should_compress = lambda *_: False\n"
        "demo.main()"
    )
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-c", program, f"--port={port}"]
    with until_it_answers(command, address, seconds=600):
        yield Demo(home, address)


def passing_on(address: str) -> Callable:
    """Return an application that asks `address` what it is asked, and answers the same."""

    def application(environ, start_response):
        asked = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
        connection.request(environ["REQUEST_METHOD"], environ["PATH_INFO"], headers=asked)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        headers = [(name, value) for name, value in answer.getheaders() if not is_hop_by_hop(name)]
        start_response(f"{answer.status} {answer.reason}", headers)
        return [content]

    return application


@pytest.fixture
def desk_head(browser, demo):
    """A page on which the desk head is signed in."""
    context = browser.new_context(base_url=demo.address, locale="en-GB", timezone_id="UTC")
    page = context.new_page()
    page.goto("/admin/")
    page.fill("[name=login]", "deskhead")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.locator("#user-tools").wait_for()
    yield page
    context.close()


def publish(page, article: int, headline: str, *, is_major: bool) -> None:
    """Give an article another headline and publish that alone, as a desk head may."""
    page.goto(f"/admin/articles/article/{article}/change/")
    page.fill("#id_headline", headline)
    page.locator(f"[name=is_major][value={is_major}]").check()
    page.click("[name=_continue]")
    publish_alone(page)
    told(page, "Published")


def test_readers_of_the_running_demo_hear_of_news_once(desk_head, demo, tmp_path):
    """Each item once, with its date; no news is a 304; a minor edit is none, a major one is."""
    with serving(passing_on(demo.address)) as (address, statuses):
        polls = {}
        for reader in (newsboat, rss2email, parser):
            home = tmp_path / reader.__name__
            home.mkdir()
            polls[reader.__name__] = reader(home, f"{address}/feed.rss")

        def heard() -> dict[str, Seen]:
            return {name: poll() for name, poll in polls.items()}

        nothing: dict[str, Seen] = {name: [] for name in polls}
        assert len(demo.news()) >= 15
        for name, seen in heard().items():
            assert seen == demo.news(), name
        assert heard() == nothing
        statuses.clear()
        assert heard() == nothing
        assert statuses == [304, 304, 304]

        article, headline, _moment = demo.public()[-1]
        publish(desk_head, article, f"{headline}, a comma later", is_major=False)
        statuses.clear()
        assert heard() == nothing
        assert statuses == [200, 200, 200]

        publish(desk_head, article, f"{headline}, with news", is_major=True)
        assert demo.news()[0][0] == f"{headline}, with news"
        assert heard() == dict.fromkeys(polls, demo.news()[:1])
        assert heard() == nothing
