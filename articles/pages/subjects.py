"""The pages of regions, countries, people, organisations and topics, each with a timeline."""

import datetime as dt
import re
import string
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Count, Exists, OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.caching.fragments import Fragment, fragment, fragments
from articles.caching.scopes import depends_on, engagement_scope, subject_scope
from articles.maps import geometry
from articles.pages.common import ACTIONS, teaser_scopes
from articles.pagination import UnreadableError
from articles.syndication.articles import editions_of, feed_rows
from articles.syndication.discovery import follow
from articles.timeline import filters
from articles.timeline.activity import (
    SubjectSummary,
    activity_years,
    people_from,
    regions_with_activity,
    subject_summaries,
)
from articles.timeline.build import build_timeline
from articles.timeline.cards import card_name, make_cards
from articles.timeline.facet_panel import facet_panel_of
from articles.timeline.filters import View, view_scopes
from articles.timeline.index import Kind, Term
from articles.timeline.queries import entries_page, latest_entries, matching_entries
from articles.timeline.subjects import find, term_of
from config.page_store import Scope
from engagements.models import (
    Action,
    Appointment,
    Country,
    Engagement,
    Organisation,
    Participant,
    Person,
    Region,
    Topic,
)
from engagements.visibility import is_public

ENTRIES_A_PAGE = 50
# On a topic's page.
ARTICLES = 10
PEOPLE_A_PAGE = 100


# A part of a page's context, and the scopes that it shows.
PagePart = tuple[dict[str, Any], set[Scope]]
Details = Callable[[Any, dt.datetime], PagePart]


def _subject(request: HttpRequest, kind: str, details: Details, **key: str) -> HttpResponse:
    """Answer with a subject's timeline; `details` returns the rest of its page."""
    at = timezone.now()
    subject = find(kind, key, at)
    try:
        view = filters.read(request.GET, request.path)
    except UnreadableError as error:
        context: dict[str, Any] = {"subject": subject, "reason": error}
        return render(request, "articles/unreadable.html", context, status=400)
    if any(name in request.GET and not request.GET[name] for name in filters.PARAMETERS):
        # Empty parameters of the form are dropped, so that a shared address is short.
        return redirect(view.own_address)
    title = f"{subject}: {view.labels}" if view.choices else str(subject)
    context = {
        "subject": subject,
        "view": view,
        "follow": follow(request, title, view),
        "today": timezone.localdate(at),
    }
    origin = request.build_absolute_uri("/")[:-1]
    timeline = _timeline(term_of(subject), subject, view, at, origin)
    context |= timeline.value
    scopes = {*timeline.scopes}
    if view.is_whole:
        more, shown = details(subject, at)
        context |= more
        scopes |= shown
    depends_on(request, scopes)
    return render(request, f"articles/{kind}.html", context)


def _timeline(term: Term, subject: Any, view: View, at: dt.datetime, origin: str) -> Fragment:
    """Return the facet panel and the page of entries as HTML, cached until one of them changes."""
    name = f"timeline:{term.kind}:{term.subject}:{origin}:{view.own_address}"
    return fragment(name, at, lambda: _made_timeline(term, subject, view, at, origin))


def _made_timeline(term: Term, subject: Any, view: View, at: dt.datetime, origin: str) -> Fragment:
    entries = matching_entries(term, view, at)
    page = entries_page(entries, view, at, ENTRIES_A_PAGE)
    person = subject if isinstance(subject, Person) else None
    pks = {card_name(row.engagement, origin, person): row.engagement for row in page.entries}
    panel = f"facets:{term.kind}:{term.subject}:{view.address()}"

    def make(missing: list[str]) -> dict[str, Fragment]:
        made = make_cards([pks[name] for name in missing if name in pks], at, origin, person)
        if panel in missing:
            context = {"panel": facet_panel_of(term, entries, view, at), "view": view}
            html = render_to_string("includes/facet_panel.html", context)
            made[panel] = Fragment(html, view_scopes(term, view))
        return made

    found = fragments([*pks, panel], at, make)
    cards = [found[name].value for name in pks if name in found]
    context = {
        "timeline": build_timeline(cards, today=timezone.localdate(at)),
        "view": view,
        "newer": view.address(newer=str(page.newer)) if page.newer else "",
        "older": view.address(older=str(page.older)) if page.older else "",
    }
    parts = {
        "facet_panel": found[panel].value,
        "timeline": render_to_string("includes/timeline.html", context),
    }
    return Fragment(parts, frozenset(scope for part in found.values() for scope in part.scopes))


def _actions_of(owner: Country | Organisation, at: dt.datetime) -> tuple[list[Action], set[Scope]]:
    """Return actions of an owner, and the scopes of their engagements, which may be elsewhere."""
    actions = list(Action.objects.public(at).owned_by(owner).for_lists()[:ACTIONS])
    return actions, {engagement_scope(action.outcome.engagement_id) for action in actions}


@require_safe
def region_list(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    regions = regions_with_activity(at)
    members = _countries_by_region()
    rows = [(row, geometry.area(members.get(row.subject.pk, ()), detail=4)) for row in regions]
    context = {"rows": rows, "years": activity_years(timezone.localdate(at))}
    return render(request, "articles/region_list.html", context)


def _countries_by_region() -> dict[int, tuple[str, ...]]:
    codes: dict[int, list[str]] = defaultdict(list)
    rows = Region.countries.through.objects.order_by("country__code")
    for pk, code in rows.values_list("region", "country__code"):
        codes[pk].append(code)
    return {pk: tuple(own) for pk, own in codes.items()}


@require_safe
def region(request: HttpRequest, slug: str) -> HttpResponse:
    def details(region: Region, at: dt.datetime) -> PagePart:
        countries = list(region.countries.all())
        return {"countries": countries, "map": _area(countries)}, set()

    return _subject(request, "region", details, slug=slug)


def _area(countries: Iterable[Country]) -> geometry.Map | None:
    return geometry.area(tuple(sorted(country.code for country in countries)))


def _index(request: HttpRequest, title: str, rows: list[SubjectSummary]) -> HttpResponse:
    return render(request, "articles/subject_list.html", {"title": title, "rows": rows})


@require_safe
def country_list(request: HttpRequest) -> HttpResponse:
    rows = [row for row in subject_summaries("country", timezone.now()) if row.visits]
    return _index(request, _("Countries"), rows)


@require_safe
def country(request: HttpRequest, code: str) -> HttpResponse:
    def details(country: Country, at: dt.datetime) -> PagePart:
        context = {"regions": country.regions.all(), "map": _area([country])}
        actions, scopes = _actions_of(country, at)
        return {**context, "actions": actions}, scopes

    return _subject(request, "country", details, code=code)


@require_safe
def person_list(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    start = request.GET.get("from", "")
    if not re.fullmatch(r"[a-z0-9-]{0,200}", start):
        raise Http404(_("There is no page “%s”.") % start[:20])
    people, newer, older = people_from(start, at, PEOPLE_A_PAGE)
    titles = _titles(at, people)
    rows = subject_summaries("person", at, people)
    for row in rows:
        row.gloss = titles.get(row.subject.pk, "")
    context = {"title": _("People"), "rows": rows, "before": newer, "after": older, "start": start}
    if start or older:
        context["letters"] = string.ascii_lowercase
    return render(request, "articles/subject_list.html", context)


def _titles(at: dt.datetime, people: list[Person]) -> dict[int | None, str]:
    """Return people's titles by pk: of the present office, else of the latest engagement."""
    newest = Subquery(latest_entries(Kind.PERSON, at).values("engagement")[:1])
    some = Person.objects.filter(pk__in=[person.pk for person in people]).order_by()
    latest = dict(some.values_list("pk", newest))
    participants = Participant.objects.filter(
        is_public(at, "engagement__"), person__in=people, engagement__in=set(latest.values())
    ).select_related("country", "organisation", "appointment")
    titles = {
        p.person_id: f"{p.title}, {p.party_name}"
        for p in participants
        if p.title and p.engagement_id == latest[p.person_id]
    }
    # Oldest first, so that the latest office overwrites the others.
    offices = Appointment.objects.begun(timezone.localdate(at)).filter(person__in=people)
    for office in offices.reverse():
        titles[office.person_id] = f"{office.title}, {office.party}"
    return titles


@require_safe
def person(request: HttpRequest, slug: str) -> HttpResponse:
    def details(person: Person, at: dt.datetime) -> PagePart:
        travels = (
            Engagement.objects.public(at)
            .travels_of(person)
            .values("location_country")
            .annotate(visits=Count("pk", distinct=True))
            .order_by("-visits", "location_country__name")
        )
        counts = {row["location_country"]: row["visits"] for row in travels}
        countries = Country.objects.in_bulk(counts)
        offices = list(person.appointments.begun(timezone.localdate(at)))
        return {
            "offices": offices,
            # The only organisations with a page to link to.
            "organisations": set(
                Organisation.objects.public(at).filter(appointments__person=person)
            ),
            "travels": [(countries[pk], visits) for pk, visits in counts.items()],
            "map": _area(countries.values()),
        }, {
            subject_scope(Kind.ORGANISATION, office.organisation_id)
            for office in offices
            if office.organisation_id
        }

    return _subject(request, "person", details, slug=slug)


@require_safe
def organisation_list(request: HttpRequest) -> HttpResponse:
    return _index(request, _("Organisations"), subject_summaries("organisation", timezone.now()))


@require_safe
def organisation(request: HttpRequest, slug: str) -> HttpResponse:
    def details(organisation: Organisation, at: dt.datetime) -> PagePart:
        people = Person.objects.public(at).filter(pk=OuterRef("person"))
        rows = organisation.appointments.begun(timezone.localdate(at))
        offices = list(rows.annotate(is_shown=Exists(people)))
        actions, scopes = _actions_of(organisation, at)
        return {
            "offices": [office for office in offices if office.is_shown],
            "actions": actions,
        }, {*scopes, *(subject_scope(Kind.PERSON, office.person_id) for office in offices)}

    return _subject(request, "organisation", details, slug=slug)


@require_safe
def topic_list(request: HttpRequest) -> HttpResponse:
    return _index(request, _("Topics"), subject_summaries("topic", timezone.now()))


@require_safe
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    def details(topic: Topic, at: dt.datetime) -> PagePart:
        rows = feed_rows(term_of(topic), View(request.path), at)
        editions = editions_of(rows(None, ARTICLES), at).for_cards(at)
        return {"editions": editions}, teaser_scopes(editions)

    return _subject(request, "topic", details, slug=slug)
