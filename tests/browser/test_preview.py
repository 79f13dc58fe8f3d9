"""What a draft will look like: to whoever writes it, and to an outsider with a link."""

import pytest
from playwright.sync_api import expect

from articles.models import Comment
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
    expect(outside.get_by_role("heading", level=1)).to_have_text("This link does not work")
    context.close()


@pytest.mark.page
def test_preview_follows_what_is_typed(desks):
    """Within a second, beside the form; phone and desktop; what cannot be drawn leaves the last."""
    page, _other = desks
    edition = make_draft(headline="An envoy in Algiers", body="<p>A story.</p>")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"/admin/articles/article/{edition.article_id}/change/")
    refused = []
    page.on(
        "console", lambda message: refused.append(message.text) if message.type == "error" else None
    )
    toggle = page.get_by_role("button", name="Preview", exact=True)
    toggle.focus()
    page.keyboard.press("Enter")
    shown = page.frame_locator("#preview iframe")
    headline = shown.get_by_role("heading", level=1)
    expect(headline).to_have_text("An envoy in Algiers")
    status = page.locator("#preview [role=status]")
    expect(status).to_contain_text("It follows what you type.")
    page.fill("#id_headline", "An envoy in Oran")
    expect(headline).to_have_text("An envoy in Oran")
    page.locator(".ProseMirror").click()
    page.keyboard.insert_text("Much was said. ")
    expect(shown.locator(".story")).to_contain_text("Much was said.")
    page.fill("#id_headline", "")
    expect(status).to_contain_text("Headline:")
    expect(headline).to_have_text("An envoy in Oran")
    page.fill("#id_headline", "An envoy in Oran")
    expect(status).to_contain_text("It follows what you type.")
    width = "document.documentElement.clientWidth"
    assert shown.locator("html").evaluate(width) == 390
    page.get_by_role("radio", name="Desktop").check()
    expect(shown.locator("html")).to_have_js_property("clientWidth", 1280)
    # A picture that was chosen and not sent yet.
    file = make_picture().file
    page.set_input_files("#id_picture_upload", file.path)
    page.fill("#id_picture_alt", "Two flags")
    picture = shown.get_by_role("img", name="Two flags")
    expect(picture).to_be_visible()
    picture.evaluate("image => image.decode()")
    page.get_by_role("radio", name="Desktop").press("Escape")
    expect(page.locator("#preview")).to_be_hidden()
    expect(toggle).to_be_focused()
    # On a telephone it lies over the form, which cannot be reached beneath it.
    page.set_viewport_size({"width": 360, "height": 640})
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Close the preview")).to_be_focused()
    expect(page.locator(".preview-form")).to_have_attribute("inert", "")
    page.keyboard.press("Escape")
    expect(toggle).to_be_focused()
    assert edition.article.editions.count() == 1
    assert not [text for text in refused if "Content Security Policy" in text]


@pytest.mark.page
def test_without_scripts_the_preview_is_a_tab(browser, live_server):
    """The plain button sends the form to a new tab and leaves it as it is."""
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.live_url = live_server.url
    sign_in(page, colleague("Amina"))
    page.goto(f"/admin/articles/article/{make_draft().article_id}/change/")
    page.fill("#id_headline", "An envoy in Oran")
    with context.expect_page() as opened:
        page.get_by_role("button", name="Preview", exact=True).click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("An envoy in Oran")
    expect(page.locator("#id_headline")).to_have_value("An envoy in Oran")
    context.close()


def test_comment_is_anchored_answered_and_resolved(desks):
    """A passage is selected and commented; the colleague finds it there, answers and resolves."""
    amina, bela = desks
    edition = make_draft(body="<p>The minister agreed to a forum.</p>")
    address = f"/admin/articles/article/{edition.article_id}/change/"
    amina.goto(address)
    story = amina.locator(".ProseMirror p", has_text="The minister agreed")
    story.evaluate(
        """node => {
          const text = node.firstChild;
          document.getSelection().setBaseAndExtent(text, 4, text, 19);
        }"""
    )
    amina.fill("#id_standfirst", "Not saved yet.")
    place = amina.locator(".field-body .comment-place")
    summary = place.locator(".comment-new > summary")
    summary.focus()
    amina.keyboard.press("Enter")
    expect(place.get_by_label("Passage")).to_have_value("minister agreed")
    amina.keyboard.insert_text("Which minister?")
    place.get_by_role("button", name="Send the comment").click()
    expect(place.locator(".comment blockquote")).to_have_text("minister agreed")
    expect(place.locator(".comment .said")).to_have_text("Which minister?")
    expect(amina.locator("#id_standfirst")).to_have_value("Not saved yet.")

    bela.goto(address)
    bela.get_by_role("link", name="One comment is open.").click()
    comment = bela.locator(".field-body .comment")
    comment.get_by_text("Reply", exact=True).click()
    comment.get_by_label("Your reply").fill("Of ports.")
    comment.get_by_role("button", name="Send the reply").click()
    expect(bela.locator(".field-body .reply")).to_contain_text("Of ports.")
    comment.get_by_role("button", name="Resolve").click()
    expect(comment).to_contain_text("Resolved by Bela")
    said = Comment.objects.get(parent=None)
    assert (said.field, said.quote, said.resolved_by.username) == (
        "body",
        "minister agreed",
        "bela",
    )
