"""Countries, regions, people, organisations and topics in the admin."""

import pytest
from django.urls import reverse

from engagements.models import Appointment, Country, Organisation, Person, Region, Topic
from tests.engagements.desk import add_row, errors, fill, read
from tests.factories import (
    AppointmentFactory,
    EngagementFactory,
    OrganisationFactory,
    PersonFactory,
    RegionFactory,
)

pytestmark = pytest.mark.django_db


def at(name: str, *args) -> str:
    return reverse(f"admin:engagements_{name}", args=args)


@pytest.fixture
def turkish_region() -> Region:
    """Return a region whose countries changed from Algeria to Türkiye since it was derived."""
    Region.objects.all().delete()
    region = RegionFactory(name="Far away", countries=["DZ"])
    turkey = Country.objects.get(code="TR")
    EngagementFactory(title="Leaving")
    EngagementFactory(title="Joining", location_country=turkey, parties=[("host", "TR")])
    region.countries.set([turkey])
    return region


def test_a_regions_review_shows_and_then_applies(admin_client, turkish_region):
    """Looking changes nothing; applying does what was shown, once."""
    url = at("region_review", turkish_region.pk)
    for _ in range(2):
        page = admin_client.get(url).text
        assert (
            page.index("1 engagement joins") < page.index("Joining") < page.index("1 engagement l")
        )
        assert page.index("1 engagement leaves") < page.index("Leaving")
    assert [row.title for row in turkish_region.engagements.all()] == ["Leaving"]
    answer = admin_client.post(url, follow=True)
    assert "1 engagements joined “Far away”, 1 left it." in answer.text
    assert [row.title for row in turkish_region.engagements.all()] == ["Joining"]
    page = admin_client.get(url).text
    assert page.count("None.") == 2
    assert "disabled" in page


def test_saving_a_region_says_what_waits(admin_client, turkish_region):
    """The editor hears of the consequences before they happen."""
    url = at("region_change", turkish_region.pk)
    data = read(admin_client.get(url))
    answer = admin_client.post(url, data | {"_continue": "1"}, follow=True)
    assert "1 engagements would join this region and 1 would leave it" in answer.text
    assert at("region_review", turkish_region.pk) in answer.text


def test_saving_a_region_without_consequences_says_nothing_of_them(admin_client):
    """No engagement joins or leaves, so there is nothing to review."""
    Region.objects.all().delete()
    url = at("region_change", RegionFactory(name="Nowhere", countries=["AQ"]).pk)
    answer = admin_client.post(url, read(admin_client.get(url)), follow=True)
    assert "Nowhere" in answer.text
    assert "would join this region" not in answer.text


def test_the_review_of_no_region_is_not_found(admin_client):
    """An unknown number is a 404."""
    for pk in (0, 99999999999999999999):
        assert admin_client.get(at("region_review", pk)).status_code == 404


def test_a_countrys_names_are_distinct(admin_client):
    """One name a language, and no alias twice, in words."""
    algeria = Country.objects.get(code="DZ")
    url = at("country_change", algeria.pk)
    data = read(admin_client.get(url))
    add_row(data, "names", language="qx", name="One", kind="translation")
    add_row(data, "names", language="qx", name="Two", kind="translation")
    add_row(data, "names", name="Numidia", kind="alias")
    add_row(data, "names", name="Numidia", kind="alias")
    answer = admin_client.post(url, data)
    assert answer.status_code == 200
    assert errors(answer)
    fill(data, "names-" + str(int(data["names-TOTAL_FORMS"]) - 1), name="Numidia Nova")
    assert "This language has a name already." in errors(admin_client.post(url, data))
    fill(data, "names-" + str(int(data["names-TOTAL_FORMS"]) - 3), language="qy")
    assert admin_client.post(url, data).status_code == 302
    # Sent again, as by somebody who had opened the form before.
    said = errors(admin_client.post(url, data))
    assert "This language has a name already." in said
    assert "This name is there already." in said
    assert algeria.names.filter(name="Numidia").count() == 1


@pytest.mark.parametrize(
    ("column", "typed"),
    [("code", "dz"), ("code", "٣"), ("valid_until", "1900-01-01"), ("name", "\x00")],
)
def test_a_countrys_bad_values_are_refused_in_words(admin_client, column, typed):
    """A code has its form, and a state ends after it began."""
    url = at("country_change", Country.objects.get(code="DZ").pk)
    data = read(admin_client.get(url)) | {"valid_from": "1962-07-05", column: typed}
    answer = admin_client.post(url, data)
    assert answer.status_code == 200
    assert len(errors(answer)) == 2


@pytest.mark.parametrize("name", ["🎉 José Ñandú", "محمد", "각" * 200])
def test_people_and_organisations_have_names_of_any_script(admin_client, name):
    """They are found by them, too."""
    url = at("person_add")
    data = read(admin_client.get(url)) | {"name": name, "slug": "somebody"}
    organisation = OrganisationFactory()
    add_row(data, "appointments", title="Envoy", organisation=str(organisation.pk), start="2024-05")
    assert admin_client.post(url, data).status_code == 302
    assert Person.objects.get().name == name
    assert str(Appointment.objects.get().start) == "May 2024"
    answer = admin_client.get(at("person_changelist"), {"q": name[:20]})
    assert answer.context["cl"].result_count == 1
    url = at("organisation_add")
    data = read(admin_client.get(url)) | {"name": name, "slug": "some"}
    assert admin_client.post(url, data).status_code == 302
    assert Organisation.objects.filter(name=name).exists()


def test_the_list_of_offices_names_their_parties(admin_client):
    """A country or an organisation, whichever it is."""
    AppointmentFactory(organisation=OrganisationFactory(name="The Forum"))
    assert "The Forum" in admin_client.get(at("appointment_changelist")).text


def test_an_office_needs_one_party_and_dates_in_order(admin_client):
    """Both rules are said in words."""
    url = at("appointment_add")
    person = PersonFactory()
    data = {"person": person.pk, "title": "Envoy", "start": "2025", "end": "2024"}
    said = errors(admin_client.post(url, data))
    assert "The end is earlier than the start." in said
    said = errors(admin_client.post(url, data | {"end": ""}))
    assert "Choose a country or an organisation: one of the two." in said


def test_a_topics_address_holds_what_addresses_hold(admin_client):
    """A topic of any script has an address that its page answers to."""
    url = at("topic_add")
    answer = admin_client.post(url, {"name": "الماء", "slug": "الماء"})
    assert len(errors(answer)) == 2
    assert admin_client.post(url, {"name": "الماء", "slug": "water"}).status_code == 302
    assert Topic.objects.get().get_absolute_url() == "/topics/water/"


@pytest.mark.parametrize(
    "page", ["action", "appointment", "country", "organisation", "person", "region", "topic"]
)
def test_lists_stand_whatever_is_searched(admin_client, page):
    """Quotes, signs and scripts find nothing and break nothing."""
    for term in ('"', "🎉", "الجزائر", "%", "\\", "a" * 5000):
        assert admin_client.get(at(f"{page}_changelist"), {"q": term}).status_code == 200
