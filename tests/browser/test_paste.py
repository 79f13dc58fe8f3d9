"""Pasting into the editor of the article form, in a real browser under the site's own policy."""

import re

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from articles.models import Edition
from articles.richtext import sanitize
from tests.browser.clipboard import GOOGLE_DOCS, STORY, WORD, paste
from tests.factories import UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.page]

WATCH_POLICY = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
        window.violations.push(`${event.effectiveDirective} ${event.sample}`);
    });
"""
UNWANTED = re.compile(
    r"""\s(?:style|class|id|dir|lang|align|width|title)=|<(?:span|font|o:|div|b>|i>)"""
)


def sign_in(page, client, admin_user, live_server) -> None:
    client.force_login(admin_user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies(
        [{"name": name, "value": client.cookies[name].value, "url": live_server.url}]
    )


def open_form(page) -> None:
    """Open the add form of an article, its editor ready."""
    page.add_init_script(WATCH_POLICY)
    page.goto("/admin/articles/article/add/")
    # The toolbar comes a moment after the text.
    page.get_by_role("toolbar", name="Story").wait_for()


@pytest.fixture
def form(page, live_server, client, admin_user):
    """The add form of an article, signed in, its editor ready."""
    sign_in(page, client, admin_user, live_server)
    open_form(page)
    return page


@pytest.fixture(scope="module")
def opened(django_db_setup, django_db_blocker, browser):
    """The same form, opened once for the tests that send nothing: to load it takes two seconds.

    By a server of its own, which is gone by the time of the tests: these commit nothing.
    """
    server = LiveServer("localhost")
    context = browser.new_context(base_url=server.url, locale="en-GB", timezone_id="UTC")
    page = context.new_page()
    with django_db_blocker.unblock():
        person = UserFactory(is_superuser=True)
        sign_in(page, Client(), person, server)
        open_form(page)
        context.set_offline(True)
        server.stop()
        Session.objects.all().delete()
        person.delete()
    yield page
    context.close()


@pytest.fixture
def sheet(opened):
    """The opened form, its headline and story empty."""
    empty(opened)
    yield opened
    opened.set_viewport_size({"width": 1280, "height": 720})
    opened.emulate_media(color_scheme="null")


def empty(form) -> None:
    editor = form.get_by_role("textbox", name="Story")
    editor.press("Control+a")
    editor.press("Delete")
    expect(editor).to_have_text("")
    form.get_by_label("Headline").fill("")


def paste_anew(form, clipboard: str) -> str:
    """Paste into an empty story under an empty headline, and return what would be saved."""
    empty(form)
    return sanitize(paste(form, clipboard))


@pytest.mark.parametrize("clipboard", [WORD, GOOGLE_DOCS], ids=["Word", "Google Docs"])
def test_paste_keeps_the_story_and_nothing_else(form, clipboard):
    """Headings, nested lists, a table, bold, italics and links survive a paste; no style does."""
    form.get_by_label("Headline").fill("An envoy in Northport")
    sent = paste(form, clipboard)
    assert not UNWANTED.search(sent)
    assert sanitize(sent) == STORY

    form.locator("input[name=_save]").click()
    form.wait_for_url("**/admin/articles/article/")
    assert Edition.objects.get().body == STORY


WORDS_TITLE = "<p class=MsoTitle><span>Visit to\nNorthport</span></p><h2>A</h2><p>B</p>"
WORDS_SECTIONS = WORDS_TITLE.replace("h2", "h1") + "<h1>C</h1><p>D</p>"
BROKEN_TITLE = "<h1>Visit to<br>Northport<sup>2</sup></h1><h2>A</h2><p>B</p>"


def test_title_of_a_document_is_the_headline_where_there_is_none(sheet):
    """It is taken out of the story, whose own headings begin with the second level."""
    for clipboard in (WORD, GOOGLE_DOCS, WORDS_TITLE, WORDS_SECTIONS, BROKEN_TITLE):
        sent = paste_anew(sheet, clipboard)
        assert sheet.get_by_label("Headline").input_value() == "Visit to Northport", clipboard
        assert "Northport" not in sent, clipboard
        assert "<h2>" in sent, clipboard
        assert "<h3>" not in sent, clipboard


def test_title_keeps_the_letters_that_stand_above_the_line(sheet):
    """Only the number of a footnote is left out of it."""
    paste(sheet, "<h1>The 20<sup>th</sup> visit<sup>[1]</sup></h1><p>A</p>")
    assert sheet.get_by_label("Headline").input_value() == "The 20th visit"


NO_TITLE = {
    "further down": "<p>A</p><h1>B</h1>",
    "one of several": "<h1>A</h1><p>B</p><h1>C</h1>",
    "too long": f"<h1>{201 * 'A'}</h1><p>B</p>",
    "alone": "<h1>A</h1>",
    "with nothing beneath": "<h1>A</h1><p>&nbsp;</p>",
}


def test_heading_that_is_no_title_stays_in_the_story(sheet):
    """Only a document's one title, at its very beginning, is taken out of the story."""
    for why, clipboard in NO_TITLE.items():
        assert "<h2>" in paste_anew(sheet, clipboard), why
        assert sheet.get_by_label("Headline").input_value() == "", why


def test_paste_into_a_story_takes_no_title(sheet):
    """A passage that is added to a story keeps its heading, though there is no headline yet."""
    paste(sheet, "<p>Begun.</p>")
    sent = sanitize(paste(sheet, "<h1>What was agreed</h1><p>A</p>"))
    assert "What was agreed" in sent
    assert sheet.get_by_label("Headline").input_value() == ""


def test_headline_goes_and_comes_with_the_paste_that_gave_it(form):
    """Undo takes it back and redo gives it again; one that somebody changed stays."""
    headline = form.get_by_label("Headline")
    editor = form.get_by_role("textbox", name="Story")
    paste(form, WORDS_TITLE)
    for _again in range(2):
        expect(headline).to_have_value("Visit to Northport")
        editor.press("Control+z")
        expect(editor).to_have_text("")
        expect(headline).to_have_value("")
        editor.press("Control+Shift+z")
        expect(editor).to_have_text("AB")
    headline.fill("An envoy in Northport")
    editor.press("Control+z")
    expect(editor).to_have_text("")
    expect(headline).to_have_value("An envoy in Northport")


def test_story_that_is_emptied_by_hand_keeps_its_headline(sheet):
    """Who begins the story again does so under the same headline."""
    editor = sheet.get_by_role("textbox", name="Story")
    paste(sheet, WORDS_TITLE)
    editor.press("Control+a")
    editor.press("Delete")
    expect(editor).to_have_text("")
    expect(sheet.get_by_label("Headline")).to_have_value("Visit to Northport")


def test_paste_violates_no_policy(sheet):
    """Neither the form nor a paste asks for more than the Content-Security-Policy gives."""
    for clipboard in (WORD, GOOGLE_DOCS):
        paste_anew(sheet, clipboard)
        assert sheet.evaluate("violations") == []
        assert sheet.locator("head > style").count() == 0


# What is pasted, and the story that becomes of it.
THINGS = {
    "an interrupted list counts on": (
        (
            "<p style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>3.</span>Three</p>"
            "<p>Between</p>"
            "<p style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>4)</span>Four</p>"
        ),
        (
            '<ol start="3"><li><p>Three</p></li></ol><p>Between</p>'
            '<ol start="4"><li><p>Four</p></li></ol>'
        ),
    ),
    "levels that are skipped": (
        (
            "<p style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>o</span>Deep</p>"
            "<p style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·</span>Flat</p>"
            "<p style='mso-list:l0 level3 lfo1'><span style='mso-list:Ignore'>§</span>Deeper</p>"
        ),
        "<ul><li><p>Deep</p></li></ul><ul><li><p>Flat</p><ul><li><p>Deeper</p></li></ul></li></ul>",
    ),
    "two lists without a gap": (
        (
            "<p style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·</span>Bullet</p>"
            "<p style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>1.</span>Number</p>"
        ),
        "<ul><li><p>Bullet</p></li></ul><ol><li><p>Number</p></li></ol>",
    ),
    "a numbered heading": (
        "<h2 style='mso-list:l3 level1 lfo1'><span style='mso-list:Ignore'>1.</span>Head</h2>",
        "<h2>Head</h2>",
    ),
    "a table's head": (
        "<table><thead><tr><td>A</td></tr></thead><tr><td width=9>B</td></tr></table>",
        "<table><tbody><tr><th><p>A</p></th></tr><tr><td><p>B</p></td></tr></tbody></table>",
    ),
    "a line break": (
        "a <b>b</b><br>c",
        "<p>a <strong>b</strong><br>c</p>",
    ),
    "what a story does not hold": (
        "<h2>A</h2><h5>B</h5><a href='javascript:x()'>c</a> <a href='#d'>d</a><u>e</u>",
        "<h2>A</h2><h4>B</h4><p>c de</p>",
    ),
}


def test_paste_of_single_things(sheet):
    """Each thing comes out as the element that means it."""
    for what, (clipboard, story) in THINGS.items():
        assert paste_anew(sheet, clipboard) == story, what


def test_copy_within_the_editor_stays_as_it_is(sheet):
    """What the editor itself put on the clipboard comes back unchanged."""
    editor = sheet.get_by_role("textbox", name="Story")
    paste(sheet, "<h2>A</h2><ul><li>B<ul><li><b>C</b></li></ul></li></ul>")
    editor.press("Control+a")
    copied = editor.evaluate(
        """(element) => {
            const clipboardData = new DataTransfer();
            const options = { clipboardData, bubbles: true, cancelable: true };
            element.dispatchEvent(new ClipboardEvent("copy", options));
            return clipboardData.getData("text/html");
        }"""
    )
    editor.press("Delete")
    assert sanitize(paste(sheet, copied)) == (
        "<h2>A</h2><ul><li><p>B</p><ul><li><p><strong>C</strong></p></li></ul></li></ul>"
    )


def test_editor_is_named_and_its_buttons_are(form):
    """A screen reader hears what the editor is for, what each button does and what is on."""
    # Until the editor is there, the plain field has this role and name.
    form.locator("[contenteditable=true][aria-multiline=true]").wait_for()
    editor = form.get_by_role("textbox", name="Story")
    assert editor.get_attribute("contenteditable") == "true"
    toolbar = form.get_by_role("toolbar", name="Story")
    buttons = toolbar.locator("button")
    assert buttons.count() > 10
    for button in buttons.all():
        assert button.get_attribute("title")
        assert button.get_attribute("aria-label")

    bold = toolbar.get_by_role("button", name="bold", exact=True)
    assert bold.get_attribute("aria-pressed") == "false"
    bold.click()
    assert bold.get_attribute("aria-pressed") == "true"
    form.get_by_text("Story:", exact=True).click()
    assert editor.evaluate("(element) => element === document.activeElement")


def test_toolbar_is_one_stop_on_the_way_to_the_story(sheet):
    """Tab leads into the toolbar and past it to the story; the arrow keys move within it."""
    toolbar = sheet.get_by_role("toolbar", name="Story")
    buttons = toolbar.get_by_role("button")
    sheet.get_by_label("Standfirst").focus()
    sheet.keyboard.press("Tab")
    expect(buttons.first).to_be_focused()
    sheet.keyboard.press("ArrowRight")
    expect(buttons.nth(1)).to_be_focused()
    sheet.keyboard.press("Home")
    sheet.keyboard.press("ArrowLeft")
    expect(buttons.last).to_be_focused()
    sheet.keyboard.press("Tab")
    expect(sheet.get_by_role("textbox", name="Story")).to_be_focused()
    sheet.keyboard.press("Shift+Tab")
    expect(buttons.first).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_editor_fits_a_phone_and_can_be_read(sheet, theme):
    """At 360 pixels nothing makes the page wider, and text stands out from its background."""
    sheet.set_viewport_size({"width": 360, "height": 740})
    sheet.emulate_media(color_scheme=theme)
    paste(sheet, WORD)
    widths = sheet.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    light, dark = sorted(
        sheet.get_by_role("textbox", name="Story").evaluate(
            """(element) => {
                const luminance = (colour) => {
                    const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => {
                        const share = part / 255;
                        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
                    });
                    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
                };
                const { color, backgroundColor } = getComputedStyle(element);
                return [luminance(color), luminance(backgroundColor)];
            }"""
        ),
        reverse=True,
    )
    assert (light + 0.05) / (dark + 0.05) > 7


def test_body_too_long_is_refused_at_its_field(form):
    """A story over its limit comes back with a sentence at the field, and nothing is lost."""
    long_story = f"<p>{'word ' * 120_000}</p>"
    paste(form, long_story)
    form.get_by_label("Headline").fill("A long visit")
    form.locator("input[name=_save]").click()
    error = form.locator(".field-body .errorlist")
    assert "KB long, and at most 500 KB fit" in error.inner_text()
    assert len(form.locator("textarea[name=body]").input_value()) > 500_000
    assert form.get_by_label("Headline").input_value() == "A long visit"
