"""Time the pages of one database; JSON comes out.

A page is asked for through the whole of Django, in this process, without a server. Nothing that an
earlier page put together is kept unless a figure says so.
"""

import datetime as dt
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import islice
from unittest import mock

from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Count
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.caching.batch import batched_refresh
from articles.models import Edition, TimelineEntry, TimelineTotal
from articles.pagination import Cursor
from articles.timeline.facet_panel import facet_panel_of
from articles.timeline.filters import FILTERS, View, read
from articles.timeline.index import Kind, Term
from articles.timeline.queries import NEWEST_FIRST, matching_entries
from articles.timeline.subjects import term_of
from engagements.dates import PartialDate
from engagements.models import Country, Engagement, Organisation, Person, Region, Topic
from engagements.visibility import is_public
from tests.bench.bars import RENDERING, SAVING

RUNS = 15


def main(*names: str) -> None:
    """Measure everything, or only what the rows of these names say."""
    client = Client(headers={"host": "localhost"})
    figures: dict[str, object] = {"engagements": Engagement.objects.count()}
    calls = {
        name: [asker(client, address) for address in addresses]
        for name, addresses in views().items()
    } | panels()
    pages = {name: measure(found) for name, found in calls.items() if not names or name in names}
    figures["pages"] = pages
    if not names:
        pages |= measure_desk(client)
        figures["plans"] = plans(timezone.now())
    if not names or SAVING in names:
        figures["save_ms"] = measure_save()
    if not names or RENDERING in names:
        figures["rendering"] = measure_rendering(client)
    json.dump(figures, sys.stdout)


def measure_desk(client) -> dict[str, dict]:
    pages = {}
    for name in ("bench", "bench-editor"):
        member = User.objects.get(username=name)
        client.force_login(member)
        role = str(member.groups.get()).lower()
        for page, addresses in desk().items():
            pages[f"{role}: {page}"] = measure([asker(client, address) for address in addresses])
    client.logout()
    return pages


def busiest(kind: int, model: type) -> list:
    rows = TimelineTotal.objects.filter(kind=TimelineTotal.ALL + kind)
    pks = rows.order_by("-count").values_list("subject", flat=True)[:5]
    return [model.objects.get(pk=pk) for pk in pks]


def views() -> dict[str, list[str]]:
    """Return what is measured: a name, and addresses of that kind, each asked for once a run."""

    regions = busiest(Kind.REGION, Region)
    countries = busiest(Kind.COUNTRY, Country)
    topics = busiest(Kind.TOPIC, Topic)
    bodies = busiest(Kind.ORGANISATION, Organisation)
    travellers = (
        TimelineEntry.objects.filter(kind=Kind.PERSON)
        .values("subject")
        .annotate(n=Count("pk"))
        .order_by("-n")
        .values_list("subject", flat=True)
    )
    # Not the one who travels most: people of the middle travel as much in either database.
    middle = islice(travellers, len(travellers) // 2, len(travellers) // 2 + 5)
    people = [Person.objects.get(pk=pk) for pk in middle]
    middles = []
    for region in regions:
        rows = TimelineEntry.objects.filter(kind=Kind.REGION, subject=region.pk)
        half = rows.filter(sort_key__lte=19990101).order_by("-sort_key", "-engagement_id")
        middles.append(Cursor(*half.values_list("sort_key", "engagement_id").first()))
    by_region = [region.get_absolute_url() for region in regions]

    def filtered(name: str, values: list[str]) -> list[str]:
        """Return an address a region, each with another value of a filter."""
        pairs = zip(by_region, values, strict=True)
        return [f"{address}?{name}={value}" for address, value in pairs]

    return {
        "first page": by_region,
        "middle page": [
            f"{address}?older={place}" for address, place in zip(by_region, middles, strict=True)
        ],
        "jump to a month": [f"{address}?from=1975-06" for address in by_region],
        "country, first page": [country.get_absolute_url() for country in countries],
        "single filter: topic": filtered("topic", [topic.slug for topic in topics]),
        "single filter: country": filtered(
            "country", [country.code.lower() for country in countries]
        ),
        "single filter: person": filtered("person", [person.slug for person in people]),
        "single filter: organisation": filtered("organisation", [body.slug for body in bodies]),
        "single filter: kind": [f"{address}?kind=meeting" for address in by_region],
        "single filter: status": [f"{address}?status=cancelled" for address in by_region],
        "single filter: year": [f"{address}?year=1999" for address in by_region],
        "single filter: coverage": [f"{address}?coverage=with" for address in by_region],
        "single filter: no coverage": [f"{address}?coverage=without" for address in by_region],
        "single filter: open actions": [f"{address}?actions=open" for address in by_region],
        "single filter: overdue actions": [f"{address}?actions=overdue" for address in by_region],
        "person": [person.get_absolute_url() for person in people],
        "combined: topic and country": [
            f"{address}?topic={topic.slug}&country={country.code.lower()}"
            for address, topic, country in zip(by_region, topics, countries, strict=True)
        ],
        "combined: topic, kind, status": [
            f"{address}?topic={topic.slug}&kind=visit&status=took_place"
            for address, topic in zip(by_region, topics, strict=True)
        ],
        "combined: country, overdue": [
            f"{address}?country={country.code.lower()}&actions=overdue"
            for address, country in zip(by_region, countries, strict=True)
        ],
        **feeds(by_region, topics),
        **lists(),
    }


def feeds(by_region: list[str], topics: list[Topic]) -> dict[str, list[str]]:
    """Return the feeds and the calendars; a tenth of the visits has an article."""
    return {
        "feed of the site": ["/feed.rss"],
        "feed of a region": [f"{address}feed.atom" for address in by_region],
        "feed of a region and a topic": [
            f"{address}feed.rss?topic={topic.slug}"
            for address, topic in zip(by_region, topics, strict=True)
        ],
        "calendar of a region": [f"{address}calendar.ics" for address in by_region],
    }


def lists() -> dict[str, list[str]]:
    """Return the pages that list what can be read or followed; they sum over all of a kind."""
    return {
        "home": ["/"],
        "list of the regions": [reverse("articles:region_list")],
        "list of the countries": [reverse("articles:country_list")],
        "list of the organisations": [reverse("articles:organisation_list")],
        "list of the topics": [reverse("articles:topic_list")],
        "list of the people": [reverse("articles:person_list")],
        "list of the commitments": [reverse("articles:action_list")],
        "list of the feeds": [reverse("articles:feed_list")],
    }


def desk() -> dict[str, list[str]]:
    """Return the desk's first page, and its search for words that many, few and none have."""
    return {
        "first page": [reverse("admin:index")],
        "search": [f"{reverse('desk:search')}?q={word}" for word in ("visit", "77", "nowhere")],
    }


def panels() -> dict[str, list[Callable[[], object]]]:
    """Return what makes the facet panels of the busiest regions, and nothing else."""
    topics = busiest(Kind.TOPIC, Topic)

    def maker(region: Region, query: str) -> Callable[[], object]:
        def make() -> None:
            at, term = timezone.now(), term_of(region)
            view = read(QueryDict(query), region.get_absolute_url())
            panel = facet_panel_of(term, matching_entries(term, view, at), view, at)
            render_to_string("includes/facet_panel.html", {"panel": panel, "view": view})

        return make

    regions = busiest(Kind.REGION, Region)
    return {
        "facet panel alone": [maker(region, "") for region in regions],
        "facet panel alone, with a topic": [
            maker(region, f"topic={topic.slug}")
            for region, topic in zip(regions, topics, strict=True)
        ],
        "combined: facet panel alone": [
            maker(region, f"topic={topic.slug}&kind=visit&status=took_place")
            for region, topic in zip(regions, topics, strict=True)
        ],
    }


def asker(client, address: str) -> Callable[[], object]:
    """Return what asks for a page of which nothing is kept."""

    def ask() -> None:
        cache.clear()
        response = client.get(address)
        if response.status_code != 200:
            raise RuntimeError(f"{address}: {response.status_code}")

    return ask


def measure(calls: list[Callable[[], object]]) -> dict:
    """Return the median and worst milliseconds of the calls, and how many queries each makes."""
    times = []
    for run in range(-1, RUNS // len(calls) + 2):
        for call in calls:
            took = timed(call)
            if run >= 0:  # the first round warms up
                times.append(took)
    counts = []
    for call in calls:
        with CaptureQueriesContext(connection) as queries:
            call()
        counts.append(len(queries))
    return {
        "median_ms": statistics.median(times),
        "worst_ms": max(times),
        "queries": counts,
    }


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def measure_save() -> float:
    """Return the median milliseconds of saving an engagement with a changed date and topic.

    Without the lease, which is the same however many visits there are.
    Both differ from what is there, each time that this is measured: a save that changes nothing is
    fast.
    """
    one, other = Topic.objects.order_by("pk")[:2]
    times = []
    for visit in Engagement.objects.filter(public_from__isnull=False).order_by("pk")[: 2 * RUNS]:
        day = visit.start.date.replace(day=visit.start.date.day % 27 + 1)
        topic = other if one in visit.topics.all() else one

        def save(visit=visit, day=day, topic=topic) -> None:
            with transaction.atomic(), batched_refresh():
                visit.start = PartialDate(day)
                visit.save()
                visit.topics.set([topic])

        before = indexed(visit, one)
        with mock.patch("articles.caching.version.LEASE_SECONDS", 0):
            times.append(timed(save))
        if any(was == is_now for was, is_now in zip(before, indexed(visit, one), strict=True)):
            raise RuntimeError(f"Saving {visit} changed nothing in the index.")
    return statistics.median(times[RUNS:])


def indexed(visit: Engagement, topic: Topic) -> tuple[list[int], int]:
    """Return the days under which the index has a visit, and how many a topic has."""
    days = TimelineEntry.objects.filter(engagement=visit).values_list("sort_key", flat=True)
    total = TimelineTotal.objects.get(kind=TimelineTotal.ALL + Kind.TOPIC, subject=topic.pk)
    return sorted(set(days)), total.count


def measure_rendering(client) -> dict[str, float]:
    """Return requests a second of an article and of a timeline of 50 entries, by turns.

    Each with its fragments kept, as while nothing that it shows changes, and cold, with nothing
    kept; and how many times as many the kept ones are.
    """
    pages = {
        "article": Edition.objects.public().order_by("pk").first().get_absolute_url(),
        "timeline": next(iter(views()["first page"])),
    }
    times: dict[str, list[float]] = defaultdict(list)
    for _round in range(20):
        for name, address in pages.items():
            cache.clear()
            times[f"{name}_cold"].append(timed(lambda address=address: client.get(address)))
            for _again in range(3):
                times[name].append(timed(lambda address=address: client.get(address)))
    found = {name: 1000 / statistics.median(took) for name, took in times.items()}
    return found | {f"{name}_ratio": found[name] / found[f"{name}_cold"] for name in pages}


def plans(at: dt.datetime) -> dict[str, str]:
    """Return how the database reads a page, a filtered one and some with two filters."""
    region = Region.objects.get(slug="european-union")
    topic = FILTERS["topic"]("topic", Topic.objects.order_by("pk").first().slug)
    country = FILTERS["country"]("country", "de")
    overdue = FILTERS["actions"]("actions", "overdue")
    found = {}
    for name, choices in (
        ("a page", []),
        ("a page with a filter (topic)", [topic]),
        ("a page with two filters (topic and country)", [topic, country]),
        ("a page with two filters (country and overdue actions)", [country, overdue]),
    ):
        view = View("/", {choice.name: choice for choice in choices})
        entries = matching_entries(Term(Kind.REGION, region.pk), view, at)
        page = entries.filter(is_public(at, "engagement__")).order_by(*NEWEST_FIRST)
        found[name] = page.values_list("sort_key", "engagement_id")[:51].explain()
    return found
