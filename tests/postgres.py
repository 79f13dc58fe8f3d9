"""A private PostgreSQL cluster that lives as long as a test run."""

import contextlib
import getpass
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def private_cluster(programs: Path) -> Iterator[str]:
    """Start a cluster on a free port of the loopback and yield its address; then remove it.

    Raises RuntimeError, with what the program said, if it cannot start.
    """
    owner = ordinary_user()
    home = Path(tempfile.mkdtemp(prefix="communique-pg-"))
    try:
        if owner:
            os.chown(home, pwd.getpwnam(owner).pw_uid, pwd.getpwnam(owner).pw_gid)
        data = home / "data"
        number = free_port()
        options = [
            f"-p {number}",
            "-c listen_addresses=127.0.0.1",
            f"-c unix_socket_directories={home}",
            # The data need not outlive a power cut.
            "-c fsync=off -c synchronous_commit=off -c full_page_writes=off",
            "-c max_connections=200",
        ]
        run(
            [
                programs / "initdb",
                f"--pgdata={data}",
                "--username=communique",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ],
            owner,
            home,
        )
        control = [programs / "pg_ctl", f"--pgdata={data}", "--silent", "--wait"]
        run(
            [*control, f"--log={home / 'log'}", f"--options={' '.join(options)}", "start"],
            owner,
            home,
        )
        try:
            yield f"postgresql://communique@127.0.0.1:{number}/postgres"
        finally:
            run([*control, "--mode=immediate", "stop"], owner, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def ordinary_user() -> str | None:
    """Return whom to run the server as, or None for ourselves: initdb refuses root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def run(command: list[object], owner: str | None, home: Path) -> None:
    """Run a program as the owner, quietly; its output goes to a file and into any error.

    Not into a pipe: the server inherits it, and reading to its end would wait for the server.
    """
    output = home / "output"
    with output.open("w") as file:
        done = subprocess.run(
            [str(part) for part in command],
            user=owner,
            group=pwd.getpwnam(owner).pw_gid if owner else None,
            extra_groups=[] if owner else None,
            cwd=home,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        log = home / "log"
        said = output.read_text() + (log.read_text() if log.exists() else "")
        raise RuntimeError(f"{command[0]}, as {owner or getpass.getuser()}, failed:\n{said}")


def free_port() -> int:
    """Return a port of the loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
