"""What is typed into an article's form is kept, offered back, and never content by itself."""

import datetime as dt
import uuid

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from articles.editing_sessions.autosave import LATE, MAX_BYTES, MAX_NEW, PRESENT
from articles.models import (
    Article,
    Autosave,
    ContentVersion,
    Edition,
    Presence,
    Submission,
)
from articles.roles import EDITOR, WRITER
from tests.engagements.desk import read
from tests.factories import EngagementFactory, UserFactory, make_draft, make_public

pytestmark = pytest.mark.django_db

ADD = reverse("admin:articles_article_add")
KEEP = reverse("admin:articles_article_autosave")
PRESENCE = reverse("admin:articles_article_presence")


def change(article: Article) -> str:
    return reverse("admin:articles_article_change", args=[article.pk])


def sign_in(client, role: str = EDITOR, **names):
    person = UserFactory(**names)
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)
    return person


def keep(client, person, form: dict, article: Article | None = None, **typed):
    """Send the form as its script does."""
    more = {"person": str(person.pk), "article": str(article.pk) if article else ""}
    return client.post(KEEP, form | typed | more)


@pytest.fixture
def article():
    return make_public(headline="As published").article


def test_typing_is_one_row_and_no_edition(client, article):
    """However often it is kept, there is one row, no edition, and no stored page is made anew."""
    person = sign_in(client)
    form = read(client.get(change(article)))
    version = ContentVersion.objects.get().number
    for headline in ("I", "In the", "In the works"):
        assert keep(client, person, form, article, headline=headline).status_code == 200
    assert Autosave.objects.get().fields["headline"] == ["In the works"]
    assert Edition.objects.count() == 1
    assert ContentVersion.objects.get().number == version


def test_what_is_missing_follows_what_is_typed(client):
    """The answer has the list that the form's head shows, of what was typed and nobody saved."""
    person = sign_in(client, WRITER)
    form = read(client.get(ADD))
    missing = {"standfirst": "Write a standfirst.", "engagement": "Choose the visit"}
    first = keep(client, person, form, headline="In the works").json()["readiness"]
    assert all(sentence in first for sentence in missing.values())
    visit = EngagementFactory(public_from=None)
    typed = {"headline": "TK", "standfirst": "It came.", "engagement": visit.pk}
    second = keep(client, person, form, **typed).json()["readiness"]
    assert not any(sentence in second for sentence in missing.values())
    assert f">{visit}</a>" in second
    for nonsense in ({"engagement": "x"}, {"topics": ["9" * 40, "x"]}, {"body": "<h2>\0"}):
        assert keep(client, person, form, **nonsense).status_code in (200, 400)


def test_unfinished_work_is_offered_and_never_applied_by_itself(client, article):
    """The form opens as it was saved; a banner says when, and the link brings it all back."""
    person = sign_in(client)
    form = read(client.get(change(article)))
    keep(client, person, form, article, headline="In the works", topics=[])
    page = client.get(change(article))
    assert read(page)["headline"] == "As published"
    assert "In the works" in page.text
    assert "UTC" in page.text
    row = Autosave.objects.get()
    taken = client.get(change(article), {"take_up": row.pk})
    assert read(taken)["headline"] == "In the works"
    assert "topics" not in read(taken)
    assert client.post(change(article), read(taken) | {"_continue": "1"}).status_code == 302
    assert article.latest_edition().headline == "In the works"
    assert not Autosave.objects.exists()
    assert client.get(change(article)).context["offered"] == []


def test_unfinished_new_article_is_offered_where_one_begins_another(client):
    """Before its first save an article has a row too, for each form that was begun."""
    person = sign_in(client, WRITER)
    for headline in ("One begun", "Another begun"):
        keep(client, person, read(client.get(ADD)), headline=headline)
    page = client.get(ADD)
    assert "One begun" in page.text
    assert "Another begun" in page.text
    row = Autosave.objects.get(fields__headline=["One begun"])
    taken = read(client.get(ADD, {"take_up": row.pk}))
    assert (taken["headline"], taken["form_token"]) == ("One begun", str(row.form))
    client.post(ADD, taken | {"_save": "1"})
    assert [str(kept) for kept in Autosave.objects.all()] == ["Another begun"]


def test_discarded_work_is_gone(client, article):
    """Who discards it is not asked again."""
    person = sign_in(client)
    keep(client, person, read(client.get(change(article))), article, headline="No")
    row = Autosave.objects.get()
    discard = reverse("admin:articles_article_discard", args=[row.pk])
    assert client.get(discard).status_code == 405
    assert client.post(discard).url == change(article)
    assert not Autosave.objects.exists()
    assert client.post(discard, follow=True).status_code == 200


def test_kept_work_is_its_owners_alone(client, article):
    """Nobody is offered, takes up or discards what somebody else typed."""
    other = sign_in(client)
    keep(client, other, read(client.get(change(article))), article, headline="Secret words")
    row = Autosave.objects.get()
    sign_in(client)
    assert "Secret words" not in client.get(change(article)).text
    assert "Secret words" not in client.get(change(article), {"take_up": row.pk}).text
    client.post(reverse("admin:articles_article_discard", args=[row.pk]))
    assert Autosave.objects.exists()


def test_unfinished_work_is_not_written_over_by_another_form(client, article):
    """Typing on without a look at the offer, and saving that, leaves what is offered as it was."""
    person = sign_in(client)
    keep(client, person, read(client.get(change(article))), article, headline="An hour's work")
    other = read(client.get(change(article)))
    answer = keep(client, person, other, article, headline="A slip of the pen")
    assert answer.status_code == 400
    assert "other unsaved changes" in answer.json()["sentence"]
    sent = other | {"byline": "Me", "_continue": "1"}
    assert client.post(change(article), sent).status_code == 302
    row = Autosave.objects.get()
    assert str(row) == "An hour's work"
    assert [offer["row"] for offer in client.get(change(article)).context["offered"]] == [row]
    # Taken up, it goes on in its own row.
    taken = read(client.get(change(article), {"take_up": row.pk}))
    assert keep(client, person, taken, article, headline="Two hours").status_code == 200
    assert str(Autosave.objects.get()) == "Two hours"


def test_work_kept_after_a_save_goes_on_when_it_is_taken_up(client, article):
    """The form that it was typed into was saved already: taken up, it is another form's."""
    person = sign_in(client)
    form = read(client.get(change(article)))
    client.post(change(article), form | {"headline": "Saved", "_continue": "1"})
    Submission.objects.update(at=timezone.now() - LATE)
    keep(client, person, form, article, headline="Back, and typed on")
    taken = read(client.get(change(article), {"take_up": Autosave.objects.get().pk}))
    assert taken["form_token"] != form["form_token"]
    assert keep(client, person, taken, article, headline="And on").status_code == 200
    assert str(Autosave.objects.get()) == "And on"


def test_what_was_on_its_way_while_saving_is_not_kept(client, article):
    """A request that arrives after the save does not offer old text back."""
    person = sign_in(client)
    form = read(client.get(change(article)))
    client.post(change(article), form | {"headline": "Saved", "_continue": "1"})
    assert keep(client, person, form, article, headline="Save").json() == {"late": True}
    assert not Autosave.objects.exists()
    Submission.objects.update(at=timezone.now() - LATE)
    keep(client, person, form, article, headline="Back, and typed on")
    assert str(Autosave.objects.get()) == "Back, and typed on"


@pytest.mark.parametrize(
    ("sent", "status", "sentence"),
    [
        ({"headline": "x" * MAX_BYTES}, 413, "longer than"),
        ({"form_token": "nonsense"}, 400, "Open it again"),
        ({"person": "0"}, 409, "Somebody else is signed in"),
        ({"article": "nonsense"}, 404, ""),
        ({"article": "9" * 30}, 404, ""),
        ({"headline": "A\0B", "topics": ["x", "-1"]}, 200, ""),
    ],
)
def test_nonsense_is_answered_with_a_sentence(client, sent, status, sentence):
    """The form's script shows the sentence as it is; nothing breaks."""
    person = sign_in(client)
    data = {"person": str(person.pk), "article": "", "form_token": str(uuid.uuid4())}
    answer = client.post(KEEP, data | sent)
    assert answer.status_code == status
    if sentence:
        assert sentence in answer.json()["sentence"]


def test_signed_out_script_hears_so(client, article):
    """A page to sign in on would tell the script nothing: it hears 401, then the new token."""
    assert client.get(KEEP).status_code == 401
    assert client.post(PRESENCE, {"article": article.pk}).status_code == 401
    person = sign_in(client)
    answer = client.get(KEEP).json()
    assert answer["person"] == str(person.pk)
    assert answer["csrf"]


def test_new_articles_that_are_never_saved_have_a_limit(client):
    """One form too many is refused with a sentence; those that were begun go on."""
    person = sign_in(client)
    form = read(client.get(ADD))
    Autosave.objects.bulk_create(
        Autosave(person=person, form=uuid.uuid4()) for _row in range(MAX_NEW - 1)
    )
    assert keep(client, person, form).status_code == 200
    assert keep(client, person, form).status_code == 200
    assert "Discard some" in keep(client, person, read(client.get(ADD))).json()["sentence"]


def test_others_see_who_has_it_open_and_since_when(client, article, django_assert_num_queries):
    """Amina's opening is told with the zone, to those at the desk, until her browser is silent."""
    amina = sign_in(client, username="amina", first_name="Amina")
    client.get(change(article))
    Presence.objects.update(opened_at=timezone.now() - dt.timedelta(hours=1))
    opened = Presence.objects.get().opened_at
    client.post(PRESENCE, {"article": article.pk})
    sign_in(client)
    page = client.get(change(article))
    with django_assert_num_queries(12):
        (sentence,) = client.post(PRESENCE, {"article": article.pk}).json()["sentences"]
    assert sentence in page.text
    # Between the two stands the day, where the hour before was yesterday.
    assert sentence.startswith("Amina has had this open since ")
    assert sentence.endswith(f"{opened:%H:%M} UTC.")
    Presence.objects.filter(person=amina).update(
        opened_at=opened, seen_at=timezone.now() - PRESENT - dt.timedelta(seconds=1)
    )
    assert client.post(PRESENCE, {"article": article.pk}).json() == {"sentences": []}
    client.post(PRESENCE, {"article": article.pk, "leave": "1"})
    assert Presence.objects.get().person == amina


@pytest.mark.parametrize("ahead", [dt.timedelta(seconds=3), dt.timedelta(days=3)])
def test_form_opens_whatever_another_clock_said(client, article, ahead):
    """Presence from another machine's future, or from before a clock was set back, is mended."""
    amina = sign_in(client, first_name="Amina")
    future = timezone.now() + ahead
    Presence.objects.create(person=amina, article=article, opened_at=future, seen_at=future)
    assert client.get(change(article)).status_code == 200
    assert client.post(PRESENCE, {"article": article.pk}).status_code == 200
    row = Presence.objects.get()
    assert row.opened_at <= row.seen_at <= timezone.now() + dt.timedelta(seconds=3)
    sign_in(client)
    (sentence,) = client.post(PRESENCE, {"article": article.pk}).json()["sentences"]
    assert sentence.startswith("Amina has had this open since ")


def test_clock_set_back_loses_no_typing_and_signs_nobody_out(client, article, monkeypatch):
    """What is typed after a save is stored, although the save seems to be in the future."""
    person = sign_in(client)
    form = read(client.get(change(article))) | {"headline": "Saved", "_continue": "1"}
    assert client.post(change(article), form).status_code == 302
    earlier = timezone.now() - dt.timedelta(hours=3)
    monkeypatch.setattr(timezone, "now", lambda: earlier)
    assert client.get(change(article)).status_code == 200
    assert keep(client, person, form, article, headline="Typed later").status_code == 200
    assert Autosave.objects.get().fields["headline"] == ["Typed later"]


def test_newer_edition_is_told_while_the_form_is_open(client, article):
    """Who still writes on an old edition hears of the new one before they save."""
    sign_in(client)
    form = read(client.get(change(article)))
    make_draft(article, author=UserFactory(first_name="Amina"))
    told = client.post(PRESENCE, {"article": article.pk, "based_on": form["based_on"]}).json()
    assert "Amina saved edition 2 meanwhile" in told["sentences"][0]


def test_double_click_makes_one_article(client):
    """The same form sent twice leads to the one article that it made."""
    sign_in(client)
    form = read(client.get(ADD)) | {"headline": "An envoy in Algiers", "_continue": "1"}
    first, second = client.post(ADD, form), client.post(ADD, form, follow=True)
    assert Edition.objects.count() == 1
    assert second.redirect_chain == [(first.url, 302)]
    assert "saved once" in second.text


def test_form_sent_again_after_back_changes_what_it_made(client):
    """Back, a word more, and sent again: one article, whose next edition has the word."""
    sign_in(client)
    form = read(client.get(ADD)) | {"headline": "An envoy in Algiers", "_continue": "1"}
    client.post(ADD, form)
    answer = client.get(KEEP, {"sent": form["form_token"]}).json()
    assert answer["made"] == {form["form_token"]: change(Article.objects.get())}
    again = client.post(ADD, form | {"headline": "An envoy in Algiers again"})
    assert again.status_code == 302
    article = Article.objects.get()
    assert article.slug == "an-envoy-in-algiers"
    assert list(article.editions.order_by("number").values_list("headline", flat=True)) == [
        "An envoy in Algiers",
        "An envoy in Algiers again",
    ]


def test_refused_form_may_be_sent_again(client):
    """A token is spent by saving only."""
    sign_in(client)
    form = read(client.get(ADD)) | {"_continue": "1"}
    refused = client.post(ADD, form)
    assert read(refused)["form_token"] == form["form_token"]
    assert client.post(ADD, form | {"headline": "Now with one"}).status_code == 302
