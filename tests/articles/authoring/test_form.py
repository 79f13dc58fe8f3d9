"""The article's form: what an editor types is kept, checked and published."""

import datetime as dt
import io

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from articles.models import Article, Edition, Picture
from articles.richtext import MAX_BODY_BYTES
from articles.roles import WRITER
from engagements.models import Topic
from tests.engagements.desk import read
from tests.factories import EngagementFactory, TopicFactory, UserFactory, make_draft, make_public

pytestmark = pytest.mark.django_db

ADD = reverse("admin:articles_article_add")


def filled(client, **typed) -> dict:
    """Return a complete new article's form, changed by what a test types."""
    visit = EngagementFactory(topics=[TopicFactory()])
    data = read(client.get(ADD))
    data |= {
        "headline": "An envoy in Algiers",
        "standfirst": "A standfirst.",
        "body": "<p>A story.</p>",
        "engagement": str(visit.pk),
    }
    return data | typed


def change_address(article: Article) -> str:
    return reverse("admin:articles_article_change", args=[article.pk])


def errors(answer) -> str:
    """Return all sentences that the form shows as errors."""
    form = answer.context["adminform"].form
    return " ".join(str(sentence) for messages in form.errors.values() for sentence in messages)


def jpeg(width=640, height=400) -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(file, "JPEG")
    return SimpleUploadedFile("photo.jpg", file.getvalue(), "image/jpeg")


def test_draft_is_saved_and_not_public(admin_client):
    """Saving makes an edition that nobody but the desk sees."""
    assert admin_client.post(ADD, filled(admin_client) | {"_save": "1"}).status_code == 302
    edition = Edition.objects.get()
    assert (edition.state, edition.number, edition.author.username) == ("draft", 1, "admin")
    assert edition.article.slug == "an-envoy-in-algiers"
    assert not Edition.objects.public().exists()


def test_publish_makes_it_public_at_once(admin_client, client):
    """The button publishes and the person who pressed it stands as the approver."""
    address = change_address(make_draft().article)
    admin_client.post(address, read(admin_client.get(address)) | {"_publish": "1"})
    edition = Edition.objects.public().get()
    assert edition.approved_by.username == "admin"
    assert client.get(edition.get_absolute_url()).status_code == 200


def test_publish_at_a_time_schedules(admin_client, client):
    """Until its minute the page does not exist."""
    later = timezone.now() + dt.timedelta(hours=2)
    address = change_address(make_draft().article)
    data = read(admin_client.get(address))
    data |= {"publish_at_0": f"{later:%Y-%m-%d}", "publish_at_1": f"{later:%H:%M:%S}"}
    admin_client.post(address, data | {"_publish": "1"})
    edition = Edition.objects.scheduled().get()
    assert edition.public_from == later.replace(microsecond=0)
    assert client.get(edition.get_absolute_url()).status_code == 404


def test_topics_start_from_the_visits(admin_client):
    """Who chooses a visit and no topics gets the visit's."""
    admin_client.post(ADD, filled(admin_client) | {"_save": "1"})
    assert list(Edition.objects.get().topics.all()) == [Topic.objects.get()]


def test_edit_of_a_live_page_is_a_draft(admin_client):
    """The public page stays until the new edition is published."""
    edition = make_public(headline="As published")
    data = read(admin_client.get(change_address(edition.article)))
    assert data["headline"] == "As published"
    data |= {"headline": "In the works", "_continue": "1"}
    assert admin_client.post(change_address(edition.article), data).status_code == 302
    assert Edition.objects.public().get().headline == "As published"
    assert edition.article.latest_edition().headline == "In the works"


def test_saving_the_same_again_makes_no_edition(admin_client):
    """History is not flooded by a button pressed twice."""
    edition = make_public()
    data = read(admin_client.get(change_address(edition.article))) | {"_continue": "1"}
    admin_client.post(change_address(edition.article), data)
    assert edition.article.editions.count() == 1


def test_changed_public_slug_leads_on(admin_client):
    """Readers come by the old address to the new one; what they read stays as it is."""
    edition = make_public()
    old = edition.get_absolute_url()
    data = read(admin_client.get(change_address(edition.article)))
    admin_client.post(change_address(edition.article), data | {"slug": "moved", "_save": "1"})
    assert admin_client.get(old)["Location"] == "/articles/moved/"
    assert edition.article.editions.count() == 1


def test_every_reason_stands_on_the_form_and_all_is_kept(admin_client):
    """Nothing that was typed is lost when publication is refused."""
    data = filled(admin_client, engagement="", standfirst="", byline="Amina") | {"_publish": "1"}
    answer = admin_client.post(ADD, data)
    for reason in ("Choose the visit", "Write a standfirst", "Choose at least one topic"):
        assert reason in errors(answer)
    kept = read(answer)
    assert (kept["headline"], kept["body"], kept["byline"]) == (
        "An envoy in Algiers",
        "<p>A story.</p>",
        "Amina",
    )
    assert not Article.objects.exists()


def test_writer_may_save_but_not_publish(client):
    """Publishing needs an editor; the sentence says so and the text stays."""
    writer = UserFactory()
    writer.groups.add(Group.objects.get(name=WRITER))
    client.force_login(writer)
    answer = client.post(ADD, filled(client) | {"_publish": "1"})
    assert "Publishing needs an editor" in errors(answer)
    assert read(answer)["headline"] == "An envoy in Algiers"
    assert client.post(ADD, filled(client, headline="Mine") | {"_save": "1"}).status_code == 302
    assert not Edition.objects.public().exists()


@pytest.mark.parametrize("nonsense", ["A new topic", "99999999", "9" * 40, "😀", "-1"])
def test_typed_text_is_refused_by_an_autocomplete(admin_client, nonsense):
    """Typing never mints a topic, nor a visit."""
    fields = ["topics", "engagement", "also_covers"]
    before = Topic.objects.count()
    data = filled(admin_client) | dict.fromkeys(fields, nonsense) | {"_save": "1"}
    answer = admin_client.post(ADD, data)
    assert answer.status_code == 200
    assert set(answer.context["adminform"].form.errors) >= set(fields)
    assert Topic.objects.count() == before + 1  # the visit's own


def test_story_over_its_limit_is_told_at_its_field(admin_client):
    """The sentence names the limit."""
    data = filled(admin_client, body=f"<p>{'x' * MAX_BODY_BYTES}</p>") | {"_save": "1"}
    answer = admin_client.post(ADD, data)
    assert "500 KB" in str(answer.context["adminform"].form.errors["body"])


@pytest.mark.parametrize(
    "upload",
    [
        SimpleUploadedFile("cut.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 40, "image/jpeg"),
        SimpleUploadedFile(
            "drawing.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/jpeg"
        ),
        SimpleUploadedFile("letter.png", b"Dear reader", "image/png"),
        SimpleUploadedFile("empty.jpg", b"", "image/jpeg"),
    ],
    ids=lambda upload: upload.name,
)
def test_bad_picture_is_told_at_its_field_and_the_rest_kept(admin_client, upload):
    """A broken or disguised file gets a sentence; the story stays."""
    upload.seek(0)
    answer = admin_client.post(ADD, filled(admin_client) | {"picture_upload": upload, "_save": "1"})
    assert answer.context["adminform"].form.errors["picture_upload"]
    assert read(answer)["body"] == "<p>A story.</p>"
    assert not Picture.objects.exists()


def test_good_picture_outlives_another_fields_mistake(admin_client):
    """A browser cannot send the file again, so the form keeps it and shows it."""
    data = filled(admin_client, headline="") | {"picture_upload": jpeg(), "picture_alt": "A sea"}
    answer = admin_client.post(ADD, data | {"_save": "1"})
    kept = read(answer)
    assert kept["picture"] == str(Picture.objects.get().pk)
    assert str(Picture.objects.get().uuid) in answer.text
    kept |= {"headline": "Now with a headline", "_save": "1"}
    assert admin_client.post(ADD, kept).status_code == 302
    edition = Edition.objects.get()
    assert edition.picture.uploaded_by.username == "admin"
    assert edition.picture_alt == "A sea"


@pytest.mark.parametrize("typed", [{"_save": "1", "slug": "no slug"}, {"_publish": "1"}])
def test_good_picture_outlives_a_refusal(admin_client, typed):
    """It is stored once, for a form that is invalid and for a transition that is refused."""
    data = filled(admin_client, standfirst="") | {"picture_upload": jpeg(), "picture_credit": "Me"}
    answer = admin_client.post(ADD, data | typed)
    assert errors(answer)
    picture = Picture.objects.get()
    assert read(answer)["picture"] == str(picture.pk)
    assert picture.credit == "Me"
    assert not Article.objects.exists()


def test_checks_store_nothing(admin_client, admin_user, private_media):
    """A form is judged, its readiness told and its preview drawn without a file being written."""
    data = filled(admin_client) | {"person": admin_user.pk, "article": ""}
    request = RequestFactory().get(ADD)
    request.user = admin_user
    form = site.get_model_admin(Article).get_form(request)(
        {**data, "_submit": "1"}, {"picture_upload": jpeg()}
    )
    assert not form.is_valid()
    assert list(form.errors) == ["picture_alt"]
    for name in ("preview_new", "autosave"):
        address = reverse(f"admin:articles_article_{name}")
        answer = admin_client.post(address, data | {"picture_upload": jpeg()})
        assert answer.status_code == 200
    assert not Picture.objects.exists()
    assert not [path for path in private_media.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "picture_alt"),
        ({"picture_alt": "A sea", "picture_is_decorative": "on"}, "picture_is_decorative"),
    ],
)
def test_picture_is_described_or_decorative(admin_client, typed, field):
    """One of the two, never neither nor both."""
    data = filled(admin_client) | {"picture_upload": jpeg(), "_submit": "1"} | typed
    assert field in admin_client.post(ADD, data).context["adminform"].form.errors


def test_picture_can_be_taken_off(admin_client):
    """The next edition has none; the public one keeps it."""
    data = filled(admin_client) | {
        "picture_upload": jpeg(),
        "picture_alt": "A sea",
        "reason": "Nobody else is here.",
        "_force": "1",
    }
    admin_client.post(ADD, data)
    article = Article.objects.get()
    data = read(admin_client.get(change_address(article)))
    admin_client.post(change_address(article), data | {"picture_remove": "on", "_continue": "1"})
    assert article.latest_edition().picture is None
    assert Edition.objects.public().get().picture


@pytest.mark.parametrize("text", ["😀 emoji", "زيارة رسمية", "NUL\x00here", "a\x0bb", "\u202eabc"])
def test_any_text_in_every_field_is_no_error_of_ours(admin_client, text):
    """Each field takes it or says why not; the page never breaks."""
    fields = ["headline", "standfirst", "byline", "picture_caption", "picture_credit", "note"]
    fields += ["public_note", "picture_licence", "picture_alt", "body", "slug", "publish_at_0"]
    data = filled(admin_client) | dict.fromkeys(fields, text)
    assert admin_client.post(ADD, data | {"_publish": "1"}).status_code == 200
    data = filled(admin_client) | dict.fromkeys([*fields[:9], "reason"], text)
    assert admin_client.post(ADD, data | {"_force": "1"}).status_code in (200, 302)


def test_duplicate_slug_is_told_at_its_field(admin_client):
    """Two articles cannot have one address."""
    make_public().article.__class__.objects.update(slug="taken")
    answer = admin_client.post(ADD, filled(admin_client, slug="taken") | {"_save": "1"})
    assert "already exists" in str(answer.context["adminform"].form.errors["slug"])


def test_slug_is_made_of_the_headline_and_unique(admin_client):
    """The same headline twice gives two addresses; an Arabic one gives one of its own."""
    for headline in ("An envoy", "An envoy", "زيارة رسمية"):
        answer = admin_client.post(ADD, filled(admin_client, headline=headline) | {"_save": "1"})
        assert answer.status_code == 302, errors(answer)
    slugs = list(Article.objects.order_by("pk").values_list("slug", flat=True))
    assert slugs[:2] == ["an-envoy", "an-envoy-2"]
    assert slugs[2].startswith("article-")
