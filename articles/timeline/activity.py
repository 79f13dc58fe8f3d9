"""Sums up the visits of each subject, for the lists of subjects and the front page."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Count, Subquery
from django.utils import timezone

from articles.timeline import totals
from articles.timeline.facets import SAMPLE
from articles.timeline.index import TOOK_PLACE, Kind
from articles.timeline.queries import has_term, latest_entries
from articles.timeline.subjects import KINDS, Subject, public_subjects
from engagements.models import Engagement, Participant, Person, Region

# An activity line goes back six years.
QUARTERS = 24


@dataclass(slots=True)
class SubjectSummary:
    """A subject with its number of visits, and the year of the latest that took place (0: none).

    `gloss` describes the subject. `latest_visit` and `activity`, the visits in each of the last
    `QUARTERS` quarters, are set for regions.
    """

    subject: Subject
    visits: int = 0
    latest: int = 0
    gloss: str = ""
    latest_visit: Engagement | None = None
    activity: list[int] = field(default_factory=list)


def subject_summaries(
    kind: str, at: dt.datetime, subjects: list | None = None
) -> list[SubjectSummary]:
    """Return the summaries of subjects of a kind, in their order; by default of all."""
    rows = list(public_subjects(kind, at)) if subjects is None else subjects
    pks = [row.pk for row in rows]
    visits = totals.of_each(KINDS[kind], pks, totals.hidden_entries(at))
    years = _latest_years(kind, pks, at)
    return [
        SubjectSummary(row, visits.get(row.pk, 0), years[row.pk], getattr(row, "description", ""))
        for row in rows
    ]


def _latest_years(kind: str, pks: Collection[int], at: dt.datetime) -> dict[int, int]:
    """Return the year of the latest visit that took place, of each subject by pk (0: none)."""
    held = latest_entries(KINDS[kind], at).filter(has_term(TOOK_PLACE))
    latest = held.values("sort_key")[:1]
    subjects = public_subjects(kind).model._default_manager.filter(pk__in=pks).order_by()
    rows = subjects.annotate(latest=Subquery(latest)).values_list("pk", "latest")
    return {pk: (key or 0) // 10_000 for pk, key in rows}


def most_visited(kind: str, at: dt.datetime, most: int) -> tuple[list[Subject], bool]:
    """Return the subjects of a kind with most visits, in their order, and whether there are others.

    A topic counts without a visit too: an article may have it.
    """
    if kind == "person":
        return _most_met(at, most)
    subjects = list(public_subjects(kind, at))
    pks = [row.pk for row in subjects]
    visits = totals.of_each(KINDS[kind], pks, totals.hidden_entries(at))
    rows = [row for row in subjects if row.pk in visits or kind == "topic"]
    chosen = {row.pk for row in sorted(rows, key=lambda row: -visits.get(row.pk, 0))[:most]}
    return [row for row in rows if row.pk in chosen], len(rows) > most


def _most_met(at: dt.datetime, most: int) -> tuple[list[Subject], bool]:
    """Return the people with most of the newest `SAMPLE` visits: of all there are too many."""
    newest = Engagement.objects.public(at).newest_first().values("pk")[:SAMPLE]
    met = Participant.objects.filter(engagement__in=newest, person__isnull=False)
    # No person is in one visit twice.
    visits = met.values_list("person").annotate(visits=Count("pk"))
    chosen = [pk for pk, _visits in visits.order_by("-visits", "person")[:most]]
    people = public_subjects("person", at)
    return list(people.filter(pk__in=chosen)), people.exclude(pk__in=chosen).exists()


def people_from(start: str, at: dt.datetime, size: int) -> tuple[list[Person], str, str]:
    """Return people from a slug on, and the slugs where the pages before and after begin, or "".

    In the order of their slugs, which ignores accents and has an index: a page in the middle of
    many people costs what the first one does.
    """
    people = public_subjects("person", at)
    page = list(people.filter(slug__gte=start).order_by("slug")[: size + 1])
    before = people.filter(slug__lt=start).order_by("-slug").values_list("slug", flat=True)
    earlier = list(before[:size]) if start else []
    following = page[size].slug if len(page) > size else ""
    return page[:size], earlier[-1] if earlier else "", following


def regions_with_activity(at: dt.datetime) -> list[SubjectSummary]:
    """Return the summaries of regions, with the latest visit and the visits of each quarter."""
    regions = subject_summaries("region", at)
    today = timezone.localdate(at)
    present = today.year * 100 + today.month
    held = latest_entries(Kind.REGION, at).filter(has_term(TOOK_PLACE))
    newest = held.filter(sort_key__lt=(present + 1) * 100)
    latest = dict(
        Region.objects.annotate(visit=Subquery(newest.values("engagement")[:1]))
        .values_list("pk", "visit")
        .order_by()
    )
    visits = Engagement.objects.public(at).in_bulk([pk for pk in latest.values() if pk])
    quarters = _quarters(today)
    # A visit known to the year stands as its month 13 and belongs to no quarter.
    since = quarters[0][0] * 100 + quarters[0][1] * 3 - 2
    months = totals.held_by_month(latest.keys(), totals.hidden_entries(at), since, present)
    for row in regions:
        pk = row.subject.pk
        row.latest_visit = visits.get(latest.get(pk))
        row.activity = [
            sum(months[pk, year * 100 + month] for month in range(last * 3 - 2, last * 3 + 1))
            for year, last in quarters
        ]
    return regions


def activity_years(today: dt.date) -> tuple[int, int]:
    """Return the years in which an activity line begins and ends."""
    quarters = _quarters(today)
    return quarters[0][0], quarters[-1][0]


def _quarters(today: dt.date) -> list[tuple[int, int]]:
    """Return the last QUARTERS quarters as (year, 1 to 4), the present one last."""
    present = today.year * 4 + (today.month - 1) // 3
    return [(n // 4, n % 4 + 1) for n in range(present - QUARTERS + 1, present + 1)]
