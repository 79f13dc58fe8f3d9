"""Two people have one visit's form open: what the first one saves, the second one never drops."""

import pytest
from playwright.sync_api import expect

from engagements.models import Engagement, Source
from tests.browser.test_autosave import desks
from tests.factories import ActionFactory, EngagementFactory, OutcomeFactory, SourceFactory

__all__ = ["desks"]  # the fixture
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


@pytest.fixture
def visit():
    return EngagementFactory(
        title="As it was", slug="visit", city="Algiers", summary="They spoke about ports."
    )


def open_form(visit, *pages):
    for page in pages:
        page.goto(f"/admin/engagements/engagement/{visit.pk}/change/")


def fill(page, **typed: str) -> None:
    for name, text in typed.items():
        page.fill(f"#id_{name.replace('__', '-')}", text)


def save(page) -> None:
    if not page.input_value("#id_change_note"):
        page.fill("#id_change_note", "Put right.")
    page.click("[name=_continue]")


def saved(page) -> None:
    expect(page.locator(".messagelist .success")).to_contain_text("changed successfully")


def refused(page):
    """Expect the form to come back unsaved, with the sentence in focus; return what it tells."""
    expect(page.locator(".errornote")).to_be_focused()
    expect(page.locator(".errornote")).to_contain_text("Nothing of yours is saved yet")
    return page.get_by_role("region", name="What changed since you opened this form")


def add_row(page, kind: str, group: str) -> int:
    """Press "Add another"; return the new row's number."""
    rows = page.locator(f"#{group}-group .inline-related:not(.empty-form)")
    number = rows.count()
    page.get_by_role("button", name=f"Add another {kind}").click()
    expect(rows).to_have_count(number + 1)
    return number


def test_one_field_and_different_ones_are_changed_by_two_people(desks, visit):
    """Hers is taken where only she typed, both are told where both did; then all is saved."""
    amina, bela = desks
    open_form(visit, amina, bela)
    fill(amina, city="Oran", summary="They spoke about fishing.")
    save(amina)
    saved(amina)
    fill(bela, venue="A palace", summary="They spoke about trade.")
    save(bela)
    told = refused(bela)
    expect(bela.locator(".errornote")).to_contain_text("Amina (")
    city = told.get_by_role("listitem").filter(has_text="City")
    summary = told.get_by_role("listitem").filter(has_text="Summary")
    expect(city.locator("del")).to_contain_text("Algiers")
    expect(city.locator("ins")).to_contain_text("Oran")
    expect(city).to_contain_text("Applied to the form.")
    expect(summary.locator("ins").first).to_contain_text("fishing")
    expect(summary.locator("ins").last).to_contain_text("trade")
    expect(summary).to_contain_text("Your version is in the form.")
    expect(bela.locator("#id_city")).to_have_value("Oran")
    expect(bela.locator("#id_summary")).to_have_value("They spoke about trade.")
    assert Engagement.objects.get().venue == ""
    fill(bela, summary="They spoke about fishing and trade.")
    save(bela)
    saved(bela)
    after = Engagement.objects.get()
    assert (after.city, after.venue) == ("Oran", "A palace")
    assert after.summary == "They spoke about fishing and trade."


def test_rows_are_changed_added_and_removed_by_two_people(desks, visit):
    """Participants, sources, outcomes and their actions: nobody's row is dropped or made twice."""
    amina, bela = desks
    ActionFactory(outcome=OutcomeFactory(engagement=visit, title="Old outcome"), title="Old action")
    SourceFactory(engagement=visit, title="An old readout")
    open_form(visit, amina, bela)

    fill(amina, participants__0__title_text="Envoy for Ports")
    number = add_row(amina, "Outcome", "outcomes")
    fill(amina, **{f"outcomes__{number}__title": "Her outcome"})
    amina.check("#id_sources-0-DELETE")
    save(amina)
    saved(amina)

    fill(
        bela,
        participants__0__title_text="Envoy for Trade",
        participants__1__title_text="Minister",
        sources__0__title="A readout, put right",
        outcomes__0__actions__0__title="My action",
    )
    number = add_row(bela, "Outcome", "outcomes")
    fill(bela, **{f"outcomes__{number}__title": "My outcome"})
    save(bela)
    told = refused(bela)
    expect(told).to_contain_text("Envoy for Ports")
    expect(told).to_contain_text("Envoy for Trade")
    for name, said in (
        ("Her outcome", "Applied to the form."),
        ("An old readout", "You had changed it: the form has it as a new row."),
    ):
        expect(told.get_by_role("listitem").filter(has_text=name)).to_contain_text(said)
    save(bela)
    saved(bela)
    titles = visit.participants.order_by("pk").values_list("title_text", flat=True)
    assert list(titles) == ["Envoy for Trade", "Minister"]
    outcomes = visit.outcomes.order_by("pk").values_list("title", flat=True)
    assert list(outcomes) == ["Old outcome", "Her outcome", "My outcome"]
    assert visit.outcomes.get(title="Old outcome").actions.get().title == "My action"
    assert Source.objects.get().title == "A readout, put right"
