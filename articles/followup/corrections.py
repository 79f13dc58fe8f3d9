"""Corrections, and updates of actions, in the order in which readers see them.

Corrections are notes of articles, corrections of engagements, and changes of their dates.
"""

import datetime as dt
from operator import attrgetter
from typing import NamedTuple

from django.db.models import QuerySet

from articles.models import Edition
from articles.pagination import ArchiveCursor, FetchOlder
from engagements.models import ActionUpdate, Correction, DateChange

# The kinds of correction, which are part of a cursor's number: append only.
NOTE, DATE, FACT = 0, 1, 2
KINDS = 3


class FollowUp(NamedTuple):
    """A correction or an update: when readers could see it, its kind and its pk."""

    moment: dt.datetime
    kind: int
    pk: int

    @property
    def cursor(self) -> ArchiveCursor:
        return ArchiveCursor(self.moment, self.pk * KINDS + self.kind)


def notes(at: dt.datetime) -> QuerySet[Edition]:
    """Return the editions by a moment whose note to readers is a correction."""
    return Edition.objects.notes(at).filter(is_correction=True)


def corrections(at: dt.datetime) -> FetchOlder[FollowUp]:
    """Return the function that fetches corrections, newest first."""

    def fetch(before: ArchiveCursor | None, most: int) -> list[FollowUp]:
        rows = [
            *_newest(notes(at), "public_from", NOTE, before, most),
            *_newest(DateChange.objects.public(at), "changed_at", DATE, before, most),
            *_newest(Correction.objects.public(at), "made_at", FACT, before, most),
        ]
        return sorted(rows, key=attrgetter("cursor"), reverse=True)[:most]

    return fetch


def updates(among: QuerySet[ActionUpdate]) -> FetchOlder[FollowUp]:
    """Return the function that fetches updates, newest first.

    `among` comes from `ActionUpdateQuerySet.public()`.
    """

    def fetch(before: ArchiveCursor | None, most: int) -> list[FollowUp]:
        return _newest(among, "announced_at", 0, before, most)

    return fetch


def _newest(
    rows: QuerySet, moment: str, kind: int, before: ArchiveCursor | None, most: int
) -> list[FollowUp]:
    if before:
        # The greatest pk at the cursor's moment that lies below the cursor.
        last = (before.number - kind - 1) // KINDS
        rows = rows.filter(**{f"{moment}__lte": before.moment}).exclude(
            **{moment: before.moment, "pk__gt": last}
        )
    newest = rows.order_by(f"-{moment}", "-pk").values_list(moment, "pk")[:most]
    return [FollowUp(at, kind, pk) for at, pk in newest]
