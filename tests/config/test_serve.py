"""The production server itself, as `make demo` and an operator start it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import demo
from tests.postgres import free_port
from tests.server import answers, running_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running server and its address; what it needs of the environment is the demo's."""
    with running_server(
        DJANGO_SETTINGS_MODULE="config.settings",
        DATA_DIR=str(tmp_path),
        DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3",
        DEMO="true",
    ) as found:
        yield found


def test_interrupt_stops_every_process(server):
    """Ctrl+C, which a terminal sends to the whole group, ends all of it and frees the port."""
    process, address = server
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=60) == 0
    assert not answers(address)


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="the system knows no such policy")
def test_workers_take_requests_in_batches(server):
    """Each of the two workers is told not to interrupt others for every request."""
    process, _address = server
    deadline = time.monotonic() + 60
    # The server answers as soon as one worker does.
    while len(in_batches(process.pid)) < 2:
        assert time.monotonic() < deadline, "two workers do not take requests in batches"
        time.sleep(0.05)


def in_batches(server: int) -> list[str]:
    """Return the server's children of which every thread runs in batches."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    found = []
    for child in children:
        with contextlib.suppress(OSError):  # a thread that has just ended
            threads = [int(thread.name) for thread in Path(f"/proc/{child}/task").iterdir()]
            if all(os.sched_getscheduler(thread) == os.SCHED_BATCH for thread in threads):
                found.append(child)
    return found


@pytest.mark.browser
def test_browser_shows_why_an_upload_was_refused(server, browser, tmp_path):
    """A file over the cap is answered while it is being sent, and a person still reads why."""
    _process, address = server
    file = tmp_path / "large.jpg"
    file.write_bytes(b"\0" * 20_000_000)
    page = browser.new_page()
    page.set_content(
        f'<form action="{address}/nowhere" method="post" enctype="multipart/form-data">'
        '<input type="file" name="picture"><button>Send</button></form>'
    )
    page.set_input_files("input", file)
    page.click("button")
    page.wait_for_url(f"{address}/nowhere")
    assert "larger than 12 MB" in page.inner_text("body")
    page.close()


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
