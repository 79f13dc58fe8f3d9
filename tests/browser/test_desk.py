"""The desk by keyboard: search, calendar, save."""

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from playwright.sync_api import expect

from articles.roles import EDITOR
from tests.factories import UserFactory, make_draft

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
