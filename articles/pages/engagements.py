"""The fact sheets of engagements."""

import datetime as dt
from typing import NamedTuple

from django.db.models import Prefetch
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
from engagements.models import Action, ActionUpdate, Engagement, EngagementTopic, Outcome
from engagements.models.engagement import EngagementQuerySet

EARLIER_MEETINGS = 5


def facts(engagements: EngagementQuerySet, at: dt.datetime) -> EngagementQuerySet:
    """Prefetch everything that a fact sheet reads."""
    topics = EngagementTopic.objects.select_related("tag").order_by("tag__name")
    return engagements.for_drawings(at).prefetch_related(
        Prefetch("topic_items", topics),
        "participants__sources",
        "sources",
        "date_changes",
        "corrections",
        Prefetch("outcomes", Outcome.objects.prefetch_related("sources")),
        Prefetch(
            "outcomes__actions",
            Action.objects.select_related("owner_country", "owner_organisation"),
        ),
        Prefetch(
            "outcomes__actions__updates",
            ActionUpdate.objects.effective().prefetch_related("sources"),
        ),
    )


class Facts(NamedTuple):
    """What pages show of an engagement: words for their heads, and parts of them as HTML."""

    title: str
    when: str
    description: str
    is_fictional: bool
    address: str
    share_url: str
    regions: list[tuple[str, str]]  # name and address
    header: SafeString
    sheet: SafeString
    outcomes: SafeString
    earlier_meetings: SafeString


class Figure(NamedTuple):
    """The drawing of an engagement in words and as HTML, where no picture stands for it."""

    description: str
    html: SafeString


class FactSheet(NamedTuple):
    """What a page shows of an engagement, and the scopes of that; `figure` if it has been asked."""

    facts: Facts
    figure: Figure | None
    scopes: frozenset[Scope]


def public_facts(pk: int | None, at: dt.datetime, *, draw: bool) -> FactSheet | None:
    """Return the facts of an engagement if it is public, cached until they change."""
    makers = {f"facts:{pk}": made_facts} | ({f"figure:{pk}": made_figure} if draw else {})

    def make(missing: list[str]) -> dict[str, Fragment]:
        visit = facts(Engagement.objects.public(at), at).filter(pk=pk or 0).first()
        return {name: makers[name](visit, at) for name in missing} if visit else {}

    found = fragments(makers, at, make)
    if len(found) < len(makers):
        return None
    own, *figures = (found[name] for name in makers)
    return FactSheet(own.value, figures[0].value if figures else None, own.scopes)


def made_figure(engagement: Engagement, at: dt.datetime) -> Fragment:
    """Return the drawing of an engagement that was fetched with `facts()`."""
    drawing = drawing_of(engagement)
    html = render_to_string("includes/drawing_figure.html", {"drawing": drawing})
    return Fragment(Figure(drawing.description, html), frozenset(scopes_of(engagement)))


def made_facts(engagement: Engagement, at: dt.datetime) -> Fragment:
    """Return the facts of an engagement that was fetched with `facts()`, and their scopes."""
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
        header=part("engagement_header"),
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
    met = meetings_of(one, other, at, before=engagement.start.sort_key)[:EARLIER_MEETINGS]
    return list(Engagement.objects.public(at).filter(pk__in=met).newest_first())


@require_safe
def engagement(request: HttpRequest, slug: str) -> HttpResponse:
    at = timezone.now()
    pk = Engagement.objects.public(at).filter(slug=slug).values_list("pk", flat=True).first()
    found = public_facts(pk, at, draw=True) if pk else None
    if found is None:
        return gone(request, Engagement.objects.withdrawn(at), slug)
    coverage = Edition.objects.public(at).covering([pk]).newest_first()
    # The teasers have no drawing: it would be the one of this page.
    editions = coverage.with_content().with_published_at()
    depends_on(request, found.scopes | {article_scope(edition.article_id) for edition in editions})
    context = {"facts": found.facts, "figure": found.figure, "coverage": editions}
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
