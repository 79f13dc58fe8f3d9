"""Reading without: JavaScript, style, colour, mouse, pictures; and by ear, large, or sideways."""

import datetime as dt
import time
from itertools import pairwise

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from articles.models import Article
from engagements.dates import PartialDate
from engagements.models import Engagement, Participant
from tests.articles.samples import make_picture
from tests.factories import (
    ActionFactory,
    ArticleFactory,
    EngagementFactory,
    OutcomeFactory,
    PersonFactory,
    SourceFactory,
    TopicFactory,
    make_public,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.page,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

TABLE = """<table><tbody><tr><th>Promise</th><th>Owner</th><th>Where it stands today</th></tr>
<tr><td>A common chart of silt, renewed each season</td><td>Commission</td><td>Done</td></tr>
</tbody></table>"""
STORY = f"""<p>Two sides met.</p><h2>What they said</h2><blockquote><p>“We agree.”</p></blockquote>
<ul><li>One</li><li>Two</li></ul>{TABLE}<h2>What comes next</h2><p>A second meeting.</p>"""


@pytest.fixture
def visit() -> Engagement:
    topic = TopicFactory(name="Ports and shipping", slug="ports")
    visit = EngagementFactory(
        title="Spain’s envoy in Algiers", slug="visit", kind="meeting",
        summary="They spoke about the sea.", topics=[topic],
    )  # fmt: skip
    Participant.objects.create(
        engagement=visit, side="visitor", country=visit.visitors[0].country, is_lead=True,
        person=PersonFactory(name="Ana Soler", slug="ana"), title_text="Envoy for Harbours",
    )  # fmt: skip
    source = SourceFactory(engagement=visit)
    outcome = OutcomeFactory(engagement=visit, title="One picture of the water")
    outcome.sources.add(source)
    ActionFactory(outcome=outcome, title="Draw a chart", due=PartialDate(dt.date(2025, 3, 1)))
    ahead = PartialDate(timezone.localdate() + dt.timedelta(days=40), "month")
    EngagementFactory(title="Second meeting", status="planned", start=ahead)
    EngagementFactory(
        title="Third meeting", status="cancelled", status_note="No ship sailed.",
        start=PartialDate(dt.date(2024, 1, 1), "year"),
    )  # fmt: skip
    return visit


@pytest.fixture
def article(visit) -> str:
    """The address of an article with everything that a story can have."""
    edition = make_public(
        article=ArticleFactory(slug="story"), headline="An envoy in Algiers", body=STORY,
        engagement=visit, topics=visit.topics.all(),
    )  # fmt: skip
    return edition.get_absolute_url()


ADDRESSES = {
    "home": "/", "article": "/articles/story/", "timeline": "/regions/north-africa/",
    "sheet": "/engagements/visit/", "person": "/people/ana/", "countries": "/countries/",
}  # fmt: skip


def test_listener_hears_the_timeline_in_order(page, article):
    """Headings for periods, lists of visits, and each visit's date before its kind and title."""
    page.goto(ADDRESSES["timeline"])
    heard = page.locator(".timeline").aria_snapshot()
    order = [
        'region "Coming up"', "list", "listitem", 'heading "Second meeting" [level=3]',
        "Today", 'region "2025"', 'heading "2025" [level=2]', 'heading "January 2025" [level=3]',
        "28 January 2025", "Meeting", 'heading "Spain’s envoy in Algiers" [level=4]',
        "0 of 1 commitment done", 'list "Articles"', 'list "Topics"',
        'heading "2024, month unknown"', "cancelled", "No ship sailed.",
    ]  # fmt: skip
    position = -1
    for words in order:
        found = heard.find(words, position + 1)
        assert found > position, f"{words!r} is not heard after what came before:\n{heard}"
        position = found
    assert not set("●■◆○→") & set(heard), "a mark that only the eye needs is read out"


def test_listener_hears_tables_by_row_and_column(page, article):
    """Every cell of the outcomes and of the story's own table has its headers."""
    page.goto(ADDRESSES["article"])
    outcomes = page.get_by_role("table", name="Outcomes with the actions that they need")
    heard = outcomes.aria_snapshot()
    for words in ('columnheader "Owner"', 'rowheader "One picture of the water', "overdue"):
        assert words in heard
    story = page.locator(".story").aria_snapshot()
    assert 'columnheader "Where it stands today"' in story
    assert 'cell "Done"' in story


def test_table_stays_a_table_on_a_phone(page, article):
    """Laid out as cards, the outcomes' cells keep their roles and show their labels."""
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(ADDRESSES["article"])
    cell = page.locator(".outcomes td").first
    assert cell.evaluate("e => getComputedStyle(e, '::before').content") == '"Action: "'
    assert "cell" in page.locator(".outcomes table").aria_snapshot()


# Those beside each other that are too small for a finger.
SMALL = """() => {
    const found = [...document.querySelectorAll('a[href], summary')]
        .filter(e => !e.classList.contains('skip'))
        .map(e => ({e, box: e.getBoundingClientRect()}))
    // Inline in a sentence: the line's height governs.
    const inline = e => getComputedStyle(e).display === 'inline'
        && e.parentElement.textContent.trim() !== e.textContent.trim()
    const near = (a, b) => {
        const [x1, y1] = [a.left + a.width / 2, a.top + a.height / 2]
        const [x2, y2] = [b.left + b.width / 2, b.top + b.height / 2]
        return Math.hypot(x1 - x2, y1 - y2) < 24
    }
    return found.filter(({e, box}) => box.height < 24 && !inline(e)
        && found.some(other => other.e !== e && near(box, other.box)))
        .map(({e, box}) => `${e.textContent.trim()} ${box.height}`)
}"""


def test_every_page_fits_is_in_order_and_can_be_touched(page, article):
    """What holds on each page, asked of each once it is there: a rule in each function below."""
    for address in ADDRESSES.values():
        page.set_viewport_size({"width": 1280, "height": 720})
        page.goto(address)
        _outline_has_one_top_and_skips_no_level(page, address)
        _landmarks_are_there_once_and_named(page, address)
        page.set_viewport_size({"width": 320, "height": 640})
        _does_not_scroll_sideways_when_enlarged(page, address)
        page.set_viewport_size({"width": 360, "height": 800})
        _targets_are_large_enough(page, address)


def _does_not_scroll_sideways_when_enlarged(page, address):
    """At 320 px, which is 1,280 at 400 %, all fits in the width."""
    assert page.evaluate("document.documentElement.scrollWidth") == 320, address


def _outline_has_one_top_and_skips_no_level(page, address):
    """One h1, and no heading more than a level below the one before it."""
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])"
    )
    assert levels.count(1) == 1, address
    assert levels[0] == 1, address
    assert all(below - above <= 1 for above, below in pairwise(levels)), address


def _landmarks_are_there_once_and_named(page, address):
    """Banner, main and contentinfo once each; a second navigation has a name of its own."""
    for role in ("banner", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1, address
    names = page.evaluate(
        "[...document.querySelectorAll('nav')].map(n => n.getAttribute('aria-label'))"
    )
    assert all(names), address
    assert len(set(names)) == len(names), address


def _targets_are_large_enough(page, address):
    """A link outside running text is at least 24 px high, or has that much room (WCAG 2.5.8)."""
    assert page.evaluate("innerWidth") == 360
    assert page.evaluate(SMALL) == [], address


@pytest.mark.parametrize("name", ADDRESSES)
def test_keyboard_goes_through_in_reading_order_and_is_seen(page, article, name):
    """Tab visits each link and field once, top to bottom, with an outline; first the skip link."""
    page.emulate_media(reduced_motion="reduce")  # otherwise a jump takes its time
    page.goto(ADDRESSES[name])
    links = page.locator(
        # A strip's bars lead where the list of months leads too.
        'a[href]:visible:not([tabindex="-1"]), summary:visible, select:visible, button:visible'
    ).count()
    seen = []
    for _step in range(links):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                """() => {
                    const e = document.activeElement, s = getComputedStyle(e)
                    // A bar of the strip is drawn, and so is the line around it.
                    const bar = e.querySelector(".hit"), line = bar && getComputedStyle(bar)
                    window.nodes ??= []
                    const before = window.nodes.at(-1)
                    window.nodes.push(e)
                    return {
                        name: e.textContent.trim(),
                        outline: line
                            ? line.stroke !== 'none' && parseFloat(line.strokeWidth) >= 4
                            : s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2,
                        later: !before || !!(before.compareDocumentPosition(e) & 4),
                        shown: e.getBoundingClientRect().top >= 0
                            && e.getBoundingClientRect().bottom <= innerHeight + 1,
                    }
                }"""
            )
        )
    assert seen[0]["name"] == "Skip to the content"
    for stop in seen:
        assert stop["outline"], stop
        assert stop["later"], stop
        assert stop["shown"], stop


def test_skip_link_leads_to_the_content(page, article):
    """Enter on the first link puts the focus on the content, so that Tab goes on there."""
    page.goto(ADDRESSES["article"])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_page_reads_without_javascript(browser, live_server, article):
    """Every public page is whole where no script runs."""
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    for address in ADDRESSES.values():
        page.goto(address)
        assert page.get_by_role("heading", level=1).count() == 1, address
        assert page.get_by_role("main").inner_text().strip(), address
    context.close()


def test_page_reads_without_style_and_pictures(browser, live_server, article):
    """With neither sheet nor picture, the words stand in their order, and nothing is missing."""
    context = browser.new_context(base_url=live_server.url)
    context.route("**/*.css", lambda route: route.abort())
    context.route("**/media/**", lambda route: route.abort())
    page = context.new_page()
    page.goto(ADDRESSES["article"])
    text = page.get_by_role("main").inner_text()
    order = ["An envoy in Algiers", "28 January 2025", "Two sides met.", "The facts", "Ana Soler",
             "What was agreed", "Draw a chart", "overdue", "Ports and shipping"]  # fmt: skip
    positions = [text.index(words) for words in order]
    assert positions == sorted(positions)
    context.close()


def test_kinds_and_states_differ_without_colour(page, visit):
    """Kind and status are words; the marks on the rail differ in shape or are hollow."""
    EngagementFactory(title="Talks", kind="summit")
    page.goto(ADDRESSES["timeline"])
    shapes = page.evaluate(
        """() => [...document.querySelectorAll('.entry')].map(e => {
            const s = getComputedStyle(e, '::before')
            return [e.querySelector('.kind').textContent.trim(), s.borderRadius, s.rotate,
                    s.backgroundColor]
        })"""
    )
    by_kind = {kind: (radius, turn) for kind, radius, turn, _colour in shapes}
    assert len({by_kind[kind] for kind in ("Visit", "Meeting", "Summit")}) == 3
    assert page.locator(".entry-cancelled .status").inner_text() == "cancelled"


def test_forced_colours_keep_rail_and_marks(browser, live_server, visit):
    """In Windows' high contrast the rail, the marks and the fictional tag are drawn."""
    context = browser.new_context(base_url=live_server.url, forced_colors="active")
    page = context.new_page()
    page.goto(ADDRESSES["timeline"])
    mark = page.locator(".entry").last.evaluate(
        "e => { const s = getComputedStyle(e, '::before');"
        " return [s.backgroundColor, s.outlineStyle] }"
    )
    assert mark[1] == "solid"
    rail = page.locator(".year").first.evaluate(
        "e => getComputedStyle(e, '::before').borderInlineStartStyle"
    )
    assert rail == "solid"
    context.close()


def test_nothing_moves_for_whom_motion_disturbs(browser, live_server, article):
    """With reduced motion no element has a transition or an animation."""
    context = browser.new_context(base_url=live_server.url, reduced_motion="reduce")
    page = context.new_page()
    page.goto(ADDRESSES["article"])
    moving = page.evaluate(
        """() => [...document.querySelectorAll('*')].filter(e => {
            const s = getComputedStyle(e)
            return parseFloat(s.transitionDuration) > 0 || s.animationName !== 'none'
        }).length"""
    )
    assert moving == 0
    context.close()


SHIFT = """window.shift = 0
new PerformanceObserver(list => {
    for (const entry of list.getEntries()) window.shift += entry.value
}).observe({type: 'layout-shift', buffered: true})"""


def test_layout_does_not_shift(browser, live_server, article):
    """Pictures come in, and a font that is late does not, without moving a line."""
    picture = make_picture()
    make_public(picture=picture, picture_alt="Teal")
    for address in ADDRESSES.values():
        # One that has not seen the fonts yet.
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": 390, "height": 840}
        )
        page = context.new_page()
        page.route("**/fonts/**", lambda route: (time.sleep(0.2), route.continue_()))
        page.add_init_script(SHIFT)
        page.goto(address)
        # To be waited for, but never shown: the stand-in is there already.
        page.evaluate("document.fonts.ready.then(() => {})")
        page.wait_for_timeout(200)
        assert page.evaluate("window.shift") < 0.01, address
        context.close()


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_opened_feed_tells_a_person_what_it_is(page, article, form):
    """Its name, how to follow it and what is in it, and none of what is meant for programs."""
    page.goto(f"/regions/north-africa/feed.{form}")
    expect(page.locator("h1")).to_have_text("Communiqué: North Africa")
    expect(page.get_by_text("This address is for a feed reader")).to_be_visible()
    expect(page.get_by_text(f"/regions/north-africa/feed.{form}")).to_be_visible()
    expect(page.locator("item, entry").first).not_to_be_visible()
    page.get_by_text("An envoy in Algiers", exact=True).filter(visible=True).click()
    page.wait_for_url(f"**{article}")
    page.go_back()
    page.get_by_text("The same list as a web page").click()
    page.wait_for_url("**/regions/north-africa/")


@pytest.mark.parametrize(("density", "expected"), [(1, "480"), (2, "960")])
def test_picture_is_taken_in_the_size_that_is_needed(browser, live_server, density, expected):
    """A phone of 400 px takes the smallest that fills its screen, sharp screens the next."""
    edition = make_public(picture=make_picture((1600, 900)), picture_alt="Teal")
    context = browser.new_context(
        base_url=live_server.url, device_scale_factor=density,
        viewport={"width": 400, "height": 800},
    )  # fmt: skip
    page = context.new_page()
    page.goto(edition.get_absolute_url())
    image = page.locator(".lead-picture img")
    image.evaluate("e => e.decode()")
    assert image.evaluate("e => e.currentSrc").rsplit("/", 1)[1] == f"{expected}.avif"
    assert image.get_attribute("loading") is None
    page.goto("/articles/")
    assert page.locator(".teaser-picture img").first.get_attribute("loading") == "lazy"
    context.close()


ARABIC = """<p>وصل المبعوث إلى الجزائر في الثامن والعشرين من يناير، والتقى مضيفيه في العاصمة.</p>
<h2>محاور اللقاء</h2><ul><li>الأمن في البحر</li><li>الحوار السياسي</li></ul>
<table><tbody><tr><th>النتيجة</th><th>الخطوة اللازمة</th></tr>
<tr><td>تعاون أوثق</td><td>منتدى منتظم</td></tr></tbody></table>"""


@pytest.mark.parametrize("width", [360, 1280])
def test_arabic_article_runs_from_right_to_left(page, visit, width):
    """Headline, story, list and table begin at the right; the facts beside it stay English."""
    article = Article.objects.create(slug="ar", language="ar")
    make_public(
        article=article, headline="مبعوث في الجزائر: لقاء حول البحر", standfirst="لقاء ليوم واحد.",
        body=ARABIC, engagement=visit,
    )  # fmt: skip
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/articles/ar/")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for selector in (".headlines h1", ".story p", ".story li", ".story td"):
        direction = page.locator(selector).first.evaluate("e => getComputedStyle(e).direction")
        assert direction == "rtl", selector
    boxes = page.evaluate(
        """() => Object.fromEntries(['.headlines h1', '.story', '.story li', '.facts'].map(s => {
            const range = document.createRange(), e = document.querySelector(s)
            range.selectNodeContents(e)
            const box = (s === '.facts' ? e : range).getBoundingClientRect()
            return [s, {left: box.left, right: box.right}]
        }))"""
    )
    assert boxes[".headlines h1"]["right"] > width * 0.8
    if width == 1280:
        assert boxes[".facts"]["right"] < boxes[".story"]["left"]
    assert page.locator(".facts dt").first.evaluate("e => getComputedStyle(e).direction") == "ltr"
    marker = page.locator(".story ul").evaluate("e => getComputedStyle(e).paddingRight")
    assert float(marker.removesuffix("px")) > 0
