"""Pictures: given out while a public edition shows them, and by whom."""

import datetime as dt

import pytest
from django.utils import timezone

from articles.pictures.desk_display import desk_address
from articles.publishing.workflow import publish, withdraw
from tests.articles.samples import make_picture
from tests.factories import UserFactory, make_draft, make_public

pytestmark = pytest.mark.django_db

NAMES = ["320.avif", "320.jpg", "share.jpg"]


@pytest.fixture
def picture():
    return make_picture()


def statuses(client, picture) -> set[int]:
    return {client.get(f"/media/{picture.uuid}/{name}").status_code for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_picture_of_a_public_edition_is_given_out(client, picture, name):
    """Every rendition of a public picture comes whole, with its type and a short life."""
    make_public(picture=picture, picture_alt="A square")
    response = client.get(f"/media/{picture.uuid}/{name}")
    assert response.status_code == 200
    assert response["Content-Type"] == ("image/avif" if "avif" in name else "image/jpeg")
    assert response["Cache-Control"] == "public, max-age=60"
    content = b"".join(response.streaming_content)
    assert len(content) == picture.renditions.get(name=name).bytes


def test_picture_of_a_draft_is_not_found(client, picture):
    """A picture that nobody uses, or only a draft, is not there for readers."""
    assert statuses(client, picture) == {404}
    make_draft(picture=picture, picture_alt="A square")
    assert statuses(client, picture) == {404}


def test_picture_of_a_scheduled_edition_is_not_found(client, picture, monkeypatch):
    """A scheduled edition's picture waits for the same minute."""
    edition = make_draft(picture=picture, picture_alt="A square")
    at = timezone.now() + dt.timedelta(hours=1)
    publish(edition, by=UserFactory(), at=at)
    assert statuses(client, picture) == {404}
    monkeypatch.setattr(timezone, "now", lambda: at)
    response = client.get(f"/media/{picture.uuid}/320.jpg")
    assert response.status_code == 200
    assert b"".join(response)


def test_picture_of_a_withdrawn_article_is_not_found(client, picture):
    """A withdrawal takes the picture with it."""
    edition = make_public(picture=picture, picture_alt="A square")
    withdraw(edition.article, reason="Mistaken.")
    assert statuses(client, picture) == {404}


def test_picture_of_a_superseded_edition_is_not_found(client, picture):
    """The next edition without the picture takes it off."""
    first = make_public(picture=picture, picture_alt="A square")
    make_public(timezone.now(), article=first.article)
    assert statuses(client, picture) == {404}


@pytest.mark.parametrize("name", ["960.jpg", "320.png", "original.jpg", "320", "..", "%00", "é"])
def test_unknown_rendition_is_not_found(client, picture, name):
    """Only a stored rendition's name is one; the original is never given out."""
    make_public(picture=picture, picture_alt="A square")
    assert client.get(f"/media/{picture.uuid}/{name}").status_code in (400, 404)


def test_lost_file_is_not_found(client, picture):
    """A rendition whose file is lost is a 404, not an error."""
    make_public(picture=picture, picture_alt="A square")
    rendition = picture.renditions.get(name="320.jpg")
    rendition.file.storage.delete(rendition.file.name)
    assert client.get(rendition.get_absolute_url()).status_code == 404


def test_web_server_sends_the_file_where_it_can(client, picture, settings):
    """With SENDFILE_PREFIX the answer names the file and holds none of it."""
    settings.SENDFILE_PREFIX = "/protected/"
    make_public(picture=picture, picture_alt="A square")
    response = client.get(f"/media/{picture.uuid}/320.avif")
    path = picture.renditions.get(name="320.avif").file.name
    assert response["X-Accel-Redirect"] == f"/protected/{path}"
    assert (response.content, response["Content-Type"]) == (b"", "image/avif")
    assert response["Cache-Control"] == "public, max-age=60"
    assert client.get(f"/media/{picture.uuid}/960.avif").status_code == 404


def test_other_sites_may_show_public_pictures_alone(client, picture):
    """Readers in a browser need the header; at the desk it stays with the site."""
    edition = make_public(picture=picture, picture_alt="A square")
    drawing = f"{edition.engagement.get_absolute_url()}share.png"
    for address in (f"/media/{picture.uuid}/320.avif", drawing):
        response = client.get(address)
        assert b"".join(response)
        assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    client.force_login(UserFactory(is_superuser=True))
    response = client.get(desk_address(picture))
    assert b"".join(response)
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
