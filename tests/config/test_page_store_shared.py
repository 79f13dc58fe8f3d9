"""Entries that several page stores share, in files or on a Redis server of the test's own."""

import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from config.page_store.entries import Basis, Entry
from config.page_store.shared import FilesShared, RedisShared, _packed
from tests.config.plain_site import HTML, NOON, Site, make_store
from tests.tools import find_program
from tests.wsgi import ask


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    """Return the address of a Redis server that keeps nothing."""
    program = find_program("redis-server")
    if program is None:
        pytest.skip("no redis-server was found")
    socket = tmp_path_factory.mktemp("redis") / "socket"
    arguments = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not socket.exists():
            assert time.monotonic() < deadline, "redis-server did not start"
            time.sleep(0.05)
        yield f"unix://{socket}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def address(server) -> str:
    client = redis.Redis.from_url(server)
    client.flushall()
    client.close()
    return server


@pytest.fixture
def site() -> Site:
    return Site()


KEY = b"secret"
Share = Callable[..., FilesShared | RedisShared]


@pytest.fixture(params=["files", "Redis"])
def shared(request, tmp_path) -> Share:
    """Return the function that opens what processes share, once for each of them."""
    if request.param == "files":
        return lambda namespace="this release": FilesShared(tmp_path, namespace, KEY, 10**9)
    address = request.getfixturevalue("address")
    return lambda namespace="this release": RedisShared(address, namespace, KEY)


def test_page_that_one_process_made_is_taken_by_another(site, shared):
    """The second process asks nobody, and its answer and validators are the first one's."""
    one, other = (make_store(site, shared=shared()) for _process in range(2))
    assert ask(one, accept_encoding="br") == ask(other, accept_encoding="br")
    assert len(site.asked) == 1


def test_shared_page_belongs_to_its_version_and_release(site, shared):
    """Neither an older version nor another release's page is ever taken."""
    ask(make_store(site, shared=shared()))
    site.publish("new")
    assert b"new" in ask(make_store(site, shared=shared())).body
    ask(make_store(site, shared=shared("another release")))
    assert len(site.asked) == 3


def test_shared_page_holds_while_its_scopes_do(site, shared):
    """Another process takes a page made before a change that does not concern it."""
    site.scopes = {"article:1", ("country:1", "country:2")}
    first = ask(make_store(site, shared=shared()))
    site.publish("other", "article:2", "country:2")
    assert ask(make_store(site, shared=shared())).body == first.body
    site.publish("new", "country:1")
    assert b"new" in ask(make_store(site, shared=shared())).body


def test_page_that_changes_all_the_time_is_not_shared(site, shared):
    """What may be half old and half new stays with who asked for it."""
    one, other = (make_store(site, shared=shared()) for _process in range(2))
    first = site.version
    site.during = lambda: site.publish("half")
    ask(one)
    site.version, site.during = first, lambda: None
    ask(other)
    assert len(site.asked) == 4


NONSENSE = (
    b"", b"[1]\n", b'{"a": 1}\nbody', b'["200 OK", [["a"]]]\n', b"\xff\n",
    b'["1", ["a", "b", "c", []], "200 OK", []]\n',
)  # fmt: skip


def test_lost_or_strange_server_costs_nothing_but_the_sharing(site, address, caplog):
    """Without the server pages are made as usual, and it is left in peace for a while."""
    lost = make_store(site, shared=RedisShared("unix:///nowhere/socket", "x", KEY))
    for path in ("/", "/other/"):
        assert ask(lost, path).status == 200
    assert caplog.text.count("not shared") == 1
    ask(make_store(site, shared=RedisShared(address, "x", KEY)))
    client = redis.Redis.from_url(address)
    (name,) = client.keys()
    for nonsense in NONSENSE:
        client.set(name, nonsense)
        store = make_store(site, shared=RedisShared(address, "x", KEY))
        assert ask(store).body.startswith(b"<p>Two")
    client.close()


DEEP: list = []
for _level in range(500):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("200 OK", [("Content-Type", HTML)]),
        ("200", []),
        ("2OO OK\r\nX: y", []),
        ("200 OK", [("Content-Length", "1"), ("Content-Length", "2")]),
        ("200 OK", [("X-Deep", DEEP)]),
    ],
)
def test_poisoned_entry_is_a_miss(site, address, status, headers):
    """What somebody without the site's key wrote is not sent, whatever it is."""
    ask(make_store(site, shared=RedisShared(address, "x", KEY)))
    client = redis.Redis.from_url(address)
    (name,) = client.keys()
    basis = Basis(1, NOON - 10, NOON + 3_600, frozenset({"article:1"}))
    poison = Entry("1", basis, status, headers, b"<h1>poison</h1>")
    for key in (b"", b"another"):
        client.set(name, _packed(poison, name.decode(), key))
        answer = ask(make_store(site, shared=RedisShared(address, "x", KEY)))
        assert answer.body.startswith(b"<p>Two")
        # The site's own stands there again.
        assert client.get(name) != _packed(poison, name.decode(), key)
    client.close()


@pytest.mark.parametrize("error", [ValueError("strange"), RecursionError(), OSError("gone")])
def test_error_of_any_kind_is_a_miss(site, address, monkeypatch, error):
    """No fault of a server that only saves time reaches a reader."""
    store = make_store(site, shared=RedisShared(address, "x", KEY))

    def fail(*_arguments, **_more):
        raise error

    monkeypatch.setattr(redis.Redis, "get", fail)
    monkeypatch.setattr(redis.Redis, "set", fail)
    assert ask(store).body.startswith(b"<p>Two")


def test_strange_file_and_full_disk_cost_nothing_but_the_sharing(site, tmp_path, caplog):
    """A file of nonsense is replaced; where none can be written, pages are made as usual."""
    ask(make_store(site, shared=FilesShared(tmp_path, "x", KEY, 10**9)))
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    whole = file.read_bytes()
    damaged = whole.replace(b"Two", b"Ten")
    for nonsense in (*NONSENSE, whole[:-1], damaged, whole[:16] + b"\n"):
        file.write_bytes(nonsense)
        store = make_store(site, shared=FilesShared(tmp_path, "x", KEY, 10**9))
        assert ask(store).body.startswith(b"<p>Two")
    other = make_store(site, shared=FilesShared(tmp_path, "x", KEY, 10**9))
    ask(other, "/other/")
    [moved] = {path for path in tmp_path.rglob("*") if path.is_file()} - {file}
    file.write_bytes(moved.read_bytes())
    store = make_store(site, shared=FilesShared(tmp_path, "x", KEY, 10**9))
    assert b"/other/" not in ask(store).body
    nowhere = FilesShared(file, "x", KEY, 10**9)
    assert ask(make_store(site, shared=nowhere)).body.startswith(b"<p>Two")
    assert "not shared" in caplog.text


def test_files_are_bounded_and_an_older_release_leaves_none(site, tmp_path):
    """The oldest entries go first, and those of another release at the start."""
    site.text = "x" * 10_000
    store = make_store(site, shared=FilesShared(tmp_path, "old", KEY, 256 * 30_000))
    for number in range(1_000):
        ask(store, f"/{number}/")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert 256 < len(files) < 256 * 3
    FilesShared(tmp_path, "new", KEY, 10**9)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
