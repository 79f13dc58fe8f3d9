"""Which entries a view of a timeline has: its filters as queries, and its page.

Everything is read from the index, so that a page of a million visits costs what one of a thousand
costs.
"""

import datetime as dt
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from articles.models import TimelineEntry, TimelineTotal
from articles.pagination import Cursor
from articles.timeline import totals
from articles.timeline.filters import View
from articles.timeline.index import WITH, Term
from engagements.models import Action
from engagements.visibility import is_public

Kind = TimelineEntry.Kind

# By the column: the relation's name would stand for the engagement's own order.
NEWEST_FIRST = ("-sort_key", "-engagement_id")

COVERED = Term(Kind.COVERAGE, WITH)


class Found(NamedTuple):
    """A page: the places of its entries, newest first, and those where its neighbours begin."""

    entries: list[Cursor]
    newer: Cursor | None
    older: Cursor | None


def shown(at: dt.datetime) -> Q:
    return Q(hidden_until__isnull=True) | Q(hidden_until__lte=at)


def matching(subject: Term | None, view: View, at: dt.datetime) -> QuerySet[TimelineEntry]:
    """Return the entries of the view under its rarest term, in no order.

    Without a subject it is of the whole site, and the view needs a term.
    """
    terms = {*view.terms, subject} if subject else {*view.terms}
    entries = narrowed(TimelineEntry.objects.filter(shown(at)), terms, view, at)
    if "coverage" in view.choices:
        untold = Q(engagement__in=_untold(at))
        is_told = view.choices["coverage"].value == "with"
        entries = entries.filter(~untold if is_told else untold | ~has_term(COVERED))
    return entries


def narrowed(entries: QuerySet, terms: set[Term], view: View, at: dt.datetime) -> QuerySet:
    """Return entries of either index with all the terms, of the view's year and actions."""
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

    It is looked up row by row, in the index's order: by their pks SQLite would sort all for a page.
    """
    overdue = Action.objects.overdue(timezone.localdate(at))
    return Exists(overdue.filter(outcome__engagement=OuterRef("engagement")))


def latest_of(term: Term, at: dt.datetime, *, before: int) -> QuerySet[TimelineEntry]:
    """Return the entries before a month (yyyymm) of an outer query's region that have a term too.

    Newest first.
    """
    entries = TimelineEntry.objects.filter(
        shown(at), kind=Kind.REGION, subject=OuterRef("pk"), sort_key__lt=before * 100
    )
    return entries.filter(has_term(term)).order_by(*NEWEST_FIRST)


def meetings_of(one: Term, other: Term, at: dt.datetime, *, before: int) -> QuerySet:
    """Return the engagements, by pk, that took place before a `sort_key` with both parties.

    Newest first.
    """
    rarer, commoner = sorted((one, other), key=_totals_of({one, other}).__getitem__)
    entries = TimelineEntry.objects.filter(
        shown(at),
        has_term(commoner),
        has_term(totals.TOOK_PLACE),
        kind=rarer.kind,
        subject=rarer.subject,
        sort_key__lt=before,
    )
    return entries.order_by(*NEWEST_FIRST).values_list("engagement_id", flat=True)


def has_term(term: Term) -> Q:
    """Return the condition that the engagement of an entry has a term too."""
    crowded = TimelineEntry.objects.filter(terms__isnull=True, kind=term.kind, subject=term.subject)
    return Q(terms__contains=term.token) | Q(
        terms__isnull=True, engagement__in=crowded.values("engagement")
    )


def _untold(at: dt.datetime) -> QuerySet:
    """Return the engagements, by pk, of which something is not public yet, or no longer.

    Of one that is public itself, that is its coverage. Not asked for by kind: SQLite would then
    read every covered one.
    """
    waiting = TimelineEntry.objects.filter(Q(hidden_until__gt=at) | Q(lapses_at__lte=at))
    return waiting.values("engagement")


def _totals_of(terms: set[Term]) -> dict[Term, int]:
    """Return how many entries each term has; of a person, who has no totals, it is 0."""
    if len(terms) == 1:
        return dict.fromkeys(terms, 0)
    found = Q()
    for term in terms:
        found |= Q(kind=term.kind, subject=term.subject)
    rows = (
        TimelineTotal.objects.filter(found, other_kind=0)
        .values_list("kind", "subject")
        .annotate(Sum("count"))
    )
    return dict.fromkeys(terms, 0) | {Term(kind, pk): total for kind, pk, total in rows}


def page_of(entries: QuerySet[TimelineEntry], view: View, at: dt.datetime, size: int) -> Found:
    """Return the page of `size` entries at the view's place. The rule of visibility holds again."""
    # A stale row of the index is passed over here.
    entries = entries.filter(is_public(at, "engagement__"))
    if view.newer:
        rows = _places(_after(entries, view.newer, newer=True), size + 1)
        page = rows[:size][::-1]
        last = page[-1] if page else view.newer
        return Found(page, page[0] if len(rows) > size else None, _beyond(entries, last))
    place = view.older or (Cursor(view.start_key, 0) if view.start_key else None)
    here = _after(entries, place, newer=False) if place else entries.order_by(*NEWEST_FIRST)
    rows = _places(here, size + 1)
    page = rows[:size]
    before = _beyond(entries, page[0] if page else place, newer=True) if place else None
    return Found(page, before, page[-1] if len(rows) > size else None)


def _beyond(
    entries: QuerySet[TimelineEntry], place: Cursor, *, newer: bool = False
) -> Cursor | None:
    """Return the place itself if there are entries beyond it."""
    return place if _after(entries, place, newer=newer).exists() else None


def _after(
    entries: QuerySet[TimelineEntry], place: Cursor, *, newer: bool
) -> QuerySet[TimelineEntry]:
    """Return the entries beyond a place, the nearest first."""
    key, pk = place
    # The first condition is a range of the index; the second takes off its few rows of that day.
    if newer:
        beyond = entries.filter(sort_key__gte=key).exclude(sort_key=key, engagement__lte=pk)
        return beyond.order_by("sort_key", "engagement_id")
    beyond = entries.filter(sort_key__lte=key).exclude(sort_key=key, engagement__gte=pk)
    return beyond.order_by(*NEWEST_FIRST)


def _places(entries: QuerySet[TimelineEntry], most: int) -> list[Cursor]:
    rows = entries.values_list("sort_key", "engagement_id")[:most]
    return [Cursor(*row) for row in rows]
