"""From a draft to the readers by way of a second person."""

import datetime as dt
import io
import re

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from articles.models import Article, AuditEntry, Edition, Picture
from articles.pictures import library
from articles.pictures.library import read_upload
from articles.publishing import workflow
from articles.publishing.checks import EditionContent, check_content, embargo_of
from articles.publishing.workflow import (
    confirm,
    publish,
    recall,
    save_edition,
    send_back,
    submit,
    withdraw,
)
from articles.roles import DESK_HEAD, EDITOR, WRITER
from engagements.dates import spelled_out
from engagements.history import revisions_of
from engagements.models import Engagement
from tests.articles.samples import make_picture
from tests.engagements.desk import read
from tests.factories import (
    ArticleFactory,
    EngagementFactory,
    TopicFactory,
    UserFactory,
    make_draft,
    make_public,
)

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


def member(role: str):
    person = UserFactory()
    person.groups.add(Group.objects.get(name=role))
    return person


def drafted_by(person, **content) -> Edition:
    """Return the draft of an article that `person` began and wrote."""
    return make_draft(ArticleFactory(created_by=person), author=person, **content)


def address_of(edition: Edition) -> str:
    return reverse("admin:articles_article_change", args=[edition.article_id])


def press(client, person, edition, button, **typed):
    """Open the form as somebody, type, press a button, and return what comes back."""
    client.force_login(person)
    data = read(client.get(address_of(edition))) | typed | {f"_{button}": "1"}
    return client.post(address_of(edition), data, follow=True)


def story(**content) -> EditionContent:
    """Return a story that nothing stands against, changed by what a test says."""
    complete = {
        "headline": "An envoy in Algiers",
        "standfirst": "A standfirst.",
        "body": "<p>A story.</p>",
        "topics": [TopicFactory()],
        "engagement": EngagementFactory(),
    }
    return EditionContent(**complete | content)


# The checks


@pytest.mark.parametrize(
    ("content", "field", "sentence"),
    [
        ({"standfirst": " "}, "standfirst", "Write a standfirst"),
        ({"body": "<p> </p>"}, "body", "The story is empty"),
        ({"engagement": None}, "engagement", "Choose the visit"),
        ({"topics": []}, "topics", "at least one topic"),
        ({"headline": "TK in Algiers"}, "headline", "“TK”"),
        ({"standfirst": "An envoy of XXX came."}, "standfirst", "“XXX”"),
        ({"body": "<p>Lorem ipsum</p>"}, "body", "“Lorem”"),
        ({"picture_caption": "TKTK"}, "picture_caption", "“TKTK”"),
        ({"body": "<h2>A</h2><p>B</p><h4>C</h4>"}, "body", "“C” is of level 4"),
        ({"body": "<h3>A</h3><p>B</p>"}, "body", "begin with 2"),
        ({"body": "<h2> </h2><p>B</p>"}, "body", "heading in the story is empty"),
        ({"body": '<p><a href="/articles/nowhere/">B</a></p>'}, "body", "/articles/nowhere/"),
        ({"body": '<p><a href="/no/such/page">B</a></p>'}, "body", "/no/such/page"),
        ({"body": '<p><a href="/admin/">B</a></p>'}, "body", "/admin/"),
        ({"body": '<p><a href="http://testserver/topics/no/">B</a></p>'}, "body", "topics/no/"),
        ({"is_correction": True}, "public_note", "what was wrong"),
    ],
)
def test_check_says_what_is_wrong_and_where(content, field, sentence):
    """One thing is wrong, so there is one sentence, which leads to its field."""
    (reason,) = check_content(story(**content), timezone.now())
    assert reason.field == field
    assert sentence in reason.text


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"headline": "Tkachenko meets Alexxx in Loremville", "standfirst": "TKO, XX, the XIXth."},
        {"body": "<h2>A</h2><p>B</p><h3>C</h3><p>D</p><h2>E</h2><p>F</p>"},
        {"body": '<p><a href="https://else.example/articles/nowhere/">B</a></p>'},
        {"body": '<p><a href="/articles/?page=2#x">B</a> <a href="/regions">C</a></p>'},
        {"body": '<p><a href="mailto:desk@news.example">B</a></p>'},
        {"is_correction": True, "public_note": "We had the wrong day."},
    ],
)
def test_check_is_content_with_what_is_right(content):
    """A word that only looks like a placeholder is none, and other sites are their own matter."""
    assert check_content(story(**content), timezone.now()) == []


def test_picture_is_described_or_decorative():
    """One of the two, never neither nor both."""
    picture, now = make_picture(), timezone.now()
    assert check_content(story(picture=picture), now)[0].field == "picture_alt"
    both = story(picture=picture, picture_alt="A sea", picture_is_decorative=True)
    assert check_content(both, now)[0].field == "picture_is_decorative"
    assert check_content(story(picture=picture, picture_alt="A sea"), now) == []


def test_link_may_lead_to_what_is_public_by_then():
    """Two articles that come out together may point to each other; a former address counts."""
    later = make_draft()
    publish(later, by=UserFactory(), at=timezone.now() + HOUR)
    linked = story(body=f'<p><a href="{later.get_absolute_url()}">B</a></p>')
    assert len(check_content(linked, timezone.now())) == 1
    assert check_content(linked, timezone.now() + 2 * HOUR) == []
    moved = make_public().article
    former = moved.get_absolute_url()
    moved.slug = "moved"
    moved.save()
    assert check_content(story(body=f'<p><a href="{former}">B</a></p>'), timezone.now()) == []


def test_embargo_is_offered_where_it_alone_holds_the_story():
    """The latest of the visits' hours; a draft has none, and comes out whenever they do."""
    now = timezone.now()
    early, late = (EngagementFactory(public_from=now + n * HOUR) for n in (1, 3))
    assert embargo_of(story(engagement=early, also_covers=[late]), now) == late.public_from
    assert embargo_of(story(engagement=early, also_covers=[late]), now + 4 * HOUR) is None
    hidden = EngagementFactory(public_from=None)
    assert embargo_of(story(engagement=early, also_covers=[hidden]), now) == early.public_from
    gone = EngagementFactory(withdrawn_at=now, withdrawn_reason="X")
    assert embargo_of(story(engagement=early, also_covers=[gone]), now) is None


@pytest.mark.parametrize(
    ("seconds", "sentence"), [(-1, "in the past"), (30, "less than 60 seconds")]
)
def test_time_lies_further_ahead_than_a_cache_keeps_a_page(seconds, sentence):
    """A copy of the old page would still be shown at the minute."""
    at = timezone.now() + dt.timedelta(seconds=seconds)
    with pytest.raises(ValidationError, match=sentence):
        publish(make_draft(), by=UserFactory(), at=at)


@pytest.mark.parametrize(
    ("zone", "moment", "told"),
    [
        ("Africa/Algiers", (2025, 1, 28, 13), "28 Jan 2025, 14:00 Algiers = 13:00 UTC"),
        (
            "America/New_York",
            (2025, 1, 28, 3),
            "27 Jan 2025, 22:00 New York = 28 Jan 2025, 03:00 UTC",
        ),
        ("UTC", (2025, 1, 28, 13), "28 Jan 2025, 13:00 UTC"),
    ],
)
def test_moment_is_spelled_out_with_its_zones(zone, moment, told):
    """Nobody has to guess whose clock is meant."""
    with timezone.override(zone):
        assert spelled_out(dt.datetime(*moment, tzinfo=dt.UTC)) == told


# The transitions


def test_review_keeps_the_newest_edition():
    """What waits for review waits on while it is mended, and one edition waits at a time."""
    first = make_draft()
    submit(first, by=first.author)
    second = make_draft(first.article, engagement=first.engagement)
    first.refresh_from_db()
    assert (first.state, second.state) == ("draft", "in_review")
    with pytest.raises(ValidationError) as refused:
        submit(first, by=first.author)
    assert refused.value.messages == ["There is a newer edition: send that one."]
    recall(second, by=second.author)
    assert not Edition.objects.filter(state="in_review").exists()
    assert list(AuditEntry.objects.values_list("kind", flat=True)) == ["recalled", "submitted"]


def test_incomplete_draft_is_not_sent():
    """Its writer learns all that is missing at once."""
    edition = make_draft(standfirst="", topics=[])
    with pytest.raises(ValidationError) as refused:
        submit(edition, by=edition.author)
    assert refused.value.messages == ["Write a standfirst.", "Choose at least one topic."]


def test_return_needs_a_review_and_a_reason():
    """Both are said together, and a returned edition is a draft again."""
    edition = make_draft()
    with pytest.raises(ValidationError) as refused:
        send_back(edition, by=UserFactory(), reason=" ")
    assert len(refused.value.messages) == 2
    submit(edition, by=edition.author)
    send_back(edition, by=UserFactory(), reason="Who said so?")
    assert edition.state == "draft"
    assert AuditEntry.objects.first().reason == "Who said so?"


def test_own_article_needs_another_person():
    """Who alone wrote it does not approve it, however many editions it took."""
    edition = make_draft()
    second = make_draft(edition.article, author=edition.author, engagement=edition.engagement)
    with pytest.raises(ValidationError, match="another person"):
        publish(second, by=edition.author)
    publish(second, by=UserFactory())


def test_editor_mends_and_approves():
    """A comma in a writer's story makes it no story of the editor's; the next change does."""
    edition, editor = make_draft(), UserFactory()
    mended = make_draft(edition.article, author=editor, engagement=edition.engagement)
    publish(mended, by=editor)
    alone = make_draft(edition.article, author=editor, engagement=edition.engagement)
    with pytest.raises(ValidationError, match="another person"):
        publish(alone, by=editor)


def test_forced_article_is_flagged_until_another_approves():
    """A desk head may, with a reason; nobody else may; and it is not forgotten."""
    head, editor = member(DESK_HEAD), member(EDITOR)
    with pytest.raises(ValidationError, match="Only a desk head"):
        publish(make_draft(author=editor), by=editor, forced_reason="Urgent")
    edition = make_draft(author=head)
    with pytest.raises(ValidationError, match="Say why it cannot wait"):
        publish(edition, by=head, forced_reason=" ")
    publish(edition, by=head, forced_reason="Nobody else is here.")
    assert list(Edition.objects.forced()) == [edition]
    with pytest.raises(ValidationError, match="published this yourself"):
        confirm(edition, by=head)
    confirm(edition, by=editor)
    assert not Edition.objects.forced().exists()
    with pytest.raises(ValidationError, match="already"):
        confirm(edition, by=UserFactory())


def test_force_is_no_flag_where_two_had_a_hand_in_it():
    """Who presses the wrong button approves another's story, and nothing is flagged."""
    edition = make_draft()
    publish(edition, by=member(DESK_HEAD), forced_reason="Urgent")
    assert not Edition.objects.forced().exists()


def test_steps_say_who_when_and_why():
    """From the first word to the withdrawal."""
    edition, head = make_public(), UserFactory()
    withdraw(edition.article, by=head, reason="It was wrong.")
    steps = edition.article.audit_entries.values_list("kind", "by", "reason")
    assert list(steps) == [
        ("withdrawn", head.pk, "It was wrong."),
        ("approved", edition.approved_by_id, ""),
    ]


# The form


def test_form_shows_every_reason_before_anyone_presses(client):
    """Each leads to its field; an article that is ready says so."""
    editor = member(EDITOR)
    client.force_login(editor)
    page = client.get(address_of(make_draft(standfirst="", topics=[]))).text
    assert '<a href="#id_standfirst">Write a standfirst.</a>' in page
    assert '<a href="#id_topics">Choose at least one topic.</a>' in page
    ready = client.get(address_of(make_draft())).text
    assert "Ready to publish" in ready
    assert 'name="_publish"' in ready
    own = client.get(address_of(drafted_by(editor))).text
    assert "another person has to approve it" in own
    assert 'name="_publish"' not in own
    assert "Choose the visit" in client.get(reverse("admin:articles_article_add")).text


def test_form_carries_an_article_through_its_review(client):
    """Sent, returned with a reason that its writer reads, mended, sent again, approved."""
    writer, editor = member(WRITER), member(EDITOR)
    edition = drafted_by(writer)
    assert "Sent for review" in press(client, writer, edition, "submit").text
    assert "Say why you return it" in press(client, editor, edition, "return").text
    press(client, editor, edition, "return", reason="Who said so?")
    client.force_login(writer)
    page = client.get(address_of(edition)).text
    assert "Who said so?" in page
    assert str(editor) in page
    press(client, writer, edition, "submit", body="<p>The minister said so.</p>")
    newest = edition.article.latest_edition()
    assert (newest.number, newest.state) == (2, "in_review")
    assert "Published" in press(client, editor, edition, "publish").text
    assert Edition.objects.public().get() == newest


def test_approval_is_of_what_was_read(client):
    """An edition that came meanwhile is not approved unread."""
    edition, editor = make_draft(), member(EDITOR)
    client.force_login(editor)
    data = read(client.get(address_of(edition))) | {"_publish": "1"}
    make_draft(edition.article, engagement=edition.engagement)
    assert "Nothing of yours is saved yet" in client.post(address_of(edition), data).text
    assert not Edition.objects.public().exists()


def test_story_is_approved_for_the_hour_of_its_visit(client):
    """The form names the embargo and offers to come out with it."""
    until = timezone.now().replace(microsecond=0) + 5 * HOUR
    edition = make_draft(engagement=EngagementFactory(public_from=until))
    editor = member(EDITOR)
    client.force_login(editor)
    assert (
        f"Approve for {spelled_out(until)}, with the visit" in client.get(address_of(edition)).text
    )
    press(client, editor, edition, "publish_with_visit")
    assert Edition.objects.scheduled().get().public_from == until


def test_draft_of_a_visit_comes_out_with_its_story(client):
    """One button publishes both at the same moment, and the visit's history says with what."""
    visits = [EngagementFactory(public_from=None), EngagementFactory(public_from=None)]
    edition, editor = make_draft(engagement=visits[0]), member(EDITOR)
    edition.also_covers.set(visits)
    client.force_login(editor)
    page = client.get(address_of(edition)).text
    assert "Ready to publish" in page
    assert all(f">{visit}</a>" in page for visit in visits)
    assert 'name="_publish"' not in page
    press(client, editor, edition, "publish_with_visit")
    public = Edition.objects.public().get()
    assert {*Engagement.objects.public().values_list("public_from", flat=True)} == {
        public.public_from
    }
    for visit in visits:
        newest = revisions_of(visit).first().revision
        assert (newest.user, f"with the article “{edition}”" in newest.comment) == (editor, True)


def test_draft_of_a_visit_comes_out_at_the_hour_of_its_story(client):
    """An hour that was typed, or the embargo of another visit, is the hour of all of them."""
    until = timezone.now().replace(microsecond=0) + 5 * HOUR
    draft, held = EngagementFactory(public_from=None), EngagementFactory(public_from=until)
    edition, editor = make_draft(engagement=draft), member(EDITOR)
    edition.also_covers.set([held])
    press(client, editor, edition, "publish_with_visit")
    draft.refresh_from_db()
    assert draft.public_from == until == Edition.objects.scheduled().get().public_from
    answer = client.post(
        reverse("admin:articles_article_unschedule", args=[edition.article_id]), follow=True
    )
    assert answer.text.count(f"still comes out at {spelled_out(until)}") == 2

    later, other = until + HOUR, make_draft(engagement=EngagementFactory(public_from=None))
    at = {"publish_at_0": f"{later:%Y-%m-%d}", "publish_at_1": f"{later:%H:%M:%S}"}
    press(client, editor, other, "publish_with_visit", **at)
    assert Engagement.objects.get(pk=other.engagement_id).public_from == later


def test_draft_of_a_visit_stays_one_where_the_story_cannot_come_out(client):
    """What stands against the story holds the visit too, and so does who may not let it out."""
    edition = make_draft(engagement=EngagementFactory(public_from=None), headline="TK in Algiers")
    editor = member(EDITOR)
    assert "placeholder" in press(client, editor, edition, "publish_with_visit").text
    assert "is a draft" in press(client, editor, edition, "publish", headline="Mended").text
    may = Group.objects.get(name=EDITOR).permissions
    may.remove(may.get(codename="publish_engagement"))
    editor = User.objects.get(pk=editor.pk)
    page = client.get(address_of(edition)).text
    assert "Ready to publish" not in page
    assert 'name="_publish_with_visit"' not in page
    with pytest.raises(ValidationError, match="You may not make a visit public"):
        publish(edition, by=editor, with_visits=True)
    assert not Engagement.objects.exclude(public_from=None).exists()
    assert not Edition.objects.public().exists()


def test_button_holds_for_the_visits_that_its_page_showed(client):
    """A draft that was changed, an embargo that was lifted, another visit: look again first."""
    until = timezone.now().replace(microsecond=0) + 5 * HOUR
    draft, held = EngagementFactory(public_from=None), EngagementFactory(public_from=until)
    editor, edition = member(EDITOR), make_draft(engagement=draft)
    client.force_login(editor)
    sent = read(client.get(address_of(edition))) | {"_publish_with_visit": "1"}
    draft.title = "Changed since"
    draft.save()
    answer = client.post(address_of(edition), sent, follow=True)
    assert "changed since this page was shown" in answer.text
    assert read(answer)["promise"] != sent["promise"]

    for change in ({"engagement": held.pk}, {"also_covers": [held.pk]}, {"promise": "x\0" * 999}):
        answer = press(client, editor, edition, "publish_with_visit", **change)
        assert "changed since this page was shown" in answer.text

    other = make_draft(engagement=held)
    sent = read(client.get(address_of(other))) | {"_publish_with_visit": "1"}
    later = {"publish_at_0": f"{until + HOUR:%Y-%m-%d}", "publish_at_1": f"{until + HOUR:%H:%M}"}
    answer = client.post(address_of(other), sent | later, follow=True)
    assert "The button publishes at" in answer.text
    Engagement.objects.filter(pk=held.pk).update(public_from=None)
    answer = client.post(address_of(other), sent, follow=True)
    assert "changed since this page was shown" in answer.text
    assert not Edition.objects.exclude(public_from=None).exists()
    # The page that says so has what is true now: pressed again, the button does it.
    again = read(answer) | {"_publish_with_visit": "1"}
    assert "Published" in client.post(address_of(other), again, follow=True).text


def test_visit_that_gets_an_hour_meanwhile_keeps_its_story_back(monkeypatch):
    """What is judged is locked: nobody gives a visit a later hour between the two."""
    visit = EngagementFactory(public_from=None)
    edition, editor = make_draft(engagement=visit), member(EDITOR)
    locked = workflow._locked_visits

    def slow(edition: Edition) -> list[Engagement]:
        Engagement.objects.filter(pk=visit.pk).update(public_from=timezone.now() + HOUR)
        return locked(edition)

    monkeypatch.setattr(workflow, "_locked_visits", slow)
    with pytest.raises(ValidationError, match="under embargo"):
        publish(edition, by=editor, with_visits=True)
    assert not Edition.objects.public().exists()


def test_withdrawn_visit_holds_its_story_whatever_the_button():
    """Only a draft comes out with a story; the link to it is no dead one then."""
    now, gone = timezone.now(), EngagementFactory(withdrawn_at=timezone.now(), withdrawn_reason="X")
    (reason,) = check_content(story(engagement=gone, publishes_visits=True), now)
    assert "is withdrawn" in reason.text
    draft = EngagementFactory(public_from=None)
    body = f'<p><a href="{draft.get_absolute_url().rstrip("/")}">B</a></p>'
    assert check_content(story(engagement=draft, body=body, publishes_visits=True), now) == []
    assert len(check_content(story(engagement=draft, body=body), now)) == 2


def test_desk_head_alone_brings_the_visit_too(client):
    """Without a second person, with a reason, story and visit come out together."""
    head = member(DESK_HEAD)
    edition = drafted_by(head, engagement=EngagementFactory(public_from=None))
    press(client, head, edition, "force_with_visit", reason="Nobody else is here.")
    assert Edition.objects.forced().get().engagement.was_seen()


def test_change_of_a_live_page_asks_what_kind_it_is(client):
    """Each change begins anew as a major one; a correction says what was wrong."""
    edition, writer, editor = make_public(), member(WRITER), member(EDITOR)
    Article.objects.update(created_by=writer)
    save_edition(
        edition.article, author=writer, headline="Mended", standfirst="S", body="<p>B</p>",
        engagement=edition.engagement, topics=edition.topics.all(),
        is_correction=True, is_major=False, public_note="",
    )  # fmt: skip
    answer = press(client, editor, edition, "publish")
    assert "what was wrong and what is right" in answer.text
    assert Edition.objects.public().get() == edition
    press(client, editor, edition, "publish", public_note="We had the wrong day.")
    public = Edition.objects.public().get()
    assert (public.is_correction, public.is_major) == (True, False)
    data = read(client.get(address_of(edition)))
    assert data["is_major"] == "True"
    assert "is_correction" not in data
    assert data["public_note"] == ""


def test_forced_article_asks_to_be_approved_afterwards(client):
    """The flag stands on the form and in the list; the button is another person's."""
    head, editor = member(DESK_HEAD), member(EDITOR)
    edition = drafted_by(head)
    answer = press(client, head, edition, "force", reason="Nobody else is here.")
    assert "without a second person" in answer.text
    assert "afterwards</button>" not in answer.text
    client.force_login(editor)
    flagged = client.get(reverse("admin:articles_article_changelist"), {"status": "forced"})
    assert list(flagged.context["cl"].result_list) == [edition.article]
    address = reverse("admin:articles_article_confirm", args=[edition.article_id])
    assert address in client.get(address_of(edition)).text
    assert client.post(address, {"edition": "x"}).status_code == 404
    assert "Approved afterwards" in client.post(address, {"edition": "1"}, follow=True).text
    assert not Edition.objects.forced().exists()


def test_writer_reads_but_does_not_change_what_others_began(client):
    """The page shows the story and no field, whatever is sent."""
    writer, edition = member(WRITER), make_draft(headline="Of somebody else")
    client.force_login(writer)
    page = client.get(address_of(edition)).text
    assert "Of somebody else" in page
    assert 'name="headline"' not in page
    assert client.post(address_of(edition), {"headline": "Mine"}).status_code == 403


def test_what_readers_saw_is_not_deleted(client):
    """Its address would answer 404: it is withdrawn, with a reason."""
    head, public, draft = member(DESK_HEAD), make_public(), make_draft()
    client.force_login(head)
    for edition, status in ((public, 403), (draft, 302)):
        address = reverse("admin:articles_article_delete", args=[edition.article_id])
        assert client.post(address, {"post": "yes"}).status_code == status
    ticked = {"action": "delete_selected", "_selected_action": public.article_id, "post": "yes"}
    client.post(reverse("admin:articles_article_changelist"), ticked)
    assert list(Article.objects.all()) == [public.article]


# What the approver has not seen


def jpeg(color: str) -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (640, 400), color).save(file, "JPEG")
    return SimpleUploadedFile(f"{color}.jpg", file.getvalue(), "image/jpeg")


def replace(client, person, picture: Picture, **typed):
    client.force_login(person)
    address = reverse("admin:articles_picture_change", args=[picture.pk])
    return client.post(address, read(client.get(address)) | typed)


@pytest.mark.parametrize("place", ["above", "within"])
@pytest.mark.parametrize("swap", [{"replacement": "maroon"}, {"credit": "Somebody else"}])
def test_swapped_picture_is_not_approved_unseen(client, place, swap):
    """The writer replaces the file, or the credit, while the editor looks at the form."""
    writer, editor = member(WRITER), member(EDITOR)
    picture = make_picture(by=writer)
    if place == "above":
        content = {"picture": picture, "picture_alt": "A square"}
    else:
        content = {"body": f'<p>A story.</p><img data-picture="{picture.uuid}" alt="A square">'}
    edition = drafted_by(writer, **content)
    submit(edition, by=writer)
    client.force_login(editor)
    form = read(client.get(address_of(edition))) | {"_publish": "1"}
    if "replacement" in swap:
        swap = {"replacement": jpeg(swap["replacement"])}
    assert replace(client, writer, picture, **swap).status_code == 302
    client.force_login(editor)
    for sent in (form, form | {"pictures_shown": ""}, without(form, "pictures_shown")):
        page = client.post(address_of(edition), sent)
        # A credit above the story is in the form itself, which merges it.
        assert re.search("look at the pictures|Nothing of yours is saved yet", page.text)
        assert not Edition.objects.public().exists()
    # The page that comes back shows the new one.
    again = read(page) | {"_publish": "1"}
    assert client.post(address_of(edition), again).status_code == 302
    assert Edition.objects.public().exists()
    assert replace(client, writer, picture, **swap).status_code == 403


def without(form: dict, name: str) -> dict:
    return {key: value for key, value in form.items() if key != name}


def test_approver_mends_a_credit_in_the_same_form(client):
    """What they typed themselves, they have seen."""
    writer, editor = member(WRITER), member(EDITOR)
    picture = make_picture(by=writer, credit="A. Lens")
    edition = drafted_by(writer, picture=picture, picture_alt="A square")
    press(client, editor, edition, "publish", picture_credit="B. Lens")
    assert Edition.objects.public().exists()
    picture.refresh_from_db()
    assert picture.credit == "B. Lens"


def test_approval_ends_a_replacement_that_is_under_way(client, monkeypatch):
    """The file was being stored when the article came out: it stays as it was approved."""
    writer = member(WRITER)
    picture = make_picture(by=writer)
    edition = drafted_by(writer, picture=picture, picture_alt="A square")

    def read_slowly(file, replaces):
        publish(edition, by=member(EDITOR))
        return read_upload(file, replaces)

    monkeypatch.setattr(library, "read_upload", read_slowly)
    answer = replace(client, writer, picture, replacement=jpeg("maroon"))
    assert "It was approved meanwhile" in answer.text
    digest = picture.digest
    picture.refresh_from_db()
    assert picture.digest == digest


# Four eyes on the text


def words(name: str, count: int = 60) -> str:
    return f"<p>{' '.join(f'{name}{number}' for number in range(count))}.</p>"


def test_rewritten_draft_is_flagged(client):
    """Whoever replaces the whole text reads so before, and everybody reads it after."""
    writer, editor = member(WRITER), member(EDITOR)
    edition = drafted_by(writer, body=words("theirs"))
    submit(edition, by=writer)
    press(client, editor, edition, "continue", body=words("mine"))
    page = client.get(address_of(edition))
    assert "60 were read by nobody but the publisher. Published now, it stays flagged" in page.text
    assert client.post(address_of(edition), read(page) | {"_publish": "1"}).status_code == 302
    (public,) = Edition.objects.forced()
    assert "60 were read by nobody but the publisher" in public.forced_reason
    entry = AuditEntry.objects.filter(kind=AuditEntry.Kind.FORCED).get()
    assert (entry.by, entry.reason) == (editor, public.forced_reason)
    assert "It still needs approval" in client.get(address_of(edition)).text
    with pytest.raises(ValidationError, match="published this yourself"):
        confirm(public, by=editor)
    confirm(public, by=member(EDITOR))
    assert not Edition.objects.forced().exists()


def test_rewriting_and_publishing_in_one_press_is_flagged(client):
    """As well as in two."""
    edition, editor = drafted_by(member(WRITER), body=words("theirs")), member(EDITOR)
    press(client, editor, edition, "publish", body=words("mine"))
    assert Edition.objects.forced().get().approved_by == editor


@pytest.mark.parametrize(
    "body",
    [
        words("theirs").replace("theirs7", "their").replace("theirs30", "seventh"),
        words("theirs") + words("mine", 50),
        words("theirs", 15),
        f"<h2>{words('theirs')[3:-4]}</h2>",
    ],
)
def test_mended_draft_is_not_flagged(body):
    """Corrections, cuts, other markup, and an addition that is shorter than the rest."""
    edition, editor = drafted_by(member(WRITER), body=words("theirs")), member(EDITOR)
    publish(save_like(edition, body=body, author=editor), by=editor)
    assert not Edition.objects.forced().exists()


def save_like(edition: Edition, **changed) -> Edition:
    content = {"headline": edition.headline, "standfirst": edition.standfirst}
    content |= {"engagement": edition.engagement, "topics": edition.topics.all()} | changed
    return save_edition(edition.article, **content)


def test_what_was_approved_before_counts_as_read():
    """On a live page only the new paragraph needs a second reader."""
    writer, editor = member(WRITER), member(EDITOR)
    public = make_public(body=words("old", 300), author=writer)
    draft = save_like(public, body=words("old", 300) + words("theirs"), author=writer)
    mended = save_like(draft, body=words("old", 300) + words("mine"), author=editor)
    publish(mended, by=editor)
    assert "Of its 60 new words, 60" in Edition.objects.forced().get().forced_reason
