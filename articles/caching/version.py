"""The content version: a number that grows whenever any page may change, and what changed.

Stored pages and fragments hold until one of their scopes changes or a boundary passes; the page
store reads both with `Watch`, fragments with `basis_at()`.
"""

import datetime as dt
import threading
import time
from collections.abc import Iterable
from functools import partial

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from articles.caching.scopes import EVERYTHING
from articles.models import Article, ContentVersion, Edition, ScopeVersion
from config.page_store import Basis
from engagements.models import Engagement

# A process may go on using a version for so long without reading it again. Whoever changes content
# waits as long after the commit, so that no page of the old version is served afterwards.
LEASE_SECONDS = 0.02
# The key in the cache of the latest basis.
_BASIS = "basis"


def content_changed() -> None:
    """Begin a new content version of everything; after the commit no older page is served."""
    with transaction.atomic(savepoint=False):
        begin_version()
        scopes_changed([EVERYTHING])


def begin_version() -> None:
    """Begin a new content version; `scopes_changed()` follows in the same transaction.

    The row stays locked until the commit, so that concurrent writers take turns and cannot
    deadlock over the timelines' totals.
    """
    if not _begin():
        # Of two transactions without a row, one waits here until the other commits.
        ContentVersion.objects.bulk_create([ContentVersion(pk=1)], ignore_conflicts=True)
        _begin()
    transaction.on_commit(partial(wait_out_lease, time.monotonic()))


def lock_version() -> None:
    """Lock the row until the commit, without a new version; no other transaction begins one."""
    # SQLite has one writer at a time.
    if connection.in_atomic_block and connection.features.has_select_for_update:
        list(ContentVersion.objects.select_for_update().values_list("pk"))


def scopes_changed(scopes: Iterable[str]) -> None:
    """Record that scopes have changed with the content version that has just begun."""
    number = ContentVersion.objects.values_list("number", flat=True).get()
    ScopeVersion.objects.bulk_create(
        # In one order, as every table's rows are locked.
        [ScopeVersion(scope=scope, number=number) for scope in sorted(scopes)],
        update_conflicts=True,
        unique_fields=["scope"],
        update_fields=["number"],
    )


def _begin() -> int:
    second = int(timezone.now().timestamp())
    return ContentVersion.objects.update(number=Greatest(F("number") + 1, second))


def _boundaries() -> list[tuple[QuerySet, str]]:
    """Return the rows and fields whose moments publish or withdraw something without a write.

    `Edition.public_until` is not among them: it is the `public_from` of its successor.
    """
    return [
        (Engagement.objects.all(), "public_from"),
        (Engagement.objects.all(), "withdrawn_at"),
        (Edition.objects.filter(state=Edition.State.APPROVED), "public_from"),
        (Article.objects.all(), "withdrawn_at"),
    ]


def passed(at: dt.datetime) -> list[Subquery]:
    """Return the latest moment of each boundary that `at` has reached."""
    return [
        Subquery(rows.filter(**{f"{field}__lte": at}).order_by(f"-{field}").values(field)[:1])
        for rows, field in _boundaries()
    ]


def ahead(at: dt.datetime) -> list[Subquery]:
    """Return the earliest moment of each boundary that is still to come."""
    return [
        Subquery(rows.filter(**{f"{field}__gt": at}).order_by(field).values(field)[:1])
        for rows, field in _boundaries()
    ]


def basis_at(at: dt.datetime) -> Basis:
    """Return the basis of what is made at a moment, without scopes; with one short query.

    The next boundary is read only after a change or when the last one that was read has passed.
    """
    number = ContentVersion.objects.values_list("number", flat=True).first() or 0
    now = at.timestamp()
    last: Basis | None = cache.get(_BASIS)
    if last and last.number == number and last.at <= now < last.until:
        return last._replace(at=now)
    number, *moments = ContentVersion.objects.values_list("number", *ahead(at)).first() or (0,)
    until = min([midnight_before(at) + dt.timedelta(days=1), *filter(None, moments)])
    basis = Basis(number, now, until.timestamp())
    cache.set(_BASIS, basis)
    return basis


def midnight_before(at: dt.datetime) -> dt.datetime:
    """Return the last midnight: pages tell planned engagements from past ones."""
    zone = timezone.get_current_timezone()
    return dt.datetime.combine(timezone.localdate(at), dt.time(), zone)


_waited = threading.local()


def wait_out_lease(changed_at: float) -> None:
    """Wait until every process has to read the version again; called after a commit.

    `changed_at`: of the change, by `time.monotonic()`. Of several changes in one transaction only
    the first waits.
    """
    if getattr(_waited, "at", 0.0) <= changed_at:
        _waited.at = time.monotonic()
        time.sleep(LEASE_SECONDS)
