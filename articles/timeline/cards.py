"""Renders the cards of a timeline, and caches each until its engagement changes."""

import datetime as dt
from collections import defaultdict
from typing import NamedTuple

from django.conf import settings
from django.db.models import Prefetch
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from articles.caching.fragments import Fragment
from articles.caching.scopes import scopes_of
from articles.models import Edition
from articles.timeline.build import Entry, make_entry
from engagements.models import Engagement, EngagementTopic, Outcome, Person, Tour
from engagements.models.engagement import EngagementQuerySet


class Card(NamedTuple):
    """The HTML of an entry, and its place in the timeline."""

    html: SafeString
    sort_key: int
    is_ahead: bool


def card_name(pk: int, origin: str, person: Person | None = None) -> str:
    """Return the name under which the card of an engagement is cached."""
    return f"card:{pk}:{origin}:{person.pk if person else ''}"


def make_cards(
    pks: list[int], at: dt.datetime, origin: str, person: Person | None = None
) -> dict[str, Fragment]:
    """Return the cards of the engagements that are public, by name.

    `origin` is the site's scheme and host, for citations. On a person's timeline each card has the
    title that the person held that day.
    """
    if not pks:
        return {}
    visits = list(for_entries(Engagement.objects.public(at).filter(pk__in=pks), at))
    coverage = _coverage(visits, at)
    today = timezone.localdate(at)
    cards = {}
    for visit in visits:
        entry = make_entry(visit, today=today, coverage=coverage[visit.pk])
        entry.title = _title(entry, person) if person else ""
        context = {
            "entry": entry,
            "heading": "h3" if entry.is_ahead else "h4",
            "site_name": settings.SITE_NAME,
            "origin": origin,
            "LANGUAGE_CODE": get_language(),
        }
        html = render_to_string("includes/entry.html", context)
        card = Card(html, entry.sort_key, entry.is_ahead)
        cards[card_name(visit.pk, origin, person)] = Fragment(card, frozenset(scopes_of(visit)))
    return cards


def _title(entry: Entry, person: Person) -> str:
    taking_part = entry.engagement.participants.all()
    return next((p.title for p in taking_part if p.person_id == person.pk), "")


def for_entries(engagements: EngagementQuerySet, at: dt.datetime) -> EngagementQuerySet:
    """Fetch what the cards read, in the same number of queries for any number of cards."""
    stops = Engagement.objects.public(at).only("pk", "tour", "start_date", "end_date")
    return engagements.with_parties().prefetch_related(
        Prefetch("outcomes", Outcome.objects.prefetch_related("actions")),
        Prefetch(
            "topic_items", EngagementTopic.objects.select_related("tag").order_by("tag__name")
        ),
        Prefetch(
            "tour",
            Tour.objects.prefetch_related(
                Prefetch(  # type: ignore[no-redef] # declared there for this
                    "engagements", stops.oldest_first(), to_attr="public_stops"
                )
            ),
        ),
    )


def _coverage(engagements: list[Engagement], at: dt.datetime) -> dict[int, list[Edition]]:
    """Return the public editions that cover each engagement, by its pk, oldest first."""
    pks = {engagement.pk for engagement in engagements}
    editions = (
        Edition.objects.public(at)
        .covering(pks)
        .select_related("article")
        .prefetch_related(Prefetch("also_covers", Engagement.objects.only("pk")))
        .order_by("public_from", "pk")
    )
    coverage: dict[int, list[Edition]] = defaultdict(list)
    for edition in editions:
        covered = {edition.engagement_id, *(e.pk for e in edition.also_covers.all())}
        for pk in pks & covered:
            coverage[pk].append(edition)
    return coverage
