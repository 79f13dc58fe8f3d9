"""The fact sheets of engagements."""

import datetime as dt
from typing import NamedTuple

from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from articles.caching.fragments import Fragment, fragments
from articles.caching.scopes import (
    article_scope,
    depends_on,
    engagement_scope,
    meetings_scope,
    scopes_of,
)
from articles.maps.drawing import drawing_of, share_image
from articles.models import Edition
from articles.pages.common import gone
from articles.pictures.serving import MAX_AGE_SECONDS
from articles.timeline.queries import meetings_of
from articles.timeline.subjects import term_of
from config.page_store import Scope
from engagements.models import Action, ActionUpdate, Engagement
from engagements.models.engagement import EngagementQuerySet, stops_of_tours

EARLIER_MEETINGS = 5


def with_facts(engagements: EngagementQuerySet, at: dt.datetime) -> Engagement | None:
    """Return the first engagement, with everything that a fact sheet reads.

    What belongs to a tour, an outcome or a source is fetched only if there is one.
    """
    visit = engagements.with_parties().select_related("tour").first()
    if visit is None:
        return None
    prefetch_related_objects([visit], "sources", "date_changes", "corrections", "outcomes")
    if visit.tour:
        prefetch_related_objects([visit], stops_of_tours(at))
    if visit.outcomes.all():
        owned = Action.objects.select_related("owner_country", "owner_organisation")
        updates = Prefetch("outcomes__actions__updates", ActionUpdate.objects.effective())
        prefetch_related_objects([visit], Prefetch("outcomes__actions", owned), updates)
    if visit.sources.all():
        cited = "participants__sources", "outcomes__sources", "outcomes__actions__updates__sources"
        prefetch_related_objects([visit], *cited)
    return visit


class Facts(NamedTuple):
    """What pages show of an engagement: words for their heads, and parts of them as HTML."""

    title: str
    when: str
    description: str
    is_fictional: bool
    address: str
    share_url: str
    regions: list[tuple[str, str]]  # name and address
    sheet: SafeString
    outcomes: SafeString
    earlier_meetings: SafeString


class Figure(NamedTuple):
    """The drawing of an engagement in words and as HTML, where no picture stands for it."""

    description: str
    html: SafeString


class FactSheet(NamedTuple):
    """What a page shows of an engagement, and the scopes of that; `None` for what it does not."""

    facts: Facts
    header: SafeString | None
    figure: Figure | None
    scopes: frozenset[Scope]


def public_facts(pk: int | None, at: dt.datetime, *, head: bool, draw: bool) -> FactSheet | None:
    """Return the facts of an engagement if it is public, cached until they change.

    `head`, `draw`: with the header of its own page, with its drawing.
    """
    makers = {"facts": made_facts}
    if head:
        makers["header"] = _made_header
    if draw:
        makers["figure"] = made_figure
    names = {f"{part}:{pk}": part for part in makers}

    def make(missing: list[str]) -> dict[str, Fragment]:
        visit = with_facts(Engagement.objects.public(at).filter(pk=pk or 0), at)
        return {name: makers[names[name]](visit, at) for name in missing} if visit else {}

    made = fragments(names, at, make)
    if len(made) < len(makers):
        return None
    found = {names[name]: part for name, part in made.items()}
    header, figure = (found[part].value if part in found else None for part in ("header", "figure"))
    return FactSheet(found["facts"].value, header, figure, found["facts"].scopes)


def _made_header(engagement: Engagement, at: dt.datetime) -> Fragment:
    context = {
        "engagement": engagement,
        "status": engagement.status_on(timezone.localdate(at)),
        "topic_rows": engagement.topic_items.select_related("tag").order_by("tag__name"),
        "LANGUAGE_CODE": get_language(),
    }
    html = render_to_string("includes/engagement_header.html", context)
    return Fragment(html, frozenset(scopes_of(engagement)))


def made_figure(engagement: Engagement, at: dt.datetime) -> Fragment:
    """Return the drawing of an engagement that `with_facts()` returned."""
    drawing = drawing_of(engagement)
    html = render_to_string("includes/drawing_figure.html", {"drawing": drawing})
    return Fragment(Figure(drawing.description, html), frozenset(scopes_of(engagement)))


def made_facts(engagement: Engagement, at: dt.datetime) -> Fragment:
    """Return the facts of an engagement that `with_facts()` returned, and their scopes."""
    today = timezone.localdate(at)
    regions = [row.region for row in engagement.region_rows.effective().select_related("region")]
    earlier = _earlier_meetings(engagement, at)
    context = {
        "engagement": engagement,
        "status": engagement.status_on(today),
        "regions": regions,
        "stops": engagement.stops,
        "earlier_meetings": earlier,
        "today": today,
        "LANGUAGE_CODE": get_language(),
    }

    def part(name: str) -> SafeString:
        return render_to_string(f"includes/{name}.html", context)

    found = Facts(
        title=engagement.title,
        when=engagement.when,
        description=engagement.summary or engagement.title,
        is_fictional=engagement.is_fictional,
        address=engagement.get_absolute_url(),
        share_url=engagement.share_url,
        regions=[(region.name, region.get_absolute_url()) for region in regions],
        sheet=part("facts"),
        outcomes=part("outcomes"),
        earlier_meetings=part("earlier_meetings"),
    )
    scopes = scopes_of(engagement) | {engagement_scope(visit.pk) for visit in earlier}
    if engagement.pair:
        scopes.add(meetings_scope(*map(term_of, engagement.pair)))
    return Fragment(found, frozenset(scopes))


def _earlier_meetings(engagement: Engagement, at: dt.datetime) -> list[Engagement]:
    """Return the latest earlier meetings of the same two parties, newest first."""
    if not engagement.pair:
        return []
    one, other = (term_of(party) for party in engagement.pair)
    before = engagement.start.sort_key
    met = meetings_of(one, other, at, before=before, most=EARLIER_MEETINGS)
    return sorted(met, key=lambda visit: (visit.sort_date, visit.pk), reverse=True)


@require_safe
def engagement(request: HttpRequest, slug: str) -> HttpResponse:
    at = timezone.now()
    pk = Engagement.objects.public(at).filter(slug=slug).values_list("pk", flat=True).first()
    found = public_facts(pk, at, head=True, draw=True) if pk else None
    if found is None:
        return gone(request, Engagement.objects.withdrawn(at), slug)
    coverage = Edition.objects.public(at).covering([pk]).newest_first()
    # The teasers have no drawing: it would be the one of this page.
    editions = coverage.with_content().with_published_at()
    depends_on(request, found.scopes | {article_scope(edition.article_id) for edition in editions})
    context = {
        "facts": found.facts,
        "header": found.header,
        "figure": found.figure,
        "coverage": editions,
    }
    return render(request, "articles/engagement.html", context)


@require_safe
def engagement_share(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer with the drawing that other sites show beside a shared link."""
    visit = get_object_or_404(Engagement.objects.public().for_drawings(), slug=slug)
    depends_on(request, scopes_of(visit))
    response = HttpResponse(share_image(drawing_of(visit)), content_type="image/png")
    response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
