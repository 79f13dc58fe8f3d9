"""Corrections, promises, and their feeds."""

import datetime as dt
import itertools

import feedparser
import pytest
from django.core.cache import cache
from django.utils import timezone

from articles.caching.batch import batched_refresh
from articles.publishing.workflow import withdraw
from engagements.dates import PartialDate
from engagements.models import (
    Action,
    ActionUpdate,
    Correction,
    Country,
    DateChange,
    Engagement,
    Participant,
)
from tests.factories import (
    ActionFactory,
    EngagementFactory,
    OrganisationFactory,
    OutcomeFactory,
    SourceFactory,
    UserFactory,
    make_public,
)

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


def titles(client, address: str) -> list[str]:
    response = client.get(address)
    assert response.status_code == 200
    found = feedparser.parse(response.content)
    assert not found.bozo
    return [item.title for item in found.entries]


def corrected(headline: str, ago: int, **content):
    """Return an article's second edition, with a note to readers, that has stood some hours."""
    at = timezone.now() - ago * HOUR
    first = make_public(at - 2 * HOUR, headline=f"Wrong: {headline}")
    make_public(
        at - HOUR, article=first.article, headline="Wrong: too", public_note="Not a correction."
    )
    return make_public(
        at, article=first.article, headline=headline, public_note="Mended.", is_major=False,
        is_correction=True, **content,
    )  # fmt: skip


def moved(ago: int, **fields) -> DateChange:
    visit = EngagementFactory(public_from=timezone.now() - 9 * HOUR, **fields)
    return DateChange.objects.create(
        engagement=visit, old_start=PartialDate(dt.date(2025, 1, 1)), new_start=visit.start,
        reason="Fog.", changed_at=timezone.now() - ago * HOUR,
    )  # fmt: skip


def put_right(visit: Engagement, ago: int, note: str = "It was in Oran.") -> Correction:
    at = timezone.now() - ago * HOUR
    return Correction.objects.create(engagement=visit, note=note, made_at=at)


def test_corrections_of_articles_and_facts_stand_in_one_list(client):
    """What readers were told wrong or is told anew, the latest first, as it is called today."""
    corrected("An article", 3)
    put_right(moved(2, title="A visit").engagement, 1)
    moved(20, title="Moved before anybody knew of it")
    expected = ["Corrected: A visit", "New date: A visit", "Corrected: An article"]
    assert titles(client, "/corrections/feed.rss") == expected
    assert titles(client, "/corrections/feed.atom") == expected
    page = client.get("/corrections/").content.decode()
    assert page.index("New date: A visit") < page.index("Corrected: An article")
    assert "Moved from 1 January 2025 to 28 January 2025: Fog." in page
    for hidden in ("Wrong:", "Not a correction.", "Moved before"):
        assert hidden not in page


def test_correction_goes_with_what_it_corrected(client):
    """A withdrawn article's or visit's corrections are in no list."""
    withdraw(corrected("An article", 3).article, reason="Mistaken.")
    visit = moved(2).engagement
    put_right(visit, 1)
    visit.withdrawn_at, visit.withdrawn_reason = timezone.now(), "Mistaken."
    visit.save()
    assert titles(client, "/corrections/feed.rss") == []
    assert "Nothing had to be corrected yet." in client.get("/corrections/").content.decode()


def test_corrections_page_by_page_stand_once(client):
    """The older corrections are a link away, each on one page."""
    visit = EngagementFactory(title="A visit", public_from=timezone.now() - 99 * HOUR)
    now, start = timezone.now(), visit.start
    DateChange.objects.bulk_create(
        DateChange(
            engagement=visit, old_start=start, new_start=start, reason=f"Reason {n}.",
            changed_at=now - n // 3 * HOUR,
        )
        for n in range(70)
    )  # fmt: skip
    address, met = "/corrections/", []
    for _page in range(20):
        response = client.get(address)
        met += [item.summary for item in response.context["items"]]
        address = response.context["older"]
        if not address:
            break
    assert len(met) == len(set(met)) == 70
    assert client.get("/corrections/?before=nonsense").status_code == 400


def promise(title: str, **fields) -> Action:
    return ActionFactory(title=title, **fields)


def report(action: Action, status: str, text: str, **fields) -> ActionUpdate:
    fields.setdefault("reported_by", UserFactory())
    return ActionUpdate.objects.create(
        action=action, status=status, text=text, date=dt.date(2025, 3, 1), **fields
    )


def test_promises_are_listed_the_overdue_first(client):
    """Every public action stands there: overdue first, then by status, then by owner."""
    past, algeria = PartialDate(dt.date(2025, 1, 1)), Country.objects.get(code="DZ")
    report(promise("Kept"), "dropped", "Given up.")
    promise("Of Zambia", owner_text="Zambia")
    promise("Of Algeria", owner_country=algeria)
    promise("Late", due=past)
    promise("Hidden", outcome=OutcomeFactory(engagement=EngagementFactory(public_from=None)))
    page = client.get("/outcomes/").content.decode()
    places = [page.index(title) for title in ("Late", "Of Algeria", "Of Zambia", "Kept")]
    assert places == sorted(places)
    assert "Hidden" not in page
    assert "Given up." in page


def test_pages_of_promises_follow_each_other(client, monkeypatch):
    """Together they have every public action once, in one order, and their number is exact."""
    monkeypatch.setattr("articles.pages.followup.ACTIONS_A_PAGE", 3)
    dues = [None, PartialDate(dt.date(2025, 1, 1)), PartialDate(dt.date(2999, 1, 1), "year")]
    hidden = [
        EngagementFactory(
            public_from=moment, withdrawn_at=gone, withdrawn_reason="Why" * bool(gone)
        )
        for now in [timezone.now()]
        for moment, gone in ((None, None), (now + HOUR, None), (now - HOUR, now))
    ]
    public = []
    for n, (status, due) in enumerate(itertools.product(Action.Status.values, dues)):
        fields = {"status": status, "due": due, "owner_text": f"Owner {n % 2}"}
        public += [promise(f"{n}", **fields), promise(f"{n} again", **fields)]
        promise("Hidden", outcome=OutcomeFactory(engagement=hidden[n % 3]), **fields)
    today, order = timezone.localdate(), [*Action.Status.values]
    public.sort(
        key=lambda row: (
            not row.is_overdue(today), order.index(row.status), row.owner,
            row.due_date or dt.date.max, row.pk,
        )
    )  # fmt: skip
    for query, expected in (
        ("", public),
        ("status=overdue&", [row for row in public if row.is_overdue(today)]),
        ("status=dropped&", [row for row in public if row.status == "dropped"]),
    ):
        found: list[Action] = []
        for number in range(1, -(-len(expected) // 3) + 1):
            page = client.get(f"/outcomes/?{query}page={number}").context["page"]
            assert (page.paginator.count, page.number) == (len(expected), number)
            found += page.object_list
        assert found == expected
        assert client.get(f"/outcomes/?{query}page={number + 1}").status_code == 404


def test_owners_of_hidden_promises_are_no_options(client):
    """A filter offers who owns a public action, and no name that would tell of another."""
    hidden = OutcomeFactory(engagement=EngagementFactory(public_from=None))
    for code, fields in (("DZ", {}), ("ES", {"outcome": hidden})):
        promise("One", owner_country=Country.objects.get(code=code), **fields)
    body, _other = (OrganisationFactory(name=name) for name in ("Its body", "Other body"))
    Participant.objects.create(engagement=EngagementFactory(), side="other", organisation=body)
    assert "Its body" not in client.get("/outcomes/").content.decode()
    promise("Two", owner_organisation=body)
    selects = {
        select.name: select.options for select in client.get("/outcomes/").context["selects"]
    }
    assert selects["country"] == [("dz", "Algeria")]
    assert selects["organisation"] == [(body.slug, "Its body")]
    assert "north-africa" in dict(selects["region"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=overdue", {"Late"}), ("status=open", {"Late", "Of Algeria"}),
        ("country=dz", {"Of Algeria"}), ("status=done&region=north-africa", set()),
        ("region=north-africa", {"Late", "Of Algeria"}),
    ],
)  # fmt: skip
def test_promises_can_be_filtered(client, query, expected):
    """A filtered list says so, and its feed has the updates of just these actions."""
    late = promise("Late", due=PartialDate(dt.date(2025, 1, 1)))
    other = promise("Of Algeria", owner_country=Country.objects.get(code="DZ"))
    for action in (late, other):
        report(action, "open", "Nothing happened.")
    page = client.get(f"/outcomes/?{query}")
    assert {action.title for _name, rows in page.context["groups"] for action in rows} == expected
    told = titles(client, f"/outcomes/feed.rss?{query}")
    assert {title.removeprefix("Open: ") for title in told} == expected
    query = query.replace("&", "&amp;")
    assert f'href="/outcomes/feed.rss?{query}"' in page.content.decode()


def test_promises_refuse_nonsense(client):
    """Nonsense is a 400, what does not exist a 404, an empty choice leads to the plain address."""
    for form in ("", "feed.rss", "feed.json"):
        assert client.get(f"/outcomes/{form}?status=perhaps").status_code == 400
        assert client.get(f"/outcomes/{form}?region=nowhere").status_code == 404
    assert client.get("/outcomes/?status=&country=").headers["Location"] == "/outcomes/"
    assert client.get("/outcomes/?page=9").status_code == 404


def test_done_is_told_once_it_is_confirmed(client):
    """“Done” is news when a second person stands for it, and then it stands first."""
    action = promise("Hold a forum")
    source = SourceFactory(engagement=action.outcome.engagement)
    done = report(action, "done", "It was held.", reported_at=timezone.now() - 3 * HOUR)
    done.sources.add(source)
    report(promise("Another"), "under_way", "Begun.", reported_at=timezone.now() - HOUR)
    assert titles(client, "/outcomes/feed.atom") == ["Under way: Another"]
    done.confirm(UserFactory())
    assert titles(client, "/outcomes/feed.atom") == ["Done: Hold a forum", "Under way: Another"]
    item = feedparser.parse(client.get("/outcomes/feed.atom").content).entries[0]
    assert "Ministry: Readout" in item.content[0].value
    assert item.id == f"tag:communique.example,2025:action-update/{done.pk}"


def test_update_is_told_from_its_visits_minute_on(client, monkeypatch):
    """An update that was reported under embargo stands in the feed at the embargo's end."""
    at = timezone.now() + HOUR
    visit = EngagementFactory(public_from=at)
    report(promise("Secret", outcome=OutcomeFactory(engagement=visit)), "under_way", "Begun.")
    assert titles(client, "/outcomes/feed.rss") == []
    monkeypatch.setattr(timezone, "now", lambda: at)
    (item,) = feedparser.parse(client.get("/outcomes/feed.rss").content).entries
    assert dt.datetime(*item.published_parsed[:6], tzinfo=dt.UTC) == at.replace(microsecond=0)


QUERIES = {
    "/corrections/": 7,
    "/corrections/feed.rss": 7,
    "/outcomes/": 13,
    "/outcomes/feed.rss": 3,
}


@pytest.mark.parametrize("rows", [2, 5])
def test_query_count_does_not_grow(client, rows, django_assert_num_queries):
    """Two rows and five take the same number of queries."""
    with batched_refresh():
        for row in range(rows):
            corrected(f"Article {row}", 3)
            put_right(moved(2).engagement, 1)
            update = report(promise(f"Promise {row}"), "under_way", "Begun.")
            update.sources.add(SourceFactory(engagement=update.action.outcome.engagement))
    for address, queries in QUERIES.items():
        cache.clear()
        with django_assert_num_queries(queries, info=address):
            client.get(address)
