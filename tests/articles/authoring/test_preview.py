"""The preview beside the form: the public page of what stands in the form, and nothing saved."""

import re

import pytest
from django.urls import reverse

from articles.models import Article, Edition
from articles.publishing.workflow import publish
from articles.roles import EDITOR, WRITER
from tests.articles.authoring.test_review import address_of, drafted_by, member
from tests.articles.samples import make_full_engagement, make_picture
from tests.engagements.desk import read
from tests.factories import EngagementFactory, TopicFactory, UserFactory, make_draft

pytestmark = pytest.mark.django_db
NEW = "/admin/articles/article/preview/"


def preview_of(edition: Edition) -> str:
    return reverse("admin:articles_article_preview", args=[edition.article_id])


def story_of(text: str) -> str:
    """Return the article of a page, without the second of its publication."""
    text = text[text.index("<article") : text.index("</article>")]
    return re.sub(r"T\d\d:\d\d:\d\d\+0000", "", text)


def test_it_is_the_public_page_of_what_was_typed(client):
    """Word by word what readers get once it is saved and approved; and nothing is saved by it."""
    topics = TopicFactory.create_batch(2)
    picture, embedded = make_picture(credit="Wire"), make_picture()
    edition = make_draft()
    client.force_login(member(EDITOR))
    typed = read(client.get(address_of(edition))) | {
        "headline": "Another headline",
        "body": f'<p>Another story.</p><img data-picture="{embedded.uuid}" alt="Two flags">',
        "engagement": make_full_engagement(topics).pk,
        "also_covers": [EngagementFactory(title="Another visit").pk],
        "topics": [topic.pk for topic in topics],
        "picture": picture.pk,
        "picture_alt": "A sea",
        "picture_credit": "Wire",
    }
    previewed = client.post(f"{preview_of(edition)}?framed", typed).text
    assert Edition.objects.count() == 1
    assert Article.objects.get().latest_edition().headline == "An envoy in Algiers"
    client.post(address_of(edition), typed | {"_continue": "1"})
    newest = Edition.objects.order_by("-number").first()
    assert newest.headline == "Another headline"
    publish(newest, by=UserFactory())
    public = client.get(newest.get_absolute_url()).text
    for shown in (picture, embedded):
        at_the_desk = f"/admin/articles/picture/{shown.uuid}/file/"
        assert at_the_desk in previewed
        previewed = previewed.replace(at_the_desk, f"/media/{shown.uuid}/")
    assert story_of(previewed) == story_of(public)


def test_it_may_stand_in_our_own_frame_alone(client):
    """The form may show it, other sites may not; no script runs in it; and nobody keeps it."""
    edition = make_draft()
    client.force_login(member(EDITOR))
    page = client.get(address_of(edition))
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    preview = client.get(f"{preview_of(edition)}?framed")
    policy = preview["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "script-src 'none'" in policy
    assert preview["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in preview["Cache-Control"]
    public = client.get("/articles/")
    assert "frame-ancestors 'none'" in public["Content-Security-Policy"]
    assert public["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"headline": ""}, "Headline: "),
        ({"engagement": "x"}, "Visit: "),
        ({"topics": ["1\0"]}, "Topics: "),
        ({"publish_at_0": "soon"}, "Publish at: "),
    ],
)
def test_what_is_wrong_is_said(client, typed, sentence):
    """To the frame as sentences, so that it keeps its last page; in a tab of its own as a page."""
    edition = make_draft()
    client.force_login(member(EDITOR))
    data = read(client.get(address_of(edition))) | typed
    framed = client.post(f"{preview_of(edition)}?framed", data)
    assert framed.status_code == 422
    assert any(told.startswith(sentence) for told in framed.json()["sentences"])
    alone = client.post(preview_of(edition), data)
    assert alone.status_code == 422
    assert sentence in alone.text


def test_what_does_not_show_does_not_hinder(client):
    """A slug that is taken, an old edition and a pressed button are the form's own matter."""
    other, edition = make_draft(), make_draft()
    client.force_login(member(EDITOR))
    data = read(client.get(address_of(edition)))
    data |= {"slug": other.article.slug, "based_on": "77", "_publish": "1", "headline": "Typed"}
    answer = client.post(preview_of(edition), data)
    assert answer.status_code == 200
    assert "Draft, not published." in answer.text
    assert "Typed" in answer.text
    assert edition.article.latest_edition().state == "draft"


def test_new_article_has_a_preview_too(client):
    """Before its first save; an empty form is an empty page."""
    client.force_login(member(WRITER))
    assert client.get(f"{NEW}?framed").status_code == 200
    typed = {"headline": "First words", "language": "ar", "body": "<p>كلمات</p>"}
    answer = client.post(NEW, typed)
    assert "First words" in answer.text
    assert 'lang="ar" dir="rtl"' in answer.text
    assert not Article.objects.exists()


def test_reader_of_a_draft_sees_it_as_saved(client):
    """Whoever may not change the article looks at it, and sends nothing."""
    edition = drafted_by(UserFactory(), headline="As it was saved")
    client.force_login(member(WRITER))
    assert "As it was saved" in client.get(preview_of(edition)).text
    assert client.post(preview_of(edition), {"headline": "Mine"}).status_code == 403
    client.logout()
    for address in (preview_of(edition), NEW):
        assert client.get(address)["Location"].startswith("/admin/login/")
        assert client.post(address, {})["Location"].startswith("/admin/login/")


def test_query_count_is_constant(client, django_assert_num_queries):
    """However many topics and visits were chosen."""
    edition = make_draft()
    client.force_login(member(EDITOR))
    data = read(client.get(address_of(edition)))
    for number in (1, 3):
        data["topics"] = [topic.pk for topic in TopicFactory.create_batch(number)]
        data["also_covers"] = [visit.pk for visit in EngagementFactory.create_batch(number)]
        with django_assert_num_queries(34):
            client.post(f"{preview_of(edition)}?framed", data)
