"""What readers are told of after the fact: corrections, and what became of commitments.

Corrections are those of articles, with their notes, and those of engagements and of their dates.
"""

import datetime as dt
from operator import attrgetter
from typing import NamedTuple

from django.db.models import QuerySet

from articles.models import Edition
from articles.pagination import ArchiveCursor, FetchOlder
from engagements.models import ActionUpdate, Correction, DateChange

# The kinds of correction, as they stand in a cursor's number: append only.
NOTE, DATE, FACT = 0, 1, 2
KINDS = 3


class FollowUp(NamedTuple):
    """A correction or an update, by its kind and pk, and the moment at which readers heard."""

    moment: dt.datetime
    kind: int
    pk: int

    @property
    def cursor(self) -> ArchiveCursor:
        return ArchiveCursor(self.moment, self.pk * KINDS + self.kind)


def notes(at: dt.datetime) -> QuerySet[Edition]:
    """Return the editions whose note to readers is a correction."""
    return Edition.objects.notes(at).filter(is_correction=True)


def corrections(at: dt.datetime) -> FetchOlder[FollowUp]:
    """Return what reads the corrections, newest first."""

    def fetch(before: ArchiveCursor | None, most: int) -> list[FollowUp]:
        found = [
            *_newest(notes(at), "public_from", NOTE, before, most),
            *_newest(DateChange.objects.public(at), "changed_at", DATE, before, most),
            *_newest(Correction.objects.public(at), "made_at", FACT, before, most),
        ]
        return sorted(found, key=attrgetter("cursor"), reverse=True)[:most]

    return fetch


def updates(among: QuerySet[ActionUpdate]) -> FetchOlder[FollowUp]:
    """Return what reads updates of actions, from `ActionUpdateQuerySet.public()`, newest first."""

    def fetch(before: ArchiveCursor | None, most: int) -> list[FollowUp]:
        return _newest(among, "announced_at", 0, before, most)

    return fetch


def _newest(
    rows: QuerySet, moment: str, kind: int, before: ArchiveCursor | None, most: int
) -> list[FollowUp]:
    if before:
        # The last pk of that moment that stands below the cursor.
        last = (before.number - kind - 1) // KINDS
        rows = rows.filter(**{f"{moment}__lte": before.moment}).exclude(
            **{moment: before.moment, "pk__gt": last}
        )
    found = rows.order_by(f"-{moment}", "-pk").values_list(moment, "pk")[:most]
    return [FollowUp(at, kind, pk) for at, pk in found]
