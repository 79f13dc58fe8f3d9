"""The whole job in a real browser: from an editor's blank form to a region's timeline and feed."""

import datetime as dt
import io

import feedparser
import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from articles.models import Article, Edition
from articles.roles import DESK_HEAD, EDITOR, WRITER
from engagements.models import Engagement, Region
from tests.browser.clipboard import paste
from tests.browser.test_review import sign_in, told
from tests.factories import OrganisationFactory, TopicFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

STORY = """<h2>What they talked about</h2><p>Two sides met in <b>Algiers</b>.</p>
<ul><li>Security<ul><li>At sea</li></ul></li><li>Trade</li></ul>
<table><tr><th>Main outcome</th><th>Necessary actions</th></tr>
<tr><td>Closer work</td><td>A forum</td></tr></table>"""


@pytest.fixture
def desk(browser, live_server):
    """A page that is signed in as the desk head."""
    page, _person = sign_in(browser, live_server, "amina", DESK_HEAD)
    yield page
    page.context.close()


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


DOCUMENT = "<h1>Envoy of the alliance in Algiers</h1>" + STORY
MOST_INTERACTIONS = 14


class Hand:
    """Does what a person does with a page, and counts it: a click, or a field filled in."""

    def __init__(self):
        self.count = 0

    def click(self, place):
        self.count += 1
        place.click()

    def fill(self, place, text):
        self.count += 1
        place.fill(text)

    def do(self, deed, *args):
        self.count += 1
        return deed(*args)


def test_article_with_a_new_visit_takes_fourteen_interactions(browser, live_server):
    """From nothing to a public article with its picture and its visit, by writer and editor.

    A click counts as one, and so does a field that is filled in, whatever its kind.
    """
    OrganisationFactory(name="Northern Alliance")
    TopicFactory(name="Security", slug="security")
    amina, _writer = sign_in(browser, live_server, "amina", WRITER)
    jonas, _editor = sign_in(browser, live_server, "jonas", EDITOR)
    hand = Hand()

    hand.click(amina.get_by_role("link", name="New article"))
    amina.get_by_role("textbox", name="Story").wait_for()
    hand.do(paste, amina, DOCUMENT)
    hand.fill(amina.locator("#id_standfirst"), "An envoy came and a forum was agreed.")

    with amina.expect_popup() as opened:
        hand.click(amina.locator("#add_id_engagement"))
    visit = opened.value
    expect(visit.locator("#id_title")).to_have_value("Envoy of the alliance in Algiers")
    hand.fill(visit.locator("#id_start"), "28 January 2025")
    hand.do(pick, visit, "topics", "secur", "Security")
    expect(visit.locator("#id_status")).to_have_value("took_place")
    hand.do(pick, visit, "participants-0-organisation", "north", "Northern Alliance")
    hand.do(pick, visit, "participants-1-country", "Alger", "Algeria")
    with visit.expect_event("close"):
        hand.click(visit.locator("[name=_save]"))
    amina.locator("#id_topics option:checked", has_text="Security").wait_for(state="attached")

    hand.do(amina.set_input_files, "#id_picture_upload", picture_file())
    hand.fill(amina.locator("#id_picture_alt"), "The bay of Algiers")
    hand.click(amina.locator("[name=_submit]"))
    told(amina, "Sent for review")

    jonas.reload()
    hand.click(jonas.locator("#waiting a", has_text="Envoy of the alliance in Algiers"))
    hand.click(jonas.get_by_role("button", name="Approve and publish, with the visit"))
    told(jonas, "Published")
    assert hand.count <= MOST_INTERACTIONS

    edition = Edition.objects.public().get()
    assert edition.picture
    assert edition.engagement.location_country.code == "DZ"
    assert {party.side for party in edition.engagement.participants.all()} == {"visitor", "host"}
    assert Engagement.objects.public().get().public_from == edition.public_from
    for page in (amina, jonas):
        page.context.close()


@pytest.mark.page
def test_new_visit_is_told_by_its_day(desk):
    """A day that has passed suggests that it took place, until somebody says what became of it."""
    desk.goto("/admin/engagements/engagement/add/")
    status, start = desk.locator("#id_status"), desk.locator("#id_start")
    hint = desk.get_by_role("status")
    this_year = str(timezone.localdate().year)
    for typed, found in [
        ("28 January 2025", "took_place"),
        (this_year, "planned"),
        ("2025-02", "took_place"),
        ("someday", "took_place"),
        ("January 2999", "planned"),
        ("2024", "took_place"),
    ]:
        start.fill(typed)
        start.blur()
        expect(status).to_have_value(found)
    expect(hint).to_contain_text("the day has passed")
    status.select_option("cancelled")
    start.fill("2023")
    start.blur()
    expect(status).to_have_value("cancelled")
    expect(hint).to_be_empty()


@pytest.mark.page
def test_day_of_a_new_visit_is_judged_when_it_is_typed(desk):
    """Halfway to December stands January: nothing is said of it. What is said moves nothing."""
    desk.set_viewport_size({"width": 500, "height": 2000})
    desk.goto("/admin/engagements/engagement/add/")
    status, start = desk.locator("#id_status"), desk.locator("#id_start")
    hint = desk.get_by_role("status")
    start.press_sequentially("2025-1")
    expect(status).to_have_value("planned")
    expect(hint).to_be_empty()
    start.press_sequentially("2")
    place = start.bounding_box()
    start.blur()
    expect(status).to_have_value("took_place")
    expect(hint).to_contain_text("the day has passed")
    assert start.bounding_box() == place


def test_new_visit_with_errors_comes_back_as_it_was_sent(desk):
    """Its status is not chosen again, and a title that was emptied not filled in."""
    fill_story(desk, "Envoy in Algiers")
    with desk.expect_popup() as opened:
        desk.click("#add_id_engagement")
    visit = opened.value
    title, status, start = (visit.locator(f"#id_{name}") for name in ("title", "status", "start"))
    expect(title).to_have_value("Envoy in Algiers")
    title.fill("")
    start.fill("2024")
    start.blur()
    expect(status).to_have_value("took_place")
    status.select_option("planned")
    # Sent as it is: the browser itself would ask for the title.
    visit.locator("#engagement_form").evaluate("form => { form.noValidate = true }")
    visit.click("[name=_save]")
    visit.locator(".errornote").wait_for()
    start.fill("2023")
    start.blur()
    expect(status).to_have_value("planned")
    expect(title).to_have_value("")


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
