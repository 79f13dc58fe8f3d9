"""Reads the content version for the page store."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.db import OperationalError
from django.db.models import QuerySet
from django.utils import timezone

from articles.caching.scopes import EVERYTHING
from articles.caching.version import ahead, midnight_before, passed
from articles.models import ContentVersion, ScopeVersion
from config.database import check, is_away, own_connection
from config.page_store import Version

# Of so many scopes it is known when they last changed; entries that are older are rendered anew.
MOST_SCOPES = 20_000


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
    next call connects again; while the database is known to be away, nobody waits for it. Not
    thread-safe.

    Given a connection, it reads that one at every call, with what is not committed there.
    """

    def __init__(self, connection: Any = None) -> None:
        self._given = self._connection = connection
        self._last: _Reading | None = None

    def __call__(self) -> Version:
        if is_away():
            raise OperationalError("The database does not answer.")
        try:
            return self._current()
        except Exception:
            self.close()
            if not self._given:
                check()
            raise

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection, self._last = self._connection, self._given, None
        if connection is not self._given:
            connection.close()

    def _current(self) -> Version:
        if self._connection is None:
            self._connection = own_connection()
        now = timezone.now()
        change = self._change()
        # What a given connection has written may be rolled back.
        last = self._last = None if self._given else self._last
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
        rows = self._rows(ContentVersion.objects.values_list("number", *passed(now), *ahead(now)))
        number, *moments = next(rows, None) or (0, *[None] * 8)
        # After the number: what is committed in between is read again, never missed.
        changed, known_since = self._changed()
        today = midnight_before(now)
        half = len(moments) // 2
        latest = max([today, *filter(None, moments[:half])])
        until = min([today + dt.timedelta(days=1), *filter(None, moments[half:])])
        name = f"{number}-{latest.timestamp()}"
        return _Reading(
            change, number, now, until,
            Version(
                name, self._began(name, number, latest, now), until.timestamp(),
                number, changed, known_since,
            ),
        )  # fmt: skip

    def _changed(self) -> tuple[Mapping[str, int], int]:
        """Return when each scope last changed, and the number since which this is known."""
        last = self._last
        newer = ScopeVersion.objects.order_by("-number").values_list("scope", "number")
        if last:
            newer = newer.filter(number__gt=last.number)
        rows = list(self._rows(newer[:MOST_SCOPES]))
        if last and not rows:
            return last.version.changed, last.version.known_since
        changed = {**(last.version.changed if last else {}), **dict(rows)}
        known_since = last.version.known_since if last else 0
        if len(rows) == MOST_SCOPES:
            known_since = rows[-1][1]
        known_since = max(known_since, changed.pop(EVERYTHING, 0))
        if len(changed) > MOST_SCOPES:
            known_since = max(known_since, sorted(changed.values())[-MOST_SCOPES // 2])
        # Older entries do not hold anyway.
        return {name: n for name, n in changed.items() if n > known_since}, known_since

    def _rows(self, query: QuerySet) -> Iterator[tuple]:
        compiler = query.query.get_compiler(connection=self._connection)
        return iter(compiler.results_iter(tuple_expected=True))

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
