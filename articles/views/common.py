"""What several pages have in common."""

import datetime as dt

from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

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


def gone(request: HttpRequest, withdrawn_at: dt.datetime, reason: str) -> HttpResponse:
    """Answer 410 with the date of a withdrawal and its reason, and nothing that it said before."""
    context = {"withdrawn_at": withdrawn_at, "reason": reason}
    return render(request, "410.html", context, status=410)
