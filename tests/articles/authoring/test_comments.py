"""What colleagues say of a draft, who is asked to review it, and what each has yet to see."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from articles.authoring import comments
from articles.authoring.comments import add, commented_fields, thread
from articles.models import Comment, Edition, ReadMarker, ReviewRequest
from articles.previews.links import make
from articles.publishing.workflow import recall, save_edition, send_back, submit
from articles.roles import EDITOR, ROLES, WRITER
from tests.articles.authoring.test_review import address_of, drafted_by, member, press
from tests.factories import UserFactory, make_draft

pytestmark = pytest.mark.django_db


def comment_address(edition: Edition) -> str:
    return reverse("admin:articles_article_comment", args=[edition.article_id])


def newer(edition: Edition, **content) -> Edition:
    kept = {name: getattr(edition, name) for name in ("headline", "standfirst", "body")}
    return save_edition(edition.article, author=UserFactory(), **{**kept, **content})


def field_of(edition: Edition, name: str) -> comments.CommentedField:
    fields = commented_fields(edition.article, edition.article.latest_edition())
    return next(field for field in fields if field.name == name)


def test_comment_stands_at_its_field_and_is_answered_and_resolved(client):
    """By whom and when stays with it; opened again it is as before."""
    edition, bela = make_draft(), member(EDITOR)
    client.force_login(bela)
    form = client.get(address_of(edition))
    assert "comments are open" not in form.text
    sent = {"do": "add:headline", "text-headline": "Which\nenvoy? <b>", "text-body": "not this"}
    answer = client.post(comment_address(edition), sent)
    assert answer["Location"].endswith(f"/{edition.article_id}/change/#comments")
    comment = Comment.objects.get()
    assert (comment.field, comment.by, comment.edition) == ("headline", bela, edition)
    amina = member(WRITER)
    client.force_login(amina)
    client.post(
        comment_address(edition), {"do": f"reply:{comment.pk}", f"text-{comment.pk}": "NATO’s."}
    )
    form = client.get(address_of(edition))
    assert "One comment is open" in form.text
    assert "Which<br>envoy? &lt;b&gt;" in form.text
    (shown,) = field_of(edition, "headline").threads
    assert [reply.text for reply in shown.replies] == ["NATO’s."]
    resolved = client.post(
        comment_address(edition),
        {"do": f"resolve:{comment.pk}"},
        headers={"accept": "application/json"},
    )
    assert f"Resolved by {amina}" in resolved.json()["html"]
    comment.refresh_from_db()
    assert comment.resolved_by == amina
    # Who was first stays.
    client.force_login(bela)
    client.post(comment_address(edition), {"do": f"resolve:{comment.pk}"})
    comment.refresh_from_db()
    assert comment.resolved_by == amina
    client.post(comment_address(edition), {"do": f"reopen:{comment.pk}"})
    comment.refresh_from_db()
    assert (comment.resolved_at, comment.resolved_by) == (None, None)


def test_passage_that_is_gone_is_said_to_be(client):
    """The comment stays, with the passage as it stood."""
    edition = make_draft(body="<p>The <em>minister</em> agreed.</p><p>Nobody else did.</p>")
    by = UserFactory()
    add(edition.article, by=by, text="Which?", where="body", quote="minister  agreed. Nobody")
    assert not field_of(edition, "body").threads[0].is_gone
    newer(edition, body="<p>The minister of ports agreed.</p>")
    assert field_of(edition, "body").threads[0].is_gone
    client.force_login(member(WRITER))
    form = client.get(address_of(edition))
    assert "This passage is no longer in the story." in form.text
    assert "minister agreed. Nobody" in form.text
    with pytest.raises(ValidationError, match="is not in the saved story"):
        add(edition.article, by=by, text="And this?", where="body", quote="Nobody else")


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"do": "add:headline", "text-headline": " \0 "}, "Write what you have to say"),
        ({"do": "add:headline", "text-headline": "x" * 2001}, "too long"),
        ({"do": "add:body", "text-body": "x", "quote": "x" * 501}, "too long"),
        ({"do": "add:body", "text-body": "x", "quote": "not there"}, "is not in the saved story"),
        ({"do": "add:slug", "text-slug": "x"}, "nothing to comment on"),
        ({"do": "reply:", "text-": "x"}, "not there"),
        ({"do": "reply:" + "9" * 30}, "Write what you have"),
        ({"do": "resolve:١"}, "not there"),
        ({"do": "burn:1"}, "Choose a comment"),
        ({}, "Choose a comment"),
    ],
)
def test_nonsense_is_answered_with_a_sentence(client, sent, sentence):
    """Where the person is; and nothing is said."""
    edition = make_draft()
    client.force_login(member(WRITER))
    answer = client.post(comment_address(edition), sent, headers={"accept": "application/json"})
    assert answer.status_code == 400
    assert sentence in answer.json()["sentence"]
    assert not Comment.objects.exists()


def test_nonsense_is_answered_without_scripts_too(client):
    """Above the form."""
    edition = make_draft()
    client.force_login(member(WRITER))
    answer = client.post(comment_address(edition), {"do": "burn:1"}, follow=True)
    assert "Choose a comment and an action." in answer.text


def test_comment_of_another_article_is_not_reached():
    """A key that belongs elsewhere is none."""
    one, other = make_draft(), make_draft()
    said = add(one.article, by=UserFactory(), text="Here")
    with pytest.raises(ValidationError):
        thread(other.article, str(said.pk))


def test_sent_twice_it_stands_once(monkeypatch):
    """A double click makes one; and one article does not have more than anybody reads."""
    edition, by = make_draft(), UserFactory()
    assert add(edition.article, by=by, text="Why?") == add(edition.article, by=by, text="Why?")
    monkeypatch.setattr(comments, "MOST", 1)
    with pytest.raises(ValidationError, match="already"):
        add(edition.article, by=by, text="Why not?")


def test_comment_is_in_no_preview(client):
    """Neither beside the form nor behind a link for outsiders."""
    edition = make_draft()
    add(edition.article, by=UserFactory(), text="Zdesk asks", where="body", quote="A story.")
    _link, token = make(edition, by=member(WRITER), lifetime="day")
    assert "Zdesk" not in client.get(reverse("articles:preview", args=[token])).text
    client.force_login(member(EDITOR))
    preview = reverse("admin:articles_article_preview", args=[edition.article_id])
    assert "Zdesk" not in client.get(preview).text


@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_comment_by_role(client, role):
    """Everybody at the desk may say something of every draft; nobody else."""
    edition = drafted_by(UserFactory())
    if role != "anonymous":
        client.force_login(member(role))
    client.post(comment_address(edition), {"do": "add:", "text-": "Why?"})
    assert Comment.objects.exists() == (role != "anonymous")
    assert client.get(comment_address(edition)).status_code == (302 if role == "anonymous" else 405)


def test_query_count_of_comments_is_constant(django_assert_num_queries):
    """However much was said."""
    edition = make_draft()
    for number in range(3):
        said = add(edition.article, by=UserFactory(), text=f"{number}?", where="headline")
        add(edition.article, by=UserFactory(), text=f"{number}!", to=str(said.pk))
        with django_assert_num_queries(1):
            for field in commented_fields(edition.article, edition):
                for found in field.threads:
                    assert found.comment.by
                    assert [reply.by for reply in found.replies]


# What changed since


def test_what_changed_since_is_one_click_away(client):
    """Offered until it was looked at, or until one saved an edition of one's own."""
    edition, person = make_draft(), member(EDITOR)
    client.force_login(person)
    assert client.get(address_of(edition)).context["unread"] is None
    newer(edition, headline="Another")
    newest = newer(edition, headline="A third")
    for _again in range(2):
        form = client.get(address_of(edition))
        assert form.context["unread"][::2] == (1, 3)
        assert "2 editions came since" in form.text
    compare = reverse("admin:articles_article_compare", args=[edition.article_id])
    assert f"{compare}?from=1&amp;to=3" in form.text
    client.get(f"{compare}?from=1&to=2")
    assert ReadMarker.objects.get().number == 1
    client.get(f"{compare}?from=1&to=3")
    assert ReadMarker.objects.get().number == newest.number
    assert client.get(address_of(edition)).context["unread"] is None
    press(client, person, edition, "continue", headline="Mine")
    assert ReadMarker.objects.get(person=person).number == 4
    # Each person has looked for themselves.
    client.force_login(member(EDITOR))
    assert client.get(address_of(edition)).context["unread"] is None


# Whom to ask


def test_reviewers_are_asked_and_told(client):
    """They may approve and are not the writer; it waits for them until it is decided."""
    amina, bela, jonas = member(WRITER), member(EDITOR), member(EDITOR)
    edition = drafted_by(amina)
    client.force_login(amina)
    offered = client.get(address_of(edition)).context["adminform"].form.fields["reviewers"].queryset
    assert set(offered) == {bela, jonas}
    press(client, amina, edition, "submit", reviewers=[bela.pk])
    (request,) = ReviewRequest.objects.all()
    assert (request.person, request.asked_by) == (bela, amina)
    assert f"Asked: {bela}." in client.get(address_of(edition)).text
    articles = reverse("admin:articles_article_changelist")
    for person, waits in ((bela, True), (jonas, False)):
        client.force_login(person)
        assert ("waits for you" in client.get(articles).text) == waits
        found = client.get(f"{articles}?status=asked").context["cl"].result_count
        assert found == int(waits)
    edition.refresh_from_db()
    send_back(edition, by=jonas, reason="Which?")
    client.force_login(bela)
    assert "waits for you" not in client.get(articles).text
    submit(edition, by=amina)
    assert not ReviewRequest.objects.exists()
    recall(edition, by=amina)


def test_nobody_is_asked_who_may_not_approve(client):
    """A key that the form does not offer is refused with a sentence at its field."""
    amina = member(WRITER)
    edition = drafted_by(amina)
    answer = press(client, amina, edition, "submit", reviewers=[member(WRITER).pk])
    assert "reviewers" in answer.context["adminform"].form.errors
    edition.refresh_from_db()
    assert edition.state == "draft"
