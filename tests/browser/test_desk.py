"""The desk by keyboard: search, calendar, save."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from articles.publishing.workflow import publish
from articles.roles import EDITOR
from tests.factories import ArticleFactory, UserFactory, make_draft

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


@pytest.fixture
def desk(page, live_server):
    """A browser in which an editor is signed in."""
    person = UserFactory(username="amina", first_name="Amina")
    person.groups.add(Group.objects.get(name=EDITOR))
    client = Client()
    client.force_login(person)
    cookie = client.cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": cookie, "url": live_server.url}])
    page.person = person
    return page


def test_article_is_found_and_opened_by_keyboard_alone(desk):
    """Ctrl+K, a word, an arrow, Enter; and Escape leads back to where one was."""
    wanted = make_draft(headline="An envoy in Oran")
    make_draft(headline="An envoy in Algiers", engagement=wanted.engagement)
    desk.goto("/admin/")
    search = desk.get_by_role("combobox", name="Search the desk")
    link = desk.get_by_role("link", name="Search")
    link.focus()
    desk.keyboard.press("Control+k")
    expect(search).to_be_focused()
    desk.keyboard.press("Escape")
    expect(link).to_be_focused()
    desk.keyboard.press("Control+k")
    desk.keyboard.type("envoy")
    options = desk.get_by_role("option")
    expect(options).to_have_count(2)
    expect(options.first).to_have_attribute("aria-selected", "true")
    desk.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile(f"/article/{wanted.article_id}/change/"))


def test_hour_is_dragged_to_another_day_and_undone(desk):
    """A drop moves it, the message says to when, and Undo moves it back."""
    day = timezone.localdate() + dt.timedelta(days=9)
    at = timezone.make_aware(dt.datetime.combine(day, dt.time(14)))
    edition = make_draft(headline="Tomorrow's story")
    publish(edition, by=UserFactory(), at=at)
    desk.goto(f"/admin/desk/calendar/?view=week&on={day}")
    week = [cell.get_attribute("data-date") for cell in desk.locator(".calendar-day").all()]
    other = next(date for date in week if date != str(day))
    entry = desk.locator(".calendar-entry[draggable=true]")
    expect(desk.locator(f'[data-date="{day}"]').get_by_text("Tomorrow's story")).to_be_visible()
    entry.drag_to(desk.locator(f'[data-date="{other}"]'))
    expect(desk.locator(f'[data-date="{other}"]').get_by_text("Tomorrow's story")).to_be_visible()
    expect(desk.locator(".messagelist")).to_contain_text("“Tomorrow's story” comes out at")
    undo = desk.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator(f'[data-date="{day}"]').get_by_text("Tomorrow's story")).to_be_visible()
    edition.refresh_from_db()
    assert edition.public_from == at


@pytest.mark.page
def test_saving_by_keyboard_leaves_one_where_one_was(desk):
    """Ctrl+S saves and the caret stays; a mistake is told at the head, with a way to its field."""
    edition = make_draft(headline="An envoy in Oran", body="<p>First.</p><p>Second.</p>")
    change = f"/admin/articles/article/{edition.article_id}/change/"
    desk.goto(change)
    expect(desk.locator(".keys")).to_contain_text("Ctrl+S Save draft")
    expect(desk.locator(".keys")).to_contain_text("Ctrl+Enter Approve and publish")
    second = desk.locator(".ProseMirror p").nth(1)
    second.click()
    second.evaluate("p => getSelection().collapse(p.firstChild, p.firstChild.length)")
    desk.keyboard.insert_text(" Third.")
    expect(second).to_have_text("Second. Third.")
    desk.keyboard.press("Control+s")
    expect(desk.locator(".saved-note")).to_contain_text("changed successfully")
    expect(desk.locator(".ProseMirror")).to_be_focused()
    desk.keyboard.insert_text(" Fourth.")
    expect(second).to_have_text("Second. Third. Fourth.")
    assert edition.article.latest_edition().number == 2

    headline = desk.get_by_label("Headline")
    headline.fill("")
    desk.keyboard.press("Control+s")
    summary = desk.locator(".errornote")
    expect(summary).to_be_focused()
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(headline).to_be_focused()


def test_article_is_sent_for_review_by_keyboard(desk):
    """Ctrl+Enter does what the form is there for: of one's own draft, to ask for a review."""
    article = ArticleFactory(created_by=desk.person)
    edition = make_draft(article, author=desk.person)
    desk.goto(f"/admin/articles/article/{article.pk}/change/")
    expect(desk.locator(".keys")).to_contain_text("Ctrl+Enter Send for review")
    desk.get_by_label("Headline").focus()
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".messagelist")).to_contain_text("Sent for review.")
    edition.refresh_from_db()
    assert edition.state == "in_review"


@pytest.mark.page
def test_keys_in_a_comment_say_nothing_of_the_article(desk):
    """Ctrl+Enter or Ctrl+S in a comment's text box neither publishes nor saves the article."""
    edition = make_draft(headline="An envoy in Oran")
    desk.goto(f"/admin/articles/article/{edition.article_id}/change/")
    expect(desk.locator(".keys")).to_contain_text("Ctrl+Enter Approve and publish")
    sent = []
    desk.on("request", lambda request: sent.append((request.method, request.url)))
    place = desk.locator(".field-headline .comment-place")
    place.locator(".comment-new > summary").click()
    box = place.locator("[name=text-headline]")
    expect(box).to_be_focused()
    desk.keyboard.insert_text("Which envoy?")
    for keys in ("Control+Enter", "Control+s"):
        desk.keyboard.press(keys)
    # The comment is sent after whatever those keys would have sent.
    place.get_by_role("button", name="Send the comment").click()
    expect(place.locator(".comment .said")).to_have_text("Which envoy?")
    assert [url for method, url in sent if method == "POST" and "/change/" in url] == []
    assert edition.article.editions.get().state == "draft"

    # In a field of the article the same keys are meant for it.
    desk.get_by_label("Headline").focus()
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".messagelist")).to_contain_text("Published: An envoy in Oran")


@pytest.mark.page
def test_autocompletes_have_names(desk):
    """The fields that the stock script makes are told by the labels of what they stand for."""
    desk.goto("/admin/articles/article/add/")
    for name in ("Topics", "Also covers"):
        expect(desk.get_by_role("searchbox", name=name)).to_have_count(1)
    expect(desk.get_by_role("combobox", name="Visit")).to_have_count(1)
