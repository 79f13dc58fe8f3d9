"""Two people save the same article: what both changed is listed, and nothing is overwritten."""

import io
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from articles.models import Article, Autosave, Edition, Picture
from articles.roles import EDITOR, WRITER
from tests.articles.authoring.test_form import jpeg
from tests.articles.samples import make_picture
from tests.engagements.desk import errors, read
from tests.factories import TopicFactory, UserFactory, make_draft, make_public

pytestmark = pytest.mark.django_db

TABLE = (
    "<p>Before.</p><table><tbody><tr><td><p>A forum</p></td><td><p>{}</p></td></tr></tbody></table>"
)


def address(article: Article) -> str:
    return reverse("admin:articles_article_change", args=[article.pk])


@pytest.fixture
def me(client):
    person = UserFactory()
    person.groups.add(Group.objects.get(name=EDITOR))
    client.force_login(person)
    return client


@pytest.fixture
def base():
    """An edition that two people open."""
    topics = [TopicFactory(name="Energy")]
    return make_draft(headline="As it was", body=TABLE.format("March"), topics=topics)


def amina_saves(base: Edition, **changes) -> Edition:
    """Save the article as somebody else, from the edition `base`."""
    content = {
        name: getattr(base, name)
        for name in ("headline", "standfirst", "body", "engagement", "byline", "picture",
                     "picture_alt", "picture_caption", "picture_is_decorative")
    }  # fmt: skip
    content["topics"] = list(base.topics.all())
    amina = UserFactory(first_name="Amina")
    return make_draft(base.article, author=amina, **content | changes)


def changes(page) -> dict:
    """Return the changes that a page lists, by their labels, and assert that it saved nothing."""
    assert page.status_code == 200
    assert "Nothing of yours is saved yet" in errors(page)[0]
    return {change.label: change for change in page.context["merged_changes"]}


def test_same_cell_changed_by_both_is_listed(me, base):
    """Nothing is saved; both cells are marked word by word, and what was typed is autosaved."""
    form = read(me.get(address(base.article)))
    amina_saves(base, body=TABLE.format("April"))
    form |= {"body": TABLE.format("May"), "_continue": "1"}
    page = me.post(address(base.article), form)
    (body,) = changes(page).values()
    assert base.article.editions.count() == 2
    assert "Amina (" in errors(page)[0]
    assert "Please correct" not in page.text, "nothing of it is wrong"
    assert "March" in body.theirs
    assert "April" in body.theirs
    assert "May" in body.mine
    assert read(page)["body"] == TABLE.format("May")
    row = Autosave.objects.get()
    assert row.fields["body"] == [TABLE.format("May")]
    # Taken up on another day, it is merged with what was saved since it was typed.
    taken = read(me.get(address(base.article), {"take_up": row.pk}))
    assert (taken["based_on"], taken["opened"]) == ("1", form["opened"])
    assert changes(me.post(address(base.article), taken | {"_continue": "1"})).keys() == {"Story"}


@pytest.mark.parametrize(
    ("typed", "cell"),
    [
        ({"take-body": "on"}, "April"),
        ({}, "May"),
        ({"body": TABLE.format("April or May")}, "April or May"),
    ],
)
def test_choice_is_saved_without_a_script(me, base, typed, cell):
    """Theirs, mine or a text of both becomes the next edition; all earlier ones stay."""
    form = read(me.get(address(base.article)))
    amina_saves(base, body=TABLE.format("April"))
    page = me.post(address(base.article), form | {"body": TABLE.format("May"), "_continue": "1"})
    assert '<input type="checkbox" name="take-body">' in page.text
    answer = me.post(address(base.article), read(page) | typed | {"_continue": "1"})
    assert answer.status_code == 302, errors(answer)
    bodies = [edition.body for edition in base.article.editions.order_by("number")]
    assert bodies[:2] == [TABLE.format("March"), TABLE.format("April")]
    assert base.article.latest_edition().body == TABLE.format(cell)
    assert not Autosave.objects.exists()


def test_what_only_one_changed_is_taken_and_listed(me, base):
    """Amina's standfirst and my headline meet in one edition; topics of both are joined."""
    form = read(me.get(address(base.article)))
    hers, own = TopicFactory(name="Hers"), TopicFactory(name="Own")
    energy = base.topics.get()
    amina_saves(base, standfirst="By Amina.", topics=[energy, hers])
    form |= {"headline": "By me", "topics": [str(energy.pk), str(own.pk)], "_continue": "1"}
    page = me.post(address(base.article), form)
    listed = changes(page)
    assert set(listed) == {"Standfirst", "Topics"}
    assert not listed["Standfirst"].take
    assert "Hers" in listed["Topics"].theirs
    assert "Own" in listed["Topics"].mine
    assert me.post(address(base.article), read(page) | {"_continue": "1"}).status_code == 302
    saved = base.article.latest_edition()
    assert (saved.number, saved.headline, saved.standfirst) == (3, "By me", "By Amina.")
    assert set(saved.topics.all()) == {energy, hers, own}


def test_uploaded_picture_outlives_a_merge(me, base):
    """The form has the picture that was sent, stored once, and saving again takes it."""
    old = amina_saves(base, picture=make_picture())
    form = read(me.get(address(base.article)))
    amina_saves(old, picture=None)
    stored = Picture.objects.count()
    file = io.BytesIO()
    Image.new("RGB", (640, 400), "navy").save(file, "JPEG")
    upload = SimpleUploadedFile("photo.jpg", file.getvalue(), "image/jpeg")
    page = me.post(address(base.article), form | {"picture_upload": upload, "_continue": "1"})
    assert "Picture" in changes(page)
    assert Picture.objects.count() == stored + 1
    me.post(address(base.article), read(page) | {"_continue": "1"})
    assert base.article.latest_edition().picture == Picture.objects.latest("pk")


@pytest.mark.parametrize("taken", [True, False])
def test_alternative_text_stays_with_its_picture(me, base, taken):
    """A new picture of theirs and a new text of mine for the old one are one change of both."""
    picture = make_picture()
    old = amina_saves(base, picture=picture, picture_alt="Old")
    form = read(me.get(address(base.article)))
    new = make_picture(credit="Amina's")
    amina_saves(old, picture=new, picture_alt="New")
    page = me.post(address(base.article), form | {"picture_alt": "Mended", "_continue": "1"})
    (listed,) = changes(page).values()
    assert listed.label == "Picture"
    assert "<img" in listed.theirs
    assert read(page)["picture"] == str(picture.pk)
    choice = {listed.take: "on"} if taken else {}
    me.post(address(base.article), read(page) | choice | {"_continue": "1"})
    saved = base.article.latest_edition()
    expected = (new, "New") if taken else (picture, "Mended")
    assert (saved.picture, saved.picture_alt) == expected
    new.refresh_from_db()
    assert new.credit == "Amina's"


def test_upload_is_not_described_by_a_colleagues_text(me, base):
    """A file that I chose and a picture that Amina chose are one change of both."""
    form = read(me.get(address(base.article)))
    amina_saves(base, picture=make_picture(), picture_alt="Hers")
    page = me.post(address(base.article), form | {"picture_upload": jpeg(), "_continue": "1"})
    assert "photo.jpg" in changes(page)["Picture"].mine
    assert read(page)["picture_alt"] == ""


def test_credit_that_was_mended_in_the_library_is_not_written_back(me, base):
    """It is the picture's own, and no edition tells what it was."""
    picture = make_picture(credit="Wrong")
    edition = amina_saves(base, picture=picture)
    form = read(me.get(address(edition.article)))
    Picture.objects.update(credit="Right")
    page = me.post(address(edition.article), form | {"byline": "By me", "_continue": "1"})
    assert "Right" in changes(page)["Picture"].theirs
    me.post(address(edition.article), read(page) | {"_continue": "1"})
    picture.refresh_from_db()
    assert picture.credit == "Right"
    assert edition.article.latest_edition().byline == "By me"


def test_note_to_readers_is_not_written_over(me):
    """A correction that a colleague announced stays in what I save; of two notes I choose one."""
    article = make_public(headline="As published").article
    form = read(me.get(address(article)))
    note = {"is_correction": True, "public_note": "It was April.", "is_major": False}
    amina_saves(article.latest_edition(), **note)
    page = me.post(address(article), form | {"headline": "By me", "_continue": "1"})
    assert changes(page).keys() == {"Change note"}
    assert me.post(address(article), read(page) | {"_continue": "1"}).status_code == 302
    saved = article.latest_edition()
    assert note == {name: getattr(saved, name) for name in note}
    assert saved.headline == "By me"

    mine = form | {"headline": "By me", "public_note": "It was May.", "is_major": "True"}
    page = me.post(address(article), mine | {"form_token": str(uuid4()), "_continue": "1"})
    assert "It was April." in changes(page)["Change note"].theirs
    me.post(address(article), read(page) | {"_continue": "1"})
    assert article.latest_edition().public_note == "It was May."
    assert article.latest_edition().is_major


def test_third_save_is_listed_again(me, base):
    """Who thinks for long is shown what came in between."""
    form = read(me.get(address(base.article)))
    second = amina_saves(base, headline="By Amina")
    page = me.post(address(base.article), form | {"headline": "By me", "_continue": "1"})
    amina_saves(second, headline="By Amina again")
    again = me.post(address(base.article), read(page) | {"_continue": "1"})
    assert "again" in changes(again)["Headline"].theirs
    assert read(again)["headline"] == "By me"
    third = amina_saves(second, headline="By Amina for good")
    # Theirs is what the page showed; what came after that is only theirs by then.
    taken = me.post(address(base.article), read(again) | {"take-headline": "on", "_save": "1"})
    assert not changes(taken)["Headline"].take
    assert read(taken)["headline"] == third.headline


def test_form_sent_again_is_no_conflict_with_oneself(me, base):
    """Back, a word more, and sent again goes on from what the same form saved before."""
    form = read(me.get(address(base.article))) | {"headline": "Once", "_continue": "1"}
    assert me.post(address(base.article), form).status_code == 302
    assert me.post(address(base.article), form | {"headline": "Twice"}).status_code == 302
    assert base.article.latest_edition().headline == "Twice"
    assert base.article.editions.count() == 3


def test_publishing_over_a_change_is_refused_too(me, base):
    """No button goes past what somebody saved since."""
    form = read(me.get(address(base.article)))
    amina_saves(base, headline="By Amina")
    page = me.post(address(base.article), form | {"headline": "By me", "_publish": "1"})
    assert changes(page)
    assert not Edition.objects.public().exists()


def test_address_changed_by_a_colleague_is_not_written_back(me, base):
    """A slug that only Amina changed stays hers; one that both changed is listed with both."""
    form = read(me.get(address(base.article)))
    Article.objects.update(slug="hers")
    page = me.post(address(base.article), form | {"byline": "By me", "_continue": "1"})
    assert changes(page).keys() == {"Slug"}
    me.post(address(base.article), read(page) | {"_continue": "1"})
    assert Article.objects.get().slug == "hers"
    other = form | {"slug": "mine", "form_token": str(uuid4()), "_continue": "1"}
    page = me.post(address(base.article), other)
    assert "hers" in changes(page)["Slug"].theirs
    assert read(page)["slug"] == "mine"


def test_same_change_by_both_is_no_difference(me, base):
    """Who typed what Amina saved has read all of it: they are asked nothing, and may publish it."""
    form = read(me.get(address(base.article)))
    amina_saves(base, headline="The same")
    answer = me.post(address(base.article), form | {"headline": "The same", "_publish": "1"})
    assert answer.status_code == 302, errors(answer)
    assert Edition.objects.public().get().number == 2


def test_words_typed_into_what_was_given_away_come_back(client):
    """Whoever may not change the article any more gets back what they typed."""
    edition, writer = make_draft(), UserFactory()
    writer.groups.add(Group.objects.get(name=WRITER))
    Article.objects.update(created_by=writer)
    client.force_login(writer)
    form = read(client.get(address(edition.article))) | {"standfirst": "Four five six."}
    Article.objects.update(created_by=UserFactory())
    answer = client.post(address(edition.article), form)
    assert answer.status_code == 403
    assert "Four five six." in answer.text
    assert form["opened"] not in answer.text


@pytest.mark.parametrize(
    "nonsense",
    [
        {"based_on": "9" * 40},
        {"based_on": "-1"},
        {"based_on": "x"},
        {"take-body": "x", "take-x": "y"},
        {"take-picture": "on", "based_on": "7"},
        {"form_token": "x", "opened": "x" * 10_000},
    ],
)
def test_nonsense_breaks_nothing(me, base, nonsense):
    """What no form of ours sends is saved, or answered with the form."""
    form = read(me.get(address(base.article)))
    amina_saves(base, headline="By Amina")
    answer = me.post(address(base.article), form | nonsense | {"byline": "Me", "_continue": "1"})
    assert answer.status_code in (200, 302)
