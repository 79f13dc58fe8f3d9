"""Engagements, parties and offices: what a row says of itself, with `today` injected."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from articles.models import Edition, Picture
from engagements.dates import PartialDate
from engagements.models import (
    Appointment,
    Country,
    Engagement,
    FormerSlug,
    Organisation,
    Participant,
    Person,
)
from engagements.models.bases import LineField
from engagements.text import fold, unique_slug
from tests.factories import (
    AppointmentFactory,
    EngagementFactory,
    OrganisationFactory,
    PersonFactory,
    RegionFactory,
    TopicFactory,
    TourFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

TODAY = dt.date(2025, 6, 15)
DAY = dt.timedelta(days=1)


def known(text: str) -> PartialDate | None:
    return PartialDate.parse(text) if text else None


def country(code: str) -> Country:
    return Country.objects.get(code=code)


@pytest.mark.parametrize(
    ("start", "sort_date"),
    [
        ("2025-01-28", dt.date(2025, 1, 28)),
        ("2024-02", dt.date(2024, 2, 29)),
        ("2025", dt.date(2025, 12, 31)),
    ],
)
def test_sort_date_is_the_last_day_of_the_starts_period(start, sort_date):
    """A vague date stands after the days that it may be, and an end does not move it."""
    engagement = EngagementFactory(start=known(start), end=known("2025"))
    assert Engagement.objects.get(pk=engagement.pk).sort_date == sort_date


@pytest.mark.parametrize(
    ("status", "start", "end", "upcoming", "unconfirmed", "words"),
    [
        ("planned", "2025-06-15", "", True, False, "planned"),
        ("planned", "2025-06-14", "", False, True, "not confirmed"),
        ("confirmed", "2025-06-14", "", False, True, "not confirmed"),
        ("confirmed", "2025-06-13", "2025-06-15", True, False, "confirmed"),
        ("planned", "2025-06-13", "2025-06-14", False, True, "not confirmed"),
        ("planned", "2025-06", "", True, False, "planned"),
        ("planned", "2025-05", "", False, True, "not confirmed"),
        ("planned", "2025", "", True, False, "planned"),
        ("planned", "2024", "", False, True, "not confirmed"),
        ("planned", "2024", "2025", True, False, "planned"),
        ("took_place", "2025-06-14", "", False, False, "took place"),
        ("postponed", "2025-06-14", "", False, False, "postponed"),
        ("cancelled", "2026-01-01", "", False, False, "cancelled"),
    ],
)
def test_status_on_a_day(status, start, end, upcoming, unconfirmed, words):
    """What was planned for a day that has passed reads "not confirmed", never "took place"."""
    engagement = Engagement(status=status, start=known(start), end=known(end))
    assert engagement.is_upcoming(TODAY) is upcoming
    assert engagement.is_unconfirmed(TODAY) is unconfirmed
    assert engagement.status_on(TODAY) == words


def test_an_engagement_of_the_future_cannot_have_taken_place():
    """The sentence stands at the status; a period that has begun may hold the day."""
    tomorrow = timezone.localdate() + DAY
    engagement = Engagement(status="took_place", start=PartialDate(tomorrow))
    with pytest.raises(ValidationError) as caught:
        engagement.clean()
    assert "status" in caught.value.message_dict
    engagement.start = PartialDate(tomorrow - DAY, "year")
    engagement.clean()


def test_public_at_a_moment():
    """A draft, an embargo and a withdrawal are nowhere; their moments themselves count."""
    now = timezone.now()
    EngagementFactory(title="draft", public_from=None)
    EngagementFactory(title="embargoed", public_from=now + DAY)
    EngagementFactory(title="public", public_from=now)
    EngagementFactory(
        title="withdrawn", public_from=now - DAY, withdrawn_at=now, withdrawn_reason="An error."
    )

    def titles(rows) -> set[str]:
        return set(rows.values_list("title", flat=True))

    assert titles(Engagement.objects.public(now)) == {"public"}
    assert titles(Engagement.objects.public(now - DAY)) == {"withdrawn"}
    assert titles(Engagement.objects.public(now + DAY)) == {"embargoed", "public"}
    assert titles(Engagement.objects.withdrawn(now)) == {"withdrawn"}
    assert not Engagement.objects.withdrawn(now - DAY)


def test_about_and_newest_first():
    """Relations are prepositions; equal dates keep one order."""
    topic = TopicFactory()
    dates = ["2025-01-28", "2025", "2025-01-28"]
    first, last, second = (EngagementFactory(start=known(d), topics=[topic]) for d in dates)
    EngagementFactory()
    rows = Engagement.objects.filter(topic_items__tag=topic).newest_first()
    assert list(rows) == [last, second, first]


def test_who_and_where():
    """Visitors → place; each party once, an organisation by its acronym."""
    engagement = EngagementFactory()
    assert (engagement.who, engagement.where) == ("Spain", "Algiers, Algeria")
    nato = OrganisationFactory(name="North Atlantic Treaty Organization", acronym="NATO")
    for person in PersonFactory.create_batch(2):
        Participant.objects.create(engagement=engagement, organisation=nato, person=person)
    assert engagement.who == "Spain, NATO"
    assert [str(p.party_name) for p in engagement.hosts] == ["Algeria"]
    assert engagement.others == []


def test_who_and_where_of_a_call():
    """Where nobody visits everyone is named; without a place the hosts stand for it."""
    call = EngagementFactory(
        kind="call", location_country=None, city="", parties=[("other", "FR"), ("host", "ES")]
    )
    assert (call.who, call.where) == ("France, Spain", "Spain")
    nobody = EngagementFactory(location_country=None, city="Algiers")
    assert nobody.where == "Algiers"
    nobody.participants.all().delete()
    assert nobody.who == ""


def test_with_parties_needs_the_same_queries_for_any_number(django_assert_num_queries):
    """One query for the engagements, one for their participants."""
    EngagementFactory.create_batch(3)
    with django_assert_num_queries(2):
        for engagement in Engagement.objects.with_parties():
            assert engagement.who
            assert engagement.where
            assert [p.title for p in engagement.visitors] == [""]


def take_part(when: str, until: str = "", *, person: Person, party) -> Participant:
    """Return an unsaved participant, for `party`, of an engagement at that time."""
    engagement = EngagementFactory(start=known(when), end=known(until))
    column = "country" if isinstance(party, Country) else "organisation"
    return Participant(engagement=engagement, person=person, **{column: party})


@pytest.mark.parametrize(
    ("when", "until", "terms", "chosen"),
    [
        ("2025-01-28", "", [("2024", "")], 0),
        ("2025-01-28", "", [("", "")], 0),
        ("2025-01-28", "", [], None),
        ("2025-01-28", "", [("2025-01-29", "")], None),
        ("2025-01-28", "", [("2020", "2025-01-27")], None),
        ("2025-01-28", "", [("2020", "2025-01-28")], 0),
        # An end known to the month or year may be that day or later.
        ("2025-01-28", "", [("2020", "2025-01")], 0),
        ("2025-01-28", "", [("2020", "2025")], 0),
        ("2025-01-28", "", [("2020", "2024")], None),
        ("2025-01-28", "", [("2020", "2024-12")], None),
        ("2025-01-28", "", [("2020", "2024-12-31"), ("2025-01-01", "")], 1),
        # At the edge both fit, so an editor decides.
        ("2025-01-28", "", [("2020", "2025"), ("2025-01-01", "")], None),
        ("2025-01", "", [("2020", "2025-01-15"), ("2025-01-16", "")], None),
        ("2024-12-30", "2025-01-02", [("2020", "2024-12-31"), ("2025-01-01", "")], None),
        ("2025", "", [("2025-12-31", "")], 0),
    ],
)
def test_choose_appointment(when, until, terms, chosen):
    """The office is chosen by itself only if exactly one fits the engagement's days."""
    person, party = PersonFactory(), OrganisationFactory()
    offices = [
        AppointmentFactory(person=person, organisation=party, start=known(start), end=known(end))
        for start, end in terms
    ]
    participant = take_part(when, until, person=person, party=party)
    participant.choose_appointment()
    assert participant.appointment == (None if chosen is None else offices[chosen])


def test_choose_appointment_keeps_to_the_party():
    """An envoy's office elsewhere is not the one for which the envoy came."""
    office = AppointmentFactory()
    participant = take_part("2025-01-28", person=office.person, party=country("ES"))
    participant.choose_appointment()
    assert participant.appointment is None
    own = AppointmentFactory(person=office.person, organisation=None, country=country("ES"))
    participant.choose_appointment()
    assert participant.appointment == own


def test_choose_appointment_keeps_what_an_editor_chose():
    """Neither a chosen office nor a title in words is overruled."""
    person, party = PersonFactory(), OrganisationFactory()
    former = AppointmentFactory(person=person, organisation=party, end=known("2020"))
    AppointmentFactory(person=person, organisation=party, start=known("2021"))
    participant = take_part("2025-01-28", person=person, party=party)
    participant.appointment = former
    participant.choose_appointment()
    assert participant.appointment == former
    participant.appointment, participant.title_text = None, "Former envoy"
    participant.choose_appointment()
    assert participant.appointment is None
    assert participant.title == "Former envoy"


def test_title_is_the_one_held_that_day():
    """A later office changes nothing of an earlier encounter."""
    person, party = PersonFactory(), OrganisationFactory()
    AppointmentFactory(
        person=person, organisation=party, title="Envoy", start=known("2024"), end=known("2024")
    )
    AppointmentFactory(person=person, organisation=party, title="Director", start=known("2025"))
    for when, title in [("2024-05", "Envoy"), ("2025-05", "Director"), ("2023", "")]:
        participant = take_part(when, person=person, party=party)
        participant.choose_appointment()
        assert participant.title == title


def test_somebody_elses_office_is_refused():
    """The sentence stands at the office."""
    participant = take_part("2025", person=PersonFactory(), party=country("ES"))
    participant.appointment = AppointmentFactory()
    with pytest.raises(ValidationError) as caught:
        participant.clean()
    assert "appointment" in caught.value.message_dict


@pytest.mark.parametrize(
    ("start", "end", "period"),
    [("2024-05", "2025", " (May 2024–2025)"), ("2024", "", " (2024)"), ("", "", "")],
)
def test_appointment_names_its_period(start, end, period):
    """Two terms in one office can be told apart in a list."""
    office = Appointment(
        person=Person(name="A. Envoy"), title="Envoy", start=known(start), end=known(end)
    )
    assert str(office) == f"A. Envoy, Envoy{period}"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Türkiye", "turkiye"),
        ("  Côte\td’Ivoire ", "cote d’ivoire"),
        ("STRASSE straße", "strasse strasse"),
        ("🎉", "🎉"),
        ("الجزائر", "الجزاير"),
    ],
)
def test_fold_makes_spellings_comparable(text, folded):
    """Case, accents and spaces make no difference."""
    assert fold(text) == folded


def test_folded_text_fits_its_column():
    """Folding may lengthen a text many times; what does not fit is cut, not refused."""
    longest = "\ufdfa" * 200  # eighteen letters each once decomposed
    for row in (
        Organisation.objects.create(name=longest, acronym="\ufdfa" * 20, slug="a"),
        Person.objects.create(name=longest, slug="a"),
        EngagementFactory(title=longest, city=longest),
        Country.objects.create(code="QQ", name="\ufdfa" * 100),
        country("DZ").names.create(name="\ufdfa" * 100),
    ):
        assert len(row.search_text) <= row._meta.get_field("search_text").max_length


def test_unique_slug_counts_on():
    """A second row of the same title gets a number; what no address holds gets the fallback."""
    assert unique_slug(Engagement, "A visit!", "x") == "a-visit"
    first = EngagementFactory(slug="a-visit")
    EngagementFactory(slug="a-visit-2")
    assert unique_slug(Engagement, "A visit!", "x") == "a-visit-3"
    assert unique_slug(Engagement, "A visit", "x", keep=first) == "a-visit"
    assert unique_slug(Engagement, "زيارة 🎉", "engagement-1") == "engagement-1"
    assert len(unique_slug(Engagement, "long " * 100, "x")) <= 180


def test_office_that_does_not_fit_the_days_is_refused():
    """After a change of date the page would show a title that nobody held that day."""
    envoy = PersonFactory()
    office = AppointmentFactory(person=envoy, start=PartialDate(dt.date(2023, 1, 1)))
    visit = EngagementFactory()
    seat = Participant(
        engagement=visit, organisation=office.organisation, person=envoy, appointment=office
    )
    seat.full_clean()
    visit.start = PartialDate(dt.date(2015, 5, 5))
    with pytest.raises(ValidationError, match="not held on these days"):
        seat.full_clean()
    visit.start = PartialDate(dt.date(2025, 1, 28))
    seat.organisation, seat.country = None, visit.location_country
    with pytest.raises(ValidationError, match="not for this party"):
        seat.full_clean()


@pytest.mark.parametrize(
    ("start", "end", "period"),
    [
        ("", "", ""),
        ("2020", "", "since 2020"),
        ("", "2021", "until 2021"),
        ("2020", "2021", "2020 – 2021"),
    ],
)
def test_period_of_an_office_is_as_precise_as_it_is_known(start, end, period):
    """No date is invented for what is not known."""
    office = Appointment()
    office.start, office.end = known(start), known(end)
    assert office.period == period


def test_former_slug_belongs_to_the_row_that_readers_knew_by_it():
    """Another row cannot take it: the sentence says whose it is."""
    holder = OrganisationFactory(name="The holder")
    former = FormerSlug.objects.create(kind="organisation", slug="old", target=holder.pk)
    assert str(former) == "organisation old"
    with pytest.raises(ValidationError, match="The holder"):
        Organisation(name="Another", slug="old").validate_unique()
    Organisation(name="Another", slug="old").validate_unique(exclude={"slug"})
    holder.slug = "old"
    holder.validate_unique()


@pytest.mark.parametrize("mark", ["\n", "\r", "\t", "\x00", "\x7f", "\x85", "\u2028", "\ud800"])
def test_names_hold_no_control_characters(mark):
    """A line break in a name would break a calendar's line; the sentence stands at the field."""
    for row, field in (
        (PersonFactory.build(), "name"),
        (OrganisationFactory.build(), "name"),
        (OrganisationFactory.build(), "acronym"),
        (TopicFactory.build(), "name"),
        (RegionFactory.build(), "name"),
        (TourFactory.build(), "title"),
        (Engagement(), "title"),
        (Engagement(), "venue"),
        (Edition(), "headline"),
        (Edition(), "byline"),
        (Picture(), "credit"),
    ):
        setattr(row, field, f"A{mark}B")
        others = {column.name for column in row._meta.fields} - {field}
        with pytest.raises(ValidationError, match="on one line"):
            row.clean_fields(exclude=others)
        setattr(row, field, "A “B” زيارة 각")
        row.clean_fields(exclude=others)


def test_forms_refuse_a_line_break_in_a_name(client):
    """At the field, where the person is."""
    client.force_login(UserFactory(is_superuser=True))
    data = {"name": "First\nSecond", "slug": "first"}
    page = client.post(reverse("admin:engagements_topic_add"), data)
    assert "Type this on one line" in page.text


def test_line_is_an_ordinary_column():
    """Migrations know nothing of its rule, so that another one needs no migration."""
    _name, path, _args, kwargs = LineField(max_length=5).deconstruct()
    assert (path, kwargs) == ("django.db.models.CharField", {"max_length": 5})
