"""Home, the articles, the fact sheets and what belongs to them."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.maps.drawing import drawing_of, share_image
from articles.models import Article, Edition, EditionTopic, Picture
from articles.pages.common import PROMISES, cards, cards_page, gone
from articles.pictures.serving import MAX_AGE_SECONDS, picture_response
from articles.publishing.public_versions import Version, versions_of
from articles.syndication.discovery import follow_site
from articles.timeline.activity import activity_years, regions_with_activity, term_of
from articles.timeline.build import make_entry
from articles.timeline.cards import for_entries
from articles.timeline.queries import meetings_of
from engagements.models import (
    Action,
    ActionUpdate,
    Engagement,
    EngagementTopic,
    Outcome,
    Region,
)
from engagements.models.engagement import EngagementQuerySet

ARTICLES_A_PAGE = 20
EARLIER_MEETINGS = 5


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    today = timezone.localdate(at)
    editions = cards(Edition.objects.public(at).newest(7), at)
    ahead = for_entries(
        Engagement.objects.public(at)
        .filter(
            status__in=[Engagement.Status.PLANNED, Engagement.Status.CONFIRMED],
            sort_date__gte=today,
        )
        .order_by("sort_date", "pk"),
        at,
    )
    actions = Action.objects.public(at)
    context = {
        "lead": editions[0] if editions else None,
        "editions": editions[1:],
        "upcoming": [make_entry(row, today=today, coverage=[]) for row in ahead[:5]],
        "regions": [row for row in regions_with_activity(at) if row.visits],
        "years": activity_years(today),
        "overdue": actions.overdue(today).order_by("due_date", "pk").for_lists()[:PROMISES],
        "kept": actions.kept().for_lists()[:PROMISES],
        "today": today,
        "follow": follow_site(request),
    }
    return render(request, "articles/home.html", context)


@require_safe
def article_list(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    page = cards_page(request, Edition.objects.public(at), ARTICLES_A_PAGE, at)
    context = {"page": page, "follow": follow_site(request)}
    return render(request, "articles/article_list.html", context)


def facts(engagements: EngagementQuerySet, at: dt.datetime) -> EngagementQuerySet:
    """Fetch all that a fact sheet reads, but the topics: an article has its own."""
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


def _facts_context(engagement: Engagement, at: dt.datetime) -> dict[str, Any]:
    """Return the context of an engagement fetched with its `facts()`."""
    today = timezone.localdate(at)
    regions = [row.region for row in engagement.region_rows.effective().select_related("region")]
    return {
        "engagement": engagement,
        "drawing": drawing_of(engagement),
        "status": engagement.status_on(today),
        "regions": regions,
        "stops": engagement.stops,
        "earlier_meetings": _earlier_meetings(engagement, at),
        "today": today,
    }


def _earlier_meetings(engagement: Engagement, at: dt.datetime) -> QuerySet[Engagement]:
    """Return the latest encounters of the same two parties before this one, newest first."""
    if not engagement.pair:
        return Engagement.objects.none()
    one, other = (term_of(party) for party in engagement.pair)
    met = meetings_of(one, other, at, before=engagement.start.sort_key)
    return Engagement.objects.public(at).filter(pk__in=met[:EARLIER_MEETINGS]).newest_first()


def article_context(
    edition: Edition,
    at: dt.datetime,
    *,
    engagement: Engagement | None,
    also_covers: Iterable[Engagement],
    topic_rows: Iterable[EditionTopic],
    versions: list[Version],
) -> dict[str, Any]:
    """Return what an article's page is made of; a preview's as well (`articles/previews/page.py`).

    The engagement comes with its `facts()`.
    """
    context: dict[str, Any] = {
        "edition": edition,
        "also_covers": also_covers,
        "topic_rows": topic_rows,
        "versions": versions,
        "published_at": versions[0].since,
        "noted": [version for version in reversed(versions) if version.edition.public_note],
    }
    return context | _facts_context(engagement, at) if engagement else context


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    at = timezone.now()
    edition = Edition.objects.public(at).filter(article__slug=slug).with_content().first()
    if edition is None:
        withdrawn = get_object_or_404(Article.objects.withdrawn(at), slug=slug)
        return gone(request, withdrawn.withdrawn_at, withdrawn.withdrawn_reason)
    # Defence in depth: an article never shows facts that are not public themselves.
    visit = facts(Engagement.objects.public(at), at).filter(pk=edition.engagement_id).first()
    context = article_context(
        edition,
        at,
        engagement=visit,
        also_covers=edition.also_covers.public(at).oldest_first(),
        topic_rows=edition.topic_items.all(),
        versions=versions_of(edition.article, at),
    )
    return render(request, "articles/article.html", context)


@require_safe
def engagement(request: HttpRequest, slug: str) -> HttpResponse:
    at = timezone.now()
    topics = EngagementTopic.objects.select_related("tag").order_by("tag__name")
    visits = facts(Engagement.objects.public(at), at).prefetch_related(
        Prefetch("topic_items", topics)
    )
    found = visits.filter(slug=slug).first()
    if found is None:
        withdrawn = get_object_or_404(Engagement.objects.withdrawn(at), slug=slug)
        return gone(request, withdrawn.withdrawn_at, withdrawn.withdrawn_reason)
    context = _facts_context(found, at)
    coverage = Edition.objects.public(at).covering([found]).newest_first()
    # Without a drawing each: it would be this page's own.
    context["coverage"] = coverage.with_content().with_published_at()
    return render(request, "articles/engagement.html", context)


@require_safe
def engagement_share(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer with the drawing that other sites show beside a shared address."""
    found = get_object_or_404(Engagement.objects.public().for_drawings(), slug=slug)
    response = HttpResponse(share_image(drawing_of(found)), content_type="image/png")
    response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    return response


@require_safe
def media(request: HttpRequest, uuid: str, name: str) -> HttpResponseBase:
    """Answer with a picture's rendition, to everybody while a public edition uses it."""
    picture = get_object_or_404(Picture.objects.public(), uuid=uuid)
    return picture_response(picture, name, request)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Keep programs that collect pages off the desk.

    Not off the previews: only who asks for one is told not to list it, and a page that may not be
    asked for is listed by its bare address wherever somebody has linked to it.
    """
    return HttpResponse(
        f"User-agent: *\nDisallow: {reverse('admin:index')}\n",
        content_type="text/plain; charset=utf-8",
    )


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers and reaches its database."""
    Region.objects.exists()
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
