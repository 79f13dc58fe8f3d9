"""The page store in front of the site: what it keeps, for how long, and how soon it notices."""

import datetime as dt
import re
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator

import pytest
from django.conf import settings as site_settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.utils import timezone

from articles.caching.version import LEASE_SECONDS, content_changed
from articles.caching.watch import Watch
from articles.models import Comment, ContentVersion, Presence
from articles.page_store import _namespace, page_store
from articles.pictures.library import create_picture
from articles.publishing.workflow import publish, withdraw
from config.page_store import PageStore
from config.page_store.shared import FilesShared, RedisShared
from engagements.models import Country, Participant
from tests.articles.pictures.samples import encode, half_red, upload
from tests.factories import (
    ActionFactory,
    EngagementFactory,
    OutcomeFactory,
    PersonFactory,
    TopicFactory,
    UserFactory,
    make_draft,
    make_public,
)
from tests.server import running_server
from tests.wsgi import Answer, ask

HOUR = dt.timedelta(hours=1)
TIMELINE = "/regions/north-africa/"
CALENDAR = "/calendar.ics"
FEEDS = ["/feed.rss", "/feed.atom", "/feed.json"]


@pytest.fixture
def watch(transactional_db) -> Iterator[Watch]:
    """A watch over the test's database: it sees what is committed."""
    found = Watch()
    yield found
    found.close()


@pytest.fixture
def site(watch) -> PageStore:
    return page_store(WSGIHandler(), version=watch, share=1)


def test_publication_is_seen_at_once(site):
    """The first request after a publication or a withdrawal tells it, wherever it stands."""
    edition = make_public(headline="First")
    addresses = ["/", "/articles/", edition.get_absolute_url(), TIMELINE, *FEEDS]

    def telling(words: str) -> list[str]:
        return [address for address in addresses if words in ask(site, address).text]

    assert telling("First") == addresses
    second = make_draft(
        edition.article, engagement=edition.engagement, topics=edition.topics.all(),
        headline="Second", standfirst="More.", body="<p>More.</p>",
    )  # fmt: skip
    assert telling("Second") == []
    publish(second, by=UserFactory())
    assert telling("Second") == addresses
    withdraw(edition.article, reason="Mistaken.")
    assert telling("Second") == []


def test_visit_that_a_publication_shows_is_seen_at_once(site):
    """A visit that becomes public with its story stands at once in a timeline and the calendar."""
    visit = EngagementFactory(title="Talks in Algiers", public_from=None)
    addresses = [TIMELINE, CALENDAR]
    assert not any(visit.title in ask(site, address).text for address in addresses)
    publish(make_draft(engagement=visit), by=UserFactory(is_superuser=True), with_visits=True)
    assert all(visit.title in ask(site, address).text for address in addresses)


def test_work_that_no_reader_sees_begins_no_version(site):
    """Drafts, comments, presence, a picture in no public edition: stored pages and dates stay."""
    edition = make_public()
    visit, writer = edition.engagement, UserFactory()
    draft_visit = EngagementFactory(public_from=None)
    topic, person = TopicFactory(), PersonFactory()
    number = ContentVersion.objects.get().number
    kept = site.entries.get(key_of(site, "/"))
    draft = make_draft(edition.article, engagement=visit, topics=[topic], author=writer)
    draft.note = "Better so."
    draft.save()
    make_draft(engagement=draft_visit, also_covers=[visit])
    Comment.objects.create(article=edition.article, edition=draft, by=writer, text="Why?")
    now = timezone.now()
    Presence.objects.create(person=writer, article=edition.article, opened_at=now, seen_at=now)
    draft_visit.city = "Oran"
    draft_visit.save()
    Participant.objects.create(
        engagement=draft_visit, country=Country.objects.first(), person=person
    )
    ActionFactory(outcome=OutcomeFactory(engagement=draft_visit))
    for row in (topic, person):
        row.name += " (draft)"
        row.save()
    create_picture(upload(encode(half_red())), by=writer)
    writer.last_login = timezone.now()
    writer.save()
    assert ContentVersion.objects.get().number == number
    assert site.entries.get(key_of(site, "/")) is kept


def test_publication_leaves_what_does_not_show_it_stored(site):
    """Articles, timelines and feeds of other subjects are not made anew."""
    here = make_public(headline="Here")
    parties = [("visitor", "JP"), ("host", "AU")]
    visit = EngagementFactory(parties=parties, location_country=Country.objects.get(code="AU"))
    there = make_public(headline="There", engagement=visit)
    others = [
        here.get_absolute_url(), here.engagement.get_absolute_url(), TIMELINE,
        f"{TIMELINE}feed.rss", f"{TIMELINE}calendar.ics", "/countries/dz/",
        f"{here.get_absolute_url()}versions/", "/robots.txt",
    ]  # fmt: skip
    own = ["/", there.get_absolute_url(), there.engagement.get_absolute_url(), "/countries/jp/"]
    before = {address: site.entries.get(key_of(site, address)) for address in others + own}
    publish(
        make_draft(there.article, engagement=there.engagement, headline="There, again"),
        by=UserFactory(),
    )
    for address in others:
        assert site.entries.get(key_of(site, address)) is before[address], address
    for address in own:
        assert "There, again" in ask(site, address).text, address


def test_description_of_a_picture_leaves_what_does_not_show_it_stored(site):
    """The pages and feeds with its article are made anew, and the visit's timelines are not."""
    picture = create_picture(upload(encode(half_red())))
    edition = make_public(picture=picture, picture_alt="A sea")
    address = edition.get_absolute_url()
    kept = site.entries.get(key_of(site, TIMELINE))
    own = ["/", address, "/articles/", f"{TIMELINE}feed.rss"]
    before = {page: site.entries.get(key_of(site, page)) for page in own}
    picture.focal_x, picture.credit = 0.1, "A. N. Other"
    picture.save(update_fields=["focal_x", "credit"])
    for page, entry in before.items():
        assert site.entries.get(key_of(site, page)) is not entry, page
    assert "A. N. Other" in ask(site, address).text
    assert site.entries.get(key_of(site, TIMELINE)) is kept


def key_of(site: PageStore, address: str) -> tuple:
    """Ask for an address, and return the key of its entry."""
    assert ask(site, address).status == 200, address
    return next(reversed(site.entries._rows))


def conditions(answer: Answer) -> list[dict[str, str]]:
    """Return the headers, one at a time, with which a reader asks for something newer."""
    return [
        {"if_none_match": answer.headers["etag"]},
        {"if_modified_since": answer.headers["last-modified"]},
    ]


def test_clock_moved_over_an_embargo_changes_pages_and_validators(site, monkeypatch):
    """At the minute, and without a write, visit and story are there and no condition holds."""

    def move_clock(moment: dt.datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)
        site._read(anew=True)

    # Tomorrow, for no version begins before the last one; and far from midnight.
    now = timezone.now().replace(hour=12) + 24 * HOUR
    at = now + HOUR
    move_clock(now)
    visit = EngagementFactory(title="Talks in Algiers", public_from=at)
    edition = make_draft(
        engagement=visit, topics=[], headline="Embargoed", standfirst="Soon.", body="<p>Soon.</p>"
    )
    edition.state, edition.public_from, edition.approved_by = "approved", at, edition.author
    edition.save()
    stories = ["/", "/articles/", TIMELINE, *FEEDS]
    telling = dict.fromkeys(stories, "Embargoed") | {CALENDAR: visit.title}
    move_clock(now + HOUR / 2)
    before = {address: ask(site, address) for address in telling}
    for address, old in before.items():
        assert (old.status, "Embargoed" in old.text) == (200, False)
        assert visit.title not in old.text
        for condition in conditions(old):
            assert ask(site, address, **condition).status == 304, address
    move_clock(at - dt.timedelta(seconds=12))
    # Not 12: an answer may be sent as it is until the lease ends.
    assert ask(site, "/").headers["cache-control"] == "public, max-age=11"
    move_clock(at + dt.timedelta(seconds=2))
    for address, old in before.items():
        for condition in conditions(old):
            answer = ask(site, address, **condition)
            assert answer.status == 200, address
            assert telling[address] in answer.text
            assert answer.headers["etag"] != old.headers["etag"]
            assert answer.headers["last-modified"] == f"{at:%a, %d %b %Y %H:%M:%S} GMT"
        for condition in conditions(answer):
            assert ask(site, address, **condition).status == 304, address


@pytest.mark.parametrize(
    ("name", "value"),
    [("WEBSUB_HUB", "https://hub.example/"), ("ALLOWED_HOSTS", ["other.example"]), ("DEMO", True)],
)
def test_processes_share_pages_only_with_the_same_settings(settings, name, value):
    """What stands in pages, or says who may ask for them, begins a place of its own in Redis."""
    before = _namespace()
    assert _namespace() == before
    setattr(settings, name, value)
    assert _namespace() != before


def test_workers_share_pages_through_files_unless_there_is_redis(settings, tmp_path):
    """Without either, each has its own."""
    settings.DATA_DIR = tmp_path
    application = WSGIHandler()
    assert page_store(application)._shared is None
    settings.PAGE_STORE_FILES_BYTES = 10**6
    assert isinstance(page_store(application)._shared, FilesShared)
    settings.REDIS_URL = "unix:///nowhere/socket"
    assert isinstance(page_store(application)._shared, RedisShared)


def test_signed_in_person_and_desk_pass_by(site, client):
    """Neither a person with a cookie nor the desk, health or a picture meets the store."""
    make_public()
    assert "etag" in ask(site, "/").headers
    for address, sent in [
        ("/", {"cookie": "session=abc"}), ("/admin/login/", {}), ("/healthz", {}),
        ("/livez", {}), ("/readyz", {}),
        ("/media/00000000-0000-0000-0000-000000000000/320.jpg", {}),
    ]:  # fmt: skip
        answer = ask(site, address, **sent)
        assert "etag" not in answer.headers
        assert "public" not in answer.headers["cache-control"]
    assert len(site.entries) == 1


def test_stored_answer_carries_every_header(site, client):
    """A copy has the headers that Django would send, policy included."""
    make_public()
    ask(site, "/")
    copy = ask(site, "/").headers
    for name, value in client.get("/").headers.items():
        if name.lower() not in ("cache-control", "content-security-policy"):
            assert copy[name.lower()] == value
    assert "default-src 'none'" in copy["content-security-policy"]


def test_foreign_host_is_refused_and_not_kept(site):
    """A host name that is not ours gets the refusal each time, and leaves nothing behind."""
    for _time in range(2):
        assert ask(site, "/", host="evil.example").status == 400
    assert len(site.entries) == 0


# The watch


def test_watch_asks_little_while_nothing_changes(watch):
    """After the first reading only the one look remains, and a commit elsewhere ends that."""
    content_changed()
    first = watch()
    assert watch() is first
    content_changed()
    assert watch().name != first.name


def test_watch_does_not_see_what_is_not_committed(watch):
    """A version begins with its commit, and a rolled back one never was."""
    content_changed()
    first = watch()
    with transaction.atomic():
        content_changed()
        assert watch().name == first.name
        transaction.set_rollback(True)
    assert watch() == first


def test_each_version_has_a_second_of_its_own(watch):
    """Many changes in one second still give dates that tell them apart."""
    seconds = []
    for _change in range(3):
        content_changed()
        seconds.append(int(watch().began))
    assert len(set(seconds)) == 3
    assert seconds == sorted(seconds)
    assert abs(seconds[0] - time.time()) < 60


def test_watch_survives_a_lost_connection(watch):
    """A failure is told, and the next question connects again."""
    content_changed()
    first = watch()
    watch._connection.connection.close()
    with pytest.raises(connection.Database.Error):
        watch()
    assert watch().name == first.name


def test_watch_follows_the_clock(watch, monkeypatch):
    """Midnight, and a clock that is set back, are noticed without a write."""
    EngagementFactory(public_from=timezone.now() - HOUR / 2)
    names = {watch().name}
    for moved in (24 * HOUR, -HOUR):
        other = timezone.now() + moved
        monkeypatch.setattr(timezone, "now", lambda other=other: other)
        names.add(watch().name)
        monkeypatch.undo()
    assert len(names) == 3


def test_missing_version_row_is_a_version_too(watch):
    """A newsroom without content has a version."""
    ContentVersion.objects.all().delete()
    assert watch().name.startswith("0-")


def test_author_waits_out_the_lease_once(transactional_db, monkeypatch):
    """A commit with many changes waits once, after it; another one waits again."""
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    for _commit in range(2):
        with transaction.atomic():
            for _change in range(5):
                content_changed()
            assert len(waits) == _commit
    assert waits == [LEASE_SECONDS, LEASE_SECONDS]


# Several processes


def database_url() -> str:
    """Return the test database's address, for a process of its own."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return (
        f"postgresql://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}"
        f"/{found['NAME']}"
    )


def test_every_process_shows_a_publication_at_once(transactional_db, tmp_path):
    """While people read and an editor publishes, no answer is older than the last commit."""
    edition = make_public(
        headline="Edition 0 ends", engagement=EngagementFactory(title="Visit 0 ends")
    )
    article, by = edition.article, UserFactory(is_superuser=True)
    addresses = [f"/articles/{article.slug}/", "/articles/", "/", TIMELINE, CALENDAR, *FEEDS]
    committed = [0]
    faults: list[str] = []
    answered: Counter[str] = Counter()
    over = threading.Event()

    def read(site: str, address: str) -> None:
        number = re.compile(rf"{'Visit' if address == CALENDAR else 'Edition'} (\d+) ends")
        while not over.is_set():
            least = committed[0]
            with urllib.request.urlopen(site + address, timeout=20) as answer:
                text = answer.read().decode()
            shown = max(map(int, number.findall(text)))
            answered[address] += 1
            if shown < least:
                faults.append(f"{address}: {shown} after {least}")

    with running_server(
        DJANGO_SETTINGS_MODULE="tests.bench.settings",
        BENCH_DATA_DIR=str(tmp_path),
        DATABASE_URL=database_url(),
    ) as (_process, site):
        readers = [threading.Thread(target=read, args=[site, address]) for address in addresses]
        for reader in readers:
            reader.start()
        try:
            for number in range(1, 9):
                draft = make_draft(
                    article, topics=edition.topics.all(), headline=f"Edition {number} ends",
                    engagement=EngagementFactory(title=f"Visit {number} ends", public_from=None),
                )  # fmt: skip
                publish(draft, by=by, with_visits=True)
                committed[0] = number
                # Of two more answers to each, the second was asked for after the commit.
                enough = {address: answered[address] + 2 for address in addresses}
                deadline = time.monotonic() + 60
                while any(answered[address] < least for address, least in enough.items()):
                    assert time.monotonic() < deadline, (enough, answered)
                    time.sleep(0.01)
        finally:
            over.set()
            for reader in readers:
                reader.join()
    assert faults == []


def test_store_is_in_front_of_the_site():
    """The application that the server runs is the store, but for the probe that asks nothing."""
    from config import wsgi  # noqa: PLC0415 - only here is it wanted

    assert site_settings.PAGE_STORE_BYTES == 64 * 1024**2
    assert isinstance(wsgi._site, PageStore)
