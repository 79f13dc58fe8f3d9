"""The picture library: what the desk does with pictures before and after an article uses them."""

import pytest
from django.urls import reverse

from tests.articles.samples import make_picture
from tests.engagements.desk import errors, read
from tests.factories import make_public

pytestmark = pytest.mark.django_db

LIST = reverse("admin:articles_picture_changelist")


def page_of(picture) -> str:
    return reverse("admin:articles_picture_change", args=[picture.pk])


# The focal point


def test_focal_point_is_kept_in_every_crop(client, admin_client):
    """What an editor says matters is told to the style sheet, and cut into the share picture."""
    picture = make_picture()
    edition = make_public(picture=picture, picture_alt="A square")
    before = picture.renditions.get(name="share.jpg").file.name
    data = read(admin_client.get(page_of(picture)))
    assert (data["focal_x"], data["focal_y"]) == ("50", "50")
    assert admin_client.post(page_of(picture), data | {"focal_x": "12"}).status_code == 302
    picture.refresh_from_db()
    assert (picture.focal_x, picture.focal_y) == (0.12, 0.5)
    assert picture.renditions.get(name="share.jpg").file.name != before
    for address in ("/", "/articles/", edition.get_absolute_url()):
        assert '<img class="fx-1 fy-5" src=' in client.get(address).text
    assert admin_client.get(page_of(picture)).text.count(" fx-1 fy-5") == 5


@pytest.mark.parametrize("wrong", ["-1", "101", "nan", "1e400", "", "middle", "\0"])
def test_focal_point_off_the_picture_is_refused(admin_client, wrong):
    """With a sentence beside the field; what was typed stays in it."""
    picture = make_picture()
    data = read(admin_client.get(page_of(picture))) | {"credit": "Typed", "focal_y": wrong}
    answer = admin_client.post(page_of(picture), data)
    assert errors(answer)
    assert read(answer)["credit"] == "Typed"
