"""What a timeline can be of: a region, a country, a person, an organisation or a topic."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.http import Http404
from django.utils import timezone

from articles import totals
from articles.matches import latest_of, shown
from articles.models import Edition, TimelineEntry
from articles.timeline_index import STATUSES, Kind, Term
from engagements.models import (
    Country,
    Engagement,
    EngagementTopic,
    Organisation,
    Person,
    Region,
    Topic,
)
from engagements.models.engagement import EngagementQuerySet
from engagements.visibility import is_public

# An activity line goes back six years.
QUARTERS = 24

Subject = Region | Country | Person | Organisation | Topic


def public_subjects(kind: str, at: dt.datetime | None = None) -> QuerySet:
    """Return the subjects of a kind that have a page.

    Regions and countries are reference data, so each has one. A person, an organisation and a
    topic have one once something public names them: an address tells nobody what is coming.
    """
    match kind:
        case "region":
            return Region.objects.all()
        case "country":
            return Country.objects.all()
        case "person":
            return Person.objects.public(at)
        case "organisation":
            return Organisation.objects.public(at)
        case "topic":
            tagged = EngagementTopic.objects.filter(is_public(at, "content_object__"))
            told = Edition.objects.public(at).filter(topic_items__tag=OuterRef("pk"))
            return Topic.objects.filter(Exists(tagged.filter(tag=OuterRef("pk"))) | Exists(told))
    raise ValueError(kind)


def find(kind: str, key: dict[str, str], at: dt.datetime | None = None) -> Subject:
    """Return the subject with this slug or code; raise `Http404` for one without a page."""
    subject = public_subjects(kind, at).filter(**key).first()
    if subject is None:
        raise Http404
    return subject


def engagements_of(subject: Subject, at: dt.datetime | None = None) -> EngagementQuerySet:
    """Return the public engagements on the subject's timeline."""
    public = Engagement.objects.public(at)
    match subject:
        case Region():
            return public.in_region(subject)
        case Country():
            return public.of_country(subject)
        case Person():
            return public.with_person(subject)
        case Organisation():
            return public.of_organisation(subject)
        case Topic():
            return public.about(subject)


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


KINDS = {
    "region": Kind.REGION,
    "country": Kind.COUNTRY,
    "person": Kind.PERSON,
    "organisation": Kind.ORGANISATION,
    "topic": Kind.TOPIC,
}


def term_of(subject: Subject) -> Term:
    return Term(KINDS[str(subject._meta.model_name)], subject.pk)


def index(kind: str, at: dt.datetime) -> list[Listed]:
    """Return the subjects of a kind with what is on record of each, in their own order."""
    subjects = list(public_subjects(kind, at))
    if kind == "person":
        visits, years = _of_people(at)
    else:
        less = totals.hidden(at)
        visits = totals.of_each(KINDS[kind], less)
        years = totals.latest_years(KINDS[kind], less)
    return [
        Listed(row, visits.get(row.pk, 0), years.get(row.pk, 0), getattr(row, "description", ""))
        for row in subjects
    ]


def _of_people(at: dt.datetime) -> tuple[dict[int, int], dict[int, int]]:
    """Return each person's entries, and the year of the latest that took place: no totals know."""
    rows = TimelineEntry.objects.filter(shown(at), kind=Kind.PERSON)
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
    """Return the regions with their latest visit and the visits of each of the last quarters."""
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
    months = totals.months_of_each(
        Kind.REGION, totals.hidden(at), quarters[0][0] * 100 + quarters[0][1] * 3 - 2, present
    )
    for row in regions:
        pk = row.subject.pk
        row.latest_visit = visits.get(latest.get(pk))
        row.activity = [
            sum(months[pk, year * 100 + month] for month in range(last * 3 - 2, last * 3 + 1))
            for year, last in quarters
        ]
    return regions


def _quarters(today: dt.date) -> list[tuple[int, int]]:
    """Return the last QUARTERS quarters as (year, 1 to 4), the present one last."""
    present = today.year * 4 + (today.month - 1) // 3
    return [(n // 4, n % 4 + 1) for n in range(present - QUARTERS + 1, present + 1)]
