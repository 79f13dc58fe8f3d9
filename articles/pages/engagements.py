"""The fact sheets of engagements."""

import datetime as dt
from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

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
    """Prefetch everything that a fact sheet reads, without topics: an article has its own."""
    return engagements.for_drawings(at).prefetch_related(
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


def facts_context(engagement: Engagement, at: dt.datetime) -> dict[str, Any]:
    """Return the context of a fact sheet; the engagement was fetched with `facts()`."""
    today = timezone.localdate(at)
    regions = [row.region for row in engagement.region_rows.effective().select_related("region")]
    earlier = _earlier_meetings(engagement, at)
    return {
        "engagement": engagement,
        "drawing": drawing_of(engagement),
        "status": engagement.status_on(today),
        "regions": regions,
        "stops": engagement.stops,
        "earlier_meetings": earlier,
        "today": today,
    }


def facts_scopes(context: dict[str, Any]) -> set[Scope]:
    """Return the scopes of a fact sheet, given its context."""
    engagement: Engagement = context["engagement"]
    scopes = scopes_of(engagement) | {engagement_scope(e.pk) for e in context["earlier_meetings"]}
    if engagement.pair:
        scopes.add(meetings_scope(*map(term_of, engagement.pair)))
    return scopes


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
    topics = EngagementTopic.objects.select_related("tag").order_by("tag__name")
    visits = facts(Engagement.objects.public(at), at).prefetch_related(
        Prefetch("topic_items", topics)
    )
    visit = visits.filter(slug=slug).first()
    if visit is None:
        return gone(request, Engagement.objects.withdrawn(at), slug)
    context = facts_context(visit, at)
    coverage = Edition.objects.public(at).covering([visit]).newest_first()
    # The teasers have no drawing: it would be the one of this page.
    context["coverage"] = coverage.with_content().with_published_at()
    articles = {article_scope(edition.article_id) for edition in context["coverage"]}
    depends_on(request, facts_scopes(context) | articles)
    return render(request, "articles/engagement.html", context)


@require_safe
def engagement_share(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer with the drawing that other sites show beside a shared link."""
    visit = get_object_or_404(Engagement.objects.public().for_drawings(), slug=slug)
    depends_on(request, scopes_of(visit))
    response = HttpResponse(share_image(drawing_of(visit)), content_type="image/png")
    response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    return response
