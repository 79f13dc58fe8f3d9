"""Where a picture is used: said, in the way of its deletion, and followed by a replacement."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.db import transaction
from django.db.models import ProtectedError, Value
from django.urls import reverse
from django.utils import timezone

from articles.caching.version import basis_at
from articles.models import Picture
from articles.pictures import admin as pictures_admin
from articles.pictures.library import create_picture, delete_discarded_files
from articles.roles import DESK_HEAD, WRITER
from tests.articles.pictures import samples
from tests.articles.pictures.samples import BLUE, RED, encode, half_red, upload
from tests.articles.pictures.test_processing import is_close, stored
from tests.articles.pictures.test_processing import read as opened
from tests.articles.samples import make_picture
from tests.engagements.desk import errors, read
from tests.factories import UserFactory, make_draft, make_public

pytestmark = pytest.mark.django_db

LIST = reverse("admin:articles_picture_changelist")


def page_of(picture, name="change") -> str:
    return reverse(f"admin:articles_picture_{name}", args=[picture.pk])


def story(picture) -> str:
    return f'<p>A story.</p><img data-picture="{picture.uuid}" alt="Two flags">'


@pytest.fixture
def picture():
    """A picture above one article, in another, and in and above a draft."""
    picture = make_picture(credit="Amina")
    make_public(headline="First", picture=picture, picture_alt="A square")
    make_public(headline="Second", body=story(picture))
    make_draft(headline="Third", picture=picture, body=story(picture))
    return picture


def test_page_says_where_it_is_used(admin_client, picture, django_assert_num_queries):
    text = admin_client.get(page_of(picture)).text
    assert "First</a> – above the story, edition 1, published" in text
    assert "Second</a> – in the story, edition 1, published" in text
    assert "Third</a> – above the story and in it, edition 1, draft" in text
    with django_assert_num_queries(2):
        assert len(pictures_admin.uses_of(picture)) == 3
    assert "It can be deleted" in admin_client.get(page_of(make_picture())).text


@pytest.mark.parametrize("method", ["get", "post"])
def test_used_picture_is_not_deleted(client, picture, method):
    """The page says where it is used instead, and leads back to the picture."""
    head = UserFactory()
    head.groups.add(Group.objects.get(name=DESK_HEAD))
    client.force_login(head)
    answer = getattr(client, method)(page_of(picture, "delete"), {"post": "yes"}, follow=True)
    assert answer.redirect_chain == [(page_of(picture), 302)]
    assert "because it is used: “Third” (above the story and in it" in answer.text
    with pytest.raises(ProtectedError), transaction.atomic():
        picture.delete()
    spare = make_picture()
    assert client.post(page_of(spare, "delete"), {"post": "yes"}).status_code == 302
    assert list(Picture.objects.all()) == [picture]


def test_writer_deletes_an_own_picture_that_nobody_uses(client):
    """Not one that an edition uses, and not a colleague's."""
    writer = UserFactory()
    writer.groups.add(Group.objects.get(name=WRITER))
    client.force_login(writer)
    own, used, others = make_picture(), make_picture(), make_picture()
    Picture.objects.exclude(pk=others.pk).update(uploaded_by=writer)
    make_draft(headline="A draft", picture=used)
    answers = [
        client.post(page_of(row, "delete"), {"post": "yes"}, follow=True)
        for row in (own, used, others)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 403]
    assert "cannot be deleted, because it is used: “A draft”" in answers[1].text
    assert {*Picture.objects.all()} == {used, others}
    assert page_of(used, "delete") in client.get(page_of(used)).text
    assert page_of(others, "delete") not in client.get(page_of(others)).text


def test_used_pictures_are_not_deleted_in_bulk(admin_client, picture):
    """Nothing is deleted while one of the chosen is used; without it the stock page asks."""
    spare = make_picture()
    data = {"action": "delete_selected", "_selected_action": [picture.pk, spare.pk], "post": "yes"}
    answer = admin_client.post(LIST, data, follow=True)
    assert "cannot be deleted, because it is used" in answer.text
    assert "Nothing was deleted." in answer.text
    assert Picture.objects.count() == 2
    alone = data | {"_selected_action": [spare.pk]}
    assert "Are you sure" in admin_client.post(LIST, {**alone, "post": ""}).text
    admin_client.post(LIST, alone)
    assert list(Picture.objects.all()) == [picture]


@pytest.mark.parametrize("is_bulk", [False, True])
def test_picture_used_meanwhile_is_not_deleted(admin_client, monkeypatch, is_bulk):
    """Between the question and the answer somebody took it: a sentence, no error."""
    picture = make_picture()
    make_draft(headline="Meanwhile", picture=picture)

    class AsItWas(pictures_admin.PictureAdmin):
        def get_queryset(self, request):
            return Picture.objects.annotate(is_used=Value(value=False))

        def get_deleted_objects(self, objs, request):
            return [], {}, set(), []

    for name in ("get_queryset", "get_deleted_objects"):
        monkeypatch.setattr(pictures_admin.PictureAdmin, name, getattr(AsItWas, name))
    data = {"action": "delete_selected", "_selected_action": [picture.pk], "post": "yes"}
    address = LIST if is_bulk else page_of(picture, "delete")
    answer = admin_client.post(address, data)
    told = [str(message) for message in get_messages(answer.wsgi_request)]
    assert ("Nothing was deleted." if is_bulk else "is used: “Meanwhile”") in " ".join(told)
    assert Picture.objects.exists()


# Another file in its place


@pytest.fixture
def large():
    """A picture in every width, red at its top, above a public article."""
    picture = create_picture(upload(encode(half_red((1700, 1000)))), credit="Amina")
    make_public(headline="First", picture=picture, picture_alt="A square")
    return picture


def replaced(client, picture, content, **fields):
    data = read(client.get(page_of(picture))) | fields
    return client.post(page_of(picture), data | {"replacement": upload(content, "new.jpg")})


def test_replacement_keeps_every_address(
    client, admin_client, large, private_media, django_capture_on_commit_callbacks
):
    """The new file stands in every size at once, under other validators; the old one is gone."""
    names = [rendition.name for rendition in large.renditions.all()]
    before = {name: client.get(f"/media/{large.uuid}/{name}") for name in names}
    old = {name: (answer["ETag"], b"".join(answer)) for name, answer in before.items()}
    number = basis_at(timezone.now()).number
    turned = encode(half_red((900, 500)).rotate(180))  # blue at its top, and smaller
    with django_capture_on_commit_callbacks(execute=True):
        assert replaced(admin_client, large, turned, focal_y="0").status_code == 302
    for name, (etag, content) in old.items():
        answer = client.get(f"/media/{large.uuid}/{name}", headers={"if-none-match": etag})
        now = b"".join(answer)
        assert (answer.status_code, now != content, answer["ETag"] != etag) == (200, True, True)
        top = opened(now).convert("RGB").getpixel((20, 20))
        assert is_close(top, BLUE), name
        again = client.get(f"/media/{large.uuid}/{name}", headers={"if-none-match": answer["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert basis_at(timezone.now()).number > number
    large.refresh_from_db()
    assert (large.name, large.width, large.credit) == ("new.jpg", 900, "Amina")
    assert large.avif_srcset.count(" 900w") == 1
    delete_discarded_files(timezone.now() + dt.timedelta(days=30))
    assert len(list(private_media.rglob("*.*"))) == 1 + len(names)
    assert not any(
        is_close(opened(f).convert("RGB").getpixel((20, 20)), RED)
        for f in stored(private_media).values()
    )


def test_replacement_is_said_of_versions_that_stood(client, admin_client, large):
    """An old version shows what the picture's address shows, and says that it was another file."""
    edition = large.editions.get()
    address = f"{edition.get_absolute_url()}versions/1/"
    make_public(timezone.now(), article=edition.article, picture=large, picture_alt="A square")
    assert "was replaced" not in client.get(address).text
    replaced(admin_client, large, encode(half_red((900, 500))))
    assert "A picture of this version was replaced by another file on" in client.get(address).text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"A note.", "not a readable picture"),
        (samples.png((50_000, 50_000), b"\0"), "more than 50 million pixels"),
        (encode(half_red((1700, 1000))), "in the library already"),
    ],
)
def test_replacement_that_is_no_picture_changes_nothing(admin_client, large, content, words):
    """A sentence beside the field; what was typed besides stays."""
    answer = replaced(admin_client, large, content, caption="Typed")
    assert words in " ".join(errors(answer))
    assert read(answer)["caption"] == "Typed"
    large.refresh_from_db()
    assert (large.width, large.replaced_at) == (1700, None)


def test_new_validator_after_every_change(client, large, django_capture_on_commit_callbacks):
    """A name that was free again would give the third file the first one's validator."""
    seen = set()
    for focal in (0.1, 0.5, 0.1):
        large.focal_y = focal
        with django_capture_on_commit_callbacks(execute=True):
            pictures_admin.redraw_share(large)
        answer = client.get(f"/media/{large.uuid}/share.jpg")
        b"".join(answer)
        seen.add(answer["ETag"])
    assert len(seen) == 3
