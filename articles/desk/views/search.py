"""The desk's search, as a page and as JSON for the dialog on every page."""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.desk.search import MOST_CHARACTERS, ResultGroup, search
from engagements.admin.pages import desk_page, desk_view


def summary(groups: list[ResultGroup], text: str) -> str:
    """Return a sentence with the number of results, for screen readers too."""
    count = sum(len(group.items) for group in groups)
    if not text.strip():
        return ""
    if not count:
        return _("No results. Try fewer words, or the beginning of one.")
    return ngettext("%d result.", "%d results.", count) % count


@desk_view()
def search_page(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "")
    groups = search(request, text)
    return desk_page(
        request,
        "admin/desk/search.html",
        _("Search"),
        groups=groups,
        summary=summary(groups, text),
        text=text.replace("\0", "")[:MOST_CHARACTERS],
        most=MOST_CHARACTERS,
    )


@desk_view()
def suggestions(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "")
    groups = search(request, text)
    data = {"groups": [asdict(row) for row in groups], "summary": summary(groups, text)}
    return JsonResponse(data)
