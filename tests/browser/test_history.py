"""What was said before, and where: editions, versions, old addresses, duplicates, facts."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import expect

from articles.models import Article
from articles.roles import DESK_HEAD
from engagements.models import DateChange, Engagement, Participant, Person
from tests.articles.samples import make_picture
from tests.browser.test_autosave import TABLE, colleague, desks, sign_in
from tests.browser.test_whole_job import pick
from tests.factories import (
    ArticleFactory,
    EngagementFactory,
    PersonFactory,
    TopicFactory,
    make_draft,
    make_public,
)

__all__ = ["desks"]  # the fixture
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def desk(page, live_server):
    """A browser in which the desk head is signed in."""
    page.live_url = live_server.url
    page.person = colleague("Amina")
    page.person.groups.add(Group.objects.get(name=DESK_HEAD))
    sign_in(page, page.person)
    return page


def told(page, words: str) -> None:
    expect(page.locator(".messagelist .success")).to_contain_text(words)


def part(page, heading: str):
    """Return the part of a comparison under a heading."""
    name = page.get_by_role("heading", name=heading, exact=True)
    return page.locator("section", has=name).locator(".changes")


def expect_change(place, gone: str | None, new: str | None) -> None:
    """Expect words that went to be struck through and those that came to be underlined."""
    for tag, words in (("del", gone), ("ins", new)):
        if words:
            marked = place.locator(tag, has_text=words).first
            line = "line-through" if tag == "del" else "underline"
            expect(marked).to_have_css("text-decoration-line", line)


@pytest.mark.page
def test_two_editions_are_compared_and_one_comes_back_whole(desk):
    """Words, a table's cell, topics, visit and picture; restored, all of it is a new draft."""
    topics = [TopicFactory(name="Energy"), TopicFactory(name="Ports")]
    first = make_public(
        headline="Alpha talks", body=f"<p>They met.</p>{TABLE.format('A forum in May')}",
        topics=topics, engagement=EngagementFactory(title="A visit in January"),
        picture=make_picture(), picture_alt="A harbour",
    )  # fmt: skip
    make_draft(
        first.article, headline="Beta talks", body=f"<p>They met.</p>{TABLE.format('None yet')}",
        topics=topics[:1], engagement=EngagementFactory(title="A visit in March"),
        note="Shortened for the wire.",
    )  # fmt: skip
    desk.set_viewport_size({"width": 360, "height": 800})
    desk.goto(f"/admin/articles/article/{first.article_id}/history/")
    # Also on a telephone each row is a row, and all of it lies on the screen.
    expect(desk.get_by_role("row", name="Beta talks")).to_contain_text("Shortened for the wire.")
    restore = desk.get_by_role("button", name="Restore edition 2 as a new draft")
    expect(restore).to_be_in_viewport(ratio=1)
    desk.get_by_role("button", name="Compare").click()
    expect_change(part(desk, "Headline"), "Alpha", "Beta")
    cells = part(desk, "Story").get_by_role("cell")
    expect(cells).to_have_count(2)
    expect_change(cells.nth(1), "A forum in May", "None yet")
    expect_change(part(desk, "Topics"), "Ports", None)
    expect_change(part(desk, "Visit"), "January", "March")
    gone = part(desk, "Lead picture").locator("del img")
    gone.evaluate("image => image.decode()")
    assert gone.evaluate("image => image.naturalWidth") > 0

    desk.set_viewport_size({"width": 1280, "height": 800})
    desk.get_by_role("link", name="All editions").click()
    desk.get_by_role("button", name="Restore edition 1 as a new draft").click()
    told(desk, "Edition 1 was restored as edition 3, a new draft.")
    expect(desk.locator("#id_headline")).to_have_value("Alpha talks")
    expect(desk.locator(".ProseMirror td").nth(1)).to_have_text("A forum in May")
    expect(desk.locator("#id_topics option:checked")).to_have_text(["Energy", "Ports"])
    expect(desk.locator("#id_engagement option:checked")).to_have_text("A visit in January")
    expect(desk.locator("#id_picture_alt")).to_have_value("A harbour")
    expect(desk.locator(".field-picture_shown img")).to_be_visible()
    assert first.article.latest_edition().picture == first.picture
    assert first.article.latest_edition().state == "draft"


def test_updates_and_a_correction_stand_at_the_foot(desks, browser, live_server):
    """A slip moves nothing, a correction is told with its day; each version stays to be read."""
    amina, bela = desks
    now = timezone.now()
    first = make_public(
        now - 3 * HOUR, article=ArticleFactory(slug="talks"), headline="Alpha talks",
        body="<p>They met on Munday.</p>",
    )  # fmt: skip
    rest = {"engagement": first.engagement, "topics": first.topics.all()}
    make_public(now - 2 * HOUR, headline="Another story", **rest)
    form = f"/admin/articles/article/{first.article_id}/change/"
    reader = browser.new_context(base_url=live_server.url).new_page()

    def change(old: str, new: str, kind: str, note: str = "") -> None:
        """Amina writes it, Bela approves it."""
        amina.goto(form)
        story = amina.locator(".ProseMirror p")
        expect(story).to_have_text(f"They met on {old}.")
        story.click()
        story.evaluate("p => getSelection().selectAllChildren(p)")
        amina.keyboard.insert_text(f"They met on {new}.")
        expect(story).to_have_text(f"They met on {new}.")
        amina.get_by_label(kind).check()
        if note:
            amina.get_by_label("correction").check()
            amina.fill("#id_public_note", note)
        amina.click("[name=_submit]")
        told(amina, "Sent for review")
        bela.goto(form)
        bela.click("[name=_publish]")
        told(bela, "Published")

    def headlines() -> list[str]:
        reader.goto("/articles/")
        return reader.locator(".teaser h2").all_inner_texts()

    change("Munday", "Monday", "Minor")
    assert headlines() == ["Another story", "Alpha talks"]
    change("Monday", "Tuesday", "Major", "The day was wrong: it was a Tuesday.")
    assert headlines() == ["Alpha talks", "Another story"]

    today = f"{now.day} {now:%B %Y}"
    reader.goto("/corrections/")
    correction = reader.locator(".changes li")
    expect(correction).to_contain_text(today)
    expect(correction).to_contain_text("The day was wrong: it was a Tuesday.")
    correction.get_by_role("link", name="Alpha talks").click()
    expect(reader.get_by_text("They met on Tuesday.")).to_be_visible()
    note = reader.get_by_role("region", name="What changed").get_by_role("listitem")
    expect(note).to_have_text(f"{today}: Correction: The day was wrong: it was a Tuesday.")

    versions = reader.get_by_role("region", name="3 versions")
    expect(versions.get_by_role("listitem")).to_have_count(3)
    versions.get_by_role("link", name="Version 1").click()
    expect(reader.get_by_text("They met on Munday.")).to_be_visible()
    about = reader.get_by_role("complementary", name="About this version")
    expect(about).to_contain_text("Version 1 of 3.")
    expect(about).to_contain_text("It is superseded by version 2")
    robots = reader.locator("meta[name=robots]")
    expect(robots).to_have_attribute("content", "noindex")
    about.get_by_role("link", name="What has changed since").click()
    expect_change(part(reader, "Story"), "Munday", "Tuesday")
    expect(robots).to_have_attribute("content", "noindex")
    reader.get_by_label("to version").select_option("2")
    reader.get_by_role("button", name="Compare").click()
    expect(reader).to_have_url(re.compile(r"/articles/talks/versions/compare/\?from=1&to=2$"))
    expect_change(part(reader, "Story"), "Munday", "Monday")
    reader.context.close()


def test_changed_address_leads_on_through_two_changes_and_back(desk):
    """Whoever kept an old address comes to the article; the first one, taken back, is its own."""
    edition = make_public(article=ArticleFactory(slug="first"), headline="Alpha talks")

    def rename(slug: str, *old: str) -> None:
        desk.goto(f"/admin/articles/article/{edition.article_id}/change/")
        desk.fill("#id_slug", slug)
        desk.click("[name=_save]")
        told(desk, "changed successfully")
        for kept in old:
            # One redirect, however many names there were.
            answer = desk.request.get(f"/articles/{kept}/?seen=1", max_redirects=1)
            assert answer.url.endswith(f"/articles/{slug}/?seen=1")
            assert answer.ok
        assert desk.request.get(f"/articles/{slug}/", max_redirects=0).ok

    rename("second", "first")
    rename("third", "second", "first")
    rename("first", "third", "second")
    desk.goto("/articles/second/")
    expect(desk).to_have_url(re.compile("/articles/first/$"))
    expect(desk.get_by_role("heading", level=1)).to_have_text("Alpha talks")
    assert Article.objects.get().editions.count() == 1, "an address is no edition"


@pytest.mark.page
def test_desk_head_makes_one_of_two_people(desk):
    """The page says before what will change; then the old address leads on, with the visits."""
    double = PersonFactory(name="Anna Soler", slug="anna")
    real = PersonFactory(name="Ana Soler", slug="ana")
    visits = [EngagementFactory(title="A visit in January"), EngagementFactory(title="A summit")]
    for visit, person in zip(visits, (double, real), strict=True):
        Participant.objects.filter(engagement=visit, side="visitor").update(person=person)
        visit.save()
    make_public(headline="An envoy in Algiers", engagement=visits[0])

    desk.goto(f"/admin/engagements/person/{double.pk}/change/")
    desk.get_by_role("link", name="Merge into another").click()
    pick(desk, "into", "ana sol", "Ana Soler")
    desk.get_by_role("button", name="Show what will change").click()
    plan = desk.locator(".plan-preview")
    expect(plan.get_by_role("heading", level=2)).to_have_text(
        "“Anna Soler” will be merged into “Ana Soler”"
    )
    expect(plan).to_contain_text("/people/anna/ will redirect to /people/ana/")
    expect(plan).to_contain_text("1 entry will refer to “Ana Soler”")
    expect(plan).to_contain_text("A visit in January")
    expect(plan).not_to_contain_text("A summit")
    expect(plan).to_contain_text("This cannot be undone.")
    assert Person.objects.count() == 2
    plan.get_by_role("button", name="Merge").click()
    told(desk, "“Anna Soler” was merged into “Ana Soler”. Its address redirects here.")

    desk.goto("/people/anna/")
    expect(desk).to_have_url(re.compile("/people/ana/$"))
    entries = desk.locator(".entry")
    expect(entries.locator(".title")).to_have_text(["A summit", "A visit in January"])
    entries.get_by_role("link", name="An envoy in Algiers").click()
    facts = desk.get_by_role("region", name="The facts")
    facts.get_by_role("link", name="Ana Soler").click()
    expect(desk).to_have_url(re.compile("/people/ana/$"))


@pytest.mark.page
def test_facts_are_compared_and_go_back_with_a_reason(desk):
    """What a save changed is shown word by word, what going back changes too, and readers hear."""
    visit = EngagementFactory(title="A visit in January", slug="visit", city="Algiers")
    form = f"/admin/engagements/engagement/{visit.pk}/change/"
    desk.goto(form)
    desk.fill("#id_title", "A visit in February")
    desk.fill("#id_start", "3 February 2025")
    desk.fill("#id_participants-0-title_text", "Envoy for Harbours")
    desk.fill("#id_change_note", "The host had the other date.")
    desk.click("[name=_continue]")
    told(desk, "changed successfully")

    desk.get_by_role("link", name="History").click()
    row = desk.get_by_role("row", name="The host had the other date.")
    expect(row).to_contain_text("current")
    desk.get_by_role("button", name="Compare").click()
    expect_change(part(desk, "Title"), "January", "February")
    expect_change(part(desk, "Participants"), None, "Envoy for Harbours")

    desk.get_by_role("link", name="All revisions").click()
    desk.get_by_role("link", name="Revert to").click()
    expect_change(part(desk, "Title"), "February", "January")
    expect_change(part(desk, "Participants"), "Envoy for Harbours", None)
    # What readers were told of the date stays.
    expect(desk.get_by_role("heading", name="Changed dates")).to_have_count(0)
    desk.get_by_label("Reason").fill("Two visits were mixed up.")
    desk.get_by_role("button", name="Revert to this").click()
    told(desk, "The facts were reverted.")
    expect(desk.locator("#id_title")).to_have_value("A visit in January")
    expect(desk.locator("#id_start")).to_have_value("2025-01-28")
    expect(desk.locator("#id_participants-0-title_text")).to_have_value("")

    desk.goto("/engagements/visit/")
    expect(desk.get_by_role("heading", level=1)).to_have_text("A visit in January")
    facts = desk.get_by_role("region", name="The facts")
    for note in (
        "Moved from 28 January 2025 to 3 February 2025: The host had the other date.",
        "Moved from 3 February 2025 to 28 January 2025: Two visits were mixed up.",
    ):
        expect(facts).to_contain_text(note)
    assert DateChange.objects.count() == 2
    assert Engagement.objects.get().city == "Algiers"
