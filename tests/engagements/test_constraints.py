"""Each database constraint of the facts, met by a write that passes every form by."""

import datetime as dt
import re
from collections.abc import Callable, Iterator

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from engagements.models import (
    Action,
    ActionUpdate,
    Appointment,
    Correction,
    Country,
    CountryName,
    DateChange,
    Engagement,
    EngagementRegion,
    EngagementTopic,
    FormerSlug,
    Participant,
    Source,
)
from tests.factories import (
    ActionFactory,
    AppointmentFactory,
    EngagementFactory,
    OrganisationFactory,
    PersonFactory,
    RegionFactory,
    SourceFactory,
    TopicFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

DAY = dt.date(2025, 1, 28)
NOW = timezone.now()


def country(code: str = "DZ") -> Country:
    return Country.objects.get(code=code)


def change(factory, /, **columns) -> Callable[[], object]:
    """Return a write that gives a valid row the columns, past every `save` and `clean`."""

    def write() -> None:
        row = factory()
        type(row)._default_manager.filter(pk=row.pk).update(**columns)

    return write


def insert(make: Callable[[], list[models.Model]]) -> Callable[[], object]:
    """Return a write that inserts the rows, past every `save` and `clean`."""

    def write() -> None:
        rows = make()
        type(rows[0])._default_manager.bulk_create(rows)

    return write


def date_change(**columns) -> Callable[[], object]:
    valid = {
        "old_start_date": DAY,
        "old_start_precision": "day",
        "new_start_date": DAY,
        "new_start_precision": "day",
        "reason": "A storm.",
    }
    return insert(lambda: [DateChange(engagement=EngagementFactory(), **valid | columns)])


def correction(**columns) -> Callable[[], object]:
    return insert(lambda: [Correction(engagement=EngagementFactory(), **columns)])


def participant(**columns) -> Callable[[], object]:
    return insert(lambda: [Participant(engagement=EngagementFactory(), **columns)])


def two_participants(**columns) -> list[Participant]:
    engagement = EngagementFactory()
    return [Participant(engagement=engagement, country=country(), **columns) for _ in "ab"]


def update(**columns) -> Callable[[], object]:
    valid = {"date": DAY, "status": "open", "text": "It began."}

    def make() -> list[ActionUpdate]:
        return [ActionUpdate(action=ActionFactory(), reported_by=UserFactory(), **valid | columns)]

    return insert(make)


def confirmed_but_open() -> list[ActionUpdate]:
    row = ActionUpdate(action=ActionFactory(), date=DAY, status="open", text="Held.")
    row.reported_by, row.confirmed_by = UserFactory(), UserFactory()
    return [row]


def confirmed_by_oneself() -> list[ActionUpdate]:
    user = UserFactory()
    row = ActionUpdate(action=ActionFactory(), date=DAY, status="done", text="Held.")
    row.reported_by = row.confirmed_by = user
    return [row]


def names(*rows: tuple[str, str, str]) -> Callable[[], object]:
    return insert(
        lambda: [
            CountryName(country=country(), language=language, name=name, kind=kind)
            for language, name, kind in rows
        ]
    )


def twice(model: type[models.Model], **relations) -> Callable[[], object]:
    def make() -> list[models.Model]:
        values = {name: related() for name, related in relations.items()}
        return [model(**values), model(**values)]

    return insert(make)


FIRST_OF_PERIOD = {"date": dt.date(2025, 3, 17), "precision": "month"}
NO_PRECISION = {"date": DAY, "precision": ""}


def pair(name: str, values: dict) -> dict:
    """Return the values as the columns `<name>_date` and `<name>_precision`."""
    return {f"{name}_{column}": value for column, value in values.items()}


def partial_date_cases(label: str, name: str, write: Callable) -> Iterator[tuple[str, Callable]]:
    """Yield the violations of the two rules that every partial date has."""
    paired, first = f"{label}_{name}_paired", f"{label}_{name}_first_of_period"
    yield paired, write(**pair(name, NO_PRECISION))
    yield first, write(**pair(name, FIRST_OF_PERIOD))
    yield first, write(**pair(name, {"date": dt.date(2025, 3, 1), "precision": "year"}))
    yield first, write(**pair(name, {"date": dt.date(2025, 1, 2), "precision": "year"}))


def engagement(**columns) -> Callable[[], object]:
    # Late enough for any start, so that a case breaks one rule alone.
    return change(EngagementFactory, **{"sort_date": dt.date(2199, 12, 31)} | columns)


def appointment(**columns) -> Callable[[], object]:
    return change(AppointmentFactory, **columns)


def engagement_from_to(start: dict, end: dict) -> Callable[[], object]:
    return engagement(**pair("start", start), **pair("end", end))


def day(*parts: int) -> dict:
    return {"date": dt.date(*parts), "precision": "day"}


CASES: list[tuple[str, Callable[[], object]]] = [
    ("country_code_format", change(country, code="dz")),
    ("country_code_format", change(country, code="DZA")),
    ("country_code_format", change(country, code="")),
    ("country_validity_in_order", change(country, valid_from=DAY, valid_until=DAY)),
    (
        "countryname_one_translation_a_language",
        names(("qx", "One", "translation"), ("qx", "Two", "translation")),
    ),
    ("countryname_unique", names(("", "Numidia", "alias"), ("", "Numidia", "alias"))),
    ("countryname_kind_and_language", names(("", "Numidia", "translation"))),
    ("countryname_kind_and_language", names(("fr", "Numidia", "nickname"))),
    ("appointment_exactly_one_party", appointment(organisation=None)),
    (
        "appointment_exactly_one_party",
        lambda: Appointment.objects.filter(pk=AppointmentFactory().pk).update(country=country()),
    ),
    *partial_date_cases("appointment", "start", appointment),
    *partial_date_cases("appointment", "end", appointment),
    (
        "appointment_end_not_before_start",
        appointment(**pair("start", day(2025, 1, 28)), **pair("end", day(2025, 1, 27))),
    ),
    *partial_date_cases("engagement", "start", engagement),
    ("engagement_start_paired", engagement(start_precision="")),
    *partial_date_cases("engagement", "end", engagement),
    ("engagement_end_paired", engagement(end_precision="day")),
    (
        "engagement_end_not_before_start",
        engagement_from_to(day(2025, 1, 28), day(2025, 1, 27)),
    ),
    (
        "engagement_end_not_before_start",
        engagement_from_to(day(2025, 2, 1), {"date": dt.date(2025, 1, 1), "precision": "month"}),
    ),
    (
        "engagement_end_not_before_start",
        engagement_from_to(day(2025, 2, 1), {"date": dt.date(2024, 1, 1), "precision": "year"}),
    ),
    (
        "engagement_sort_date_in_start_period",
        engagement(sort_date=DAY - dt.timedelta(days=1)),
    ),
    ("engagement_named", engagement(title="")),
    ("engagement_named", engagement(slug="")),
    ("engagement_kind_known", engagement(kind="picnic")),
    ("engagement_status_known", engagement(status="perhaps")),
    ("engagement_call_has_no_location", engagement(kind="call")),
    (
        "engagement_call_has_no_location",
        engagement(kind="call", location_country=None, city="Algiers"),
    ),
    (
        "engagement_withdrawn_was_public",
        engagement(withdrawn_at=NOW, withdrawn_reason="An error.", public_from=None),
    ),
    (
        "engagement_withdrawn_was_public",
        engagement(
            withdrawn_at=NOW,
            withdrawn_reason="An error.",
            public_from=NOW + dt.timedelta(days=1),
        ),
    ),
    ("engagement_withdrawal_has_reason", engagement(withdrawn_at=NOW)),
    ("engagement_withdrawal_has_reason", engagement(withdrawn_reason="An error.")),
    ("correction_has_note", correction(note="")),
    ("datechange_has_reason", date_change(reason="")),
    *partial_date_cases("datechange", "old_start", date_change),
    *partial_date_cases("datechange", "old_end", date_change),
    *partial_date_cases("datechange", "new_start", date_change),
    *partial_date_cases("datechange", "new_end", date_change),
    ("participant_exactly_one_party", participant()),
    (
        "participant_exactly_one_party",
        insert(
            lambda: [
                Participant(
                    engagement=EngagementFactory(),
                    country=country(),
                    organisation=OrganisationFactory(),
                )
            ]
        ),
    ),
    ("participant_one_lead_a_side", insert(lambda: two_participants(is_lead=True, side="other"))),
    ("participant_person_once", insert(lambda: two_participants(person=PersonFactory()))),
    (
        "participant_side_known",
        lambda: EngagementFactory().participants.update(side="guest"),
    ),
    (
        "participant_appointment_has_person",
        lambda: EngagementFactory().participants.update(appointment=AppointmentFactory()),
    ),
    (
        "engagementregion_unique",
        twice(EngagementRegion, engagement=EngagementFactory, region=RegionFactory),
    ),
    (
        "engagementregion_origin_known",
        insert(
            lambda: [
                EngagementRegion(
                    engagement=EngagementFactory(), region=RegionFactory(), origin="guessed"
                )
            ]
        ),
    ),
    (
        "engagementtopic_unique",
        twice(EngagementTopic, content_object=EngagementFactory, tag=TopicFactory),
    ),
    (
        "formerslug_unique",
        insert(lambda: [FormerSlug(kind="topic", slug="old", target=n) for n in (1, 2)]),
    ),
    ("formerslug_named", insert(lambda: [FormerSlug(kind="topic", slug="", target=1)])),
    ("formerslug_named", insert(lambda: [FormerSlug(kind="", slug="old", target=1)])),
    ("source_account_known", change(SourceFactory, account="rumour")),
    *partial_date_cases("action", "due", lambda **columns: change(ActionFactory, **columns)),
    (
        "action_one_owner",
        lambda: Action.objects.filter(pk=ActionFactory().pk).update(
            owner_country=country(), owner_text="everyone"
        ),
    ),
    (
        "action_one_owner",
        lambda: Action.objects.filter(pk=ActionFactory().pk).update(
            owner_country=country(), owner_organisation=OrganisationFactory()
        ),
    ),
    ("action_status_known", change(ActionFactory, status="forgotten")),
    ("actionupdate_status_known", update(status="forgotten")),
    ("actionupdate_confirmed_by_another", insert(confirmed_by_oneself)),
    ("actionupdate_has_text", update(text="")),
    ("actionupdate_confirmed_is_done", insert(confirmed_but_open)),
]

CONSTRAINTS = {
    constraint.name: (model, constraint)
    for model in apps.get_app_config("engagements").get_models()
    for constraint in model._meta.constraints
}


@pytest.mark.parametrize(
    ("name", "write"),
    [
        pytest.param(name, write, id=f"{name}-{number}")
        for number, (name, write) in enumerate(CASES)
    ],
)
def test_constraint_refuses_what_breaks_it(name, write):
    """The database itself keeps the rule, whoever writes."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        write()
    model, constraint = CONSTRAINTS[name]
    said = str(caught.value)
    if connection.vendor == "sqlite" and isinstance(constraint, models.UniqueConstraint):
        columns = [model._meta.get_field(field).column for field in constraint.fields]
        assert said.endswith(", ".join(f"{model._meta.db_table}.{column}" for column in columns))
    else:
        assert re.search(rf"\b{name}\b", said)


def test_an_unknown_precision_is_refused():
    """There are days, months and years; nothing is known "to the week"."""
    with pytest.raises(IntegrityError, match=r"engagement_start_(paired|first_of_period)"):
        engagement(start_precision="week")()


def test_every_constraint_has_a_case():
    """A new constraint cannot be forgotten, nor a case outlive its constraint."""
    assert {name for name, _write in CASES} == set(CONSTRAINTS)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (day(2021, 3, 17), {"date": dt.date(2021, 1, 1), "precision": "year"}),
        (day(2021, 3, 17), {"date": dt.date(2021, 3, 1), "precision": "month"}),
        (day(2021, 3, 17), day(2021, 3, 17)),
        ({"date": dt.date(2021, 1, 1), "precision": "year"}, day(2021, 1, 1)),
        ({"date": dt.date(2021, 3, 1), "precision": "month"}, day(2022, 1, 1)),
    ],
)
def test_end_not_before_start_lets_overlapping_periods_be(start, end):
    """A day "to 2021" is in order where the day lies in 2021."""
    engagement_from_to(start, end)()
    assert Engagement.objects.filter(end_date=end["date"]).exists()


@pytest.mark.parametrize("code", ["DZ", "XK", "SUHH"])
def test_country_code_format_takes_two_and_four_letters(code):
    """Former states have four letters."""
    Country.objects.filter(code=code).delete()
    assert Country.objects.create(code=code, name=code).pk


def test_sources_of_all_kinds_pass_their_check():
    """The CHECK and the choices name the same accounts."""
    event = EngagementFactory()
    for account in Source.Account.values:
        SourceFactory(engagement=event, account=account)
    assert event.sources.count() == len(Source.Account)


@pytest.mark.parametrize(
    ("make", "column", "values"),
    [
        (EngagementFactory, "status", Engagement.Status.values),
        (
            lambda: EngagementFactory(location_country=None, city=""),
            "kind",
            Engagement.Kind.values,
        ),
        (ActionFactory, "status", Action.Status.values),
    ],
    ids=["status", "kind", "action status"],
)
def test_choices_pass_their_check(make, column, values):
    """The CHECKs spell the choices out: each choice has to pass."""
    row = make()
    for value in values:
        type(row).objects.filter(pk=row.pk).update(**{column: value})
    assert getattr(type(row).objects.get(pk=row.pk), column) == values[-1]
