"""The front page, robots.txt and the health check."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.models import Edition
from articles.pages.common import ACTIONS, cards
from articles.syndication.discovery import follow_site
from articles.timeline.activity import activity_years, regions_with_activity
from articles.timeline.build import make_entry
from articles.timeline.cards import for_entries
from engagements.models import Action, Engagement, Region


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
        "overdue": actions.overdue(today).order_by("due_date", "pk").for_lists()[:ACTIONS],
        "fulfilled": actions.fulfilled().for_lists()[:ACTIONS],
        "today": today,
        "follow": follow_site(request),
    }
    return render(request, "articles/home.html", context)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Keep crawlers off the desk, and off combinations of filters, of which there is no end.

    Previews are not excluded: they forbid indexing themselves (`X-Robots-Tag`), and a crawler that
    may not fetch a page lists its bare address wherever it finds a link to it.
    """
    return HttpResponse(
        f"User-agent: *\nDisallow: {reverse('admin:index')}\nDisallow: /*?*&\n",
        content_type="text/plain; charset=utf-8",
    )


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer "ok" if the process reaches its database."""
    Region.objects.exists()
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
