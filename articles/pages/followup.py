"""The pages of corrections and of commitments."""

import datetime as dt
from functools import partial
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.followup import actions
from articles.followup.corrections import corrections
from articles.pages.common import numbered_page
from articles.pagination import ArchiveCursor, UnreadableError, archive_page
from articles.syndication.change_items import corrections as items_of
from articles.syndication.discovery import follow
from articles.timeline.filters import View
from engagements.models import Action

ACTIONS_A_PAGE = 50


@require_safe
def correction_list(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    title = _("Corrections")
    text = request.GET.get("before", "")
    try:
        before = ArchiveCursor.parse(text) if text else None
    except UnreadableError as error:
        context = {"subject": title, "reason": error}
        return render(request, "articles/unreadable.html", context, status=400)
    rows, older = archive_page(corrections(at), before)
    view = View(reverse("articles:correction_list"))
    context = {
        "title": title,
        "items": items_of(rows, at, ""),
        "older": view.address(before=str(older)) if older else "",
        "newest": view.path if before else "",
        "follow": follow(request, title, view, calendar=False),
    }
    return render(request, "articles/correction_list.html", context)


@require_safe
def action_list(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    today = timezone.localdate(at)
    title = _("Commitments, and what became of them")
    try:
        view = actions.read(request.GET, request.path)
    except UnreadableError as error:
        context = {"subject": title, "reason": error}
        return render(request, "articles/unreadable.html", context, status=400)
    if any(not value for value in request.GET.values()):
        # Empty parameters of the form are dropped, so that a shared address is short.
        return redirect(view.address())
    page = numbered_page(request, actions.ActionsByUrgency(view, at), ACTIONS_A_PAGE)
    context = {
        "title": title,
        "view": view,
        "page": page,
        "groups": [
            (name, list(rows))
            for name, rows in groupby(page.object_list, partial(_group, today=today))
        ],
        "selects": actions.selects(view, at),
        "newer": view.address(page=str(page.number - 1)) if page.has_previous() else "",
        "older": view.address(page=str(page.number + 1)) if page.has_next() else "",
        "follow": follow(request, title, view),
        "today": today,
    }
    return render(request, "articles/action_list.html", context)


def _group(action: Action, today: dt.date) -> str:
    is_late = action.is_overdue(today)
    return _("Overdue") if is_late else capfirst(str(action.get_status_display()))
