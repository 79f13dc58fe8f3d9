"""The public pages. They read neither session nor user, so every one can be cached."""

import datetime as dt
from collections import defaultdict
from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import Count, F, Max, Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.drawings import drawing_of, share_image
from articles.media import MAX_AGE_SECONDS, picture_response
from articles.models import Article, Edition, Picture
from articles.timeline import Timeline, build_timeline, make_entry
from engagements.models import (
    Action,
    ActionUpdate,
    Engagement,
    EngagementTopic,
    Outcome,
    Region,
    Topic,
)
from engagements.models.engagement import EngagementQuerySet

ARTICLES_A_PAGE = 20
ENTRIES_A_PAGE = 50


def _page(request: HttpRequest, rows: QuerySet, size: int) -> Page:
    """Return the page that `?page=` asks for; raise `Http404` for one that does not exist."""
    number = request.GET.get("page", "1")
    # At most six ASCII digits, so that no absurd offset reaches the database.
    if not (number.isascii() and number.isdigit() and len(number) <= 6):
        raise Http404(_("There is no page “%s”.") % number[:20])
    try:
        return Paginator(rows, size).page(number)
    except EmptyPage:
        raise Http404(_("There is no page %s: the list is shorter.") % number) from None


def _for_entries(engagements: EngagementQuerySet) -> EngagementQuerySet:
    """Fetch what a timeline's cards read, in a number of queries that does not grow."""
    return engagements.with_parties().prefetch_related(
        Prefetch("outcomes", Outcome.objects.prefetch_related("actions")),
        Prefetch(
            "topic_items", EngagementTopic.objects.select_related("tag").order_by("tag__name")
        ),
    )


def _coverage(engagements: list[Engagement], at: dt.datetime) -> dict[int, list[Edition]]:
    """Return the public editions that tell each engagement, by its pk, oldest first."""
    shown = {engagement.pk for engagement in engagements}
    editions = (
        Edition.objects.public(at)
        .covering(shown)
        .select_related("article")
        .prefetch_related(Prefetch("also_covers", Engagement.objects.only("pk")))
        .order_by("public_from", "pk")
    )
    coverage: dict[int, list[Edition]] = defaultdict(list)
    for edition in editions:
        covered = {edition.engagement_id, *(e.pk for e in edition.also_covers.all())}
        for pk in covered & shown:
            coverage[pk].append(edition)
    return coverage


def _timeline(
    request: HttpRequest, engagements: EngagementQuerySet, at: dt.datetime
) -> tuple[Timeline, Page]:
    page = _page(request, _for_entries(engagements.newest_first()), ENTRIES_A_PAGE)
    rows = list(page.object_list)
    timeline = build_timeline(rows, today=timezone.localdate(at), coverage=_coverage(rows, at))
    return timeline, page


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    today = timezone.localdate(at)
    editions = list(Edition.objects.public(at).newest_first().for_cards(at)[:7])
    ahead = _for_entries(
        Engagement.objects.public(at)
        .filter(
            status__in=[Engagement.Status.PLANNED, Engagement.Status.CONFIRMED],
            sort_date__gte=today,
        )
        .order_by("sort_date", "pk")
    )
    context = {
        "lead": editions[0] if editions else None,
        "editions": editions[1:],
        "upcoming": [make_entry(row, today=today, coverage=[]) for row in ahead[:5]],
        "regions": _regions(at),
    }
    return render(request, "articles/home.html", context)


def _regions(at: dt.datetime) -> QuerySet[Region]:
    """All regions with the number (`visits`) and newest day (`latest`) of their public visits."""
    shown = Q(engagement_rows__engagement__in=Engagement.objects.public(at)) & ~Q(
        engagement_rows__origin="removed"
    )
    past = shown & Q(engagement_rows__engagement__status=Engagement.Status.TOOK_PLACE)
    return Region.objects.annotate(
        visits=Count("engagement_rows", filter=shown),
        latest=Max("engagement_rows__engagement__sort_date", filter=past),
    ).order_by("position", "name")


@require_safe
def article_list(request: HttpRequest) -> HttpResponse:
    editions = Edition.objects.public().newest_first().for_cards()
    return render(
        request, "articles/article_list.html", {"page": _page(request, editions, ARTICLES_A_PAGE)}
    )


def _facts(engagement: Engagement, at: dt.datetime) -> Engagement:
    """Return the engagement with all that its fact sheet reads."""
    return (
        Engagement.objects.for_drawings(at)
        .prefetch_related(
            "participants__sources",
            "sources",
            "date_changes",
            Prefetch(
                "topic_items", EngagementTopic.objects.select_related("tag").order_by("tag__name")
            ),
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
        .get(pk=engagement.pk)
    )


def _facts_context(engagement: Engagement, at: dt.datetime) -> dict[str, Any]:
    today = timezone.localdate(at)
    engagement = _facts(engagement, at)
    regions = [row.region for row in engagement.region_rows.effective().select_related("region")]
    return {
        "engagement": engagement,
        "drawing": drawing_of(engagement),
        "status": engagement.status_on(today),
        "regions": regions,
        "stops": engagement.tour.public_stops if engagement.tour else [],
        "today": today,
    }


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    at = timezone.now()
    edition = Edition.objects.public(at).filter(article__slug=slug).with_content().first()
    if edition is None:
        gone = get_object_or_404(Article.objects.withdrawn(at), slug=slug)
        return _gone(request, gone.withdrawn_at, gone.withdrawn_reason)
    context: dict[str, Any] = {
        "edition": edition,
        "also_covers": edition.also_covers.public(at),
        "earlier_editions": _earlier_public_notes(edition, at),
    }
    # Defence in depth: an article never shows facts that are not public themselves.
    if Engagement.objects.public(at).filter(pk=edition.engagement_id).exists():
        context |= _facts_context(edition.engagement, at)
    return render(request, "articles/article.html", context)


def _earlier_public_notes(edition: Edition, at: dt.datetime) -> QuerySet[Edition]:
    """Return the editions whose notes tell readers what changed, newest first."""
    return (
        Edition.objects.filter(
            article=edition.article, state=Edition.State.APPROVED, public_from__lte=at
        )
        .exclude(public_note="")
        .exclude(public_until=F("public_from"))  # superseded before its hour
        .order_by("-public_from")
    )


@require_safe
def engagement(request: HttpRequest, slug: str) -> HttpResponse:
    at = timezone.now()
    found = Engagement.objects.public(at).filter(slug=slug).first()
    if found is None:
        gone = get_object_or_404(Engagement.objects.withdrawn(at), slug=slug)
        return _gone(request, gone.withdrawn_at, gone.withdrawn_reason)
    context = _facts_context(found, at)
    # Without a drawing each: it would be this page's own.
    context["coverage"] = Edition.objects.public(at).covering([found]).newest_first().with_content()
    return render(request, "articles/engagement.html", context)


@require_safe
def engagement_share(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer with the drawing that other sites show beside a shared address."""
    found = get_object_or_404(Engagement.objects.public().for_drawings(), slug=slug)
    response = HttpResponse(share_image(drawing_of(found)), content_type="image/png")
    response["Cache-Control"] = f"public, max-age={MAX_AGE_SECONDS}"
    return response


@require_safe
def region_list(request: HttpRequest) -> HttpResponse:
    return render(request, "articles/region_list.html", {"regions": _regions(timezone.now())})


@require_safe
def region(request: HttpRequest, slug: str) -> HttpResponse:
    at = timezone.now()
    subject = get_object_or_404(Region, slug=slug)
    timeline, page = _timeline(request, Engagement.objects.public(at).in_region(subject), at)
    return render(
        request,
        "articles/region.html",
        {
            "region": subject,
            "timeline": timeline,
            "page": page,
            "countries": subject.countries.all(),
        },
    )


@require_safe
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    at = timezone.now()
    subject = get_object_or_404(Topic, slug=slug)
    timeline, page = _timeline(request, Engagement.objects.public(at).about(subject), at)
    editions = Edition.objects.public(at).about(subject).newest_first().for_cards(at)
    return render(
        request,
        "articles/topic.html",
        {
            "topic": subject,
            "timeline": timeline,
            "page": page,
            "editions": editions[:10],
        },
    )


@require_safe
def media(request: HttpRequest, uuid: str, name: str) -> HttpResponseBase:
    """Answer with a picture's rendition, to everybody while a public edition uses it."""
    picture = get_object_or_404(Picture.objects.public(), uuid=uuid)
    return picture_response(picture, name)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers and reaches its database."""
    Region.objects.exists()
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def _gone(request: HttpRequest, withdrawn_at: dt.datetime, reason: str) -> HttpResponse:
    context = {"withdrawn_at": withdrawn_at, "reason": reason}
    return render(request, "410.html", context, status=410)
