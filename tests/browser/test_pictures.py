"""Pictures at the desk, in a real browser."""

import pytest
from playwright.sync_api import expect

from articles.models import Picture
from articles.roles import EDITOR
from tests.articles.pictures.samples import encode, half_red
from tests.articles.samples import make_picture
from tests.browser.test_review import sign_in
from tests.factories import make_draft

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]


@pytest.fixture
def desk(browser, live_server):
    """A page on which an editor is signed in."""
    page, _person = sign_in(browser, live_server, "amina", EDITOR)
    yield page
    page.context.close()


@pytest.mark.page
def test_click_on_the_picture_moves_every_crop(desk):
    """The crops follow a click and the arrow keys at once; saved, the page says the same."""
    picture = make_picture((640, 400))
    desk.goto(f"/admin/articles/picture/{picture.pk}/change/")
    whole, crops = desk.locator("[data-focal] img"), desk.locator(".focal-crops img")
    expect(desk.locator(".focal-marker")).to_be_visible()
    box = whole.bounding_box()
    whole.click(position={"x": box["width"] * 0.2, "y": box["height"] * 0.7})
    for number in range(5):
        expect(crops.nth(number)).to_have_css("object-position", "20% 70%")
    desk.keyboard.press("ArrowLeft")
    desk.keyboard.press("Shift+ArrowDown")
    expect(crops.first).to_have_css("object-position", "19% 80%")
    expect(desk.locator("[data-focal-message]")).to_have_text(
        "19 % from the left, 80 % from the top"
    )
    desk.click("[name=_continue]")
    desk.locator(".messagelist .success").wait_for()
    expect(desk.locator("#id_focal_x")).to_have_value("19")
    stored = Picture.objects.get()
    assert (stored.focal_x, stored.focal_y) == (0.19, 0.8)


def test_dropped_files_are_stored_or_refused_each_by_itself(desk):
    """Two good ones and a bad one are dropped: each has its line, and the good ones go on."""
    desk.goto("/admin/articles/picture/")
    expect(desk.locator(".picture-upload.is-live")).to_be_visible()
    contents = [encode(half_red((640, 400))), encode(half_red((640, 420))), b"A note."]
    dropped = desk.evaluate_handle(
        """contents => {
            const data = new DataTransfer();
            contents.forEach((bytes, number) => data.items.add(
                new File([Uint8Array.from(bytes)], `${number}.jpg`, { type: "image/jpeg" })));
            return data;
        }""",
        [list(content) for content in contents],
    )
    desk.dispatch_event(".picture-upload", "drop", {"dataTransfer": dropped})
    lines = desk.locator(".uploads li")
    expect(lines).to_have_count(3)
    expect(desk.locator(".uploads .is-stored")).to_have_count(2)
    expect(lines.nth(2)).to_contain_text("This is not a readable picture")
    expect(desk.locator(".uploads-message")).to_contain_text("Stored: 2. Refused: 1.")
    desk.get_by_role("link", name="Add credits").click()
    desk.fill("#id_all-credit", "A. N. Other")
    desk.get_by_role("button", name="Save").click()
    desk.locator(".messagelist .success", has_text="2 pictures are described").wait_for()
    assert list(Picture.objects.values_list("credit", flat=True)) == ["A. N. Other"] * 2


@pytest.mark.page
def test_embedded_image_is_picked_by_keyboard(desk):
    """From the story into the dialog and back: found, described, put in, and drawn for readers."""
    make_picture((640, 400), credit="Somebody else")
    picture = make_picture((640, 400), credit="A. N. Other")
    edition = make_draft(body="<p>The envoy came.</p>")
    desk.goto(f"/admin/articles/article/{edition.article_id}/change/")
    story = desk.locator(".field-body .ProseMirror")
    paragraph = story.locator("p")
    paragraph.click()
    # The key "End" could come before the editor has heard of the click.
    paragraph.evaluate("p => getSelection().collapse(p.firstChild, p.firstChild.length)")
    desk.keyboard.insert_text(" It rained.")
    expect(paragraph).to_have_text("The envoy came. It rained.")
    desk.locator("button[data-name=picture]").press("Enter")
    search = desk.locator("#picker-q")
    expect(search).to_be_focused()
    desk.keyboard.type("other")
    expect(desk.locator(".picker-choice")).to_have_count(1)
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk.locator("#picker-alt")).to_be_focused()
    desk.keyboard.type("Two flags")
    desk.keyboard.press("Enter")
    expect(desk.locator("#picture-picker")).to_be_hidden()
    expect(story).to_be_focused()
    desk.keyboard.type("And left.")
    expect(story.locator(".prose-picture small")).to_have_text("Two flags")
    desk.locator("[name=_save], [name=_continue]").first.click()
    desk.locator(".messagelist .success").wait_for()
    latest = edition.article.latest_edition()
    tag = f'<img data-picture="{picture.uuid}" alt="Two flags">'
    assert latest.body == f"<p>The envoy came. It rained.</p>{tag}<p>And left.</p>"
    assert [row.picture for row in latest.story_pictures.all()] == [picture]


def test_lead_picture_is_chosen_from_the_library(desk):
    """What is said of it comes along; of another one, its own; the focus is where it was."""
    Picture.objects.filter(pk=make_picture(credit="Amina").pk).update(alt="A square")
    make_picture(credit="Jonas")
    edition = make_draft()
    desk.goto(f"/admin/articles/article/{edition.article_id}/change/")
    button = desk.get_by_role("button", name="Choose from the library")
    for name, alt in (("Amina", "A square"), ("Jonas", "")):
        button.press("Enter")
        desk.locator(".picker-choice", has_text=name).click()
        expect(button).to_be_focused()
        expect(desk.locator("#id_picture_alt")).to_have_value(alt)
        expect(desk.locator("#id_picture_credit")).to_have_value(name)
    button.press("Enter")
    expect(desk.locator("#picker-q")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(button).to_be_focused()
    desk.locator("[name=_save], [name=_continue]").first.click()
    desk.locator(".messagelist .success").wait_for()
    assert edition.article.latest_edition().picture.credit == "Jonas"


@pytest.mark.page
def test_file_dropped_on_the_story_becomes_an_embedded_image(desk):
    """Through the library and its description; the page stays, whatever is dropped."""
    edition = make_draft(body="<p>The envoy came.</p>")
    desk.goto(f"/admin/articles/article/{edition.article_id}/change/")
    story = desk.locator(".field-body .ProseMirror")
    story.wait_for()
    dropped = desk.evaluate_handle(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([Uint8Array.from(bytes)], "a.jpg", { type: "image/jpeg" }));
            return data;
        }""",
        list(encode(half_red())),
    )
    story.locator("p").dispatch_event("drop", {"dataTransfer": dropped})
    expect(desk.locator("#picker-alt")).to_be_focused()
    desk.keyboard.type("Two flags")
    desk.keyboard.press("Enter")
    expect(story.locator(".prose-picture small")).to_have_text("Two flags")
    assert [picture.name for picture in Picture.objects.all()] == ["a.jpg"]
