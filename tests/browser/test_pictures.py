"""Pictures at the desk, in a real browser."""

import pytest
from playwright.sync_api import expect

from articles.models import Picture
from articles.roles import EDITOR
from tests.articles.samples import make_picture
from tests.browser.test_review import sign_in

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
    expect(desk.locator("[data-focal-told]")).to_have_text("19 % from the left, 80 % from the top")
    desk.click("[name=_continue]")
    desk.locator(".messagelist .success").wait_for()
    expect(desk.locator("#id_focal_x")).to_have_value("19")
    stored = Picture.objects.get()
    assert (stored.focal_x, stored.focal_y) == (0.19, 0.8)
