"""What pages are made of has a version: it changes whenever one of them may.

`content_version` names it for a view, `Watch` for the page store. What was made from facts and
stories is kept until it changes.
"""

import datetime as dt
import hashlib
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import F, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.db.utils import load_backend
from django.utils import timezone
from django.utils.translation import get_language

from articles.models import Article, ContentVersion, Edition
from config.page_store import Version
from engagements.models import Engagement

T = TypeVar("T")
# Nothing asks for an old version again; this clears it away where nothing else does.
KEPT_SECONDS = 60 * 60
# For so long a process need not look whether anything changed; who changed something waits as long
# after the commit, so that afterwards nobody is shown what was before.
LEASE_SECONDS = 0.02


def content_changed() -> None:
    """Begin a new version of the content; after the commit no page shows the one before.

    Until then nobody else can begin one: the row's lock puts those who write at the same time in a
    line, so that no two wait for each other's totals.
    """
    if not _begin():
        # Of two who find no row, one waits here until the other's is committed.
        ContentVersion.objects.bulk_create([ContentVersion(pk=1)], ignore_conflicts=True)
        _begin()
    transaction.on_commit(partial(wait_out_lease, time.monotonic()))


def _begin() -> int:
    second = int(timezone.now().timestamp())
    return ContentVersion.objects.update(number=Greatest(F("number") + 1, second))


def _boundaries() -> list[tuple[QuerySet, str]]:
    """Return whatever makes something public, or no longer, by the clock alone.

    An edition's `public_until` is the `public_from` of its successor.
    """
    return [
        (Engagement.objects.all(), "public_from"),
        (Engagement.objects.all(), "withdrawn_at"),
        (Edition.objects.filter(state=Edition.State.APPROVED), "public_from"),
        (Article.objects.all(), "withdrawn_at"),
    ]


def _passed(at: dt.datetime) -> list[Subquery]:
    return [
        Subquery(
            rows.filter(**{f"{field}__lte": at}).order_by(f"-{field}").values(field)[:1],
        )
        for rows, field in _boundaries()
    ]


def _ahead(at: dt.datetime) -> list[Subquery]:
    return [
        Subquery(rows.filter(**{f"{field}__gt": at}).order_by(field).values(field)[:1])
        for rows, field in _boundaries()
    ]


def content_version(at: dt.datetime) -> str:
    """Return what a page of this moment is made of: it changes whenever a page may.

    With every change of a fact or a story, when an embargo ends although nothing is written, and
    at midnight, when what was planned for yesterday is no longer ahead. In one query.
    """
    row = ContentVersion.objects.values_list("number", *_passed(at)).first() or (0,)
    boundaries = [f"{moment:%Y%m%d%H%M%S%f}" for moment in row[1:] if moment]
    return "-".join([str(row[0]), *boundaries, str(timezone.localdate(at)), str(get_language())])


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
        query = ContentVersion.objects.values_list("number", *_passed(now), *_ahead(now)).query
        rows = query.get_compiler(connection=self._connection).results_iter()
        number, *moments = next(iter(rows), None) or (0, *[None] * 8)
        today = dt.datetime.combine(
            timezone.localdate(now), dt.time(), timezone.get_current_timezone()
        )
        half = len(moments) // 2
        passed = max([today, *filter(None, moments[:half])])
        until = min([today + dt.timedelta(days=1), *filter(None, moments[half:])])
        name = f"{number}-{passed.timestamp()}"
        return _Seen(
            change, number, now, until,
            Version(name, self._began(name, number, passed, now), until.timestamp()),
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


_waited = threading.local()


def wait_out_lease(changed_at: float) -> None:
    """Wait until every process has to look again; called after a commit.

    `changed_at` is when the change was made, on the process's own clock: of several in one
    transaction only the first waits.
    """
    if getattr(_waited, "at", 0.0) <= changed_at:
        _waited.at = time.monotonic()
        time.sleep(LEASE_SECONDS)


def kept(version: str, name: str, make: Callable[[], T]) -> T:
    """Return what was made of this version under a name, or make it."""
    key = _key(version, name)
    found = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, KEPT_SECONDS)
    return found


def all_kept(
    version: str, names: list[str], make: Callable[[list[str]], dict[str, T]]
) -> dict[str, T]:
    """Return values by name; `make` makes those missing, and may leave some out."""
    keys = {_key(version, name): name for name in names}
    found = {keys[key]: value for key, value in cache.get_many(list(keys)).items()}
    missing = [name for name in names if name not in found]
    if missing:
        made = make(missing)
        cache.set_many({_key(version, name): made[name] for name in made}, KEPT_SECONDS)
        found |= made
    return found


def _key(version: str, name: str) -> str:
    # A name may be long, and hold what a key of some caches may not.
    return hashlib.sha256(f"{version}:{name}".encode()).hexdigest()
