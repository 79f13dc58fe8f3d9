"""Which regions an engagement belongs to.

Derived from the countries of all parties and the location, so Algeria's prime minister in
Washington stands on North Africa's timeline. Rows that an editor added or removed stay.
"""

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from engagements.models import Engagement, EngagementRegion, Region

DERIVED = EngagementRegion.Origin.DERIVED


def regions_of_countries(engagement: Engagement) -> set[int]:
    """Return the pks of the regions that hold any country of the engagement."""
    # The country of an organisation, such as a ministry, counts as the party's country.
    of_party = Coalesce("country", "organisation__country")
    of_parties = engagement.participants.values_list(of_party, flat=True)
    countries = {engagement.location_country_id, *of_parties} - {None}
    return set(Region.objects.filter(countries__in=countries).values_list("pk", flat=True))


@transaction.atomic
def derive_regions(engagement: Engagement) -> None:
    """Bring the derived rows in line with the engagement's countries as they are now."""
    wanted = regions_of_countries(engagement)
    rows = EngagementRegion.objects.filter(engagement=engagement)
    rows.filter(origin=DERIVED).exclude(region__in=wanted).delete()
    present = set(rows.values_list("region_id", flat=True))
    # Not bulk_create(), which sends no signals.
    for pk in sorted(wanted - present):
        rows.create(engagement=engagement, region_id=pk, origin=DERIVED)


def pending_changes(region: Region) -> tuple[list[Engagement], list[Engagement]]:
    """Return the engagements that the region's present countries would add and take away.

    Changing a region updates no earlier engagement: an editor reviews this list first.
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
    """Make the pending changes; return how many engagements joined and left."""
    joining, leaving = pending_changes(region)
    for engagement in joining:
        EngagementRegion.objects.create(engagement=engagement, region=region, origin=DERIVED)
    EngagementRegion.objects.filter(region=region, engagement__in=leaving, origin=DERIVED).delete()
    return len(joining), len(leaving)
