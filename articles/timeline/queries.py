"""Reads the entries of a view from the index, and the page of them that the view asks for.

Each query reads one range of one index, so that a page of a million visits costs what one of a
thousand costs.
"""

import datetime as dt
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from articles.models import TimelineEntry, TimelineTotal
from articles.pagination import Cursor
from articles.timeline.filters import View
from articles.timeline.index import WITH, Term
from engagements.models import Action, Engagement
from engagements.visibility import is_public

Kind = TimelineEntry.Kind

# By the column: the relation's name would stand for the engagement's own order.
NEWEST_FIRST = ("-sort_key", "-engagement_id")

COVERED = Term(Kind.COVERAGE, WITH)


class EntriesPage(NamedTuple):
    """A page of entries, newest first, and the cursors of its neighbours, if there are any."""

    entries: list[Cursor]
    newer: Cursor | None
    older: Cursor | None


def visible(at: dt.datetime) -> Q:
    return Q(hidden_until__isnull=True) | Q(hidden_until__lte=at)


def matching_entries(subject: Term | None, view: View, at: dt.datetime) -> QuerySet[TimelineEntry]:
    """Return the entries that match a view, in no order: one for each engagement.

    Without a subject it is a view of the whole site, which needs a filter with a term.
    """
    terms = {*view.terms, subject} if subject else {*view.terms}
    entries = filtered_entries(TimelineEntry.objects.filter(visible(at)), terms, view, at)
    if "coverage" in view.choices:
        is_hidden = Q(engagement__in=_with_hidden_entry(at))
        is_covered = view.choices["coverage"].value == "with"
        entries = entries.filter(~is_hidden if is_covered else is_hidden | ~has_term(COVERED))
    return entries


def filtered_entries(entries: QuerySet, terms: set[Term], view: View, at: dt.datetime) -> QuerySet:
    """Return the entries of either index that have all terms, and the view's year and actions.

    They are those of the rarest term whose text names the others.
    """
    rarest = min(terms, key=_totals_of(terms).__getitem__)
    entries = entries.filter(kind=rarest.kind, subject=rarest.subject)
    for term in sorted(terms - {rarest}):
        entries = entries.filter(has_term(term))
    if view.year:
        entries = entries.filter(
            sort_key__gte=view.year * 10_000, sort_key__lt=(view.year + 1) * 10_000
        )
    actions = view.choices.get("actions")
    if actions and actions.value == "overdue":
        entries = entries.filter(is_overdue(at))
    return entries


def is_overdue(at: dt.datetime) -> Exists:
    """Return the condition that the engagement of an entry has an overdue action.

    A subquery for each row, in the index's order: by their pks SQLite would sort all for a page.
    """
    overdue = Action.objects.overdue(timezone.localdate(at))
    return Exists(overdue.filter(outcome__engagement=OuterRef("engagement")))


def latest_entries(kind: int, at: dt.datetime) -> QuerySet[TimelineEntry]:
    """Return the entries of an outer query's subject, which is of a kind, newest first."""
    entries = TimelineEntry.objects.filter(visible(at), kind=kind, subject=OuterRef("pk"))
    return entries.order_by(*NEWEST_FIRST)


def meetings_of(
    one: Term, other: Term, at: dt.datetime, *, before: int, most: int
) -> list[Engagement]:
    """Return the latest public engagements of both parties that took place before a `sort_key`."""
    rarer, commoner = sorted((one, other), key=_totals_of({one, other}).__getitem__)
    entries = TimelineEntry.objects.filter(
        visible(at),
        has_term(commoner),
        is_public(at, "engagement__"),
        kind=rarer.kind,
        subject=rarer.subject,
        sort_key__lt=before,
        engagement__status=Engagement.Status.TOOK_PLACE,
    )
    rows = entries.order_by(*NEWEST_FIRST).select_related("engagement")[:most]
    return [row.engagement for row in rows]


def has_term(term: Term) -> Q:
    """Return the condition that the engagement of an entry has a term too."""
    crowded = TimelineEntry.objects.filter(terms__isnull=True, kind=term.kind, subject=term.subject)
    return Q(terms__contains=term.token) | Q(
        terms__isnull=True, engagement__in=crowded.values("engagement")
    )


def _with_hidden_entry(at: dt.datetime) -> QuerySet:
    """Return the engagements, by pk, with an entry that is hidden at a moment.

    Of a public engagement that is its coverage: under embargo, or ended. Entries of other kinds are
    not excluded, since SQLite would then read every entry of coverage.
    """
    waiting = TimelineEntry.objects.filter(Q(hidden_until__gt=at) | Q(lapses_at__lte=at))
    return waiting.values("engagement")


def _totals_of(terms: set[Term]) -> dict[Term, int]:
    """Return the number of entries of each term, but 0 for the only one."""
    if len(terms) == 1:
        return dict.fromkeys(terms, 0)
    any_term = Q()
    for term in terms:
        any_term |= Q(kind=TimelineTotal.ALL + term.kind, subject=term.subject)
    rows = TimelineTotal.objects.filter(any_term).values_list("kind", "subject", "count")
    totals = {Term(kind - TimelineTotal.ALL, pk): count for kind, pk, count in rows}
    return dict.fromkeys(terms, 0) | totals


def entries_page(
    entries: QuerySet[TimelineEntry], view: View, at: dt.datetime, size: int
) -> EntriesPage:
    """Return the page of `size` entries that the view asks for.

    The rule of visibility is applied again, so that a stale row of the index is left out.
    """
    entries = entries.filter(is_public(at, "engagement__"))
    if view.newer:
        rows = _cursors(_beyond(entries, view.newer, newer=True), size + 1)
        page = rows[:size][::-1]
        last = page[-1] if page else view.newer
        newer = page[0] if len(rows) > size else None
        return EntriesPage(page, newer, _if_followed(entries, last))
    start = view.older or (Cursor(view.start_key, 0) if view.start_key else None)
    here = _beyond(entries, start, newer=False) if start else entries.order_by(*NEWEST_FIRST)
    rows = _cursors(here, size + 1)
    page = rows[:size]
    newer = _if_followed(entries, page[0] if page else start, newer=True) if start else None
    return EntriesPage(page, newer, page[-1] if len(rows) > size else None)


def _if_followed(
    entries: QuerySet[TimelineEntry], cursor: Cursor, *, newer: bool = False
) -> Cursor | None:
    """Return the cursor if there are entries beyond it, else `None`."""
    return cursor if _beyond(entries, cursor, newer=newer).exists() else None


def _beyond(
    entries: QuerySet[TimelineEntry], cursor: Cursor, *, newer: bool
) -> QuerySet[TimelineEntry]:
    """Return the entries that are newer or older than a cursor, the nearest first."""
    key, pk = cursor
    # The first condition is a range of the index; the second takes off its few rows of that day.
    if newer:
        beyond = entries.filter(sort_key__gte=key).exclude(sort_key=key, engagement__lte=pk)
        return beyond.order_by("sort_key", "engagement_id")
    beyond = entries.filter(sort_key__lte=key).exclude(sort_key=key, engagement__gte=pk)
    return beyond.order_by(*NEWEST_FIRST)


def _cursors(entries: QuerySet[TimelineEntry], most: int) -> list[Cursor]:
    rows = entries.values_list("sort_key", "engagement_id")[:most]
    return [Cursor(*row) for row in rows]
