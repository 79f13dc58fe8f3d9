"""The whole job in a real browser: from an editor's blank form to a region's timeline and feed."""

import datetime as dt
import io

import feedparser
import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from PIL import Image

from articles.models import Article, Edition
from articles.roles import DESK_HEAD
from engagements.models import Engagement, Region
from tests.browser.clipboard import paste
from tests.factories import TopicFactory, UserFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

STORY = """<h2>What they talked about</h2><p>Two sides met in <b>Algiers</b>.</p>
<ul><li>Security<ul><li>At sea</li></ul></li><li>Trade</li></ul>
<table><tr><th>Main outcome</th><th>Necessary actions</th></tr>
<tr><td>Closer work</td><td>A forum</td></tr></table>"""


@pytest.fixture
def desk(page):
    """A page that is signed in as the desk head."""
    person = UserFactory(username="amina")
    person.set_password("a long enough passphrase")
    person.save()
    person.groups.add(Group.objects.get(name=DESK_HEAD))
    page.goto("/admin/")
    page.fill("#id_login", "amina")
    page.fill("#id_password", "a long enough passphrase")
    page.press("#id_password", "Enter")
    page.wait_for_url("**/admin/")
    return page


def pick(page, field, term, name):
    """Type `term` into the autocomplete `field` and take the choice called `name`."""
    page.locator(f"#id_{field} + .select2 .select2-selection").click()
    page.locator(".select2-container--open .select2-search__field").last.press_sequentially(term)
    page.locator(".select2-results__option", has_text=name).first.click()


def picture_file():
    file = io.BytesIO()
    Image.new("RGB", (1200, 800), "#446688").save(file, "JPEG")
    return {"name": "algiers.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def create_visit_in_place(page):
    """Press the plus sign beside the visit and fill in the form that opens."""
    with page.expect_popup() as opened:
        page.click("#add_id_engagement")
    form = opened.value
    form.fill("#id_title", "Spanish envoy in Algiers")
    form.select_option("#id_status", "took_place")
    form.fill("#id_start", "28 January 2025")
    pick(form, "location_country", "Alger", "Algeria")
    form.fill("#id_city", "Algiers")
    pick(form, "topics", "secur", "Security")
    form.fill("#id_public_from_0", "2025-01-28")
    form.fill("#id_public_from_1", "08:00:00")
    pick(form, "participants-0-country", "ES", "Spain")
    with form.expect_event("close"):
        form.click("[name=_save]")


def fill_story(page, headline):
    page.goto("/admin/articles/article/add/")
    page.fill("#id_headline", headline)
    page.fill("#id_standfirst", "An envoy came and a forum was agreed.")
    paste(page, STORY)


def publish_alone(page):
    """Press the desk head's button: who wrote a story does not approve it."""
    page.fill("#id_reason", "Nobody else is here.")
    page.click("[name=_force]")


def test_whole_job_from_blank_form_to_feed(desk, live_server):
    """What an editor pastes, ties to a visit and publishes is on the timeline and in the feed."""
    TopicFactory(name="Security", slug="security")
    fill_story(desk, "Envoy agrees on a forum in Algiers")
    create_visit_in_place(desk)
    # The new visit comes back chosen and brings its topics along.
    assert desk.locator("#id_engagement option:checked").inner_text() == "Spanish envoy in Algiers"
    desk.locator("#id_topics option:checked", has_text="Security").wait_for(state="attached")
    desk.set_input_files("#id_picture_upload", picture_file())
    desk.fill("#id_picture_alt", "The bay of Algiers")
    publish_alone(desk)
    desk.locator(".messagelist .success", has_text="Published").wait_for()

    edition = Edition.objects.public().get()
    assert edition.approved_by.username == "amina"
    assert "<h2>What they talked about</h2>" in edition.body

    region = Region.objects.filter(countries__code="DZ").first()
    desk.context.clear_cookies()
    desk.goto(f"/regions/{region.slug}/")
    desk.get_by_role("link", name="Spanish envoy in Algiers").first.wait_for()
    desk.get_by_role("link", name="Envoy agrees on a forum in Algiers").first.click()
    assert desk.locator("h1").inner_text() == "Envoy agrees on a forum in Algiers"
    picture = desk.locator("main picture img").first
    assert picture.get_attribute("alt") == "The bay of Algiers"
    assert picture.evaluate("async image => { await image.decode(); return image.naturalWidth }")
    desk.get_by_role("cell", name="A forum").wait_for()

    answer = desk.request.get(f"/regions/{region.slug}/feed.rss")
    feed = feedparser.parse(answer.body())
    assert not feed.bozo
    (item,) = feed.entries
    assert item.title == "Envoy agrees on a forum in Algiers"
    assert "A forum" in item.content[0].value


def test_scheduled_article_is_nowhere_until_its_minute(desk, monkeypatch):
    """A scheduled article is on no page and in no feed; at its minute it is on both by itself."""
    TopicFactory(name="Security", slug="security")
    fill_story(desk, "Embargoed story of a forum")
    create_visit_in_place(desk)
    desk.locator("#id_topics option:checked", has_text="Security").wait_for(state="attached")
    hour = timezone.now().replace(second=0, microsecond=0) + dt.timedelta(hours=2)
    desk.fill("#id_publish_at_0", hour.strftime("%Y-%m-%d"))
    desk.fill("#id_publish_at_1", hour.strftime("%H:%M:%S"))
    publish_alone(desk)
    desk.locator(".messagelist .success", has_text="Scheduled").wait_for()

    article = Article.objects.get()
    addresses = ["/", "/articles/", "/feed.rss", "/feed.atom"]
    for address in addresses:
        assert "Embargoed story" not in desk.request.get(address).text()
    assert desk.request.get(article.get_absolute_url()).status == 404

    monkeypatch.setattr(timezone, "now", lambda: hour)
    for address in addresses:
        assert "Embargoed story" in desk.request.get(address).text()
    assert desk.request.get(article.get_absolute_url()).status == 200


def test_withdrawn_article_is_gone_and_says_why(desk):
    """A withdrawn article's address answers 410 with the reason; nothing else mentions it."""
    TopicFactory(name="Security", slug="security")
    fill_story(desk, "Story that was wrong")
    create_visit_in_place(desk)
    desk.locator("#id_topics option:checked", has_text="Security").wait_for(state="attached")
    publish_alone(desk)
    desk.locator(".messagelist .success", has_text="Published").wait_for()
    article = Article.objects.get()

    desk.goto(f"/admin/articles/article/{article.pk}/change/")
    desk.get_by_role("link", name="Withdraw").click()
    desk.fill("#id_reason", "The forum was not agreed.")
    desk.get_by_role("button", name="Withdraw").click()
    desk.locator(".messagelist .success").wait_for()

    answer = desk.request.get(article.get_absolute_url())
    assert answer.status == 410
    assert "The forum was not agreed." in answer.text()
    assert "Story that was wrong" not in answer.text()
    for address in ["/", "/articles/", "/feed.rss", Engagement.objects.get().get_absolute_url()]:
        assert "Story that was wrong" not in desk.request.get(address).text()
