"""Batched refresh: whatever changes in one transaction is followed by one refresh, at its end.

`engagements_changed` is sent with the pks of the engagements whose entries may differ now.
`articles.receivers` answers it; nothing here knows of indexes or feeds.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction
from django.dispatch import Signal

from articles.caching.version import content_changed

# Sent with `engagements`, a collection of pks.
engagements_changed = Signal()

_waiting: ContextVar[set[int] | None] = ContextVar("engagements that wait", default=None)


@contextmanager
def batched_refresh() -> Iterator[None]:
    """Let everything saved within be followed by one refresh, at the end.

    Without it each row of a form brings one of its own. Belongs inside the transaction.
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
    """Begin a new content version, and let the indexes follow the engagements that changed."""
    waiting = _waiting.get()
    if waiting is not None:
        waiting.update(engagements)
        return
    # Together, or a page could be stored between the two, without what is being indexed.
    with transaction.atomic(savepoint=False):
        content_changed()
        engagements_changed.send(sender=None, engagements=engagements)
