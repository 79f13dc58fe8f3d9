"""A view of a timeline: what the address asks for, what is found, and what is said of it."""

import contextlib
import datetime as dt
import re
from collections import Counter
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from articles.models import TimelineEntry
from articles.pagination import Cursor, UnreadableError
from articles.publishing.workflow import publish
from articles.timeline import facet_panel, facets, filters
from articles.timeline import index as timeline_index
from articles.timeline.facet_panel import FacetPanel, Histogram, Period, boxes_of, facet_panel_of
from articles.timeline.facets import Facets, facets_of
from articles.timeline.filters import FILTERS, View
from articles.timeline.index import Kind, Term
from articles.timeline.queries import entries_page, matching_entries
from engagements.dates import PartialDate, Precision
from engagements.models import Action, Country, Engagement, Participant, Region, Topic
from tests.factories import (
    ActionFactory,
    EngagementFactory,
    OrganisationFactory,
    OutcomeFactory,
    PersonFactory,
    TopicFactory,
    UserFactory,
    make_draft,
    make_public,
)

pytestmark = pytest.mark.django_db

SIZE = 3


@pytest.fixture
def region() -> Region:
    return Region.objects.get(slug="southern-neighbourhood")


def choice(name: str, value: str) -> filters.Choice:
    return FILTERS[name](name, value)


def view(**choices: str) -> View:
    return View("/x/", {name: choice(name, value) for name, value in choices.items()})


def facets_of_view(subject: Term, view: View, at: dt.datetime) -> Facets:
    return facets_of(subject, matching_entries(subject, view, at), view, at)


def panel_of_view(subject: Term, view: View, at: dt.datetime) -> FacetPanel:
    return facet_panel_of(subject, matching_entries(subject, view, at), view, at)


def titles_on(page: str) -> list[str]:
    """Return the titles on a page, in their order."""
    return re.findall(r'class="title"><a [^>]+>([^<]+)<', page)


def all_pages(client, address: str, rel: str = "next") -> list[str]:
    """Return the titles of a timeline from page to page."""
    found: list[str] = []
    for _page in range(50):
        page = client.get(address).content.decode()
        found += titles_on(page) if rel == "next" else titles_on(page)[::-1]
        link = re.search(rf'rel="{rel}" href="([^"#]+)', page)
        if not link:
            return found
        address = link[1].replace("&amp;", "&")
    raise AssertionError("the pages do not end")


# Places


@given(st.integers(0, 2**31 - 1), st.integers(0, 2**63 - 1))
def test_cursor_survives_an_address(key, pk):
    """What a link carries is read as what it was."""
    assert Cursor.parse(str(Cursor(key, pk))) == (key, pk)


@given(st.text(max_size=30))
def test_nonsense_is_no_cursor(text):
    """Any text is a place or is refused with a sentence."""
    with contextlib.suppress(UnreadableError):
        assert str(Cursor.parse(text)) == text


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(list(Precision))), max_size=14),
    st.lists(st.integers(0, 40), max_size=4),
    st.booleans(),
)
def test_each_entry_is_met_once_while_others_come_in(days, later, is_filtered):
    """From page to page every entry that was there stands exactly once, in the same order."""
    with transaction.atomic():
        topic = TopicFactory()
        # Elsewhere: without a public visit nobody may filter by the topic.
        EngagementFactory(
            topics=[topic], parties=[("visitor", "IT"), ("host", "FR")], location_country=None
        )
        subject = Term(Kind.COUNTRY, Country.objects.get(code="DZ").pk)
        one = View("/x/", {"topic": choice("topic", topic.slug)} if is_filtered else {})

        def add(day: int, precision: str) -> int:
            start = PartialDate(dt.date(2024, 11, 20) + dt.timedelta(days=day), precision)
            return EngagementFactory(start=start, topics=[topic]).pk

        present = [add(*day) for day in days]
        EngagementFactory(topics=[TopicFactory()], parties=[("visitor", "IT"), ("host", "FR")])
        met, arrivals, at = [], list(later), timezone.now() + dt.timedelta(minutes=1)
        for _page in range(20):
            page = entries_page(matching_entries(subject, one, at), one, at, SIZE)
            met += page.entries
            if not page.older:
                break
            if arrivals:
                add(arrivals.pop(), Precision.DAY)
            one.older = page.entries[-1]
        assert met == sorted(met, reverse=True)
        assert len(set(met)) == len(met)
        assert set(present) <= {place.engagement for place in met}
        # And back, from the last page to the newest.
        back: list[Cursor] = met[len(met) // SIZE * SIZE :] if len(met) % SIZE else met[-SIZE:]
        one.older, one.newer = None, back[0] if back else None
        while one.newer:
            page = entries_page(matching_entries(subject, one, at), one, at, SIZE)
            back = page.entries + back
            one.newer = page.newer
        assert set(met) <= set(back)
        assert back == sorted(back, reverse=True)
        transaction.set_rollback(True)


def test_links_lead_through_all_entries_both_ways(client, region, monkeypatch):
    """Older and newer are links; the first page has no newer one, the last no older one."""
    monkeypatch.setattr("articles.pages.subjects.ENTRIES_A_PAGE", SIZE)
    titles = [
        EngagementFactory(start=PartialDate(dt.date(2024, 1 + n, 1)), title=f"Visit {n}").title
        for n in range(8)
    ]
    address = region.get_absolute_url()
    assert all_pages(client, address) == titles[::-1]
    assert all_pages(client, f"{address}?from=2024-01", "prev") == titles
    page = client.get(f"{address}?from=2024-05").content.decode()
    assert titles_on(page)[0] == "Visit 4"
    assert 'rel="prev"' in page


def test_jump_to_a_year_begins_with_its_unknown_months(client, region):
    """What is known to the year only stands before its months."""
    EngagementFactory(start=PartialDate(dt.date(2024, 1, 1), "year"), title="Some time")
    EngagementFactory(start=PartialDate(dt.date(2024, 12, 31)), title="Last day")
    EngagementFactory(start=PartialDate(dt.date(2025, 1, 1)), title="Later")
    for start, expected in (("2024", ["Some time", "Last day"]), ("2024-12", ["Last day"])):
        page = client.get(f"{region.get_absolute_url()}?from={start}").content.decode()
        assert titles_on(page) == expected
    assert titles_on(client.get(f"{region.get_absolute_url()}?from=1999").content.decode()) == []


def test_stale_entry_is_passed_over(client, region):
    """A row that the index should not have shows nothing: the rule of visibility holds again."""
    visit = EngagementFactory(title="Secret")
    Engagement.objects.filter(pk=visit.pk).update(public_from=None)
    assert "Secret" not in client.get(region.get_absolute_url()).content.decode()


# Filters


@pytest.fixture(params=[2_000, 20], ids=["", "crowded"])
def most_terms(monkeypatch, request) -> None:
    """Entries that name all terms of their engagement, and such as have no room for them."""
    monkeypatch.setattr(timeline_index, "MOST_TERMS", request.param)


@pytest.fixture
def some_visits(region, most_terms) -> dict[str, Engagement]:
    """Visits that differ in one thing each."""
    security, energy = (
        TopicFactory(name=name, slug=name.lower()) for name in ("Security", "Energy")
    )
    envoy, union = PersonFactory(name="Envoy", slug="envoy"), OrganisationFactory(slug="union")
    plain = EngagementFactory(title="Plain", topics=[energy])
    EngagementFactory(title="Tagged", topics=[security])
    led = EngagementFactory(title="Led", topics=[security])
    Participant.objects.create(engagement=led, organisation=union, person=envoy)
    told = EngagementFactory(
        title="Told", topics=[security], kind="summit", start=PartialDate(dt.date(2023, 5, 1))
    )
    make_public(engagement=told, topics=[security])
    make_public(engagement=plain, topics=[security], also_covers=[led])
    promised = EngagementFactory(title="Promised", status="cancelled", topics=[security])
    ActionFactory(outcome=OutcomeFactory(engagement=promised))
    late = EngagementFactory(title="Late", topics=[energy])
    ActionFactory(
        outcome=OutcomeFactory(engagement=late), due_date=dt.date(2025, 2, 1), due_precision="day"
    )
    EngagementFactory(
        title="Elsewhere", parties=[("visitor", "FR"), ("host", "DZ")], topics=[energy]
    )
    return {visit.title: visit for visit in Engagement.objects.all()}


ALL = {"Plain", "Tagged", "Led", "Told", "Promised", "Late", "Elsewhere"}
VIEWS = [
    ({"topic": "security"}, {"Tagged", "Led", "Told", "Promised"}),
    ({"country": "fr"}, {"Elsewhere"}),
    ({"person": "envoy"}, {"Led"}),
    ({"organisation": "union"}, {"Led"}),
    ({"kind": "summit"}, {"Told"}),
    ({"status": "cancelled"}, {"Promised"}),
    ({"year": "2023"}, {"Told"}),
    ({"coverage": "with"}, {"Told", "Plain", "Led"}),
    ({"coverage": "without"}, ALL - {"Told", "Plain", "Led"}),
    ({"actions": "open"}, {"Promised", "Late"}),
    ({"actions": "overdue"}, {"Late"}),
    ({"topic": "security", "coverage": "with"}, {"Told", "Led"}),
    ({"topic": "security", "coverage": "with", "year": "2025", "country": "es"}, {"Led"}),
    ({"topic": "energy", "status": "cancelled"}, set()),
]


def test_filter_shows_what_it_says(client, region, some_visits):
    """Each filter alone, and several together."""
    for chosen, expected in VIEWS:
        response = client.get(region.get_absolute_url(), chosen)
        page = response.content.decode()
        assert set(titles_on(page)) == expected, chosen
        number = f"{len(expected) or 'No'} visit{'' if len(expected) == 1 else 's'}"
        assert f'role="status">{number}' in page, chosen
        assert ("Nothing matches all of these filters" in page) == (not expected), chosen


def test_number_behind_a_choice_is_what_it_gives(region, some_visits):
    """Every choice in every view leads to as many visits as it says."""
    subject, at = Term(Kind.REGION, region.pk), timezone.now()
    for chosen, _expected in VIEWS:
        one = view(**chosen)
        for select in panel_of_view(subject, one, at).selects:
            for option in select.options:
                narrower = view(**chosen, **{select.name: option.value})
                count = matching_entries(subject, narrower, at).count()
                assert option.number == str(count), (chosen, select.name, option)


def test_embargoed_coverage_is_in_no_count(client, region):
    """Neither the choice nor the view tells that an article is coming."""
    visit, at = EngagementFactory(), timezone.now()
    make_public(engagement=visit, at=at + dt.timedelta(hours=1))
    page = client.get(region.get_absolute_url()).content.decode()
    assert "With an article (0)" in page
    assert "Without an article (1)" in page
    subject = Term(Kind.REGION, region.pk)
    later = at + dt.timedelta(hours=2)
    for moment, count in ((at, 0), (later, 1)):
        with_article = view(coverage="with")
        assert matching_entries(subject, with_article, moment).count() == count
        without = matching_entries(subject, view(coverage="without"), moment)
        assert without.count() == 1 - count


def test_coverage_ends_at_the_minute_when_a_later_edition_tells_another_visit(region):
    """Nothing is written at that minute, and the filters and their numbers know."""
    first, second = EngagementFactory.create_batch(2)
    at = timezone.now()
    edition = make_public(engagement=first)
    later = make_draft(edition.article, engagement=second)
    publish(later, by=UserFactory(), at=at + dt.timedelta(hours=1))
    subject = Term(Kind.REGION, region.pk)
    for moment, told in ((at, first), (at + dt.timedelta(hours=2), second)):
        found = matching_entries(subject, view(coverage="with"), moment)
        assert [entry.engagement for entry in found] == [told]
        rest = matching_entries(subject, view(coverage="without"), moment)
        assert [entry.engagement for entry in rest] == [second if told == first else first]
        assert facets_of_view(subject, view(), moment).values[Kind.COVERAGE] == {1: 1}


def test_card_is_as_translated_as_its_page(client, region, some_visits):
    """A kept card knows the language that its labels are in."""
    assert 'lang=""' not in client.get(region.get_absolute_url()).content.decode()


def test_each_filter_can_be_taken_off(client, region, some_visits):
    """A link per filter leads to the view without it, and one to the whole timeline."""
    chosen = {"topic": "security", "year": "2025"}
    page = client.get(region.get_absolute_url(), chosen).content.decode()
    links = re.search(r'class="chosen".*?</ul>', page, re.DOTALL)[0]
    found = [parse_qs(urlsplit(link).query) for link in re.findall(r'href="([^"]+)"', links)]
    assert found == [{"year": ["2025"]}, {"topic": ["security"]}, {}]
    title = re.search(r"<title>(.+?)</title>", page)[1]
    assert title.startswith("Southern Neighbourhood: Security, 2025")
    assert "about Security, in 2025." in page


def test_form_is_answered_with_a_short_address(client, region):
    """What nobody chose does not stay in the address; what somebody chose does."""
    EngagementFactory(topics=[TopicFactory(slug="energy")])
    response = client.get(
        region.get_absolute_url(), {"topic": "energy", "country": "", "year": "", "from": ""}
    )
    assert response.status_code == 302
    assert response.url == f"{region.get_absolute_url()}?topic=energy"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("topic=no-such", 404), ("country=zz", 404), ("person=nobody", 404),
        ("organisation=none", 404), ("kind=party", 400), ("status=lost", 400), ("year=99999", 400),
        ("year=0001", 400), ("year=abcd", 400), ("year=%D9%A2%D9%A0%D9%A2%D9%A4", 400),
        ("coverage=maybe", 400), ("actions=x", 400), ("newer=AAAA", 400),
        ("older=__________________________", 400), ("older=________________", 400),
        ("from=2024-13", 400), ("from=9999", 400), ("from=2024-1", 400), ("topic=a&topic=b", 400),
        ("from=2024&older=AAAAAAAAAAAAAAAA", 400), ("year=" + "9" * 5000, 400),
        ("topic=" + "x" * 5000, 404), ("&".join(f"a{n}=1" for n in range(10_000)), 400),
        ("utm_source=x&unknown=1", 200), ("older=AAAAAAAAAAAAAAAA", 200),
    ],
)  # fmt: skip
def test_nonsense_is_answered_with_a_page(client, region, query, status):
    """Never an error of the server; what is wrong stands on the page."""
    response = client.get(f"{region.get_absolute_url()}?{query}")
    assert response.status_code == status
    page = response.content.decode()
    assert "<h1" in page
    if status == 400 and len(query) < 9000:
        assert re.search(r'class="standfirst">[^<]{15,}\.', page)


# What is too much to count


@pytest.fixture
def counted_little(monkeypatch) -> None:
    monkeypatch.setattr(facets, "MOST_EXACT", 3)
    monkeypatch.setattr(facet_panel, "MOST_EXACT", 3)
    monkeypatch.setattr(facets, "SAMPLE", 2)


def test_stored_totals_answer_where_too_many_match(region, some_visits, counted_little):
    """Without a filter, or of a year alone, number and months are exact: they are stored."""
    EngagementFactory(public_from=timezone.now() + dt.timedelta(hours=1))
    subject, at = Term(Kind.REGION, region.pk), timezone.now()
    whole = facets_of_view(subject, view(), at)
    assert (whole.count, whole.months) == (7, {202501: 6, 202305: 1})
    of_a_year = facets_of_view(subject, view(year="2025"), at)
    assert (of_a_year.count, of_a_year.months) == (6, {202501: 6})
    panel = panel_of_view(subject, view(), at)
    assert panel.words == "7 visits."
    assert sum(len(bar.boxes) for bar in panel.histogram.bars) == 2


def test_filtered_view_of_too_many_has_no_number(client, region, some_visits, counted_little):
    """Nothing is stored of two terms together: it is more than so many, and there are no bars."""
    subject, at = Term(Kind.REGION, region.pk), timezone.now()
    for chosen in ({"topic": "security"}, {"kind": "visit", "country": "es"}):
        one = view(**chosen)
        found = facets_of_view(subject, one, at)
        assert (found.count, found.months, found.planned, found.overdue) == (None, {}, {}, None)
        page = client.get(region.get_absolute_url(), chosen).content.decode()
        assert 'role="status">More than 3 visits: ' in page
        assert "the choices are those of the newest 1,000, without numbers." in page
        assert "Visits through time" not in page
        assert "disabled" not in page


def test_limit_itself_is_counted(region, some_visits, counted_little):
    """As many as the limit are exact, with all that belongs to them."""
    subject, at = Term(Kind.REGION, region.pk), timezone.now()
    panel = panel_of_view(subject, view(topic="security", country="es"), at)
    assert panel.words.startswith("More than 3 visits: ")
    exact = panel_of_view(subject, view(topic="security", country="es", status="took_place"), at)
    assert exact.words.startswith("3 visits: ")
    assert exact.note == ""
    assert exact.histogram is not None
    assert all(option.number for select in exact.selects for option in select.options)


def values_of(visit: Engagement) -> dict[str, set[str]]:
    """Return what each filter of a timeline finds a visit by."""
    rows = visit.participants.all()
    return {
        "topic": {topic.slug for topic in visit.topics.all()},
        "country": {row.country.code.lower() for row in rows if row.country},
        "person": {row.person.slug for row in rows if row.person},
        "organisation": {row.organisation.slug for row in rows if row.organisation},
        "kind": {visit.kind},
        "status": {visit.status},
        "year": {str(visit.start.date.year)},
    }


ROWS = {"topic", "country", "person", "organisation"}


def test_no_number_is_made_up_where_too_many_match(region, some_visits, counted_little):
    """A number is exact or absent; no topic or party without visits is offered, no year left out.

    What the newest visits have is offered.
    """
    security = Topic.objects.get(slug="security")
    EngagementFactory(title="Old", start=PartialDate(dt.date(1999, 5, 1)), topics=[security])
    EngagementFactory(topics=[security], public_from=timezone.now() + dt.timedelta(hours=1))
    subject, at = Term(Kind.REGION, region.pk), timezone.now()
    counted = set()
    for chosen in (
        {},
        *(chosen for chosen, _expected in VIEWS),
        {"topic": "security", "kind": "visit"},
    ):
        one = view(**chosen)
        panel = panel_of_view(subject, one, at)
        counted.add(panel.note == "")
        matches = matching_entries(subject, one, at).select_related("engagement")
        offered = {}
        for select in panel.selects:
            offered[select.name] = {option.value for option in select.options}
            for option in select.options:
                narrower = view(**chosen, **{select.name: option.value})
                count = matching_entries(subject, narrower, at).count()
                assert option.number == ("" if panel.note else str(count)), (chosen, option)
                assert count or select.name not in ROWS, (chosen, option)
        newest = matches.order_by("-sort_key", "-engagement_id")[: 2 if panel.note else None]
        for entry in newest:
            for name, values in values_of(entry.engagement).items():
                assert name in chosen or values <= offered.get(name, set()), (chosen, name)
        if "year" not in chosen:
            years = {str(entry.engagement.start.date.year) for entry in matches}
            assert years <= offered.get("year", set())
    assert counted == {True, False}


def test_most_frequent_choices_come_first(region, monkeypatch, counted_little):
    """Where choices are cut and not counted, those stay that most of the newest visits have."""
    monkeypatch.setattr(facets, "SAMPLE", 5)
    monkeypatch.setattr(facet_panel, "MOST_CHOICES", 1)
    rare, frequent = (TopicFactory(name=name, slug=name) for name in ("rare", "frequent"))
    EngagementFactory.create_batch(2, topics=[rare], start=PartialDate(dt.date(2025, 5, 1)))
    EngagementFactory.create_batch(3, topics=[frequent], start=PartialDate(dt.date(2024, 5, 1)))
    EngagementFactory.create_batch(3, topics=[rare], start=PartialDate(dt.date(2023, 5, 1)))
    panel = panel_of_view(Term(Kind.REGION, region.pk), view(), timezone.now())
    [topics] = [select for select in panel.selects if select.name == "topic"]
    assert [(option.value, option.number) for option in topics.options] == [("frequent", "")]
    assert topics.note == "the 1 with most visits"


def test_person_with_too_many_visits(client, counted_little):
    """Of people nothing is stored: neither number nor bars nor years, but choices and a jump."""
    envoy, france = PersonFactory(slug="envoy"), Country.objects.get(code="FR")
    for _visit in range(4):
        EngagementFactory().participants.create(person=envoy, country=france)
    panel = panel_of_view(Term(Kind.PERSON, envoy.pk), view(), timezone.now())
    assert (panel.words, panel.histogram, panel.is_empty) == ("More than 3 visits.", None, False)
    names = {select.name for select in panel.selects}
    assert names == {"country", "kind", "status", "coverage", "actions"}
    page = client.get("/people/envoy/").content.decode()
    assert "More than 3 visits." in page
    assert 'name="from"' in page


def test_subject_as_its_own_filter_narrows_nothing(counted_little):
    """A country's timeline filtered by that country is the country's timeline, years and all."""
    for year in (2019, 2021, 2023, 2025):
        EngagementFactory(start=PartialDate(dt.date(year, 5, 1)))
    spain, at = Country.objects.get(code="ES"), timezone.now()
    panel = panel_of_view(Term(Kind.COUNTRY, spain.pk), view(country="es"), at)
    assert panel.words.startswith("4 visits: ")
    assert [bar.label for bar in panel.histogram.bars] == [
        "May 2019: 1 visit", "May 2021: 1 visit", "May 2023: 1 visit", "May 2025: 1 visit",
    ]  # fmt: skip


def test_totals_out_of_step_are_no_error(client, region, counted_little):
    """As in the midst of a rebuild: entries are gone that the totals still count."""
    EngagementFactory.create_batch(5)
    TimelineEntry.objects.all().delete()
    assert client.get(region.get_absolute_url()).status_code == 200


def test_long_time_has_a_bar_a_year(region):
    """Of ten years and more; a year without visits has a place, and no bar."""
    for year in (2010, 2010, 2012, 2021):
        EngagementFactory(start=PartialDate(dt.date(year, 5, 1)))
    histogram = panel_of_view(Term(Kind.REGION, region.pk), view(), timezone.now()).histogram
    labels = [bar.label for bar in histogram.bars]
    assert labels == ["2010: 2 visits", "2012: 1 visit", "2021: 1 visit"]
    assert (histogram.width, histogram.most) == (120, "at most 2 a year")


def test_bars_stand_on_the_line_and_show_the_least(region):
    """One of a hundred is still seen, as a bar and as a part of one, and none reaches below it."""
    at = dt.datetime(2025, 6, 15, 12, tzinfo=dt.UTC)
    for number, day, status in [
        (100, "2025-01-01", "took_place"), (1, "2025-07-01", "planned"), (1, "2001", "took_place"),
    ]:  # fmt: skip
        EngagementFactory.create_batch(
            number,
            status=status,
            start=PartialDate.parse(day),
            public_from=at - dt.timedelta(days=1),
        )
    histogram = panel_of_view(Term(Kind.REGION, region.pk), view(), at).histogram
    first, last = histogram.bars
    assert (first.x, last.x, histogram.width) == (0, 240, 250)
    assert first.boxes == [("known", 58, 2)]
    assert last.boxes == [("planned", 0, 1), ("known", 1, 59)]


VISITS = st.integers(0, 5_000)


@given(VISITS, VISITS, VISITS)
def test_parts_of_a_bar_are_all_seen(planned, known, more):
    """Each is a unit high at least, they stand on each other, and the bar is in the histogram."""
    visits = planned + known
    assume(visits)
    boxes = boxes_of(Period(visits, planned), visits + more)
    sizes = {"planned": planned, "known": known}
    assert [box.sort for box in boxes] == [sort for sort, size in sizes.items() if size]
    assert boxes[0].top >= 0
    assert boxes[-1].top + boxes[-1].height == Histogram.HEIGHT
    assert all(box.height >= 1 for box in boxes)
    assert all(one.top + one.height == other.top for one, other in pairwise(boxes))


@pytest.mark.parametrize("is_little", [False, True], ids=["counted", "stored"])
def test_what_is_planned_is_told_apart_in_the_histogram(region, request, is_little):
    """By status and day, not by month: of this month's visits those that are still to come."""
    if is_little:
        request.getfixturevalue("counted_little")
    at = dt.datetime(2025, 6, 15, 12, tzinfo=dt.UTC)
    for day, status in [
        ("2025-06-14", "took_place"), ("2025-06-14", "planned"), ("2025-06-15", "planned"),
        ("2025-06", "confirmed"), ("2025-06-20", "cancelled"), ("2025-08-01", "planned"),
        ("2025-08-01", "postponed"), ("2025", "planned"), ("2024-06", "planned"),
    ]:  # fmt: skip
        EngagementFactory(
            status=status, start=PartialDate.parse(day), public_from=at - dt.timedelta(days=1)
        )
    histogram = panel_of_view(Term(Kind.REGION, region.pk), view(), at).histogram
    assert {bar.label for bar in histogram.bars} == {
        "June 2024: 1 visit", "June 2025: 5 visits, 2 planned", "August 2025: 2 visits, 1 planned",
        "2025, month unknown: 1 visit, 1 planned",
    }  # fmt: skip
    assert histogram.has_planned


def test_choices_agree_with_the_facts(region, some_visits):
    """The numbers behind countries and topics, counted from the facts themselves."""
    found = facets_of_view(Term(Kind.REGION, region.pk), view(), timezone.now())
    counts: Counter = Counter()
    for visit in some_visits.values():
        counts.update({row.country_id for row in visit.participants.all() if row.country_id})
    assert found.values[Kind.COUNTRY] == counts
    unfinished = Action.objects.unfinished().count()
    assert found.values[Kind.ACTIONS] == {1: unfinished}
