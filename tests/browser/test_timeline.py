"""A timeline in a browser: filters with and without scripts, histogram, keyboard, citations."""

import datetime as dt

import pytest
from playwright.sync_api import LocatorAssertions, expect

from engagements.dates import PartialDate
from tests.factories import EngagementFactory, TopicFactory, make_public

pytestmark = [
    pytest.mark.browser,
    pytest.mark.page,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

ADDRESS = "/regions/southern-neighbourhood/"


@pytest.fixture
def visits():
    """Three visits in three months; two are about security, one of them has an article."""
    security, energy = TopicFactory(name="Security", slug="security"), TopicFactory(name="Energy")
    for month, topic in ((1, security), (2, energy), (4, security)):
        visit = EngagementFactory(
            title=f"Visit {month}", topics=[topic], start=PartialDate(dt.date(2025, month, 3))
        )
    make_public(engagement=visit, topics=[security])


def titles(page) -> LocatorAssertions:
    """Expect something of the cards' titles: a click does not wait for the next page."""
    return expect(page.locator(".entry .title"))


def test_filter_swaps_in_place_and_back_undoes_it(page, live_server, visits):
    """A choice changes the view, the address and the title; Back and reload keep their views."""
    page.goto(ADDRESS)
    page.evaluate("window.sameDocument = true")
    page.get_by_text("Filter, or go to a month").click()
    page.get_by_label("Topic", exact=True).select_option(label="Security (2)")
    expect(page.get_by_role("status")).to_have_text("2 visits: about Security.")
    expect(page).to_have_url(f"{live_server.url}{ADDRESS}?topic=security")
    expect(page).to_have_title("Southern Neighbourhood: Security – Communiqué")
    titles(page).to_have_text(["Visit 4", "Visit 1"])
    assert page.evaluate("window.sameDocument")
    page.get_by_label("Coverage", exact=True).select_option(label="With an article (1)")
    expect(page.get_by_role("status")).to_have_text("1 visit: about Security, with an article.")
    page.get_by_role("link", name="Security remove").click()
    expect(page.get_by_role("status")).to_have_text("1 visit: with an article.")
    page.reload()
    expect(page.get_by_role("status")).to_have_text("1 visit: with an article.")
    for words in (
        "1 visit: about Security, with an article.",
        "2 visits: about Security.",
        "3 visits.",
    ):
        page.go_back()
        expect(page.get_by_role("status")).to_have_text(words)


def test_choice_made_as_soon_as_the_view_has_changed_counts(page, live_server, visits):
    """Whoever goes on at once, by script or by key, loses no choice."""
    page.goto(ADDRESS)
    page.get_by_text("Filter, or go to a month").click()
    page.evaluate(
        """document.addEventListener("htmx:afterSwap", () => setTimeout(() => {
            const coverage = document.querySelector(".facet-panel select[name=coverage]");
            coverage.value = "with";
            coverage.dispatchEvent(new Event("change", { bubbles: true }));
        }), { once: true })"""
    )
    page.get_by_label("Topic", exact=True).select_option(label="Security (2)")
    expect(page.get_by_role("status")).to_have_text("1 visit: about Security, with an article.")


def test_filter_works_without_scripts(browser, live_server, visits):
    """One small form and a button do the same."""
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(ADDRESS)
    page.get_by_text("Filter, or go to a month").click()
    page.get_by_label("Topic", exact=True).select_option(label="Security (2)")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(f"{live_server.url}{ADDRESS}?topic=security")
    titles(page).to_have_text(["Visit 4", "Visit 1"])
    # What would give nothing cannot be chosen.
    assert page.get_by_label("Status", exact=True).locator("option[disabled]").count() == 4
    page.get_by_role("link", name="Security remove").click()
    titles(page).to_have_count(3)
    context.close()


def test_nonsense_in_the_month_is_answered_in_words(browser, live_server, visits):
    """Whoever types a month by hand reads what it should look like."""
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{ADDRESS}?from=spring")
    expect(page.get_by_text("“spring” is no month: write 2025-01, or 2025.")).to_be_visible()
    page.get_by_role("link", name="See all of").click()
    titles(page).to_have_count(3)
    context.close()


def test_nonsense_is_answered_in_words_with_scripts_too(page, live_server, visits):
    """What the server refuses is a page that says why, and Back leads to the timeline."""
    page.goto(ADDRESS)
    page.get_by_text("Filter, or go to a month").click()
    month = page.get_by_label("Go to")
    # As in a browser that knows no field for months.
    month.evaluate("field => { field.type = 'text'; field.value = 'spring'; }")
    month.dispatch_event("change")
    expect(page.get_by_text("“spring” is no month: write 2025-01, or 2025.")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Visit 4")).to_be_visible()


def test_bar_of_the_histogram_goes_to_its_month(page, live_server, visits):
    """Each month with visits has a bar, told in words, that leads there."""
    page.goto(ADDRESS)
    histogram = page.get_by_role("navigation", name="Visits through time")
    bars = histogram.locator("svg").get_by_role("link")
    expect(bars).to_have_count(3)
    for number, month in enumerate(["January", "February", "April"]):
        expect(bars.nth(number)).to_have_accessible_name(f"{month} 2025: 1 visit")
    bars.nth(1).click()
    expect(page.get_by_role("link", name="Newest")).to_be_visible()
    titles(page).to_have_text(["Visit 2", "Visit 1"])
    page.get_by_role("link", name="Newer").click()
    expect(page.get_by_role("heading", name="Visit 4")).to_be_visible()


def test_bars_are_reached_by_keyboard_or_skipped(page, live_server, visits):
    """A tab stop a bar; whoever wants none of them skips them at once."""
    page.goto(ADDRESS)
    skip = page.get_by_role("link", name="Skip the bars")
    skip.focus()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="February 2025: 1 visit")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Newest")).to_be_visible()
    titles(page).to_have_text(["Visit 2", "Visit 1"])
    skip.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".filters summary")).to_be_focused()


def test_keys_lead_from_entry_to_entry(page, live_server, visits):
    """Where an entry has the focus, j and k go on; elsewhere they are only letters."""
    page.goto(ADDRESS)
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement === document.body")
    page.get_by_role("link", name="Visit 4").focus()
    for key, title in (("j", "Visit 2"), ("j", "Visit 1"), ("j", "Visit 1"), ("k", "Visit 2")):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.textContent") == title


def test_citation_is_copied(page, live_server, visits):
    """An entry's citation has its permanent address, and a button where it can be copied."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(ADDRESS)
    entry = page.locator(".entry").first
    entry.get_by_text("Cite").click()
    entry.get_by_role("button", name="Copy").click()
    expect(entry.get_by_role("button", name="Copied")).to_be_visible()
    slug = entry.get_attribute("id")
    assert page.evaluate("navigator.clipboard.readText()") == (
        f"Communiqué: Visit 4, 3 April 2025. {live_server.url}/engagements/{slug}/"
    )
