"""What a draft will look like: to whoever writes it, and to an outsider with a link."""

import pytest
from playwright.sync_api import expect

from tests.articles.samples import make_picture
from tests.browser.test_autosave import colleague, desks, sign_in
from tests.factories import make_draft

__all__ = ["desks"]  # the fixture
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


def test_outsider_reads_a_draft_by_its_link(browser, page, live_server):
    """A browser without a cookie shows it with its picture, until the link is revoked."""
    page.live_url = live_server.url
    sign_in(page, colleague("Amina"))
    edition = make_draft(headline="A secret meeting", picture=make_picture(), picture_alt="A sea")
    page.goto(f"/admin/articles/article/{edition.article_id}/change/")
    page.get_by_role("link", name="Links for outsiders").click()
    page.get_by_role("radio", name="a day").check()
    page.get_by_role("button", name="Make a link").click()
    address = page.get_by_label("The link", exact=True).input_value()
    context = browser.new_context()
    outside = context.new_page()
    outside.goto(address)
    expect(outside.get_by_role("note")).to_contain_text("Draft, not published.")
    expect(outside.get_by_role("heading", level=1)).to_have_text("A secret meeting")
    picture = outside.get_by_role("img", name="A sea")
    picture.evaluate("image => image.decode()")
    assert picture.evaluate("image => image.naturalWidth") > 0
    assert context.cookies() == []
    page.get_by_role("button", name="Revoke").click()
    page.locator(".messagelist .success").wait_for()
    outside.reload()
    expect(outside.get_by_role("heading", level=1)).to_have_text("This link leads nowhere")
    context.close()
