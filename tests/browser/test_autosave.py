"""Nobody loses work: two people at once, a session that ends, a connection that breaks."""

import contextlib
import time

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from articles.models import Article, Autosave
from articles.roles import EDITOR
from tests.articles.test_page_store import database_url
from tests.factories import UserFactory, make_draft
from tests.server import running_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

PASSWORD = "a long enough passphrase"
TABLE = "<table><tbody><tr><td><p>A forum</p></td><td><p>{}</p></td></tr></tbody></table>"
KEPT = "Changes autosaved."


def sign_in(page, person) -> None:
    client = Client()
    client.force_login(person)
    cookie = client.cookies["session"]
    page.context.add_cookies([{"name": "session", "value": cookie.value, "url": page.live_url}])


def colleague(name: str):
    person = UserFactory(username=name.lower(), first_name=name)
    person.groups.add(Group.objects.get(name=EDITOR))
    return person


@pytest.fixture
def desks(browser, live_server):
    """Two browsers, in which Amina and Bela are signed in."""
    pages = []
    for name in ("Amina", "Bela"):
        context = browser.new_context(base_url=live_server.url, locale="en-GB", timezone_id="UTC")
        page = context.new_page()
        page.live_url = live_server.url
        sign_in(page, colleague(name))
        pages.append(page)
    yield pages
    for page in pages:
        page.context.close()


def status(page):
    return page.locator("#autosave [role=status]")


def type_into_cell(page, text: str, number: int = 1) -> None:
    cell = page.locator(".ProseMirror td").nth(number)
    cell.click()
    # Behind what stands there; the key "End" could come before the editor has heard of the click.
    cell.evaluate(
        "cell => getSelection().collapse(cell.firstChild, cell.firstChild.childNodes.length)"
    )
    page.keyboard.insert_text(text)
    expect(cell).to_contain_text(text)


def test_two_people_change_the_same_cell(desks):
    """The second one sees both cells, makes a text of both, and history has all three."""
    amina, bela = desks
    article = make_draft(body=TABLE.format("March")).article
    address = f"/admin/articles/article/{article.pk}/change/"
    amina.goto(address)
    bela.goto(address)
    expect(bela.locator("#presence")).to_contain_text("Amina has had this open since")
    type_into_cell(amina, " or April")
    type_into_cell(bela, " or May")
    expect(status(bela)).to_have_text(KEPT)
    amina.click("[name=_continue]")
    amina.locator(".messagelist .success").wait_for()
    bela.click("[name=_continue]")
    expect(bela.locator(".errornote")).to_be_focused()
    changes = bela.get_by_role("region", name="What changed since you opened this form")
    expect(changes).to_contain_text("April")
    expect(changes).to_contain_text("May")
    # What was sent stands in the form: this browser does not offer it as well.
    expect(bela.locator("section.offer:not(.merged-changes)")).to_have_count(0)
    type_into_cell(bela, " or April")
    expect(status(bela)).to_have_text(KEPT)
    bela.click("[name=_continue]")
    bela.locator(".messagelist .success").wait_for()
    bodies = article.editions.order_by("number").values_list("body", flat=True)
    cells = ["March", "March or April", "March or May or April"]
    assert list(bodies) == [TABLE.format(cell) for cell in cells]
    assert not Autosave.objects.exists()


@pytest.mark.page
def test_session_ends_in_mid_sentence(desks):
    """The line says so; after a sign-in in another tab what was typed is sent by itself."""
    page, _other = desks
    page.goto("/admin/articles/article/add/")
    page.locator("#id_headline").press_sequentially("An envoy ")
    expect(status(page)).to_have_text(KEPT)
    Session.objects.all().delete()
    page.locator("#id_headline").press_sequentially("in Algiers")
    expect(status(page)).to_contain_text("You are signed out.")
    page.click("[name=_continue]")
    expect(page.locator("#autosave")).to_contain_text("Not saved yet")
    amina = Autosave.objects.get().person
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    tab = opened.value
    tab.live_url = page.live_url
    sign_in(tab, amina)
    expect(status(page)).to_have_text(KEPT, timeout=15_000)  # it asks every five seconds
    assert str(Autosave.objects.get()) == "An envoy in Algiers"
    page.click("[name=_continue]")
    page.locator(".messagelist .success").wait_for()
    assert not Autosave.objects.exists()


@pytest.mark.page
def test_last_words_before_a_page_is_left_are_offered(desks):
    """What was typed in the last second, and what was typed while a save was on its way."""
    page, _other = desks
    article = make_draft(headline="As it was").article
    address = f"/admin/articles/article/{article.pk}/change/"
    page.goto(address)
    page.fill("#id_standfirst", "Typed in the last second")
    page.goto("/admin/")
    page.goto(address)
    offer = page.locator(".offer")
    offer.get_by_role("button", name="Restore it").click()
    expect(page.locator("#id_standfirst")).to_have_value("Typed in the last second")

    page.evaluate(
        """() => {
            const form = document.getElementById("article_form");
            form.requestSubmit(form.elements._continue);
            form.elements.byline.value = "Typed after the button";
            form.elements.byline.dispatchEvent(new Event("input", { bubbles: true }));
        }"""
    )
    page.locator(".messagelist .success").wait_for()
    offer.get_by_role("button", name="Restore it").click()
    expect(page.locator("#id_byline")).to_have_value("Typed after the button")
    assert article.latest_edition().standfirst == "Typed in the last second"


def test_back_to_a_form_that_made_something_leads_on_to_it(desks):
    """Back after the first save, and sent again: it is one article all the same."""
    page, _other = desks
    page.goto("/admin/articles/article/add/")
    page.fill("#id_headline", "An envoy in Algiers")
    page.click("[name=_continue]")
    page.locator(".messagelist .success").wait_for()
    article = Article.objects.get()
    page.go_back()
    page.wait_for_url(f"**/admin/articles/article/{article.pk}/change/")
    page.fill("#id_headline", "An envoy in Oran")
    page.click("[name=_continue]")
    # That the first save succeeded may still stand there.
    page.locator(".messagelist .success", has_text="An envoy in Oran").wait_for()
    assert Article.objects.get().latest_edition().headline == "An envoy in Oran"


def test_server_is_killed_in_the_middle_of_a_save(browser, tmp_path):
    """Half a save is none; what was typed is offered back, and saving it then works."""
    article = make_draft(headline="As it was").article
    fatal = tmp_path / "fatal"
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.dying",
        "TEST_DATABASE_URL": database_url(),
        "DIES_WITH": str(fatal),
    }
    with running_server(**environment) as (_process, site):
        context = browser.new_context(base_url=site, locale="en-GB", timezone_id="UTC")
        page = context.new_page()
        page.live_url = site
        sign_in(page, colleague("Amina"))
        address = f"/admin/articles/article/{article.pk}/change/"
        page.goto(address)
        fatal.touch()
        page.fill("#id_headline", "Typed just before")
        with page.expect_event("requestfailed", lambda request: request.is_navigation_request()):
            page.click("[name=_continue]", no_wait_after=True)
        assert fatal.read_text()
        fatal.unlink()
        assert [edition.headline for edition in article.editions.all()] == ["As it was"]
        for _attempt in range(60):  # until another process has taken its place
            with contextlib.suppress(PlaywrightError):
                page.goto(address)
                break
            page.wait_for_timeout(500)
        page.locator(".offer").get_by_text("Restore it").first.click()
        expect(page.locator("#id_headline")).to_have_value("Typed just before")
        page.click("[name=_continue]")
        page.locator(".messagelist .success").wait_for()
        context.close()
    headlines = article.editions.order_by("number").values_list("headline", flat=True)
    assert list(headlines) == ["As it was", "Typed just before"]


@pytest.mark.page
def test_what_is_missing_goes_as_it_is_typed(desks):
    """Each line at the head of a new article leads to its field, and goes once that is filled."""
    page, _other = desks
    page.goto("/admin/articles/article/add/")
    missing = page.locator(".readiness")
    missing.get_by_role("link", name="The story is empty.").click()
    page.keyboard.insert_text("They met.")
    expect(missing.get_by_role("link", name="The story is empty.")).to_have_count(0)
    missing.get_by_role("link", name="Write a standfirst.").click()
    page.keyboard.insert_text("An envoy came. TK")
    expect(missing.get_by_role("link", name="Write a standfirst.")).to_have_count(0)
    expect(missing).to_contain_text("A placeholder is left in the standfirst")
    # What came anew leads there as well.
    page.locator("#id_headline").focus()
    missing.get_by_role("link", name="A placeholder is left in the standfirst").click()
    expect(page.locator("#id_standfirst")).to_be_focused()


@pytest.mark.page
def test_lost_connection_loses_nothing(desks):
    """Offline it is kept in the browser; a closed tab is offered it back; saving clears it."""
    page, other = desks
    page.goto("/admin/articles/article/add/")
    page.context.set_offline(True)
    page.fill("#id_headline", "Typed on a train")
    expect(status(page)).to_contain_text("The connection is lost.")
    page.context.set_offline(False)
    expect(status(page)).to_have_text(KEPT)
    page.context.set_offline(True)
    page.fill("#id_headline", "Typed on a train, in a tunnel")
    expect(status(page)).to_contain_text("The connection is lost.")
    second = page.context.new_page()
    page.close()
    second.context.set_offline(False)
    second.goto("/admin/articles/article/add/")
    offer = second.locator(".offer", has_text="in a tunnel")
    offer.get_by_role("button", name="Restore it").click()
    expect(second.locator("#id_headline")).to_have_value("Typed on a train, in a tunnel")
    second.click("[name=_continue]")
    second.locator(".messagelist .success").wait_for()
    # The page asks the server which forms were saved before it lets go of them.
    deadline = time.monotonic() + 15
    while second.evaluate("Object.keys(localStorage).some(key => key.startsWith('kept:'))"):
        assert time.monotonic() < deadline, "the browser still has a copy of what was saved"
        second.wait_for_timeout(50)
    assert not Autosave.objects.exists()
    other.goto("/admin/articles/article/add/")
    assert other.locator(".offer").count() == 0
