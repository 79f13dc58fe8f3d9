"""The page store's own look at the content version."""

import datetime as dt
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import load_backend
from django.utils import timezone

from articles.caching.version import ahead, passed
from articles.models import ContentVersion
from config.page_store import Version


class _Seen(NamedTuple):
    """What was read last: good from `at` until `until` while `change` stays the same."""

    change: int
    number: int
    at: dt.datetime
    until: dt.datetime
    version: Version


class Watch:
    """Says which version the content has, in microseconds while nothing changes.

    On a connection of its own, which never writes: SQLite tells it whether others have, for the
    price of a look at shared memory; PostgreSQL is asked for the one number. Everything else is
    read only after a change, or when a boundary has passed. Raises what the database raises, and
    connects again at the next call. One thread at a time.
    """

    def __init__(self) -> None:
        self._connection: Any = None
        self._seen: _Seen | None = None

    def __call__(self) -> Version:
        try:
            return self._current()
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection, self._seen = self._connection, None, None
        if connection is not None:
            connection.close()

    def _current(self) -> Version:
        if self._connection is None:
            self._connection = _own_connection()
        now = timezone.now()
        change = self._change()
        seen = self._seen
        # A clock that was set back is not trusted with what was found later.
        if seen is None or change != seen.change or not seen.at <= now < seen.until:
            seen = self._seen = self._read(change, now)
        return seen.version

    def _change(self) -> int:
        """Return a number that is another one after every commit that changes pages."""
        raw = self._connection.connection
        if self._connection.vendor == "sqlite":
            return raw.execute("PRAGMA data_version").fetchone()[0]
        row = raw.execute(f"SELECT number FROM {_TABLE}", prepare=True).fetchone()  # noqa: S608 - a name of ours
        return row[0] if row else 0

    def _read(self, change: int, now: dt.datetime) -> _Seen:
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
        return _Seen(
            change, number, now, until,
            Version(name, self._began(name, number, latest, now), until.timestamp()),
        )  # fmt: skip

    def _began(self, name: str, number: int, passed: dt.datetime, now: dt.datetime) -> float:
        """Return when a version began, in seconds since 1970; later rather than too early."""
        if self._seen and self._seen.version.name == name:
            return self._seen.version.began
        if number > passed.timestamp():
            return number
        if self._seen and self._seen.number == number:
            return passed.timestamp()
        # Whether the last change was committed before the boundary or after it cannot be told.
        return now.timestamp()


_TABLE = ContentVersion._meta.db_table


def _own_connection() -> Any:
    """Return a connection outside Django's own care, which would close it between requests."""
    configured = connections[DEFAULT_DB_ALIAS].settings_dict
    options = {name: value for name, value in configured["OPTIONS"].items() if name != "pool"}
    backend = load_backend(configured["ENGINE"])
    connection = backend.DatabaseWrapper({**configured, "OPTIONS": options}, "watch")
    connection.inc_thread_sharing()
    connection.connect()
    return connection
