"""Two people save the same article: both versions are shown, and nothing is written over."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from articles.models import Article, Autosave, Edition
from articles.roles import EDITOR
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


def test_same_cell_changed_by_both_is_asked_about(me, base):
    """Nothing is saved; the page shows both cells word by word, and what was typed is kept."""
    form = read(me.get(address(base.article)))
    amina_saves(base, body=TABLE.format("April"))
    form |= {"body": TABLE.format("May"), "_continue": "1"}
    page = me.post(address(base.article), form)
    assert page.status_code == 200
    assert base.article.editions.count() == 2
    told = page.text
    assert "Amina saved edition 2" in told
    part, _field, _is_list = page.context["conflicts"][0]
    assert (part.name, part.changed_by) == ("body", "both")
    assert "March" in part.theirs
    assert "April" in part.theirs
    assert "May" in part.mine
    assert str(Autosave.objects.get().fields["body"][0]) == TABLE.format("May")


@pytest.mark.parametrize(
    ("choice", "cell"), [("theirs", "April"), ("mine", "May"), ("merged", "April or May")]
)
def test_choice_is_saved_without_a_script(me, base, choice, cell):
    """Theirs, mine or a text of both becomes the next edition; all earlier ones stay."""
    form = read(me.get(address(base.article)))
    amina_saves(base, body=TABLE.format("April"))
    page = me.post(address(base.article), form | {"body": TABLE.format("May"), "_continue": "1"})
    chosen = read(page) | {"choose-body": choice, "_continue": "1"}
    if choice == "merged":
        chosen["body"] = TABLE.format("April or May")
    answer = me.post(address(base.article), chosen)
    assert answer.status_code == 302, errors(answer)
    bodies = [edition.body for edition in base.article.editions.order_by("number")]
    assert bodies[:2] == [TABLE.format("March"), TABLE.format("April")]
    assert base.article.latest_edition().body == TABLE.format(cell)
    assert not Autosave.objects.exists()


def test_what_only_one_changed_is_taken_and_shown(me, base):
    """Amina's standfirst and my headline meet in one edition; topics of both are joined."""
    form = read(me.get(address(base.article)))
    hers, own = TopicFactory(name="Hers"), TopicFactory(name="Own")
    energy = base.topics.get()
    amina_saves(base, standfirst="By Amina.", topics=[energy, hers])
    form |= {"headline": "By me", "topics": [str(energy.pk), str(own.pk)], "_continue": "1"}
    page = me.post(address(base.article), form)
    assert [part.name for part in page.context["taken"]] == ["standfirst"]
    assert [part.name for part in page.context["own"]] == ["headline"]
    assert me.post(address(base.article), read(page) | {"_continue": "1"}).status_code == 302
    saved = base.article.latest_edition()
    assert (saved.number, saved.headline, saved.standfirst) == (3, "By me", "By Amina.")
    assert set(saved.topics.all()) == {energy, hers, own}


def test_alternative_text_stays_with_its_picture(me, base):
    """A new picture of theirs and a new text of mine for the old one are one conflict."""
    picture = make_picture()
    old = amina_saves(base, picture=picture, picture_alt="Old")
    form = read(me.get(address(base.article)))
    new = make_picture(credit="Amina's")
    amina_saves(old, picture=new, picture_alt="New")
    page = me.post(address(base.article), form | {"picture_alt": "Mended", "_continue": "1"})
    assert [part.name for part, _field, _is_list in page.context["conflicts"]] == ["picture"]
    me.post(address(base.article), read(page) | {"choose-picture": "theirs", "_continue": "1"})
    saved = base.article.latest_edition()
    assert (saved.picture, saved.picture_alt) == (new, "New")
    new.refresh_from_db()
    assert new.credit == "Amina's"


def test_note_to_readers_is_not_written_over(me):
    """A correction that a colleague announced stays in what I save; of two notes I choose one."""
    article = make_public(headline="As published").article
    form = read(me.get(address(article)))
    said = {"is_correction": True, "public_note": "It was April.", "is_major": False}
    amina_saves(article.latest_edition(), **said)
    page = me.post(address(article), form | {"headline": "By me", "_continue": "1"})
    assert [part.name for part in page.context["taken"]] == ["change"]
    assert me.post(address(article), read(page) | {"_continue": "1"}).status_code == 302
    saved = article.latest_edition()
    assert said == {name: getattr(saved, name) for name in said}
    assert saved.headline == "By me"

    mine = form | {"headline": "By me", "public_note": "It was May.", "is_major": "True"}
    page = me.post(address(article), mine | {"form_token": str(uuid4()), "_continue": "1"})
    (part, field, _is_list) = page.context["conflicts"][0]
    assert (part.name, field) == ("change", None)
    assert "It was April." in part.theirs
    me.post(address(article), read(page) | {"choose-change": "mine", "_continue": "1"})
    assert article.latest_edition().public_note == "It was May."
    assert article.latest_edition().is_major


def test_third_save_meanwhile_is_asked_about_again(me, base):
    """Who chooses for long is shown what came in between."""
    form = read(me.get(address(base.article)))
    second = amina_saves(base, headline="By Amina")
    page = me.post(address(base.article), form | {"headline": "By me", "_continue": "1"})
    amina_saves(second, headline="By Amina again")
    chosen = read(page) | {"choose-headline": "mine", "_continue": "1"}
    again = me.post(address(base.article), chosen)
    part, _field, _is_list = again.context["conflicts"][0]
    assert "again" in part.theirs
    assert "By me" in read(again)["mine-headline"]


def test_form_sent_again_is_no_conflict_with_oneself(me, base):
    """Back, a word more, and sent again goes on from what the same form saved before."""
    form = read(me.get(address(base.article))) | {"headline": "Once", "_continue": "1"}
    assert me.post(address(base.article), form).status_code == 302
    assert me.post(address(base.article), form | {"headline": "Twice"}).status_code == 302
    assert base.article.latest_edition().headline == "Twice"
    assert base.article.editions.count() == 3


def test_publishing_over_a_change_is_asked_about_too(me, base):
    """No button goes past what somebody saved meanwhile."""
    form = read(me.get(address(base.article)))
    amina_saves(base, headline="By Amina")
    page = me.post(address(base.article), form | {"headline": "By me", "_publish": "1"})
    assert page.context["conflicts"]
    assert not Edition.objects.public().exists()


def test_address_changed_meanwhile_is_not_written_back(me, base):
    """A slug that only Amina changed stays hers; one that both changed is asked about."""
    form = read(me.get(address(base.article)))
    Article.objects.update(slug="hers")
    me.post(address(base.article), form | {"byline": "By me", "_continue": "1"})
    assert Article.objects.get().slug == "hers"
    answer = me.post(address(base.article), form | {"slug": "mine", "_continue": "1"})
    assert "“hers”" in " ".join(errors(answer))
    assert read(answer)["slug"] == "mine"


@pytest.mark.parametrize(
    "nonsense",
    [
        {"based_on": "9" * 40},
        {"based_on": "-1"},
        {"based_on": "x"},
        {"choose-body": "x", "mine-body": "y"},
        {"choose-picture": "mine"},
        {"form_token": "x", "was-slug": "x" * 10_000},
    ],
)
def test_nonsense_breaks_nothing(me, base, nonsense):
    """What no form of ours sends is saved, or answered with the form."""
    form = read(me.get(address(base.article)))
    amina_saves(base, headline="By Amina")
    answer = me.post(address(base.article), form | nonsense | {"byline": "Me", "_continue": "1"})
    assert answer.status_code in (200, 302)
