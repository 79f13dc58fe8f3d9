"""The engagement's form and list in the admin."""

import datetime as dt

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from engagements.dates import PartialDate
from engagements.history import revisions_of
from engagements.models import (
    Correction,
    Country,
    DateChange,
    Engagement,
    Participant,
    Region,
    Topic,
)
from tests.engagements.desk import CHANGE, LIST, add_row, blank, errors, fill, opened, save, saved
from tests.factories import (
    ActionFactory,
    AppointmentFactory,
    EngagementFactory,
    OutcomeFactory,
    PersonFactory,
    RegionFactory,
    SourceFactory,
    TopicFactory,
    TourFactory,
)

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
WITHDRAW = "admin:engagements_engagement_withdraw"


def country(code: str) -> str:
    return str(Country.objects.get(code=code).pk)


def minimal(client) -> dict:
    """Return the least that a new engagement needs."""
    data = blank(client) | {"title": "Talks", "start": "2025"}
    fill(data, "participants-0", country=country("ES"))
    return data


def found(client, term: str, model: str, field: str) -> list[str]:
    """Return what an autocomplete of a field offers for what was typed."""
    answer = client.get(
        reverse("admin:autocomplete"),
        {"app_label": "engagements", "model_name": model, "field_name": field, "term": term},
    )
    return [result["text"] for result in answer.json()["results"]]


@pytest.mark.parametrize(
    ("kind", "hosts", "typed", "found"),
    [
        ("visit", ["DZ"], "", "DZ"),
        ("visit", ["DZ"], "CH", "CH"),
        ("visit", ["DZ", "TN"], "", None),
        ("visit", [], "", None),
        ("meeting", ["DZ"], "", "DZ"),
        ("summit", ["DZ"], "", None),
        ("conference", ["DZ"], "", None),
        ("call", ["DZ"], "", None),
        ("other", ["DZ"], "", None),
    ],
)
def test_new_visit_is_where_its_host_is(admin_client, kind, hosts, typed, found):
    """Unless somebody says otherwise, or there are two hosts, or many meet or only speak."""
    data = minimal(admin_client) | {"kind": kind}
    data["location_country"] = country(typed) if typed else ""
    if hosts:
        assert data["participants-1-side"] == "host"
        fill(data, "participants-1", country=country(hosts[0]))
    for code in hosts[1:]:
        add_row(data, "participants", side="host", country=country(code))
    assert errors(save(admin_client, data)) == []
    visit = Engagement.objects.get()
    assert visit.participants.count() == 1 + len(hosts)
    assert (visit.location_country and visit.location_country.code) == found


@pytest.mark.parametrize(
    ("more", "is_told"),
    [({}, True), ({"location_country": "DZ"}, False), ({"_popup": "1"}, False)],
    ids=["chosen", "typed", "in a window that closes"],
)
def test_place_that_was_chosen_is_told(admin_client, more, is_told):
    """Who saves a new visit reads where it is, if they did not say so themselves."""
    data = minimal(admin_client)
    fill(data, "participants-1", country=country("DZ"))
    if "location_country" in more:
        more = {"location_country": country(more["location_country"])}
    answer = save(admin_client, data | more)
    assert Engagement.objects.get().location_country.code == "DZ"
    told = [str(message) for message in get_messages(answer.wsgi_request)]
    place = "Place: Algeria, where its host is. Change it if they met elsewhere."
    assert (place in told) == is_told


def test_place_that_was_taken_out_stays_out(admin_client):
    """Only a new visit takes its place from its host."""
    visit = EngagementFactory(location_country=None, city="")
    data = opened(admin_client, visit)
    assert data["participants-TOTAL_FORMS"] == "2"
    save(admin_client, data | {"summary": "More", "change_note": "Said more."}, visit)
    visit.refresh_from_db()
    assert (visit.summary, visit.location_country) == ("More", None)


@pytest.mark.parametrize("term", ["DZ", "dza", "Alger", "Algérie", "algeria"])
def test_autocomplete_finds_a_country_by_what_people_type(admin_client, term):
    """Codes, beginnings, other languages and any case."""
    assert "Algeria" in found(admin_client, term, "participant", "country")


@pytest.mark.parametrize(
    ("term", "code"),
    [("Türkiye", "TR"), ("turkiye", "TR"), ("turkey", "TR"), ("burma", "MM"), ("BURMA", "MM")],
)
def test_autocomplete_finds_a_country_by_any_of_its_names(admin_client, term, code):
    """Former and other names lead to the name that we use."""
    name = Country.objects.get(code=code).name
    assert name in found(admin_client, term, "engagement", "location_country")


def test_autocomplete_finds_a_person_without_accents(admin_client):
    """Half a name in lower case is enough, and so is the name with its accents."""
    PersonFactory(name="Javier Colomina Píriz")
    PersonFactory(name="Somebody Else")
    for term in ("colomina", "PÍRIZ", "piriz javier"):
        offered = found(admin_client, term, "participant", "person")
        assert offered == ["Javier Colomina Píriz"]


def test_autocomplete_finds_offices_tours_and_topics(admin_client):
    """Every field that looks something up finds it."""
    office = AppointmentFactory(title="Special envoy")
    TourFactory(title="Spring tour")
    TopicFactory(name="Water")
    assert found(admin_client, "envoy", "participant", "appointment") == [str(office)]
    assert found(admin_client, "spring", "engagement", "tour") == ["Spring tour"]
    assert found(admin_client, "wat", "engagementtopic", "tag") == ["Water"]


def test_autocomplete_refuses_nul_without_breaking(admin_client):
    """PostgreSQL takes no NUL in any text."""
    url = reverse("admin:autocomplete")
    query = "?app_label=engagements&model_name=participant&field_name=person&term=%00"
    assert admin_client.get(url + query).status_code == 400


@pytest.mark.parametrize("number", [2, 10])
def test_the_list_needs_the_same_queries_for_any_number(
    admin_client, django_assert_num_queries, number
):
    """Session, user, filters, dates, counts and the rows with all that they show."""
    EngagementFactory.create_batch(number, topics=[TopicFactory()])
    admin_client.get(reverse(LIST))
    with django_assert_num_queries(QUERIES_OF_THE_LIST):
        page = admin_client.get(reverse(LIST)).text
    assert page.count("Spain → Algiers, Algeria") == number
    assert page.count("28 January 2025") >= number


QUERIES_OF_THE_LIST = 13


@pytest.mark.parametrize(
    "term", ["algiers", "ALGERIA", "dz", "spain", "talks in algiers", "colomina", "Alger"]
)
def test_the_list_is_searched_by_what_people_type(admin_client, term):
    """Title, place, parties and people are searched, and every engagement comes once."""
    wanted = EngagementFactory(title="Talks in Algiers")
    person = PersonFactory(name="Javier Colomina")
    wanted.participants.filter(side="visitor").update(person=person)
    EngagementFactory(
        title="Elsewhere",
        city="Tokyo",
        location_country=Country.objects.get(code="JP"),
        parties=[("visitor", "IT"), ("host", "JP")],
    )
    answer = admin_client.get(reverse(LIST), {"q": term})
    assert [row.title for row in answer.context["cl"].result_list] == ["Talks in Algiers"]


def test_the_lists_dates_lead_to_year_and_month(admin_client):
    """The date hierarchy narrows the list down."""
    EngagementFactory(title="Old", start=PartialDate(dt.date(2021, 3, 17)))
    EngagementFactory(title="New")
    for query, titles in [
        ({}, ["New", "Old"]),
        ({"start_date__year": "2021"}, ["Old"]),
        ({"start_date__year": "2025", "start_date__month": "1"}, ["New"]),
    ]:
        answer = admin_client.get(reverse(LIST), query)
        assert [row.title for row in answer.context["cl"].result_list] == titles


@pytest.mark.parametrize(
    "query",
    [
        "start_date__year=99999",
        "start_date__year=x",
        "p=99999",
        "p=x",
        "o=99.x",
        "kind=picnic",
        "regions__id__exact=x",
        "regions__id__exact=99999999999999999999",
        "visibility=x",
        "coverage=x",
        "nonsense=1",
        "q=%F0%9F%8E%89",
        "q=%D8%A7",
        "q=%22",
        "q=" + "a+" * 200,
    ],
)
def test_bad_addresses_of_the_list_never_break_it(admin_client, query):
    """A bad filter leads back to the list."""
    EngagementFactory()
    answer = admin_client.get(f"{reverse(LIST)}?{query}", follow=True)
    assert answer.status_code == 200


def test_each_filter_of_the_list(admin_client):
    """Each choice of each filter shows what it names."""
    now = timezone.now()
    region = RegionFactory(countries=["DZ"])
    EngagementFactory(title="public", kind="summit")
    EngagementFactory(title="draft", public_from=None, status="planned")
    EngagementFactory(title="embargoed", public_from=now + DAY, is_fictional=True)
    EngagementFactory(
        title="withdrawn", withdrawn_at=now, withdrawn_reason="An error.", parties=[("other", "JP")]
    )
    Engagement.objects.get(title="withdrawn").region_rows.all().delete()
    for query, titles in {
        "visibility=public": "public",
        "visibility=draft": "draft",
        "visibility=embargoed": "embargoed",
        "visibility=withdrawn": "withdrawn",
        "kind__exact=summit": "public",
        "status__exact=planned": "draft",
        "is_fictional__exact=1": "embargoed",
        f"regions__id__exact={region.pk}": "draft embargoed public",
        "coverage=yes": "",
        "coverage=no": "draft embargoed public withdrawn",
    }.items():
        answer = admin_client.get(f"{reverse(LIST)}?{query}")
        shown = sorted(row.title for row in answer.context["cl"].result_list)
        assert " ".join(shown) == titles, query
        assert all(word in answer.text for word in titles.split())


NEEDS_NOTE = "Readers have seen these facts: say what changes, and why."


@pytest.mark.parametrize(
    "change",
    [{"summary": "Put otherwise."}, {"participants-0-title_text": "Envoy"}, {"sources": None},
     {"outcomes": None}],
)  # fmt: skip
def test_a_changed_public_fact_needs_a_note(admin_client, change):
    """Any of them: the engagement's own, a participant's, a source, an outcome."""
    engagement = EngagementFactory()
    Participant.objects.create(engagement=engagement, country=Country.objects.get(code="ES"))
    data = opened(admin_client, engagement) | {"change_note": ""}
    for name, value in change.items():
        if value is None:
            add_row(data, name, title="Cooperation")
            data |= {f"{name}-0-publisher": "Ministry"} if name == "sources" else {}
        else:
            data[name] = value
    answer = save(admin_client, data, engagement)
    assert NEEDS_NOTE in errors(answer)
    assert "change_note" in str(answer.context["adminform"].form.errors)
    saved(save(admin_client, data | {"change_note": "The readout says so."}, engagement))
    newest = revisions_of(engagement)[0].revision
    assert newest.comment.startswith("The readout says so. ")
    assert "What changes, and why" not in newest.comment
    assert not Correction.objects.exists()


def test_readers_are_told_of_a_change_where_the_editor_says_so(admin_client, client):
    """On the fact sheet, at /corrections/ and in its feed, with the day."""
    engagement = EngagementFactory()
    data = opened(admin_client, engagement) | {"city": "Oran", "tells_readers": "on"}
    answer = save(admin_client, data | {"change_note": ""}, engagement)
    assert "Enter the correction." in errors(answer)
    saved(save(admin_client, data | {"change_note": "It was in Oran."}, engagement))
    assert engagement.corrections.get().made_by.username == "admin"
    for address in (engagement.get_absolute_url(), "/corrections/", "/corrections/feed.json"):
        assert "It was in Oran." in client.get(address).text, address


def test_topics_address_and_embargo_of_a_public_engagement_need_no_note(admin_client):
    """They say nothing of what happened; a draft has no place for a note."""
    engagement = EngagementFactory(slug="talks")
    data = opened(admin_client, engagement) | {"slug": "other", "change_note": ""}
    saved(save(admin_client, data, engagement))
    draft = EngagementFactory(public_from=None)
    assert "change_note" not in opened(admin_client, draft)


def test_a_changed_date_of_a_public_engagement_needs_its_reason(admin_client):
    """Readers saw the old dates; the row keeps old, new, reason and who."""
    engagement = EngagementFactory()
    data = opened(admin_client, engagement) | {"start": "February 2025", "end": "2025"}
    answer = save(admin_client, data | {"change_note": ""}, engagement)
    assert NEEDS_NOTE in errors(answer)
    assert not DateChange.objects.exists()
    saved(save(admin_client, data | {"change_note": "A storm.", "tells_readers": "on"}, engagement))
    assert not Correction.objects.exists(), "it would be told twice"
    row = engagement.date_changes.get()
    assert str(row) == "28 January 2025 → February 2025 – 2025"
    assert (row.reason, row.changed_by.username) == ("A storm.", "admin")
    engagement.refresh_from_db()
    assert engagement.when == "February 2025 – 2025"


def test_a_changed_date_of_a_draft_needs_no_reason(admin_client):
    """Nobody saw it."""
    engagement = EngagementFactory(public_from=timezone.now() + DAY)
    data = opened(admin_client, engagement) | {"start": "2025"}
    saved(save(admin_client, data, engagement))
    assert not DateChange.objects.exists()


def test_unchanged_dates_need_no_reason(admin_client):
    """A vague date comes back as vague as it was."""
    engagement = EngagementFactory(start=PartialDate(dt.date(2025, 3, 1), "month"))
    data = opened(admin_client, engagement)
    assert (data["start"], data["end"]) == ("2025-03", "")
    saved(save(admin_client, data | {"title": "Renamed"}, engagement))
    assert not DateChange.objects.exists()


def test_a_removed_region_stays_removed(admin_client):
    """Deleting a derived row is remembered; deleting the memory derives it again."""
    Region.objects.all().delete()
    RegionFactory(name="Maghreb", countries=["DZ"])
    engagement = EngagementFactory()

    def origin() -> str:
        return engagement.region_rows.get().origin

    data = opened(admin_client, engagement) | {"region_rows-0-DELETE": "on"}
    saved(save(admin_client, data, engagement))
    assert origin() == "removed"
    saved(save(admin_client, opened(admin_client, engagement), engagement))
    assert origin() == "removed"
    data = opened(admin_client, engagement) | {"region_rows-0-DELETE": "on"}
    saved(save(admin_client, data, engagement))
    assert origin() == "derived"


def test_a_region_that_an_editor_adds_stays(admin_client):
    """Whatever origin the row was given; twice the same region is refused in words."""
    engagement = EngagementFactory()
    region = RegionFactory()
    data = opened(admin_client, engagement)
    add_row(data, "region_rows", region=str(region.pk), origin="derived")
    saved(save(admin_client, data, engagement))
    assert engagement.region_rows.get(region=region).origin == "added"
    # From another form that was opened before, as a second editor would.
    answer = save(admin_client, data | {"form_token": "", "opened": ""}, engagement)
    assert "This region is there already: change its origin instead." in errors(answer)


def test_leads_may_change_places(admin_client):
    """One save makes another participant the lead; two leads of one side are refused."""
    engagement = EngagementFactory(parties=[("visitor", "ES"), ("visitor", "FR")])
    data = opened(admin_client, engagement)
    people = PersonFactory.create_batch(2)
    fill(data, "participants-0", is_lead="on", person=str(people[0].pk))
    fill(data, "participants-1", person=str(people[1].pk))
    saved(save(admin_client, data, engagement))
    data = opened(admin_client, engagement)
    del data["participants-0-is_lead"]
    fill(data, "participants-0", person=str(people[1].pk))
    fill(data, "participants-1", is_lead="on", person=str(people[0].pk))
    saved(save(admin_client, data, engagement))
    lead = engagement.participants.get(is_lead=True)
    assert str(lead) == f"{people[0]}, France"
    data = opened(admin_client, engagement) | {"participants-0-is_lead": "on"}
    fill(data, "participants-0", person=str(people[0].pk))
    said = errors(save(admin_client, data, engagement))
    assert "Only one participant leads a side." in said
    assert "This person is a participant already." in said


def test_an_office_is_chosen_on_saving(admin_client):
    """The editor names the person; the office that fits the day comes by itself."""
    office = AppointmentFactory(title="Special representative")
    data = minimal(admin_client)
    organisation = str(office.organisation.pk)
    add_row(data, "participants", organisation=organisation, person=str(office.person.pk))
    saved(save(admin_client, data))
    assert Engagement.objects.get().participants.get(person=office.person).appointment == office


@pytest.mark.parametrize("typed", ["Water", "-1", "99999999999999999999", "\x00", "🎉", "٣"])
def test_typing_never_mints_a_topic(admin_client, typed):
    """Only topics that exist can be chosen."""
    answer = save(admin_client, minimal(admin_client) | {"topics": [typed]})
    assert answer.status_code == 200
    assert errors(answer)
    assert not Topic.objects.exists()
    assert not Engagement.objects.exists()


@pytest.mark.parametrize("typed", ["Algeria", "-1", "9" * 20, "\x00", "🎉"])
def test_typing_into_an_autocomplete_is_refused(admin_client, typed):
    """What is no choice gets a sentence at its field, wherever the stock widget stands."""
    data = minimal(admin_client) | {"location_country": typed, "tour": typed}
    fill(data, "participants-0", person=typed, appointment=typed)
    outcome = add_row(data, "outcomes", title="Agreed")
    fill(data, f"{outcome}-actions-0", title="To do", owner_country=typed)
    said = errors(save(admin_client, data))
    refused = "Null characters" if typed == "\x00" else "valid choice"
    assert sum(refused in sentence for sentence in said) == 5


def test_topics_are_chosen_and_taken_off(admin_client):
    """What the autocomplete gives is what the engagement gets."""
    topics = [str(topic.pk) for topic in TopicFactory.create_batch(2)]
    saved(save(admin_client, minimal(admin_client) | {"topics": topics}))
    engagement = Engagement.objects.get()
    assert engagement.topics.count() == 2
    saved(save(admin_client, opened(admin_client, engagement) | {"topics": []}, engagement))
    assert engagement.topics.count() == 0


def test_taggits_own_tags_have_no_page():
    """There is one vocabulary."""
    with pytest.raises(NoReverseMatch):
        reverse("admin:taggit_tag_changelist")
    assert "tag" not in {model._meta.model_name for model in admin.site._registry}


def test_withdrawing_needs_a_reason(admin_client):
    """What was typed stays; then readers are told the reason, and its days stay as they were."""
    engagement = EngagementFactory()
    url = reverse(WITHDRAW, args=[engagement.pk])
    assert url in admin_client.get(reverse(CHANGE, args=[engagement.pk])).text
    assert admin_client.get(url).status_code == 200
    for reason in ("", "  ", "\x00", "x" * 301):
        answer = admin_client.post(url, {"reason": reason})
        assert len(errors(answer)) == 1
        assert reason.strip("\x00") in answer.text
    assert admin_client.post(url, {"reason": "خطأ 🎉"}).status_code == 302
    engagement.refresh_from_db()
    assert engagement.withdrawn_at
    assert engagement.withdrawn_reason == "خطأ 🎉"
    assert [version.revision.comment for version in revisions_of(engagement)] == [
        "Withdrawn: خطأ 🎉", "As it was before its history began.",
    ]  # fmt: skip
    assert errors(admin_client.post(url, {"reason": "Again"}))
    page = opened(admin_client, engagement)
    saved(save(admin_client, page, engagement))
    for date in ("", "2100-01-01"):
        moment = {"public_from_0": date, "public_from_1": date and "12:00"}
        assert errors(save(admin_client, page | moment, engagement))


@pytest.mark.parametrize("pk", ["0", "x", "99999999999999999999", "_00", "٣"])
def test_an_unknown_engagement_is_not_found(admin_client, pk):
    """Neither page breaks over a number that is nobody's, or over what is no number."""
    address = reverse(WITHDRAW, args=[1]).replace("/1/", f"/{pk}/")
    is_number = pk.isascii() and pk.isdecimal()
    assert admin_client.get(address, follow=True).status_code == (404 if is_number else 200)
    for ask in (admin_client.get, admin_client.post):
        assert ask(reverse(CHANGE, args=[pk]), follow=True).status_code == 200


def test_the_form_of_a_full_engagement_needs_few_queries(
    admin_client, django_assert_max_num_queries
):
    """Each outcome costs its own actions, never each action something."""
    engagement = EngagementFactory()
    SourceFactory(engagement=engagement)
    for _ in range(3):
        ActionFactory.create_batch(4, outcome=OutcomeFactory(engagement=engagement))
    with django_assert_max_num_queries(60):
        opened(admin_client, engagement)
