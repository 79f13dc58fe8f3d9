"""The production server as a process of its own."""

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.postgres import free_port

CHECKOUT = Path(__file__).resolve().parents[1]


@contextlib.contextmanager
def running_server(**environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the server with two workers; return its process and its address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "config.serve", f"--port={port}", "--workers=2"],
        cwd=CHECKOUT,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 30
        while not answers(address):
            assert time.monotonic() < deadline, "the server did not answer within 30 s"
            assert process.poll() is None, "the server ended by itself"
            time.sleep(0.1)
        yield process, address
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


def answers(address: str) -> bool:
    """Say whether anything answers there, whatever its answer is."""
    try:
        urllib.request.urlopen(f"{address}/nowhere", timeout=5).close()
    except urllib.error.HTTPError as answer:
        answer.close()
    except OSError:
        return False
    return True
