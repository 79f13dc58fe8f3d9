"""Time the pages of one database; JSON comes out.

A page is asked for through the whole of Django, in this process, without a server. Nothing that an
earlier page put together is kept unless a figure says so.
"""

import datetime as dt
import json
import statistics
import sys
import time
from collections.abc import Callable
from itertools import islice

from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Count, Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.filters import FILTERS, Cursor, View
from articles.matches import NEWEST_FIRST, matching
from articles.models import Edition, TimelineEntry, TimelineTotal
from articles.receivers import one_refresh
from articles.timeline_index import Kind, Term
from engagements.dates import PartialDate
from engagements.models import Country, Engagement, Person, Region, Topic
from engagements.visibility import is_public

RUNS = 15


def main() -> None:

    client = Client(headers={"host": "localhost"})
    figures: dict[str, object] = {"engagements": Engagement.objects.count()}
    pages: dict[str, dict] = {}
    for name, addresses in views().items():
        pages[name] = measure_page(client, addresses)
    for name in ("bench", "bench-editor"):
        member = User.objects.get(username=name)
        client.force_login(member)
        role = str(member.groups.get()).lower()
        for page, addresses in desk().items():
            pages[f"{role}: {page}"] = measure_page(client, addresses)
    client.logout()
    figures["pages"] = pages
    figures["plans"] = plans(timezone.now())
    figures["save_ms"] = measure_save()
    figures["rendering"] = measure_rendering(client)
    json.dump(figures, sys.stdout)


def views() -> dict[str, list[str]]:
    """Return what is measured: a name, and addresses of that kind, each asked for once a run."""

    def busiest(kind: int, most: int) -> list[int]:

        rows = TimelineTotal.objects.filter(kind=kind, other_kind=0).values("subject")
        return list(
            rows.annotate(n=Sum("count")).order_by("-n").values_list("subject", flat=True)[:most]
        )

    regions = [Region.objects.get(pk=pk) for pk in busiest(Kind.REGION, 5)]
    countries = [Country.objects.get(pk=pk) for pk in busiest(Kind.COUNTRY, 5)]
    topics = [Topic.objects.get(pk=pk) for pk in busiest(Kind.TOPIC, 5)]
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
    return {
        "first page": by_region,
        "middle page": [
            f"{address}?older={place}" for address, place in zip(by_region, middles, strict=True)
        ],
        "jump to a month": [f"{address}?from=1975-06" for address in by_region],
        "country, first page": [country.get_absolute_url() for country in countries],
        "single filter: topic": [
            f"{address}?topic={topic.slug}"
            for address, topic in zip(by_region, topics, strict=True)
        ],
        "single filter: status": [f"{address}?status=cancelled" for address in by_region],
        "single filter: coverage": [f"{address}?coverage=with" for address in by_region],
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
    }


def feeds(by_region: list[str], topics: list[Topic]) -> dict[str, list[str]]:
    """Return the feeds and calendars that are measured; a tenth of the visits has an article."""
    return {
        "feed of the site": ["/feed.rss"],
        "feed of a region": [f"{address}feed.atom" for address in by_region],
        "feed of a region and a topic": [
            f"{address}feed.rss?topic={topic.slug}"
            for address, topic in zip(by_region, topics, strict=True)
        ],
        "calendar of a region": [f"{address}calendar.ics" for address in by_region],
    }


def desk() -> dict[str, list[str]]:
    """Return the desk's first page, and its search for words that many, few and none have."""
    return {
        "first page": [reverse("admin:index")],
        "search": [f"{reverse('desk:search')}?q={word}" for word in ("visit", "77", "nowhere")],
    }


def measure_page(client, addresses: list[str]) -> dict:
    """Return the median and worst milliseconds of the addresses, and the queries of one."""

    def ask(address: str) -> None:
        cache.clear()
        response = client.get(address)
        if response.status_code != 200:
            raise RuntimeError(f"{address}: {response.status_code}")

    times = []
    for run in range(-1, RUNS // len(addresses) + 2):
        for address in addresses:
            took = timed(lambda address=address: ask(address))
            if run >= 0:  # the first round warms up
                times.append(took)
    counts = set()
    for address in addresses:
        with CaptureQueriesContext(connection) as queries:
            ask(address)
        counts.add(len(queries))
    return {
        "median_ms": statistics.median(times),
        "worst_ms": max(times),
        "queries": sorted(counts),
    }


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def measure_save() -> float:
    """Return the median milliseconds of saving an engagement with a changed date and topic."""

    topics = list(Topic.objects.order_by("pk")[:2])
    times = []
    for visit in Engagement.objects.filter(public_from__isnull=False).order_by("pk")[: 2 * RUNS]:
        day = visit.start.date.replace(day=1) + dt.timedelta(days=len(times) % 27)

        def save(visit=visit, day=day) -> None:
            with transaction.atomic(), one_refresh():
                visit.start = PartialDate(day)
                visit.save()
                visit.topics.set(topics)

        times.append(timed(save))
    return statistics.median(times[RUNS:])


def measure_rendering(client) -> dict:
    """Return requests a second of a timeline of 50 entries and of an article, by turns.

    `whole` asks with the cards and filters kept from the page before, as it is while nothing
    changes; `cold` with nothing kept, as it is for the first reader after a change.
    """

    timeline = next(iter(views()["first page"]))
    article = Edition.objects.public().order_by("pk").first().get_absolute_url()
    for address in (timeline, article):
        client.get(address)
    kept: dict[str, list[float]] = {timeline: [], article: []}
    for _round in range(60):
        for address in (timeline, article):
            kept[address].append(timed(lambda address=address: client.get(address)))
    cold = []
    for _round in range(10):
        cache.clear()
        cold.append(timed(lambda: client.get(timeline)))
    ours, other = (1000 / statistics.median(kept[address]) for address in (timeline, article))
    return {
        "timeline": ours,
        "article": other,
        "ratio": ours / other,
        "timeline_cold": 1000 / statistics.median(cold),
    }


def plans(at: dt.datetime) -> dict[str, str]:
    """Return how the database reads a page and a filtered one."""

    region = Region.objects.get(slug="european-union")
    topic = FILTERS["topic"]("topic", Topic.objects.order_by("pk").first().slug)
    found = {}
    for name, choices in (("a page", {}), ("a page with a filter", {"topic": topic})):
        view = View("/", choices)
        entries = matching(Term(Kind.REGION, region.pk), view, at)
        page = entries.filter(is_public(at, "engagement__")).order_by(*NEWEST_FIRST)
        found[name] = page.values_list("sort_key", "engagement_id")[:51].explain()
    return found
