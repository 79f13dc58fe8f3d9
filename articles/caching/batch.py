"""Batched refresh: all changes of one transaction are followed by one refresh, at its end.

`engagements_changed` carries the pks of the engagements whose index entries may differ now; its
receivers return the scopes that changed with them. They are in `articles.receivers`, so that this
module imports neither indexes nor feeds.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from django.db import transaction
from django.dispatch import Signal

from articles.caching.version import begin_version, lock_version, scopes_changed
from articles.models import TimelineEntry
from engagements.models import Engagement

# Sent with `engagements`, a collection of pks.
engagements_changed = Signal()


class _Waiting(NamedTuple):
    engagements: set[int]
    scopes: set[str]


_waiting: ContextVar[_Waiting | None] = ContextVar("changes to refresh", default=None)


@contextmanager
def batched_refresh() -> Iterator[None]:
    """Refresh once at the end of the block instead of after every row that is saved in it.

    Belongs inside the transaction.
    """
    if _waiting.get() is not None:
        yield
        return
    wait_for_writers()
    waiting = _Waiting(set(), set())
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
    refresh_engagements(*waiting)


def wait_for_writers() -> None:
    """Wait for those who publish meanwhile: what a change concerns depends on what they commit."""
    if _waiting.get() is None:
        lock_version()


def refresh_engagements(engagements: Collection[int], scopes: Collection[str] = ()) -> None:
    """Refresh the index entries of engagements, by pk, and begin a new content version.

    The version is of all that shows these engagements, and of `scopes`. What is not public, never
    was and is not going to be changes no version. Within `batched_refresh`, all waits for its end.
    """
    waiting = _waiting.get()
    if waiting is not None:
        waiting.engagements.update(engagements)
        waiting.scopes.update(scopes)
        return
    concerned = _concerned(engagements)
    if not (concerned or scopes):
        return
    # Between the two, a page could be stored that lacks the new entries.
    with transaction.atomic(savepoint=False):
        begin_version()
        changed = set(scopes)
        for _receiver, shown in engagements_changed.send(sender=None, engagements=concerned):
            changed.update(shown or ())
        scopes_changed(changed)


def _concerned(engagements: Collection[int]) -> set[int]:
    """Return the engagements that are public, were public, or are going to be."""
    if not engagements:
        return set()
    published = Engagement.objects.filter(pk__in=engagements, public_from__isnull=False)
    # Those that were deleted, or made drafts again.
    entries = TimelineEntry.objects.filter(engagement__in=engagements)
    pks = published.values_list("pk", flat=True), entries.values_list("engagement", flat=True)
    return set().union(*(rows.order_by().distinct() for rows in pks))
