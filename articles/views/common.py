"""What several pages have in common: a page of a list, and a timeline."""

import datetime as dt
from collections import defaultdict

from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Edition
from articles.timeline import Timeline, build_timeline
from engagements.models import Engagement, EngagementTopic, Outcome
from engagements.models.engagement import EngagementQuerySet

ENTRIES_A_PAGE = 50
# Promises in a list beside something else.
PROMISES = 5


def page_of(request: HttpRequest, rows: QuerySet, size: int) -> Page:
    """Return the page that `?page=` asks for; raise `Http404` for one that does not exist."""
    number = request.GET.get("page", "1")
    # At most six ASCII digits, so that no absurd offset reaches the database.
    if not (number.isascii() and number.isdigit() and len(number) <= 6):
        raise Http404(_("There is no page “%s”.") % number[:20])
    try:
        return Paginator(rows, size).page(number)
    except EmptyPage:
        raise Http404(_("There is no page %s: the list is shorter.") % number) from None


def for_entries(engagements: EngagementQuerySet) -> EngagementQuerySet:
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


def timeline_of(
    request: HttpRequest, engagements: EngagementQuerySet, at: dt.datetime
) -> tuple[Timeline, Page]:
    page = page_of(request, for_entries(engagements.newest_first()), ENTRIES_A_PAGE)
    rows = list(page.object_list)
    timeline = build_timeline(rows, today=timezone.localdate(at), coverage=_coverage(rows, at))
    return timeline, page
