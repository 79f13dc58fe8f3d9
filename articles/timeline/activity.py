"""What is on record of each subject, for the lists of subjects and the front page."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count, Max, Q, Subquery
from django.utils import timezone

from articles.models import TimelineEntry
from articles.timeline import totals
from articles.timeline.facets import SAMPLE
from articles.timeline.index import STATUSES, Kind, Term
from articles.timeline.queries import latest_of, shown
from articles.timeline.subjects import KINDS, Subject, public_subjects
from engagements.models import Engagement, Participant, Person, Region

# An activity line goes back six years.
QUARTERS = 24


@dataclass(slots=True)
class Listed:
    """A subject in an index: how many visits are on record, and the year of the latest (0: none).

    `gloss` says who or what it is. The last two are set for regions.
    """

    subject: Subject
    visits: int = 0
    latest: int = 0
    gloss: str = ""
    latest_visit: Engagement | None = None
    activity: list[int] = field(default_factory=list)


def index(kind: str, at: dt.datetime, of: list | None = None) -> list[Listed]:
    """Return the subjects of a kind with what is on record of each, in their own order.

    `of` are some of them, in another order.
    """
    subjects = list(public_subjects(kind, at)) if of is None else of
    if kind == "person":
        visits, years = _of_people(at, [row.pk for row in subjects])
    else:
        less = totals.hidden(at)
        visits = totals.of_each(KINDS[kind], less)
        years = totals.latest_years(KINDS[kind], less)
    return [
        Listed(row, visits.get(row.pk, 0), years.get(row.pk, 0), getattr(row, "description", ""))
        for row in subjects
    ]


def most_visited(kind: str, at: dt.datetime, most: int) -> tuple[list[Subject], bool]:
    """Return the subjects of a kind with most visits, and whether there are others.

    In their own order. A topic counts without a visit too: an article may have it.
    """
    if kind == "person":
        return _most_met(at, most)
    visits = totals.of_each(KINDS[kind], totals.hidden(at))
    rows = [row for row in public_subjects(kind, at) if row.pk in visits or kind == "topic"]
    chosen = {row.pk for row in sorted(rows, key=lambda row: -visits.get(row.pk, 0))[:most]}
    return [row for row in rows if row.pk in chosen], len(rows) > most


def _most_met(at: dt.datetime, most: int) -> tuple[list[Subject], bool]:
    """Return the people with most of the newest visits: no totals know who has most of all."""
    newest = Engagement.objects.public(at).newest_first().values("pk")[:SAMPLE]
    met = Participant.objects.filter(engagement__in=newest, person__isnull=False)
    # Nobody stands in a visit twice.
    visits = met.values_list("person").annotate(visits=Count("pk"))
    chosen = [pk for pk, _visits in visits.order_by("-visits", "person")[:most]]
    people = public_subjects("person", at)
    return list(people.filter(pk__in=chosen)), people.exclude(pk__in=chosen).exists()


def people_from(start: str, at: dt.datetime, size: int) -> tuple[list[Person], str, str]:
    """Return people from a slug on, and where the pages before and after begin (or nothing).

    In the order of their slugs, in which accents count for nothing; they have an index, so a page
    in the middle of many people costs what the first one does.
    """
    people = public_subjects("person", at)
    found = list(people.filter(slug__gte=start).order_by("slug")[: size + 1])
    before = people.filter(slug__lt=start).order_by("-slug").values_list("slug", flat=True)
    earlier = list(before[:size]) if start else []
    following = found[size].slug if len(found) > size else ""
    return found[:size], earlier[-1] if earlier else "", following


def _of_people(at: dt.datetime, pks: list[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Return people's entries, and the year of the latest that took place: no totals know."""
    rows = TimelineEntry.objects.filter(shown(at), kind=Kind.PERSON, subject__in=pks)
    counts = rows.values_list("subject").annotate(
        visits=Count("pk"),
        newest=Max("sort_key", filter=Q(engagement__status=Engagement.Status.TOOK_PLACE)),
    )
    found = list(counts.order_by())
    return (
        {pk: visits for pk, visits, _key in found},
        {pk: (key or 0) // 10_000 for pk, _visits, key in found},
    )


def regions_with_activity(at: dt.datetime) -> list[Listed]:
    """Return the regions, each with its latest visit and what took place in the last quarters."""
    regions = index("region", at)
    today = timezone.localdate(at)
    present = today.year * 100 + today.month
    newest = latest_of(Term(Kind.STATUS, STATUSES["took_place"]), at, before=present + 1)
    latest = dict(
        Region.objects.annotate(visit=Subquery(newest.values("engagement")[:1]))
        .values_list("pk", "visit")
        .order_by()
    )
    visits = Engagement.objects.public(at).in_bulk([pk for pk in latest.values() if pk])
    quarters = _quarters(today)
    # A visit known to the year stands as its month 13 and belongs to no quarter.
    since = quarters[0][0] * 100 + quarters[0][1] * 3 - 2
    months = totals.months_of_each(Kind.REGION, totals.hidden(at), since, present)
    months.subtract(_not_held(at, since, present))
    for row in regions:
        pk = row.subject.pk
        row.latest_visit = visits.get(latest.get(pk))
        row.activity = [
            sum(months[pk, year * 100 + month] for month in range(last * 3 - 2, last * 3 + 1))
            for year, last in quarters
        ]
    return regions


def _not_held(at: dt.datetime, since: int, until: int) -> Counter[tuple[int, int]]:
    """Return what did not take place, by region and month: put off, called off, not confirmed.

    It stands on the timeline, but nobody travelled. Each entry of a status names its engagement's
    regions, so these few are read from one index.
    """
    others = [number for name, number in STATUSES.items() if name != Engagement.Status.TOOK_PLACE]
    entries = TimelineEntry.objects.filter(
        shown(at), sort_key__gte=since * 100, sort_key__lt=(until + 1) * 100
    )
    statuses = entries.filter(kind=Kind.STATUS, subject__in=others)
    months = Counter[tuple[int, int]]()
    for key, terms in statuses.filter(terms__isnull=False).values_list("sort_key", "terms"):
        found = map(Term.parse, (terms or "").split())
        months.update((pk, key // 100) for kind, pk in found if kind == Kind.REGION)
    crowded = statuses.filter(terms__isnull=True).values("engagement")
    rows = entries.filter(kind=Kind.REGION, engagement__in=crowded)
    months.update((pk, key // 100) for pk, key in rows.values_list("subject", "sort_key"))
    return months


def activity_years(today: dt.date) -> tuple[int, int]:
    """Return the years in which an activity line begins and ends."""
    quarters = _quarters(today)
    return quarters[0][0], quarters[-1][0]


def _quarters(today: dt.date) -> list[tuple[int, int]]:
    """Return the last QUARTERS quarters as (year, 1 to 4), the present one last."""
    present = today.year * 4 + (today.month - 1) // 3
    return [(n // 4, n % 4 + 1) for n in range(present - QUARTERS + 1, present + 1)]
