"""Entries that several page stores share, on a Redis server of the test's own."""

import subprocess
import time
from collections.abc import Iterator

import pytest
import redis

from config.page_store.shared import RedisShared
from tests.config.plain_site import Site, make_store
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


def shared(address: str, namespace: str = "this release") -> RedisShared:
    return RedisShared(address, namespace)


def test_page_that_one_process_made_is_taken_by_another(site, address):
    """The second process asks nobody, and its answer and validators are the first one's."""
    one, other = (make_store(site, shared=shared(address)) for _process in range(2))
    assert ask(one, accept_encoding="br") == ask(other, accept_encoding="br")
    assert len(site.asked) == 1


def test_shared_page_belongs_to_its_version_and_release(site, address):
    """Neither an older version nor another release's page is ever taken."""
    ask(make_store(site, shared=shared(address)))
    site.publish("new")
    assert b"new" in ask(make_store(site, shared=shared(address))).body
    ask(make_store(site, shared=shared(address, "another release")))
    assert len(site.asked) == 3


def test_shared_page_holds_while_its_scopes_do(site, address):
    """Another process takes a page made before a change that does not concern it."""
    site.scopes = {"article:1", ("country:1", "country:2")}
    first = ask(make_store(site, shared=shared(address)))
    site.publish("other", "article:2", "country:2")
    assert ask(make_store(site, shared=shared(address))).body == first.body
    site.publish("new", "country:1")
    assert b"new" in ask(make_store(site, shared=shared(address))).body


def test_page_that_changes_all_the_time_is_not_shared(site, address):
    """What may be half old and half new stays with who asked for it."""
    one, other = (make_store(site, shared=shared(address)) for _process in range(2))
    first = site.version
    site.during = lambda: site.publish("half")
    ask(one)
    site.version, site.during = first, lambda: None
    ask(other)
    assert len(site.asked) == 4


def test_lost_or_strange_server_costs_nothing_but_the_sharing(site, address, caplog):
    """Without the server pages are made as usual, and it is left in peace for a while."""
    lost = make_store(site, shared=shared("unix:///nowhere/socket"))
    for path in ("/", "/other/"):
        assert ask(lost, path).status == 200
    assert caplog.text.count("not shared") == 1
    store = make_store(site, shared=shared(address))
    ask(store)
    client = redis.Redis.from_url(address)
    (name,) = client.keys()
    for nonsense in (
        b"",
        b"[1]\n",
        b'{"a": 1}\nbody',
        b'["200 OK", [["a"]]]\n',
        b"\xff\n",
        b'["1", ["a", "b", "c", []], "200 OK", []]\n',
    ):
        client.set(name, nonsense)
        assert ask(make_store(site, shared=shared(address))).body.startswith(b"<p>Two")
    client.close()
