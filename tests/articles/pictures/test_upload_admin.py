"""Uploaded pictures are decoded one at a time, outside of transactions, by every way in."""

import contextlib
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.urls import reverse

from articles.models import Article, Picture
from articles.pictures import library
from articles.pictures.library import create_picture, read_upload
from tests.articles.pictures.samples import encode, half_red, upload
from tests.engagements.desk import read
from tests.factories import make_draft

UPLOAD = reverse("admin:articles_picture_upload")
ADD = reverse("admin:articles_article_add")


def sent_to_library(client) -> None:
    assert client.post(UPLOAD, {"files": [upload(encode(half_red()))]}).status_code == 302


def sent_by_dialog(client) -> None:
    files = {"files": [upload(encode(half_red()))]}
    assert client.post(UPLOAD, files, headers={"accept": "application/json"}).json()["added"]


def sent_as_replacement(client) -> None:
    picture = create_picture(upload(encode(half_red((700, 500)))))
    page = reverse("admin:articles_picture_change", args=[picture.pk])
    data = read(client.get(page)) | {"replacement": upload(encode(half_red()))}
    assert client.post(page, data).status_code == 302


def sent_with_new_article(client) -> None:
    data = read(client.get(ADD)) | {"headline": "New", "picture_alt": "A sea", "_save": "1"}
    data["picture_upload"] = upload(encode(half_red()))
    assert client.post(ADD, data).status_code == 302


def sent_with_article(client) -> None:
    page = reverse("admin:articles_article_change", args=[make_draft().article_id])
    data = read(client.get(page)) | {"picture_alt": "A sea", "_save": "1"}
    data["picture_upload"] = upload(encode(half_red()))
    assert client.post(page, data).status_code == 302


def stored(media) -> set[str]:
    return {str(path) for path in media.rglob("*") if path.is_file()}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize(
    "send",
    [
        sent_to_library, sent_by_dialog, sent_as_replacement, sent_with_new_article,
        sent_with_article,
    ],
)  # fmt: skip
def test_nobody_waits_for_the_database_while_a_picture_is_decoded(admin_client, monkeypatch, send):
    """Neither decoding nor encoding happens in a transaction, and a picture is decoded once."""
    locked: dict[str, list[bool]] = {"decode": [], "encode": []}
    for name, calls in locked.items():
        function = getattr(library, name)

        def observed(*args, function=function, calls=calls, **options):
            calls.append(connection.in_atomic_block)
            return function(*args, **options)

        monkeypatch.setattr(library, name, observed)
    send(admin_client)
    pictures = 2 if send is sent_as_replacement else 1
    assert locked == {"decode": [False] * pictures, "encode": [False] * pictures}
    assert Picture.objects.count() == 1


def test_one_picture_is_decoded_at_a_time(monkeypatch):
    """A second upload waits for the first, also if that one is refused."""
    first_began, first_may_end = threading.Event(), threading.Event()
    began: list[str] = []

    def slow(file, _replaces):
        began.append(file.name)
        if file.name == "first":
            first_began.set()
            assert first_may_end.wait(10)
            raise ValidationError("No.")

    monkeypatch.setattr(library, "_read", slow)

    def send(name: str) -> threading.Thread:
        def sent() -> None:
            with contextlib.suppress(ValidationError):
                read_upload(upload(b"", name))

        thread = threading.Thread(target=sent)
        thread.start()
        return thread

    first = send("first")
    assert first_began.wait(10)
    second = send("second")
    second.join(0.2)
    assert (began, second.is_alive()) == (["first"], True)
    first_may_end.set()
    first.join(10)
    second.join(10)
    assert began == ["first", "second"]


def refuse(*_args, **_options):
    raise DatabaseError


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_article_that_cannot_be_saved_leaves_no_picture(admin_client, monkeypatch, private_media):
    """Its transaction takes the rows back, and the files go too."""
    monkeypatch.setattr("articles.authoring.admin.save_edition", refuse)
    with pytest.raises(DatabaseError):
        sent_with_new_article(admin_client)
    assert not Article.objects.exists()
    assert not Picture.objects.exists()
    assert stored(private_media) == set()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_replacement_that_cannot_be_saved_leaves_the_old_file(
    admin_client, monkeypatch, private_media
):
    """All that it wrote goes, and nothing that it would have replaced."""
    picture = create_picture(upload(encode(half_red((700, 500)))))
    before = stored(private_media)
    page = reverse("admin:articles_picture_change", args=[picture.pk])
    data = read(admin_client.get(page)) | {"replacement": upload(encode(half_red()))}
    monkeypatch.setattr("articles.pictures.admin.PictureAdmin.log_change", refuse)
    with pytest.raises(DatabaseError):
        admin_client.post(page, data)
    picture.refresh_from_db()
    assert (picture.width, picture.replaced_at) == (700, None)
    assert stored(private_media) == before
