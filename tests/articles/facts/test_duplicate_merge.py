"""Two topics, people or organisations become one, and nothing is counted twice."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from articles.facts.duplicate_merge import merge_duplicate, merge_plan
from articles.models import EditionTopic, TimelineEntry
from articles.roles import DESK_HEAD, EDITOR
from engagements.models import (
    Action,
    Appointment,
    Country,
    EngagementTopic,
    FormerSlug,
    Organisation,
    Participant,
    Person,
    Topic,
)
from tests.factories import (
    ActionFactory,
    AppointmentFactory,
    EngagementFactory,
    OrganisationFactory,
    PersonFactory,
    SourceFactory,
    TopicFactory,
    UserFactory,
    make_public,
)

pytestmark = pytest.mark.django_db


def pair(factory, **fields) -> tuple:
    """Return the row that goes and the row that stays."""
    return factory(slug="double", **fields), factory(slug="real", **fields)


def take_part(visit, side: str = "visitor", **fields) -> Participant:
    return Participant.objects.create(engagement=visit, side=side, **fields)


def test_topics_become_one_and_stand_once():
    """Visits and editions that bear both keep one; no edition loses its topic."""
    double, real = pair(TopicFactory)
    both = make_public(topics=[double, real], engagement=EngagementFactory(topics=[double, real]))
    one = make_public(topics=[double], engagement=EngagementFactory(topics=[double]))
    merge_duplicate(double, real)
    assert list(both.topics.all()) == list(one.topics.all()) == [real]
    assert list(both.engagement.topics.all()) == list(one.engagement.topics.all()) == [real]
    entries = TimelineEntry.objects.filter(kind=TimelineEntry.Kind.TOPIC)
    assert set(entries.values_list("subject", flat=True)) == {real.pk}
    assert entries.count() == 2


def test_person_stands_once_at_each_visit():
    """Of two rows for one party one stays, with the lead, the title and the sources of both."""
    double, real = pair(PersonFactory)
    union, visit, other = OrganisationFactory(), EngagementFactory(), EngagementFactory()
    source = SourceFactory(engagement=visit)
    gone = take_part(visit, person=double, organisation=union, is_lead=True, title_text="Envoy")
    gone.sources.add(source)
    stays = take_part(visit, person=real, organisation=union)
    moved = take_part(other, person=double, organisation=union)
    merge_duplicate(double, real)
    stays.refresh_from_db()
    assert (stays.is_lead, stays.title, list(stays.sources.all())) == (True, "Envoy", [source])
    assert visit.participants.filter(organisation=union).count() == 1
    assert Participant.objects.get(pk=moved.pk).person == real
    assert not Person.objects.filter(pk=double.pk).exists()


def test_party_of_a_person_who_is_there_already_stays_on_record():
    """Nobody stands twice at a visit; what the second row represented is not lost."""
    double, real = pair(PersonFactory)
    visit = EngagementFactory()
    take_part(visit, person=real, organisation=OrganisationFactory())
    row = take_part(
        visit, "host", person=double, organisation=OrganisationFactory(), title_text="Chair"
    )
    merge_duplicate(double, real)
    row.refresh_from_db()
    assert (row.person, row.appointment, row.title) == (None, None, "Chair")


def test_offices_of_a_person_are_told_once():
    """The same office on both rows is one, and who held it that day still did."""
    double, real = pair(PersonFactory)
    union, visit = OrganisationFactory(), EngagementFactory()
    same = AppointmentFactory(person=real, organisation=union, title="Special Envoy")
    gone = AppointmentFactory(person=double, organisation=union, title="Special envoy")
    moved = AppointmentFactory(person=double, organisation=union, title="Chair")
    row = take_part(visit, person=double, organisation=union, appointment=gone)
    merge_duplicate(double, real)
    row.refresh_from_db()
    assert (row.person, row.appointment) == (real, same)
    assert set(real.appointments.all()) == {same, moved}


def test_organisations_become_one_with_offices_promises_and_regions():
    """What it owes, who works there and where it belongs comes along, each once."""
    double = OrganisationFactory(slug="double")
    real = OrganisationFactory(slug="real", country=Country.objects.get(code="JP"))
    person = PersonFactory()
    visit, other = EngagementFactory(), EngagementFactory()
    office = AppointmentFactory(person=person, organisation=double)
    twin = AppointmentFactory(person=person, organisation=real)
    take_part(visit, organisation=double)
    named = take_part(visit, organisation=real, person=person, appointment=twin)
    moved = take_part(other, organisation=double, person=person, appointment=office)
    action = ActionFactory(owner_organisation=double)
    merge_duplicate(double, real)
    assert list(visit.participants.filter(organisation=real)) == [named]
    moved.refresh_from_db()
    assert (moved.organisation, moved.appointment) == (real, twin)
    action.refresh_from_db()
    assert (action.owner_organisation, action.owner_name) == (real, real.name)
    assert Appointment.objects.get() == twin
    japan = set(Country.objects.get(code="JP").regions.values_list("pk", flat=True))
    assert japan <= set(other.regions.values_list("pk", flat=True))


def test_nameless_row_yields_to_the_one_with_a_name():
    """ "The Union" beside "the Union, by its envoy" on one side is one party."""
    double, real = pair(OrganisationFactory)
    visit = EngagementFactory()
    take_part(visit, organisation=real, is_lead=True)
    named = take_part(visit, organisation=double, person=PersonFactory())
    take_part(visit, "host", organisation=double)
    merge_duplicate(double, real)
    rows = visit.participants.filter(organisation=real)
    assert rows.get(side="visitor") == named
    assert rows.get(side="visitor").is_lead
    assert rows.filter(side="host").count() == 1


@pytest.mark.parametrize("kind", ["people", "organisations", "topics"])
def test_addresses_of_what_was_merged_lead_on(client, kind):
    """Its address, those it had before and the feeds beneath lead to the one that stays."""
    factory = {
        "people": PersonFactory,
        "organisations": OrganisationFactory,
        "topics": TopicFactory,
    }
    double, real = pair(factory[kind])
    visit = EngagementFactory(topics=[double, real] if kind == "topics" else [])
    for row in (double, real):
        if kind == "people":
            take_part(visit, person=row, country=visit.location_country)
        elif kind == "organisations":
            take_part(visit, organisation=row)
    double.slug = "doppel"
    double.save()
    merge_duplicate(double, real)
    for slug in ("double", "doppel"):
        for end in ("", "feed.rss", "feed.atom"):
            response = client.get(f"/{kind}/{slug}/{end}?a=b")
            assert response.status_code == 301
            assert response["Location"] == f"/{kind}/real/{end}?a=b"
    assert client.get(f"/{kind}/real/").status_code == 200


def test_address_of_what_readers_never_knew_leads_nowhere(client):
    """Merging a person who is only to come tells nobody that there was another name."""
    double, real = pair(PersonFactory)
    later = EngagementFactory(public_from=timezone.now() + dt.timedelta(hours=1))
    take_part(later, person=double, country=later.location_country)
    take_part(EngagementFactory(), person=real, country=later.location_country)
    merge_duplicate(double, real)
    assert client.get("/people/double/").status_code == 404
    assert not FormerSlug.objects.exists()


def test_page_says_whether_the_old_address_leads_on(client, desk_head):
    """It does where readers knew it, and the page promises nothing else."""
    double, real = pair(PersonFactory)
    visit = EngagementFactory(public_from=timezone.now() + dt.timedelta(hours=1))
    take_part(visit, person=double, country=visit.location_country)
    asked = {"into": real.pk}
    page = client.get(merge_page(double), asked).text
    assert "<code>/people/double/</code> was never public" in page
    visit.public_from = timezone.now()
    visit.save()
    page = client.get(merge_page(double), asked).text
    assert "<code>/people/double/</code> will redirect to <code>/people/real/</code>" in page


def test_merge_is_refused_with_every_reason():
    """Not into itself, and not a real one into an invented one."""
    person = PersonFactory()
    with pytest.raises(ValidationError, match="into itself"):
        merge_duplicate(person, person)
    with pytest.raises(ValidationError, match="fictional"):
        merge_duplicate(person, PersonFactory(is_fictional=True))


def test_merge_knows_all_that_names_them():
    """A new relation cannot be forgotten: the deletion would take it along or refuse."""
    handled = {
        Topic: {EngagementTopic, EditionTopic},
        Person: {Participant, Appointment},
        Organisation: {Participant, Appointment, Action},
    }
    for model, known in handled.items():
        relations = model._meta.get_fields(include_hidden=True)
        naming = {r.related_model for r in relations if r.one_to_many}
        assert naming == known


# The desk


@pytest.fixture
def desk_head(client):
    user = UserFactory()
    user.groups.add(Group.objects.get(name=DESK_HEAD))
    client.force_login(user)
    return user


def merge_page(row) -> str:
    return reverse(f"admin:engagements_{row._meta.model_name}_merge", args=[row.pk])


@pytest.mark.parametrize("factory", [TopicFactory, PersonFactory, OrganisationFactory])
def test_desk_head_sees_what_will_change_and_confirms(client, desk_head, factory):
    """The preview names each step, POST without it is refused, and the log tells."""
    double, real = pair(factory)
    visit = EngagementFactory(topics=[double] if factory is TopicFactory else [])
    if factory is PersonFactory:
        take_part(visit, person=double, country=visit.location_country)
    elif factory is OrganisationFactory:
        take_part(visit, organisation=double)
    assert merge_page(double) in client.get(merge_page(double).replace("merge", "change")).text
    page = client.get(merge_page(double), {"into": real.pk})
    assert str(visit) in page.text
    data = {"into": real.pk, "fingerprint": merge_plan(double, real).fingerprint}
    assert data["fingerprint"] in page.text
    # What somebody else changed meanwhile is shown before it is done.
    stale = client.post(merge_page(double), {"into": real.pk, "fingerprint": "x"})
    assert "Check again" in stale.text
    response = client.post(merge_page(double), data)
    assert response.status_code == 302
    assert response["Location"].endswith(f"/{real.pk}/change/")
    assert "was merged into it" in client.get(merge_page(real).replace("merge", "history")).text


@pytest.mark.parametrize("into", ["", "0", "999999999", "x", "9" * 40, "²", "<script>"])
def test_nonsense_is_no_merge(client, desk_head, into):
    """A sentence and the page again, never an error."""
    person = PersonFactory()
    for method in ("get", "post"):
        response = getattr(client, method)(merge_page(person), {"into": into})
        assert response.status_code == 200
        sentence = "choose one from the list" if into else "Choose the entry to merge it into."
        assert sentence in response.text
    assert Person.objects.filter(pk=person.pk).exists()


def test_only_a_desk_head_merges(client):
    """An editor changes people, and does not make two of them one."""
    editor = UserFactory()
    editor.groups.add(Group.objects.get(name=EDITOR))
    client.force_login(editor)
    double, real = pair(PersonFactory)
    assert client.get(merge_page(double)).status_code == 403
    assert client.post(merge_page(double), {"into": real.pk}).status_code == 403
    assert (
        "Merge into another" not in client.get(merge_page(double).replace("merge", "change")).text
    )
