"""Which regions an engagement belongs to.

Derived from the countries of all parties and the location, so Algeria's prime minister in
Washington stands on North Africa's timeline. Rows that an editor added or removed are kept.
"""

from django.db import transaction
from django.db.models import Q

from engagements.models import Engagement, EngagementRegion, Region

DERIVED = EngagementRegion.Origin.DERIVED


def regions_of_countries(engagement: Engagement) -> set[int]:
    """Return the ids of the regions that hold any country of the engagement."""
    countries = set(
        engagement.participants.filter(country__isnull=False).values_list("country_id", flat=True)
    )
    # An organisation's or ministry's own country counts as the party's country.
    countries |= set(
        engagement.participants.filter(organisation__country__isnull=False).values_list(
            "organisation__country_id", flat=True
        )
    )
    if engagement.location_country_id:
        countries.add(engagement.location_country_id)
    return set(Region.objects.filter(countries__in=countries).values_list("pk", flat=True))


@transaction.atomic
def derive_regions(engagement: Engagement) -> None:
    """Bring the derived rows in line with the engagement's countries as they are now."""
    wanted = regions_of_countries(engagement)
    rows = EngagementRegion.objects.filter(engagement=engagement)
    rows.filter(origin=DERIVED).exclude(region__in=wanted).delete()
    present = set(rows.values_list("region_id", flat=True))
    # One by one: the receivers of a saved row would not hear of bulk_create().
    for pk in sorted(wanted - present):
        rows.create(engagement=engagement, region_id=pk, origin=DERIVED)


def pending_changes(region: Region) -> tuple[list[Engagement], list[Engagement]]:
    """Return the engagements that the region's present countries would add and take away.

    A changed region never rewrites old engagements by itself: an editor looks at this first.
    """
    countries = region.countries.all()
    held = Engagement.objects.filter(
        Q(location_country__in=countries)
        | Q(participants__country__in=countries)
        | Q(participants__organisation__country__in=countries)
    )
    rows = EngagementRegion.objects.filter(region=region)
    joining = (
        Engagement.objects.filter(pk__in=held.values("pk"))
        .exclude(pk__in=rows.values("engagement"))
        .newest_first()
    )
    leaving = (
        Engagement.objects.filter(pk__in=rows.filter(origin=DERIVED).values("engagement"))
        .exclude(pk__in=held.values("pk"))
        .newest_first()
    )
    return list(joining), list(leaving)


@transaction.atomic
def apply_pending_changes(region: Region) -> tuple[int, int]:
    """Do what `pending_changes` announced; return how many engagements joined and left."""
    joining, leaving = pending_changes(region)
    for engagement in joining:
        EngagementRegion.objects.create(engagement=engagement, region=region, origin=DERIVED)
    EngagementRegion.objects.filter(region=region, engagement__in=leaving, origin=DERIVED).delete()
    return len(joining), len(leaving)
