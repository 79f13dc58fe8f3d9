"""Pictures in a story: what is stored of them, who holds them, and where they are drawn."""

import html
import uuid

import pytest
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.models import Edition, StoryPicture
from articles.pictures import desk_views
from articles.publishing.checks import (
    EditionContent,
    embedded_images_are_described,
    no_placeholders,
)
from articles.publishing.workflow import publish, save_edition, withdraw
from articles.richtext import diff_story, plain_text, sanitize
from tests.articles.samples import make_picture
from tests.factories import UserFactory, make_draft, make_public

KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"
OF_KEY = f'<img data-picture="{KEY}"'
TAG = f'{OF_KEY} alt="Two flags" data-caption="Algiers">'


def tag(picture, alt='alt="Two flags"', caption="In Algiers") -> str:
    return f'<img data-picture="{picture.uuid}" {alt} data-caption="{caption}">'


@pytest.mark.parametrize(
    ("source", "stored"),
    [
        (TAG, TAG),
        (f"<p>A {TAG} b</p>", f"<p>A </p>{TAG} b"),
        (f"<p><strong>A{TAG}</strong></p>", f"<p><strong>A</strong></p>{TAG}"),
        (f"<ul><li>A{TAG}</li></ul>", f"<ul><li>A{TAG}</li></ul>"),
        (f"<ul>{TAG}<li>A</li></ul>", "<ul><li>A</li></ul>"),
        (f'<img alt="" data-picture="{KEY.upper()}" src="/x">', f'{OF_KEY} alt="">'),
        (f'{OF_KEY}>', f'{OF_KEY}>'),
        (f'{OF_KEY} data-caption=" ">', f'{OF_KEY}>'),
        (f'{OF_KEY} alt="1 < 2 > 0">', f'{OF_KEY} alt="1 ‹ 2 › 0">'),
        (f'{OF_KEY} alt="&quot; onerror=&quot;x">',
         f'{OF_KEY} alt="&quot; onerror=&quot;x">'),
        (f'{OF_KEY} onerror="x" style="x" class="x">', f'{OF_KEY}>'),
        ('<img src="https://elsewhere.example/x.png" alt="x">', ""),
        ('<img data-picture="../../etc" alt="x"><img data-picture="">', ""),
        ('<img picture="x" alt="x">', ""),
    ],
)  # fmt: skip
def test_embedded_image_is_a_key_and_words(source, stored):
    """A picture of the library stays, between the blocks; any other, and all else, goes."""
    assert sanitize(source) == stored
    assert sanitize(stored) == stored


def test_words_of_an_embedded_image_are_bounded():
    told = sanitize(f'{OF_KEY} alt="{"x" * 5000}">')
    assert told.count("x") == 300
    assert plain_text(f"<p>A</p>{TAG}<p>B</p>") == "A\nB"


@pytest.mark.django_db
def test_embedded_image_holds_its_picture():
    """It cannot be deleted while any edition shows it, an old one too; the rows say which."""
    picture, other = make_picture(), make_picture()
    edition = make_draft(body=f"<p>A story.</p>{tag(picture)}{tag(picture)}")
    assert [row.picture for row in edition.story_pictures.all()] == [picture]
    again = save_edition(
        edition.article,
        author=None,
        headline="Again",
        body=tag(other) + TAG,
    )
    assert [row.picture for row in again.story_pictures.all()] == [other]
    with pytest.raises(ProtectedError):
        picture.delete()
    edition.refresh_from_db()
    edition.body = "<p>None.</p>"
    edition.save()
    assert not StoryPicture.objects.filter(picture=picture).exists()
    picture.delete()


@pytest.mark.django_db
def test_embedded_image_is_public_with_its_story(client):
    """In every size, from the edition's hour to its end or its withdrawal."""
    picture = make_picture(credit="A. N. Other", licence="CC BY 4.0")
    names = [rendition.name for rendition in picture.renditions.all()]

    def statuses() -> set[int]:
        answers = [client.get(f"/media/{picture.uuid}/{name}") for name in names]
        assert all(b"".join(answer) for answer in answers)  # to its end, so that a file is closed
        return {answer.status_code for answer in answers}

    edition = make_draft(body=f"<p>A story.</p>{tag(picture)}")
    assert statuses() == {404}
    publish(edition, by=UserFactory())
    assert statuses() == {200}
    page = client.get(edition.get_absolute_url()).text
    assert 'alt="Two flags"' in page
    assert "In Algiers" in page
    assert "A. N. Other, CC BY 4.0" in page
    feed = client.get("/feed.rss").text
    assert f'src="http://testserver/media/{picture.uuid}/320.jpg"' in html.unescape(feed)
    make_public(timezone.now(), article=edition.article)
    assert statuses() == {404}
    version = client.get(f"{edition.get_absolute_url()}versions/1/").text
    assert "A story." in version
    assert str(picture.uuid) not in version
    withdraw(edition.article, reason="Mistaken")
    assert statuses() == {404}


@pytest.mark.django_db
def test_story_of_many_images_costs_the_same(client):
    """The page and the feed ask once for all pictures of all stories."""

    def cost(number: int) -> list[int]:
        counts = []
        Edition.objects.all().delete()
        body = "<p>A story.</p>" + "".join(tag(make_picture()) for _n in range(number))
        edition = make_public(body=body)
        for address in (edition.get_absolute_url(), "/feed.rss"):
            with CaptureQueriesContext(connection) as asked:
                client.get(address)
            counts.append(len(asked))
        return counts

    assert cost(1) == cost(4)


@pytest.mark.django_db
def test_embedded_image_is_described_before_it_goes_out():
    """With words, or as decorative; and its picture has to be there."""
    picture = make_picture()

    def reasons(*tags: str) -> list[str]:
        story = EditionContent(body="<p>A story.</p>" + "".join(tags))
        return [reason.text for reason in embedded_images_are_described(story, timezone.now())]

    assert reasons(tag(picture), tag(picture, 'alt=""')) == []
    assert "or mark it as decorative" in reasons(tag(picture, ""))[0]
    assert "remove it" in reasons(f'<img data-picture="{uuid.uuid4()}" alt="x">')[0]
    told = no_placeholders(EditionContent(body=tag(picture, 'alt="TK"', "XXX")), timezone.now())
    assert len(list(told)) == 2


@pytest.mark.django_db
def test_comparison_tells_of_images_in_words():
    """Which picture, by a letter, and what is said of it."""
    one, other = make_picture(), make_picture()
    told = diff_story(f"<p>A.</p>{tag(one)}", f"<p>A.</p>{tag(other)}")
    assert "Picture" in told
    assert "Two flags In Algiers" in told
    assert "<img" not in told
    assert diff_story(tag(one), tag(one)).count("<ins>") == 0


# The picker


@pytest.mark.django_db
def test_picker_finds_and_pages(admin_client, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(desk_views, "PICKED", 2)
    made = [make_picture(credit=f"Person {n}") for n in range(3)]
    address = reverse("admin:articles_picture_pick")
    with django_assert_num_queries(5):
        first = admin_client.get(address).json()
    assert [row["id"] for row in first["pictures"]] == [made[2].pk, made[1].pk]
    assert first["has_more"]
    rest = admin_client.get(address, {"before": made[1].pk}).json()
    assert ([row["id"] for row in rest["pictures"]], rest["has_more"]) == ([made[0].pk], False)
    found = admin_client.get(address, {"q": "person 1"}).json()["pictures"]
    assert [row["id"] for row in found] == [made[1].pk]
    for before in ("x", "-1", "9" * 40, "1 OR 1"):
        assert admin_client.get(address, {"before": before}).json()["has_more"]
    assert b"".join(admin_client.get(found[0]["thumbnail"])).startswith(b"\xff\xd8")
