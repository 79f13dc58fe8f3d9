"""Batched refresh: all changes of one transaction are followed by one refresh, at its end.

`engagements_changed` carries the pks of the engagements whose index entries may differ now. Its
receivers are in `articles.receivers`, so that this module imports neither indexes nor feeds.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction
from django.dispatch import Signal

from articles.caching.version import content_changed

# Sent with `engagements`, a collection of pks.
engagements_changed = Signal()

_waiting: ContextVar[set[int] | None] = ContextVar("engagements to refresh", default=None)


@contextmanager
def batched_refresh() -> Iterator[None]:
    """Refresh once at the end of the block instead of after every row that is saved in it.

    Belongs inside the transaction.
    """
    if _waiting.get() is not None:
        yield
        return
    waiting: set[int] = set()
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
    refresh_engagements(waiting)


def refresh_engagements(engagements: Collection[int]) -> None:
    """Begin a new content version and refresh the index entries of engagements, given by pk.

    Within `batched_refresh`, both wait for its end.
    """
    waiting = _waiting.get()
    if waiting is not None:
        waiting.update(engagements)
        return
    # Between the two, a page could be stored that lacks the new entries.
    with transaction.atomic(savepoint=False):
        content_changed()
        engagements_changed.send(sender=None, engagements=engagements)
