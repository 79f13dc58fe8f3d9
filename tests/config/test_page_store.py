"""The page store in front of a plain WSGI application that counts how often it is asked."""

import gzip
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import brotli
import pytest

from config.page_store import PageStore, Version
from config.page_store.entries import Basis, Entries, Entry
from config.page_store.requests import MAX_QUERY, MAX_UNKNOWN
from tests.config.plain_site import HTML, NOON, Site, make_store
from tests.wsgi import ask

CONTROL = "cache-control"


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def store(site) -> PageStore:
    return make_store(site)


def test_second_request_does_not_reach_the_application(site, store):
    """What was answered once is answered again, with the same headers and validators."""
    first, second = ask(store), ask(store)
    assert len(site.asked) == 1
    assert first == second
    assert first.body.startswith(b"<p>Two")
    assert first.headers["x-own"] == "yes"
    assert first.headers[CONTROL] == "public, max-age=60"
    assert first.headers["last-modified"] == "Tue, 25 Nov 2025 11:58:20 GMT"
    assert first.headers["vary"] == "Accept-Encoding"
    assert "date" not in first.headers  # the server's to say, each time


def test_change_is_seen_at_the_next_request(site, store):
    """A new version is never answered with what was before it."""
    before = ask(store)
    site.publish("new")
    after = ask(store)
    assert b"new" in after.body
    assert after.headers["etag"] != before.headers["etag"]


def test_change_elsewhere_keeps_the_validator(site, store):
    """A version that leaves a page as it was is no reason to send it again."""
    etag = ask(store, accept_encoding="br").headers["etag"]
    site.publish(site.text)
    assert ask(store, accept_encoding="br", if_none_match=etag).status == 304
    assert len(site.asked) == 2


def test_change_of_other_scopes_leaves_a_page_stored(site, store):
    """A page that names its scopes is made anew when one of them changes, and only then."""
    site.scopes = {"article:1", "subject:2"}
    first = ask(store)
    site.publish("other", "article:2", "subject:3")
    assert ask(store).body == first.body
    site.publish("new", "subject:2")
    assert b"new" in ask(store).body
    site.publish("newer")
    assert b"newer" in ask(store).body


def test_scopes_that_have_to_change_together(site, store):
    """A list of meetings is made anew when both parties have changed."""
    site.scopes = {("country:1", "country:2")}
    first = ask(store)
    site.publish("other", "country:1")
    assert ask(store).body == first.body
    site.publish("new", "country:2", "country:3")
    assert b"new" in ask(store).body


def test_page_with_scopes_ends_with_its_boundary_and_a_clock_set_back(site, store):
    """What changes without a write changes for pages with scopes as well."""
    site.scopes = {"article:1"}
    ask(store)
    site.publish("later", "article:2")
    site.now = site.version.until + 1
    site.version = site.version._replace(name="3", until=site.now + 3_600)
    assert b"later" in ask(store).body
    site.publish("earlier", "article:2")
    site.now -= 60
    assert b"earlier" in ask(store).body


def test_change_of_a_scope_during_the_rendering(site, store):
    """What may be half old is made again; a change elsewhere meanwhile costs nothing."""
    site.scopes = {"article:1"}
    site.during = lambda: site.publish("half", "article:2") if len(site.asked) == 1 else None
    ask(store)
    assert len(site.asked) == 1
    site.publish("new", "article:1")
    site.during = lambda: site.publish("whole", "article:1") if len(site.asked) == 2 else None
    assert b"whole" in ask(store).body
    assert len(site.asked) == 3


def test_boundary_passes_without_a_write(site, store):
    """Towards a boundary max-age shrinks, and no cache keeps a page past it."""
    site.version = Version("1", NOON - 100, NOON + 90)
    ages = []
    for site.now in (NOON, NOON + 30, NOON + 60, NOON + 89.5):
        ages.append(ask(store).headers[CONTROL])
    assert ages == [f"public, max-age={seconds}" for seconds in (60, 60, 30, 0)]
    assert len(site.asked) == 1


def test_lease_ends_with_the_version(site):
    """A lease saves questions, and never outlives a boundary."""
    asked: list[int] = []

    def version() -> Version:
        asked.append(1)
        return site.version

    store = PageStore(site, version=version, clock=lambda: site.now, lease=60)
    for _request in range(5):
        ask(store)
    assert len(asked) == 2  # before the rendering and after it
    site.version = Version("1", NOON - 100, site.now - 1)
    store = PageStore(site, version=version, clock=lambda: site.now, lease=60)
    asked.clear()
    for _request in range(3):
        ask(store)
    assert len(asked) == 4


def test_page_made_while_something_changed_is_made_again(site, store):
    """What may be half old and half new is not what people get."""
    changes = iter(["changed meanwhile"])
    site.during = lambda: [site.publish(text) for text in changes]
    site.text = "half"
    answer = ask(store)
    assert answer.body.startswith(b"changed meanwhile")
    assert len(site.asked) == 2
    assert ask(store) == answer
    assert len(site.asked) == 2


def test_page_that_changes_all_the_time_is_not_kept(site, store):
    """After three times it is sent as it is, for this once."""
    site.during = lambda: site.publish("changed meanwhile")
    answer = ask(store)
    assert answer.status == 200
    assert answer.headers[CONTROL] == "no-cache"
    assert "last-modified" not in answer.headers
    assert len(site.asked) == 3
    assert len(store.entries) == 0


def test_stored_page_while_the_version_is_unknown(site, monkeypatch):
    """It is sent for `stale` seconds after its version was read, never past a boundary, and no
    cache keeps it; what is not stored goes to the application."""
    seconds = 0.0
    monkeypatch.setattr("config.page_store.application.monotonic", lambda: seconds)
    known = True

    def version() -> Version:
        if not known:
            raise OSError("away")
        return site.version

    store = PageStore(site, version=version, clock=lambda: site.now, stale=30)
    first = ask(store)
    known, site.status = False, "503 Service Unavailable"
    seconds = 29
    assert ask(store).body == first.body
    assert ask(store).headers[CONTROL] == "no-cache"
    assert ask(store, "/other").status == 503
    seconds = 31
    assert ask(store).status == 503
    known, site.status, seconds = True, "200 OK", 60
    ask(store)
    known, site.status = False, "503 Service Unavailable"
    assert ask(store).status == 200
    site.now = site.version.until
    assert ask(store).status == 503


def test_unknown_version_passes_everything(site):
    """Where nobody can say what is true, nothing stored is sent."""
    answers = iter([site.version, site.version, OSError("no database"), site.version])

    def version() -> Version:
        found = next(answers)
        if isinstance(found, Exception):
            raise found
        return found

    store = PageStore(site, version=version, clock=lambda: site.now)
    assert "etag" in ask(store).headers
    assert "etag" not in ask(store).headers
    assert "etag" in ask(store).headers
    assert len(site.asked) == 2


@pytest.mark.parametrize(
    "request_", [{"cookie": "session=abc"}, {"authorization": "Basic YQ=="}, {"method": "POST"},
                 {"method": "OPTIONS"}, {"path": "/admin/x/"}, {"path": "/" + "a" * 600}],
)  # fmt: skip
def test_some_requests_always_pass(site, store, request_):
    """Neither a signed-in person nor a form meets the store, in either direction."""
    for _time in range(2):
        assert "etag" not in ask(store, **request_).headers
    assert len(site.asked) == 2
    assert len(store.entries) == 0


@pytest.mark.parametrize(
    ("status", "header"),
    [
        ("404 Not Found", ("X", "")), ("500 Error", ("X", "")), ("302 Found", ("Location", "/")),
        ("200 OK", ("Set-Cookie", "a=b")), ("200 OK", ("Cache-Control", "no-store")),
        ("200 OK", ("Cache-Control", "max-age=0, Private")), ("200 OK", ("Vary", "Cookie")),
        ("200 OK", ("Vary", "*")), ("200 OK", ("X-Accel-Redirect", "/private/a")),
    ],
)  # fmt: skip
def test_some_answers_are_not_kept(site, store, status, header):
    """An error, a private answer and one for this sender alone are sent as they are."""
    site.status, site.headers = status, [header]
    for _time in range(2):
        answer = ask(store)
        assert answer.status == int(status[:3])
        assert header[0].lower() in answer.headers
        assert "etag" not in answer.headers
    assert len(site.asked) == 2


@pytest.mark.parametrize("status", ["301 Moved Permanently", "410 Gone"])
def test_redirect_and_withdrawn_page_are_kept_without_conditions(site, store, status):
    """What moved or is withdrawn says so at once, and never "unchanged"."""
    site.status = status
    etag = ask(store).headers["etag"]
    assert ask(store, if_none_match=etag).status == int(status[:3])
    assert len(site.asked) == 1


def test_stream_is_not_kept(site):
    """What announces no length is passed on piece by piece."""

    def stream(environ, start_response):
        start_response("200 OK", [("Content-Type", HTML)])
        yield b"one"
        yield b"two"

    def application(environ, start_response):
        chunks = stream(environ, start_response)
        return [next(chunks), *chunks]

    store = PageStore(application, version=lambda: site.version)
    assert ask(store).body == b"onetwo"
    assert len(store.entries) == 0


def test_head_is_answered_from_the_same_entry(site, store):
    """HEAD has the headers of GET, its length included, and no body."""
    head, get = ask(store, method="HEAD"), ask(store)
    assert head.headers == get.headers
    assert int(head.headers["content-length"]) == len(get.body)
    assert head.body == b""
    assert len(site.asked) == 1
    site.status = "404 Not Found"
    assert ask(store, "/nowhere/", method="HEAD").body == b""


def test_codings_are_made_once_and_agree(site, store):
    """Each coding has its own validator and tells the same."""
    plain = ask(store)
    packed = {name: ask(store, accept_encoding=name) for name in ("gzip", "br")}
    assert gzip.decompress(packed["gzip"].body) == plain.body
    assert brotli.decompress(packed["br"].body) == plain.body
    assert len({answer.headers["etag"] for answer in [plain, *packed.values()]}) == 3
    assert ask(store, accept_encoding="gzip").body is packed["gzip"].body
    for name, answer in packed.items():
        assert answer.headers["content-encoding"] == name
        assert int(answer.headers["content-length"]) == len(answer.body)


def test_picture_and_short_text_are_not_compressed(site, store):
    """What would not shrink is sent as it is, and varies by nothing."""
    site.headers = [("Content-Type", "image/png")]
    answer = ask(store, accept_encoding="gzip, br")
    assert "content-encoding" not in answer.headers
    assert "vary" not in answer.headers
    site.headers, site.text = [("Content-Type", HTML)], ""
    assert "content-encoding" not in ask(store, "/short", accept_encoding="br").headers


def test_no_date_in_the_first_second_of_a_version(site, store):
    """Two versions of one second would share a date, so neither has it while both are possible."""
    site.version, site.now = Version("1", NOON + 0.2, NOON + 3_600), NOON + 0.9
    assert "last-modified" not in ask(store).headers
    assert ask(store, if_modified_since="Tue, 25 Nov 2025 12:00:00 GMT").status == 200
    site.now = NOON + 1
    assert ask(store).headers["last-modified"] == "Tue, 25 Nov 2025 12:00:00 GMT"


def test_ten_thousand_parameters_cannot_grow_the_store(site, store):
    """Foreign parameters share one entry; more of them than a link brings pass untouched."""
    for number in range(10_000):
        ask(store, f"/?p{number}=x")
    assert len(site.asked) == len(store.entries) == 1
    many = "&".join(f"p{number}=x" for number in range(MAX_UNKNOWN + 1))
    for query in (many, "topic=" + "a" * MAX_QUERY):
        assert "etag" not in ask(store, f"/?{query}").headers
        assert site.asked[-1]["QUERY_STRING"] == query
    assert len(store.entries) == 1


def test_memory_is_bounded(site):
    """Ten thousand pages stay within the bytes allowed, and the least recently used make way."""
    store = make_store(site, max_bytes=200_000)
    ask(store, "/kept/")
    for number in range(10_000):
        ask(store, f"/?topic={number}", accept_encoding="br")
        ask(store, "/kept/")
        assert store.entries.bytes <= 200_000
    assert len(site.asked) == 10_001
    assert 10 < len(store.entries) < 60


def test_page_too_large_for_its_part_is_not_kept(site):
    """One page cannot clear out the others."""
    store = make_store(site, max_bytes=2_000)
    assert "etag" not in ask(store).headers
    assert len(store.entries) == 0


def test_entries_are_counted_as_they_grow():
    """The bytes of compressed forms count too, and replaced entries no longer do."""
    entries = Entries(1_000_000)
    entry = Entry("1", Basis(1, 0, 0), "200 OK", [("Content-Type", HTML)], b"x" * 10_000)
    entries.put("a", entry)
    before = entries.bytes
    packed = entry.response(1)
    entries.grown("a", entry)
    assert entries.bytes == before + len(packed.body)
    entries.put("a", Entry("2", Basis(2, 0, 0), "200 OK", [], b""))
    assert entries.bytes < 10_000


def test_combinations_have_a_share_of_the_time(site):
    """Beyond it a page of several parameters is refused for a while; others are sent."""
    store = make_store(site, share=0.01)
    site.during = lambda: time.sleep(0.05)  # with its pause, five seconds
    assert ask(store, "/?topic=a&page=1").status == 200
    refused = ask(store, "/?topic=b&page=1")
    assert (refused.status, refused.headers["retry-after"]) == (503, "2")
    assert refused.headers[CONTROL] == "no-store"
    assert b"Try again" in refused.body
    assert ask(store, "/?topic=b&page=1", "HEAD").body == b""
    paths = ("/?topic=a&page=1", "/?topic=b", "/", "/other/")
    assert [ask(store, path).status for path in paths] == [200] * 4
    store._combinations.paid_until = 0
    assert ask(store, "/?topic=b&page=1").status == 200


def test_who_chooses_filters_is_not_refused(site):
    """A person comes to a page by a redirect and chooses again at once."""
    store = make_store(site, share=1 / 4)
    site.during = lambda: time.sleep(0.05)
    assert {ask(store, f"/?topic=a&page={number}").status for number in range(5)} == {200}


def test_combinations_are_rendered_one_at_a_time(site):
    """While one is being made, another is refused, and all other pages are made."""
    store = make_store(site)
    began, go_on = threading.Event(), threading.Event()

    def wait():
        site.during = lambda: None
        began.set()
        go_on.wait(10)

    site.during = wait
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, store, "/?topic=a&page=1")
        began.wait(10)
        assert ask(store, "/?topic=b&page=1").status == 503
        assert ask(store, "/?topic=b").status == 200
        go_on.set()
        assert first.result().status == 200
    assert ask(store, "/?topic=b&page=1").status == 200


def test_one_rendering_for_all_who_ask_at_once(site, store):
    """Twenty threads that miss the same page wait for one of them."""
    together = threading.Barrier(20)
    site.during = lambda: time.sleep(0.2)

    def visit(_number: int):
        together.wait()
        return ask(store)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(visit, range(20)))
    assert len(site.asked) == 1
    assert all(answer == answers[0] for answer in answers)


def test_who_asks_after_a_change_does_not_wait_for_an_older_page(site, store):
    """A page that is being made of the version before is not for those who come after it.

    They wait for one of theirs.
    """
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        site.during = lambda: None
        begun.set()
        go_on.wait(10)

    site.during = slow
    with ThreadPoolExecutor(1) as pool:
        earlier = pool.submit(ask, store)
        assert begun.wait(10)
        site.publish("new")
        site.during = lambda: time.sleep(0.2)
        with ThreadPoolExecutor(10) as others:
            answers = list(others.map(lambda _number: ask(store), range(10)))
        assert all(b"new" in answer.body for answer in answers)
        assert len(site.asked) == 2
        site.during = lambda: None
        go_on.set()
        earlier.result()
    assert b"new" in ask(store).body


def test_failed_rendering_frees_those_who_wait(site, store):
    """After an error the next one who asks tries again."""

    def fail() -> None:
        raise RuntimeError("no template")

    site.during = fail
    with pytest.raises(RuntimeError):
        ask(store)
    site.during = lambda: None
    assert ask(store).status == 200
