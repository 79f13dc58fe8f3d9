"""Servers of a test's own: the production server as a process, and an application in a thread."""

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
from wsgiref.simple_server import WSGIRequestHandler, make_server

from tests.postgres import free_port

CHECKOUT = Path(__file__).resolve().parents[1]


@contextlib.contextmanager
def running_server(**environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the server with two workers; return its process and its address."""
    port = free_port()
    command = [sys.executable, "-m", "config.serve", f"--port={port}", "--workers=2"]
    address = f"http://127.0.0.1:{port}"
    with until_it_answers(command, address, **environment) as process:
        yield process, address


@contextlib.contextmanager
def until_it_answers(
    command: list[str], address: str, seconds: float = 120, **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """Run a program that serves at `address`, and wait until it does."""
    process = subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + seconds
        while not answers(address):
            assert time.monotonic() < deadline, f"the server did not answer within {seconds} s"
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.1)
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def answers(address: str) -> bool:
    """Say whether anything answers there, whatever its answer is."""
    try:
        urllib.request.urlopen(f"{address}/nowhere", timeout=5).close()
    except urllib.error.HTTPError as answer:
        answer.close()
    except OSError:
        return False
    return True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


@contextlib.contextmanager
def serving(application) -> Iterator[tuple[str, list[int]]]:
    """Serve a WSGI application from a thread; return its address and the statuses of its answers,
    to which each answer adds its own.
    """
    statuses: list[int] = []

    def noting(environ, start_response):
        def start(status, headers, exc_info=None):
            statuses.append(int(status[:3]))
            return start_response(status, headers, exc_info)

        return application(environ, start)

    with make_server("127.0.0.1", 0, noting, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])  # seconds to a stop
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", statuses
        finally:
            server.shutdown()
            thread.join()


class Gate:
    """A port of the loopback that leads to another one while it is open."""

    def __init__(self, target: int) -> None:
        self.port, self._target = free_port(), target
        self._server: socket.socket | None = None
        self._ends: list[socket.socket] = []

    def open(self) -> None:
        self._server = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._admit, args=[self._server], daemon=True).start()

    def shut(self) -> None:
        """Refuse new connections and break those that there are."""
        if self._server is not None:
            for end in (self._server, *self._ends):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            self._server = None

    def _admit(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near = server.accept()[0]
                far = socket.create_connection(("127.0.0.1", self._target))
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=[one, other], daemon=True).start()

    @staticmethod
    def _pass(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65_536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
