"""Bodies of requests are received before the application's turn."""

import threading
import time
from io import BytesIO
from types import SimpleNamespace

import pytest

from config import bodies
from config.bodies import GRACE, LEAST_RATE, SLOTS, Bodies, received


class Clock:
    """A clock that reads of a `Stream` move on."""

    now = 0.0


class Stream:
    """A body that comes at a rate (bytes a second), read as the server's: whole or to its end."""

    def __init__(self, clock: Clock, size: int, rate: float) -> None:
        self._clock, self._left, self._rate = clock, size, rate
        self.reads = 0

    def read(self, size: int) -> bytes:
        self.reads += 1
        given = min(size, self._left)
        self._left -= given
        self._clock.now += given / self._rate
        return b"x" * given


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(bodies, "monotonic", lambda: clock.now)
    return clock


def environ(stream, size: int | str) -> dict:
    return {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(size), "wsgi.input": stream}


def test_large_body_comes_whole_in_few_reads(clock):
    """Ten megabytes at a megabyte a second take ten seconds and some two hundred reads."""
    stream = Stream(clock, 10_000_000, 1_000_000)
    body = received(stream, 10_000_000)
    assert len(body.read()) == 10_000_000
    assert stream.reads < 250


def test_slow_line_has_the_time_that_it_needs(clock):
    """Who sends just fast enough is not refused, however long it takes."""
    assert len(received(Stream(clock, 1_000_000, LEAST_RATE), 1_000_000).read()) == 1_000_000
    assert clock.now > 100


@pytest.mark.parametrize("rate", [1, 100, LEAST_RATE / 2])
def test_body_that_comes_too_slowly_is_refused_soon(clock, rate):
    """No read waits for much of it, so the deadline is met."""
    assert received(Stream(clock, 1_000_000, rate), 1_000_000) is None
    assert clock.now < 2.5 * GRACE


def test_body_of_a_client_that_went_away_is_what_there_is_of_it(clock):
    """The application refuses it, as it does now."""
    assert received(Stream(clock, 100, 1_000), 1_000).read() == b"x" * 100


def test_refusals_are_sentences():
    """A slow body, and one too many, are answered in words, and the connection is closed."""
    gate = threading.Event()

    def read(_size: int) -> bytes:
        gate.wait(30)
        return b""

    waiting = SimpleNamespace(read=read)
    application = Bodies(lambda _environ, start: start("200 OK", []) or [b"through"])
    answers: list[tuple[str, list]] = []

    def start(status: str, headers: list) -> None:
        answers.append((status, headers))

    slow = [
        threading.Thread(target=application, args=[environ(waiting, 9), lambda *_a: None])
        for _slot in range(SLOTS)
    ]
    for thread in slow:
        thread.start()
    while application._slots._value:
        time.sleep(0.01)
    (text,) = application(environ(waiting, 9), start)
    assert answers[0][0] == "503 Service Unavailable"
    assert b"Try again" in text
    assert ("Connection", "close") in answers[0][1]
    # Readers need no slot, nor does what is not going to be read.
    for other in ({"REQUEST_METHOD": "GET"}, environ(None, 99_000_000), environ(None, "x")):
        assert application(other, start) == [b"through"]
    gate.set()
    for thread in slow:
        thread.join()
    assert application(environ(BytesIO(b"a form"), 6), start) == [b"through"]


def test_one_request_at_a_time():
    """A second rendering would only slow down the first."""
    inside, most = 0, 0

    def application(_environ, _start):
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.01)
        inside -= 1
        return []

    one = Bodies(application)
    threads = [
        threading.Thread(target=one, args=[{"REQUEST_METHOD": "GET"}, None])
        for _request in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
