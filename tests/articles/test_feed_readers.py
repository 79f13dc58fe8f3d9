"""Feed readers that people use, against a running server: newsboat, rss2email and feedparser."""

import datetime as dt
import email.utils
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import feedparser
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.utils import timezone

from articles.stored import page_store
from articles.versions import Watch
from tests.factories import EngagementFactory, TopicFactory, make_public

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = dt.timedelta(hours=1)
PATH = "/regions/north-africa/feed.{}?topic=energy"
Seen = list[tuple[str, dt.datetime]]


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


class Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def answers() -> list[int]:
    """The statuses that the server answers with, as they come."""
    return []


@pytest.fixture
def site(transactional_db, answers) -> Iterator[str]:
    """The site behind its page store, on a server of its own; return its address."""
    watch = Watch()
    store = page_store(WSGIHandler(), version=watch)

    def noting(environ, start_response):
        def start(status, headers, exc_info=None):
            answers.append(int(status[:3]))
            return start_response(status, headers, exc_info)

        return store(environ, start)

    server = make_server("127.0.0.1", 0, noting, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    watch.close()


def program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} was not found (Debian: {'rss2email' if name == 'r2e' else name})")
    return path


def run(home: Path, *command: str) -> str:
    environment = os.environ | {"HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    done = subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def newsboat(home: Path, address: str) -> Callable[[], Seen]:
    """Return a poll that gives the unread items, title and date, and reads them."""
    path = program("newsboat")
    (home / "urls").write_text(f"{address}\n")
    (home / "config").touch()
    options = (path, "-u", "urls", "-C", "config", "-c", "cache.db")

    def poll() -> Seen:
        run(home, *options, "-x", "reload")
        database = sqlite3.connect(home / "cache.db")
        rows = database.execute(
            "SELECT title, pubDate FROM rss_item WHERE unread = 1 ORDER BY pubDate DESC"
        ).fetchall()
        database.execute("UPDATE rss_item SET unread = 0")
        database.commit()
        database.close()
        return [(title, dt.datetime.fromtimestamp(moment, dt.UTC)) for title, moment in rows]

    return poll


def rss2email(home: Path, address: str) -> Callable[[], Seen]:
    """Return a poll that gives the subject and date of each mail that it sends."""
    path = program("r2e")
    script, mails = home / "sendmail", home / "mails"
    script.write_text(f'#!/bin/sh\nmkdir -p "{mails}"\nexec cat > "{mails}/$$"\n')
    script.chmod(0o755)
    options = (path, "--config", "r2e.cfg", "--data", "r2e.json")
    run(home, *options, "new", "me@example.org")
    config = home / "r2e.cfg"
    lines = config.read_text().splitlines()
    settings = {
        "email-protocol": "sendmail", "sendmail": str(script), "date-header": "True",
    }  # fmt: skip
    config.write_text(
        "\n".join(
            f"{name} = {settings[name]}" if (name := line.partition(" ")[0]) in settings else line
            for line in lines
        )
    )
    run(home, *options, "add", "feed", address)

    def poll() -> Seen:
        shutil.rmtree(mails, ignore_errors=True)
        run(home, *options, "run")
        found = [email.message_from_bytes(mail.read_bytes()) for mail in mails.glob("*")]
        return sorted(
            ((mail["Subject"], moment_of(mail["Date"])) for mail in found),
            key=lambda row: row[1],
            reverse=True,
        )

    return poll


def moment_of(text: str) -> dt.datetime:
    """Return the moment of a mail; rss2email writes them without a zone, in UTC."""
    return email.utils.parsedate_to_datetime(text).replace(tzinfo=dt.UTC)


def parser(home: Path, address: str) -> Callable[[], Seen]:
    """Return a poll that gives the items whose id was not there before."""
    known: set[str] = set()
    etag: list[str | None] = [None]

    def poll() -> Seen:
        found = feedparser.parse(address, etag=etag[0])
        etag[0] = found.get("etag", etag[0])
        fresh = [item for item in found.entries if item.id not in known]
        known.update(item.id for item in fresh)
        return [(i.title, dt.datetime(*i.published_parsed[:6], tzinfo=dt.UTC)) for i in fresh]

    return poll


@pytest.mark.parametrize("reader", [newsboat, rss2email, parser])
@pytest.mark.parametrize("form", ["rss", "atom"])
def test_reader_hears_of_news_once(site, tmp_path, answers, reader, form):
    """Each item once, with its date; no news is a 304; a minor edit is none, a major one is."""
    newsroom = Newsroom()
    poll = reader(tmp_path, site + PATH.format(form))
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
