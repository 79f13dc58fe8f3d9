"""Outcomes with their actions nested in the engagement's form."""

from itertools import product

import pytest

from engagements.admin.base import LimitedRows
from engagements.admin.engagement import ActionInline, OutcomeInline
from engagements.models import Action, Country, Engagement, Outcome
from tests.engagements.desk import add_action, add_row, blank, errors, fill, opened, save, saved
from tests.factories import ActionFactory, EngagementFactory, OutcomeFactory

pytestmark = pytest.mark.django_db


def country(code: str) -> str:
    return str(Country.objects.get(code=code).pk)


def facts(engagement: Engagement) -> dict[str, list[str]]:
    """Return the titles of the actions of each outcome, in order."""
    return {
        outcome.title: [action.title for action in outcome.actions.all()]
        for outcome in engagement.outcomes.all()
    }


def test_one_form_makes_the_whole_engagement(admin_client):
    """Participants, sources, outcomes with actions and regions come with one click."""
    data = blank(admin_client) | {"title": "Talks in Algiers", "start": "28 January 2025"}
    data |= {"status": "took_place", "location_country": country("DZ"), "city": "Algiers"}
    fill(data, "participants-0", side="visitor", country=country("ES"), is_lead="on")
    add_row(data, "participants", side="host", country=country("DZ"))
    add_row(data, "sources", publisher="Ministry", title="Readout", url="https://example.org/")
    first = add_row(data, "outcomes", title="Closer cooperation", details="In two fields.")
    add_action(data, first, title="Hold a forum", due="March 2025", owner_country=country("DZ"))
    add_action(data, first, title="Name a contact", owner_text="Both sides")
    second = add_row(data, "outcomes", title="A declaration", position="1")
    add_action(data, second, title="Publish it")
    saved(save(admin_client, data))

    engagement = Engagement.objects.get()
    assert engagement.slug == "talks-in-algiers"
    assert engagement.when == "28 January 2025"
    assert engagement.public_from is None
    assert [str(p) for p in engagement.participants.all()] == ["Spain", "Algeria"]
    assert [str(s) for s in engagement.sources.all()] == ["Ministry: Readout"]
    assert facts(engagement) == {
        "Closer cooperation": ["Hold a forum", "Name a contact"],
        "A declaration": ["Publish it"],
    }
    forum = Action.objects.get(title="Hold a forum")
    assert (str(forum.due), forum.owner) == ("March 2025", "Algeria")
    assert set(engagement.region_rows.values_list("origin", flat=True)) == {"derived"}
    expected = (
        Country.objects.get(code="DZ").regions.all() | Country.objects.get(code="ES").regions.all()
    )
    assert set(engagement.regions.all()) == set(expected)


def test_a_form_that_is_saved_unchanged_changes_nothing(admin_client):
    """Opening and saving keeps every row, and makes no empty one."""
    engagement = EngagementFactory()
    outcome = OutcomeFactory(engagement=engagement, title="Cooperation")
    action = ActionFactory(outcome=outcome, title="Hold a forum")
    saved(save(admin_client, opened(admin_client, engagement), engagement))
    assert facts(engagement) == {"Cooperation": ["Hold a forum"]}
    assert Action.objects.get() == action
    assert engagement.participants.count() == 2


@pytest.fixture
def agreed() -> Engagement:
    """Return an engagement with two outcomes, of which the first has two actions."""
    engagement = EngagementFactory()
    first = OutcomeFactory(engagement=engagement, title="First")
    OutcomeFactory(engagement=engagement, title="Second")
    ActionFactory(outcome=first, title="One")
    ActionFactory(outcome=first, title="Two")
    return engagement


def test_a_second_edit_adds_renames_and_deletes_actions(admin_client, agreed):
    """An outcome that itself is unchanged may gain, lose and change actions."""
    data = opened(admin_client, agreed)
    data["outcomes-0-actions-0-title"] = "One, renamed"
    data["outcomes-0-actions-1-DELETE"] = "on"
    add_action(data, "outcomes-0", title="Three")
    add_action(data, "outcomes-1", title="Four")
    saved(save(admin_client, data, agreed))
    assert facts(agreed) == {"First": ["One, renamed", "Three"], "Second": ["Four"]}


def test_a_deleted_outcome_takes_its_actions_with_it(admin_client, agreed):
    """What stands in a row that is deleted is not validated."""
    data = opened(admin_client, agreed)
    data["outcomes-0-DELETE"] = "on"
    data["outcomes-0-title"] = ""
    add_action(data, "outcomes-0", title="x" * 400)
    data["outcomes-1-title"] = "Second, renamed"
    saved(save(admin_client, data, agreed))
    assert facts(agreed) == {"Second, renamed": []}
    assert not Action.objects.exists()


def test_an_invalid_action_keeps_everything_that_was_typed(admin_client, agreed):
    """The sentence stands at the field, a note at the top, and nothing is saved."""
    data = opened(admin_client, agreed)
    data |= {"title": "A new title", "outcomes-1-details": "New details"}
    add_action(data, "outcomes-0", title="Three", due="31 February 2025")
    outcome = add_row(data, "outcomes", title="Third")
    add_action(data, outcome, title="Four", owner_text="Both", owner_country=country("DZ"))
    answer = save(admin_client, data, agreed)
    said = errors(answer)
    assert said[0].startswith("Please correct the error")
    assert "The calendar has no such day." in said
    assert "An action has one owner: a country, an organisation or words." in said
    kept = {name: value for name, value in data.items() if not name.startswith("initial-")}
    again = answer.context["adminform"].form.data
    assert {name: again.get(name) for name in kept if not isinstance(kept[name], list)} == {
        name: value for name, value in kept.items() if not isinstance(value, list)
    }
    for typed in ("A new title", "New details", "31 February 2025", "Four", "Both", "Third"):
        assert typed in answer.text
    assert facts(agreed) == {"First": ["One", "Two"], "Second": []}


def test_an_action_whose_outcome_has_no_title_is_refused(admin_client):
    """It is not dropped silently, as an empty row would be."""
    data = blank(admin_client) | {"title": "Talks", "start": "2025"}
    fill(data, "participants-0", country=country("ES"))
    outcome = add_row(data, "outcomes")
    add_action(data, outcome, title="Hold a forum")
    answer = save(admin_client, data)
    assert "This field is required." in errors(answer)
    assert "Hold a forum" in answer.text
    assert not Engagement.objects.exists()


def test_rows_left_empty_are_not_saved(admin_client):
    """An added outcome that nobody filled in is no outcome."""
    data = blank(admin_client) | {"title": "Talks", "start": "2025"}
    fill(data, "participants-0", country=country("ES"))
    add_row(data, "outcomes")
    add_row(data, "sources")
    saved(save(admin_client, data))
    assert not Outcome.objects.exists()


def test_sources_of_another_engagement_are_not_offered(admin_client, agreed):
    """One fact is tied to the sources of its own engagement."""
    source = agreed.sources.create(publisher="Ministry", title="Readout")
    foreign = EngagementFactory().sources.create(publisher="Daily", title="Report")
    page = opened(admin_client, agreed)
    saved(save(admin_client, page | {"outcomes-0-sources": [str(source.pk)]}, agreed))
    assert list(Outcome.objects.get(title="First").sources.all()) == [source]
    page = opened(admin_client, agreed)
    answer = save(admin_client, page | {"outcomes-0-sources": [str(foreign.pk)]}, agreed)
    assert any("not one of the available choices" in sentence for sentence in errors(answer))


PREFIXES = ["participants", "sources", "outcomes", "region_rows", "outcomes-0-actions"]


@pytest.fixture
def few_rows(monkeypatch):
    """A form that draws five rows at most is drawn sooner than one of two hundred."""
    for inline in (LimitedRows, OutcomeInline, ActionInline):
        monkeypatch.setattr(inline, "max_num", 5)


@pytest.mark.usefixtures("few_rows")
@pytest.mark.parametrize("prefix", PREFIXES)
def test_tampered_counts_of_rows_never_break_the_form(admin_client, agreed, prefix):
    """Whatever the hidden counts say, the answer is a page or a saved form."""
    data = opened(admin_client, agreed)
    names = (f"{prefix}-TOTAL_FORMS", f"{prefix}-INITIAL_FORMS")
    for name, number in product(names, ["99999", "-1", "x\x00"]):
        answer = save(admin_client, data | {name: number}, agreed)
        assert answer.status_code in (200, 302)
    for name in names:
        answer = save(admin_client, {key: data[key] for key in data if key != name}, agreed)
        assert answer.status_code == 200
        assert any("ManagementForm" in sentence for sentence in errors(answer))
    assert Action.objects.count() == 2


@pytest.mark.parametrize(
    "row", ["participants-0", "outcomes-0", "region_rows-0", "outcomes-0-actions-0"]
)
def test_tampered_rows_never_break_the_form(admin_client, agreed, row):
    """A hidden number that is nobody's, or somebody else's, is refused in words."""
    agreed.region_rows.update_or_create(region=agreed.regions.first(), defaults={})
    page = opened(admin_client, agreed)
    for pk in ("", "x", "0", "99999999999999999999", "\x00", "٣"):
        answer = save(admin_client, page | {f"{row}-id": pk}, agreed)
        assert answer.status_code in (200, 302)
        assert facts(agreed) == {"First": ["One", "Two"], "Second": []}


def test_another_engagements_rows_cannot_be_changed(admin_client, agreed):
    """An action's number out of another engagement is of no use."""
    foreign = ActionFactory(title="Foreign")
    data = opened(admin_client, agreed)
    data |= {"outcomes-0-actions-0-id": str(foreign.pk), "outcomes-0-actions-0-title": "Taken"}
    assert save(admin_client, data, agreed).status_code in (200, 302)
    foreign.refresh_from_db()
    assert (foreign.title, foreign.outcome.engagement != agreed) == ("Foreign", True)
