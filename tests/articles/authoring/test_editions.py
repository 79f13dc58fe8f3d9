"""The desk's history of an article: every edition, two compared, one restored."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from articles.models import Edition
from articles.publishing.edition_diff import edition_diff
from articles.publishing.workflow import restore
from articles.roles import WRITER
from tests.articles.samples import make_picture
from tests.factories import EngagementFactory, TopicFactory, UserFactory, make_draft, make_public

pytestmark = pytest.mark.django_db


@pytest.fixture
def editions() -> list[Edition]:
    """An article whose second edition lost what the first held."""
    full = make_public(
        headline="Alpha talks", picture=make_picture(), picture_alt="A harbour", byline="Amina",
        also_covers=[EngagementFactory()], topics=TopicFactory.create_batch(2),
        body="<table><tr><td>Gas</td><td>Forum in May</td></tr></table>",
    )  # fmt: skip
    bare = make_draft(
        full.article, headline="Beta talks", topics=[], note="Shortened for the wire.",
        engagement=None, body="<table><tr><td>Gas</td><td>Forum in June</td></tr></table>",
    )  # fmt: skip
    return [full, bare]


def page(name: str, edition: Edition) -> str:
    return reverse(f"admin:articles_article_{name}", args=[edition.article_id])


def test_history_tells_who_when_and_why(admin_client, editions, django_assert_max_num_queries):
    """Every edition with its author, its moment, the note to the desk and its state."""
    with django_assert_max_num_queries(12):
        text = admin_client.get(page("history", editions[0])).text
    for words in ("Shortened for the wire.", str(editions[1].author), "published", "draft"):
        assert words in text
    assert f"approved by {editions[0].approved_by}" in text


def test_desk_compares_any_two_word_by_word(admin_client, editions):
    """Text, a table's cell, topics, visits and the picture."""
    text = admin_client.get(page("compare", editions[0]), {"from": "1", "to": "2"}).text
    for words in ("Alpha", "Beta", "May", "June", "Amina", "A harbour"):
        assert f"</span>{words}<span" in text
    for label in ("Headline", "Story", "Topics", "Visit", "Also covers", "Lead picture"):
        assert f"<h2>{label}</h2>" in text
    assert (
        reverse("admin:articles_picture_file", args=[editions[0].picture.uuid, "320.jpg"]) in text
    )
    assert "No differences." in (
        admin_client.get(page("compare", editions[0]), {"from": "2", "to": "2"}).text
    )


@pytest.mark.parametrize("number", ["0", "x", "9" * 40, "²", "<script>"])
def test_comparison_with_nonsense_is_answered_in_words(admin_client, editions, number):
    """No such edition: a sentence and the list to choose from."""
    answer = admin_client.get(page("compare", editions[0]), {"from": number})
    assert "choose two from the list" in answer.text
    answer = admin_client.post(page("restore", editions[0]), {"number": number}, follow=True)
    assert "choose one from the list" in answer.text
    assert editions[0].article.editions.count() == 2


def test_restore_makes_a_draft_with_everything(admin_client, editions):
    """Text, topics, visits and picture come back in a new draft; readers see no change."""
    answer = admin_client.post(page("restore", editions[0]), {"number": "1"})
    assert answer["Location"] == page("change", editions[0])
    draft = editions[0].article.latest_edition()
    assert (draft.number, draft.state, draft.note) == (3, "draft", "Restored from edition 1.")
    assert edition_diff(editions[0], draft, show=str) == []
    assert draft.topics.count() == 2
    assert draft.picture == editions[0].picture
    assert Edition.objects.public().get() == editions[0]


def test_restored_edition_tells_its_own_note(editions):
    """What readers were told of the old edition's change is not told again."""
    noted = make_draft(editions[0].article, public_note="Spelling mended.")
    assert restore(noted, by=UserFactory()).public_note == ""


def test_writer_who_may_not_change_an_article_restores_nothing(client, editions):
    """Looking needs the permission to look, restoring the permission to change."""
    user = UserFactory(is_staff=True)
    client.force_login(user)
    for name in ("history", "compare"):
        assert client.get(page(name, editions[0])).status_code == 403
    assert client.post(page("restore", editions[0]), {"number": "1"}).status_code == 403
    user.groups.add(Group.objects.get(name=WRITER))
    assert client.get(page("compare", editions[0])).status_code == 200


def test_edition_with_a_line_break_is_refused_with_a_sentence(admin_client, editions):
    """Its headline is older than the rule."""
    Edition.objects.filter(pk=editions[0].pk).update(headline="Alpha\ntalks")
    address = page("restore", editions[0])
    answer = admin_client.post(address, {"number": editions[0].number}, follow=True)
    assert "Type this on one line" in answer.text
    assert editions[0].article.editions.count() == 2
