"""Feed readers that people use, to be polled by a test."""

import datetime as dt
import email.utils
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import feedparser
import pytest

Seen = list[tuple[str, dt.datetime]]


def program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} was not found (Debian: {'rss2email' if name == 'r2e' else name})")
    return path


def run(home: Path, *command: str) -> str:
    environment = os.environ | {"HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    done = subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def newsboat(home: Path, address: str) -> Callable[[], Seen]:
    """Return a poll that gives the unread items, title and date, and reads them."""
    path = program("newsboat")
    (home / "urls").write_text(f"{address}\n")
    (home / "config").touch()
    options = (path, "-u", "urls", "-C", "config", "-c", "cache.db")

    def poll() -> Seen:
        run(home, *options, "-x", "reload")
        database = sqlite3.connect(home / "cache.db")
        rows = database.execute(
            "SELECT title, pubDate FROM rss_item WHERE unread = 1 ORDER BY pubDate DESC"
        ).fetchall()
        database.execute("UPDATE rss_item SET unread = 0")
        database.commit()
        database.close()
        return [(title, dt.datetime.fromtimestamp(moment, dt.UTC)) for title, moment in rows]

    return poll


def rss2email(home: Path, address: str) -> Callable[[], Seen]:
    """Return a poll that gives the subject and date of each mail that it sends."""
    path = program("r2e")
    script, mails = home / "sendmail", home / "mails"
    script.write_text(f'#!/bin/sh\nmkdir -p "{mails}"\nexec cat > "{mails}/$$"\n')
    script.chmod(0o755)
    options = (path, "--config", "r2e.cfg", "--data", "r2e.json")
    run(home, *options, "new", "me@example.org")
    config = home / "r2e.cfg"
    lines = config.read_text().splitlines()
    settings = {
        "email-protocol": "sendmail", "sendmail": str(script), "date-header": "True",
    }  # fmt: skip
    config.write_text(
        "\n".join(
            f"{name} = {settings[name]}" if (name := line.partition(" ")[0]) in settings else line
            for line in lines
        )
    )
    run(home, *options, "add", "feed", address)

    def poll() -> Seen:
        shutil.rmtree(mails, ignore_errors=True)
        run(home, *options, "run")
        found = [email.message_from_bytes(mail.read_bytes()) for mail in mails.glob("*")]
        return sorted(
            ((mail["Subject"], moment_of(mail["Date"])) for mail in found),
            key=lambda row: row[1],
            reverse=True,
        )

    return poll


def moment_of(text: str) -> dt.datetime:
    """Return the moment of a mail; rss2email writes them without a zone, in UTC."""
    return email.utils.parsedate_to_datetime(text).replace(tzinfo=dt.UTC)


def parser(home: Path, address: str) -> Callable[[], Seen]:
    """Return a poll that gives the items whose id was not there before."""
    known: set[str] = set()
    etag: list[str | None] = [None]

    def poll() -> Seen:
        found = feedparser.parse(address, etag=etag[0])
        etag[0] = found.get("etag", etag[0])
        fresh = [item for item in found.entries if item.id not in known]
        known.update(item.id for item in fresh)
        return [(i.title, dt.datetime(*i.published_parsed[:6], tzinfo=dt.UTC)) for i in fresh]

    return poll
