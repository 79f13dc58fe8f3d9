"""The directory of all feeds and calendars: a page for readers, OPML for programs."""

from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.syndication.discovery import Follow, follow, follow_site
from articles.timeline.activity import most_visited
from articles.timeline.facets import SAMPLE
from articles.timeline.filters import View

# The subjects of a kind with most visits are listed; each subject's page links to its feeds too.
MOST = 60


class FeedGroup(NamedTuple):
    """The feeds of a kind of subject.

    If there are more, `more` is the address of their list, and `chosen` says which are listed.
    """

    title: str
    rows: list[Follow]
    chosen: str
    more: str


def _groups(request: HttpRequest) -> list[FeedGroup]:
    at = timezone.now()
    groups = []
    for kind, title in (
        ("region", _("Regions")),
        ("topic", _("Topics")),
        ("country", _("Countries")),
        ("organisation", _("Organisations")),
        ("person", _("People")),
    ):
        rows, has_more = most_visited(kind, at, MOST)
        followed = [follow(request, str(row), View(row.get_absolute_url())) for row in rows]
        chosen = _("These have the most visits.")
        if kind == "person":
            number = number_format(SAMPLE, force_grouping=True)
            chosen = _("These appear most often in the newest %s visits.") % number
        more = reverse(f"articles:{kind}_list") if has_more else ""
        groups.append(FeedGroup(title, followed, chosen, more))
    return [group for group in groups if group.rows]


def _changes(request: HttpRequest) -> list[Follow]:
    corrections = View(reverse("articles:correction_list"))
    actions = View(reverse("articles:action_list"))
    return [
        follow(request, _("Corrections"), corrections, calendar=False),
        follow(request, _("What became of commitments"), actions),
    ]


@require_safe
def feed_list(request: HttpRequest) -> HttpResponse:
    site = follow_site(request)
    context = {
        "follow": site,
        "all": [site, *_changes(request)],
        "groups": _groups(request),
    }
    return render(request, "articles/feed_list.html", context)


@require_safe
def opml(request: HttpRequest) -> HttpResponse:
    """Answer with the feeds of `feed_list` as OPML 2.0, which feed readers import."""
    context = {
        "title": settings.SITE_NAME,
        "origin": request.build_absolute_uri("/")[:-1],
        "all": [follow_site(request), *_changes(request)],
        "groups": _groups(request),
    }
    response = render(request, "feeds/opml.xml", context, content_type="text/x-opml; charset=utf-8")
    response["Access-Control-Allow-Origin"] = "*"
    response["Content-Disposition"] = 'attachment; filename="feeds.opml"'
    return response
