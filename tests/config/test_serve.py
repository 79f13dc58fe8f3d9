"""The production server itself, as `make demo` and an operator start it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from config import demo, serve
from config.bodies import GRACE
from tests.postgres import free_port
from tests.server import answers, running_server

# They share a server, which takes seconds to start.
pytestmark = pytest.mark.xdist_group("server")

NAME = "Communiqué"


class Site(NamedTuple):
    process: subprocess.Popen[str]
    address: str
    environment: Path  # the file in the place of .env
    states: socket.socket  # what systemd would receive


def settings_for(folder: Path) -> dict[str, str]:
    """Return what a server of a test needs of the environment: the demo's."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "DEMO": "true",
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running server that all tests but the last leave as it is."""
    folder = tmp_path_factory.mktemp("server")
    environment = folder / "env"
    environment.write_text(f"SITE_NAME={NAME}\n")
    with (
        pytest.MonkeyPatch.context() as patch,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as states,
    ):
        # The suite's own would win over the file.
        for name in ("SITE_NAME", "TIME_ZONE"):
            patch.delenv(name)
        states.bind(str(folder / "notify"))
        states.settimeout(30)
        more = {
            "DJANGO_SETTINGS_MODULE": "tests.reloaded",
            "ENV_FILE": str(environment),
            "LOG_LEVEL": "ERROR",  # nobody reads what it writes
            "NOTIFY_SOCKET": str(folder / "notify"),
            "WATCHDOG_USEC": "1000000",
        }
        with running_server(**settings_for(folder) | more) as (process, address):
            yield Site(process, address, environment, states)


def test_service_manager_hears_that_the_site_answers(site):
    """Once when it is ready, then again and again, for as long as a worker answers."""
    assert site.states.recv(100) == b"READY=1\nWATCHDOG=1"
    assert site.states.recv(100) == b"WATCHDOG=1"


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="the system knows no such policy")
def test_workers_take_requests_in_batches(site):
    """Each of the two workers is told not to interrupt others for every request."""
    deadline = time.monotonic() + 60
    # The server answers as soon as one worker does.
    while len(in_batches(site.process.pid)) < 2:
        assert time.monotonic() < deadline, "two workers do not take requests in batches"
        time.sleep(0.05)


def in_batches(server: int) -> list[str]:
    """Return the server's workers of which every thread runs in batches."""
    found = []
    for child in workers_of(server):
        with contextlib.suppress(OSError):  # a thread that has just ended
            threads = [int(thread.name) for thread in Path(f"/proc/{child}/task").iterdir()]
            if all(os.sched_getscheduler(thread) == os.SCHED_BATCH for thread in threads):
                found.append(child)
    return found


@pytest.mark.browser
def test_browser_shows_why_an_upload_was_refused(site, browser, tmp_path):
    """A file over the cap is answered while it is being sent, and a person still reads why."""
    file = tmp_path / "large.jpg"
    file.write_bytes(b"\0" * 20_000_000)
    page = browser.new_page()
    page.set_content(
        f'<form action="{site.address}/nowhere" method="post" enctype="multipart/form-data">'
        '<input type="file" name="picture"><button>Send</button></form>'
    )
    page.set_input_files("input", file)
    page.click("button")
    page.wait_for_url(f"{site.address}/nowhere")
    assert "larger than 12 MB" in page.inner_text("body")
    page.close()


class Slow(threading.Thread):
    """Sends a form of a megabyte, a byte a second, until it gets an answer."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.port = int(address.rpartition(":")[2])
        self.answer, self.took = b"", 0.0

    def run(self) -> None:
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.port), timeout=1) as channel:
            channel.sendall(
                b"POST /admin/account/login/ HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n"
                b"Cookie: csrftoken=" + b"a" * 32 + b"\r\nContent-Length: 1000000\r\n\r\n"
            )
            while not self.answer and time.monotonic() < began + 30:
                channel.sendall(b"a")
                with contextlib.suppress(TimeoutError):
                    self.answer = channel.recv(1000)
        self.took = time.monotonic() - began


def test_people_who_send_slowly_keep_nobody_waiting(site):
    """As many slow forms as the workers have threads for them: every page comes, and whoever sends
    slowly is refused after ten seconds."""
    slow = [Slow(site.address) for _sender in range(4)]
    for sender in slow:
        sender.start()
    time.sleep(1)
    waits = []
    for _request in range(20):
        began = time.monotonic()
        assert status_of(f"{site.address}/nowhere") == 404
        waits.append(time.monotonic() - began)
    assert max(waits) < 3  # for ever, before
    for sender in slow:
        sender.join()
    refused = [sender for sender in slow if sender.answer.startswith(b"HTTP/1.1 408 ")]
    assert len(refused) >= 2
    assert all(sender.took < GRACE + 5 for sender in refused)


def status_of(address: str, wanted: bytes = b"") -> int:
    """Return the status of an answer, 0 for one without what is wanted."""
    try:
        answer = urllib.request.urlopen(address, timeout=20)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    with answer:
        return answer.status if wanted in answer.read() else 0


def test_reload_refuses_nobody_and_takes_new_settings(site):
    """At SIGHUP, under load: wrong settings change nothing, right ones are on every later page."""
    over = threading.Event()
    answered: list[int] = []
    failures: list[BaseException] = []

    def ask() -> None:
        while not over.is_set():
            try:
                answered.append(status_of(f"{site.address}/nowhere"))
            except OSError as error:
                failures.append(error)
            time.sleep(0.02)  # or nothing is left of the machine for the new workers' start

    readers = [threading.Thread(target=ask) for _reader in range(4)]
    for reader in readers:
        reader.start()
    try:
        site.environment.write_text("SITE_NAME=Wrong\nTIME_ZONE=Nowhere/Nothing\n")
        site.process.send_signal(signal.SIGHUP)
        for line in site.process.stderr:
            if "Not reloaded" in line:
                assert "Nowhere/Nothing" in line
                break
        before = workers_of(site.process.pid)
        site.environment.write_text("SITE_NAME=After the reload\n")
        site.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 120
        while before & workers_of(site.process.pid):
            assert time.monotonic() < deadline, "the workers were not replaced"
            time.sleep(0.1)
    finally:
        over.set()
        for reader in readers:
            reader.join()
    assert failures == []
    assert set(answered) == {404}
    for _request in range(10):
        assert status_of(f"{site.address}/nowhere", b"After the reload") == 404


def workers_of(server: int) -> set[str]:
    """Return the pids of a server's workers."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    # The other child looks after shared semaphores.
    return {
        child for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    }


def test_workers_end_with_their_parent(site):
    """A server that was killed leaves no worker behind that nobody could stop or restart."""
    workers = workers_of(site.process.pid)
    assert len(workers) == 2
    site.process.kill()
    deadline = time.monotonic() + 30
    while answers(site.address):
        assert time.monotonic() < deadline, "a worker serves on"
        time.sleep(0.1)


def test_interrupt_stops_every_process(tmp_path):
    """Ctrl+C, which a terminal sends to the whole group, ends all of it and frees the port."""
    with running_server(**settings_for(tmp_path)) as (process, address):
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=60) == 0
        assert not answers(address)


@pytest.mark.parametrize(
    ("host", "trusts", "warns"),
    [("127.0.0.1", False, False), ("0.0.0.0", True, False), ("0.0.0.0", False, True)],  # noqa: S104
)
def test_public_address_without_a_web_server_in_front(settings, caplog, host, trusts, warns):
    """It works, and the log says what may happen."""
    settings.TRUST_PROXY_HEADERS = trusts
    serve.warn_of_public_address(host)
    assert ("reached by anyone" in caplog.text) == warns


def test_demo_starts_the_worker_beside_the_server(monkeypatch, tmp_path):
    """`make demo` runs the worker, which ends with the process that becomes the server."""
    started: list[list[str]] = []
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(demo, "HOME", tmp_path)
    monkeypatch.setattr(demo, "prepare", lambda: None)
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_more: started.append(command))
    monkeypatch.setattr(os, "execv", lambda _program, command: started.append(command))
    monkeypatch.setattr(sys, "argv", ["demo", f"--port={free_port()}"])
    demo.main()
    worker, server = (command[1:] for command in started)
    assert worker == ["manage.py", "worker", f"--parent={os.getpid()}"]
    assert server[:2] == ["-m", "config.serve"]
