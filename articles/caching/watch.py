"""Reads the content version for the page store."""

import datetime as dt
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import load_backend
from django.utils import timezone

from articles.caching.version import ahead, passed
from articles.models import ContentVersion
from config.page_store import Version


class _Reading(NamedTuple):
    """The version as last read: valid from `at` until `until` while `change` stays the same."""

    change: int
    number: int
    at: dt.datetime
    until: dt.datetime
    version: Version


class Watch:
    """Returns the current content version when called, in microseconds while nothing changes.

    It uses a connection of its own that never writes. On SQLite `PRAGMA data_version` reports
    other connections' commits from shared memory; on PostgreSQL one number is queried. The rest is
    read only after a change or when a boundary has passed. Database errors are raised, and the
    next call connects again. Not thread-safe.
    """

    def __init__(self) -> None:
        self._connection: Any = None
        self._last: _Reading | None = None

    def __call__(self) -> Version:
        try:
            return self._current()
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection, self._last = self._connection, None, None
        if connection is not None:
            connection.close()

    def _current(self) -> Version:
        if self._connection is None:
            self._connection = _own_connection()
        now = timezone.now()
        change = self._change()
        last = self._last
        # `now` is before `at` when the clock was set back.
        if last is None or change != last.change or not last.at <= now < last.until:
            last = self._last = self._read(change, now)
        return last.version

    def _change(self) -> int:
        """Return a number that differs after every commit that changes pages."""
        raw = self._connection.connection
        if self._connection.vendor == "sqlite":
            return raw.execute("PRAGMA data_version").fetchone()[0]
        row = raw.execute(f"SELECT number FROM {_TABLE}", prepare=True).fetchone()  # noqa: S608 - a name of ours
        return row[0] if row else 0

    def _read(self, change: int, now: dt.datetime) -> _Reading:
        query = ContentVersion.objects.values_list("number", *passed(now), *ahead(now)).query
        rows = query.get_compiler(connection=self._connection).results_iter()
        number, *moments = next(iter(rows), None) or (0, *[None] * 8)
        today = dt.datetime.combine(
            timezone.localdate(now), dt.time(), timezone.get_current_timezone()
        )
        half = len(moments) // 2
        latest = max([today, *filter(None, moments[:half])])
        until = min([today + dt.timedelta(days=1), *filter(None, moments[half:])])
        name = f"{number}-{latest.timestamp()}"
        return _Reading(
            change, number, now, until,
            Version(name, self._began(name, number, latest, now), until.timestamp()),
        )  # fmt: skip

    def _began(self, name: str, number: int, passed: dt.datetime, now: dt.datetime) -> float:
        """Return when a version began, in seconds since 1970; if unsure, a later moment."""
        if self._last and self._last.version.name == name:
            return self._last.version.began
        if number > passed.timestamp():
            return number
        if self._last and self._last.number == number:
            return passed.timestamp()
        # The last change may have been committed before the boundary or after it.
        return now.timestamp()


_TABLE = ContentVersion._meta.db_table


def _own_connection() -> Any:
    """Return a connection outside `connections`, which Django would close between requests."""
    configured = connections[DEFAULT_DB_ALIAS].settings_dict
    options = {name: value for name, value in configured["OPTIONS"].items() if name != "pool"}
    backend = load_backend(configured["ENGINE"])
    connection = backend.DatabaseWrapper({**configured, "OPTIONS": options}, "watch")
    connection.inc_thread_sharing()
    connection.connect()
    return connection
