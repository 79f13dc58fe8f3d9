"""What a timeline can be of: a region, a country, a person, an organisation or a topic."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, ExtractQuarter, ExtractYear
from django.http import Http404
from django.utils import timezone

from articles.models import Edition
from articles.models.articles import EditionQuerySet
from engagements.dates import Precision
from engagements.models import (
    Country,
    Engagement,
    EngagementRegion,
    EngagementTopic,
    Organisation,
    Participant,
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


def editions_of(subject: Subject, at: dt.datetime | None = None) -> EditionQuerySet:
    """Return the public editions about the subject: those that cover its engagements.

    A topic's are those that bear it themselves.
    """
    public = Edition.objects.public(at)
    if isinstance(subject, Topic):
        return public.about(subject)
    return public.covering(engagements_of(subject, at))


@dataclass(slots=True)
class Listed:
    """A subject in an index: how many visits are on record, and the last day of the latest.

    `gloss` says who or what it is. The last two are set for regions.
    """

    subject: Subject
    visits: int = 0
    latest: dt.date | None = None
    gloss: str = ""
    latest_visit: Engagement | None = None
    activity: list[int] = field(default_factory=list)


# Kind: rows that tie an engagement to a subject, the engagement's and the subject's column.
_TIES: dict[str, tuple[QuerySet, str, Combinable]] = {
    "region": (EngagementRegion.objects.effective(), "engagement", F("region")),
    "country": (
        Participant.objects.all(),
        "engagement",
        Coalesce("country", "organisation__country"),
    ),
    "person": (Participant.objects.all(), "engagement", F("person")),
    "organisation": (Participant.objects.all(), "engagement", F("organisation")),
    "topic": (EngagementTopic.objects.all(), "content_object", F("tag")),
}


def index(kind: str, at: dt.datetime) -> list[Listed]:
    """Return the subjects of a kind with what is on record of each, in their own order."""
    rows, engagement, subject = _TIES[kind]
    past = Q(**{f"{engagement}__status": Engagement.Status.TOOK_PLACE})
    counts = (
        rows.filter(is_public(at, f"{engagement}__"))
        .annotate(subject=subject)
        .values("subject")
        .annotate(
            visits=Count(engagement, distinct=True),
            latest=Max(f"{engagement}__sort_date", filter=past),
        )
        .order_by()
        .values_list("subject", "visits", "latest")
    )
    found = {pk: (visits, latest) for pk, visits, latest in counts}
    return [
        Listed(row, *found.get(row.pk, (0, None)), gloss=getattr(row, "description", ""))
        for row in public_subjects(kind, at)
    ]


def regions_with_activity(at: dt.datetime) -> list[Listed]:
    """Return the regions with their latest visit and the visits of each of the last quarters."""
    regions = index("region", at)
    newest = (
        EngagementRegion.objects.effective()
        .filter(
            is_public(at, "engagement__"),
            region=OuterRef("pk"),
            engagement__status=Engagement.Status.TOOK_PLACE,
        )
        .order_by("-engagement__sort_date", "-engagement")
    )
    latest = dict(
        Region.objects.annotate(visit=Subquery(newest.values("engagement")[:1]))
        .values_list("pk", "visit")
        .order_by()
    )
    visits = Engagement.objects.in_bulk([pk for pk in latest.values() if pk])
    today = timezone.localdate(at)
    quarters = _quarters(today)
    counts = (
        EngagementRegion.objects.effective()
        .filter(
            is_public(at, "engagement__"),
            engagement__status=Engagement.Status.TOOK_PLACE,
            engagement__sort_date__gte=dt.date(quarters[0][0], quarters[0][1] * 3 - 2, 1),
        )
        # A visit known to the year belongs to no quarter.
        .exclude(engagement__start_precision=Precision.YEAR)
        .values_list(
            "region",
            ExtractYear("engagement__sort_date"),
            ExtractQuarter("engagement__sort_date"),
        )
        .annotate(visits=Count("pk"))
        .order_by()
    )
    found = {(pk, year, quarter): visits for pk, year, quarter, visits in counts}
    for row in regions:
        row.latest_visit = visits.get(latest.get(row.subject.pk))
        row.activity = [found.get((row.subject.pk, *quarter), 0) for quarter in quarters]
    return regions


def _quarters(today: dt.date) -> list[tuple[int, int]]:
    """Return the last QUARTERS quarters as (year, 1 to 4), the present one last."""
    present = today.year * 4 + (today.month - 1) // 3
    return [(n // 4, n % 4 + 1) for n in range(present - QUARTERS + 1, present + 1)]
