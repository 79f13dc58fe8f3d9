"""Which regions an engagement belongs to."""

import pytest

from engagements.models import Country, Engagement, EngagementRegion, Participant, Region
from engagements.regions import apply_pending_changes, derive_regions, pending_changes
from tests.factories import EngagementFactory, OrganisationFactory, RegionFactory

pytestmark = pytest.mark.django_db


def country(code: str) -> Country:
    return Country.objects.get(code=code)


@pytest.fixture(autouse=True)
def no_reference_regions():
    """Only the regions that a test makes count."""
    Region.objects.all().delete()


def origins(engagement: Engagement) -> dict[str, str]:
    """Return the origin of each of the engagement's regions, by the region's slug."""
    return dict(engagement.region_rows.values_list("region__slug", "origin"))


def in_region(region: Region) -> list[Engagement]:
    return list(Engagement.objects.in_region(region))


def test_regions_come_from_parties_and_location():
    """A visit to Washington stands on the timeline of the visitor's region too, and overlaps."""
    RegionFactory(slug="north-africa", countries=["DZ", "TN"])
    RegionFactory(slug="sahel", countries=["DZ", "ML"])
    RegionFactory(slug="americas", countries=["US"])
    RegionFactory(slug="asia", countries=["JP"])
    engagement = EngagementFactory(
        location_country=country("US"), city="Washington", parties=[("visitor", "DZ")]
    )
    assert origins(engagement) == dict.fromkeys(["north-africa", "sahel", "americas"], "derived")


def test_regions_come_from_an_organisations_own_country():
    """A ministry stands for its country; an international organisation for none."""
    RegionFactory(slug="asia", countries=["JP"])
    engagement = EngagementFactory()
    Participant.objects.create(engagement=engagement, organisation=OrganisationFactory())
    derive_regions(engagement)
    assert origins(engagement) == {}
    ministry = OrganisationFactory(country=country("JP"))
    Participant.objects.create(engagement=engagement, organisation=ministry)
    derive_regions(engagement)
    assert origins(engagement) == {"asia": "derived"}


def test_a_changed_party_changes_the_derived_regions_only():
    """What an editor added or removed is kept, whatever the countries say."""
    gone = RegionFactory(slug="gone", countries=["ES"])
    RegionFactory(slug="kept", countries=["DZ"])
    added = RegionFactory(slug="added")
    removed = RegionFactory(slug="removed", countries=["DZ"])
    engagement = EngagementFactory()
    rows = engagement.region_rows
    rows.create(region=added, origin="added")
    rows.filter(region=removed).update(origin="removed")
    engagement.participants.filter(country=country("ES")).delete()
    for _ in range(2):
        derive_regions(engagement)
        assert origins(engagement) == {"kept": "derived", "added": "added", "removed": "removed"}
    assert in_region(added) == [engagement]
    assert in_region(removed) == in_region(gone) == []


def test_derive_regions_again_changes_no_row():
    """Deriving twice keeps the rows themselves, so nothing that points at them is lost."""
    RegionFactory(countries=["DZ"])
    engagement = EngagementFactory()
    before = set(engagement.region_rows.values_list("pk", flat=True))
    derive_regions(engagement)
    assert set(engagement.region_rows.values_list("pk", flat=True)) == before


def test_an_added_region_stays_added_once_the_countries_imply_it():
    """An editor's word outlives the countries' change."""
    region = RegionFactory(slug="asia", countries=["JP"])
    engagement = EngagementFactory()
    engagement.region_rows.create(region=region, origin="added")
    Participant.objects.create(engagement=engagement, country=country("JP"))
    derive_regions(engagement)
    assert origins(engagement) == {"asia": "added"}


def test_a_changed_region_rewrites_nothing_by_itself():
    """Old engagements keep their regions until an editor has looked at the change."""
    region = RegionFactory(slug="region", countries=["DZ"])
    algerian = EngagementFactory(title="Algerian")
    at_a_ministry = EngagementFactory(title="At a ministry", parties=[("visitor", "FR")])
    ministry = OrganisationFactory(country=country("TR"))
    Participant.objects.create(engagement=at_a_ministry, organisation=ministry)
    turkish = EngagementFactory(
        title="Turkish", location_country=country("TR"), parties=[("host", "TR")]
    )
    both = EngagementFactory(title="Both", parties=[("visitor", "TR"), ("host", "DZ")])
    at_a_ministry.location_country = None
    at_a_ministry.save()
    derive_regions(at_a_ministry)
    assert set(in_region(region)) == {algerian, both}

    region.countries.set([country("TR")])

    assert set(in_region(region)) == {algerian, both}
    joining, leaving = pending_changes(region)
    assert set(joining) == {at_a_ministry, turkish}
    assert leaving == [algerian]
    assert apply_pending_changes(region) == (2, 1)
    assert set(in_region(region)) == {at_a_ministry, turkish, both}
    assert pending_changes(region) == ([], [])
    assert apply_pending_changes(region) == (0, 0)


def test_pending_changes_keep_what_an_editor_decided():
    """A removed engagement does not come back, an added one does not leave."""
    region = RegionFactory(slug="region", countries=["JP"])
    added, removed = EngagementFactory.create_batch(2)
    for engagement, origin in [(added, "added"), (removed, "removed")]:
        EngagementRegion.objects.create(engagement=engagement, region=region, origin=origin)
    assert pending_changes(region) == ([], [])
    region.countries.set([country("DZ")])
    assert pending_changes(region) == ([], [])
    assert in_region(region) == [added]
