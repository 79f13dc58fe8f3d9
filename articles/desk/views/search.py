"""The desk's search: a page of its own, and the same as data for the dialog of every page."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.desk.search import MOST_CHARACTERS, Group, search
from articles.desk.views.base import desk_view, show


def told(groups: list[Group], text: str) -> str:
    """Return in words what came of a search."""
    found = sum(len(group.items) for group in groups)
    if not text.strip():
        return ""
    if not found:
        return _("No results. Try fewer words, or the beginning of one.")
    return ngettext("%d result.", "%d results.", found) % found


@desk_view()
def search_page(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "")
    groups = search(request, text)
    return show(
        request,
        "search",
        _("Search"),
        groups=groups,
        told=told(groups, text),
        text=text.replace("\0", "")[:MOST_CHARACTERS],
        most=MOST_CHARACTERS,
    )


@desk_view()
def suggestions(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "")
    groups = search(request, text)
    return JsonResponse({"groups": [asdict(row) for row in groups], "told": told(groups, text)})
