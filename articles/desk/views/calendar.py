"""The planning calendar, and the rescheduling of its entries."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.desk.planning_calendar import (
    MONTH,
    SHAPES,
    WEEK,
    CalendarRange,
    calendar_page,
    moment_of,
    read_range,
)
from articles.models import Edition
from articles.publishing.rescheduling import move_embargo, reschedule
from engagements.admin.pages import desk_page, desk_view, log_change
from engagements.dates import spelled_out, zone_name
from engagements.models import Engagement, Region
from engagements.text import key_of

# The permission to reschedule each kind of entry, by the name that the form sends.
PERMISSIONS = {"article": "articles.publish_article", "visit": "engagements.publish_engagement"}


def _address(view: CalendarRange, region: Region | None) -> str:
    query = {"view": view.kind, "on": view.on.isoformat()}
    if region is not None:
        query["region"] = region.slug
    return f"{reverse('desk:calendar')}?{urlencode(query)}"


@desk_view("articles.view_article", "engagements.view_engagement")
def calendar(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    today = timezone.localdate(now)
    errors: list[str] = []
    kind = request.GET.get("view", "")
    try:
        view = read_range(kind, request.GET.get("on", ""), today)
    except ValidationError as error:
        errors += error.messages
        view = read_range(kind, "", today)
    regions = list(Region.objects.all())
    slug = request.GET.get("region", "")
    region = next((row for row in regions if row.slug == slug), None)
    if slug and region is None:
        errors.append(_("There is no such region. All regions are shown."))
    return desk_page(
        request,
        "admin/desk/calendar.html",
        _("Calendar"),
        page=calendar_page(view, region, request.user, now),
        view=view,
        earlier=_address(view.shifted(-1), region),
        later=_address(view.shifted(1), region),
        current=_address(CalendarRange(view.kind, today), region),
        as_month=_address(CalendarRange(MONTH, view.on), region),
        as_week=_address(CalendarRange(WEEK, view.on), region),
        regions=regions,
        region=region,
        zone=zone_name(),
        now=spelled_out(now),
        errors=errors,
        legend=[(SHAPES[name], name, word) for name, word in _legend()],
    )


def _legend() -> list[tuple[str, str]]:
    words: dict[str, Any] = dict(Engagement.Status.choices)
    return [
        *words.items(),
        ("unconfirmed", _("not confirmed")),
        ("scheduled", _("article comes out")),
        ("published", _("article published")),
        ("embargo", _("visit's embargo ends")),
    ]


@desk_view()
@require_POST
def move(request: HttpRequest) -> HttpResponse:
    """Reschedule a publication or an embargo, by drag and drop, by a form, or by Undo."""
    person = request.user
    if not any(person.has_perm(permission) for permission in PERMISSIONS.values()):
        raise PermissionDenied
    kind, key = request.POST.get("kind", ""), request.POST.get("pk", "")
    if kind not in PERMISSIONS:
        raise Http404
    if not person.has_perm(PERMISSIONS[kind]):
        raise PermissionDenied
    back = request.POST.get("back", "")[:300]
    page = f"{reverse('desk:calendar')}?{back}" if back else reverse("desk:calendar")
    model: Any = Edition if kind == "article" else Engagement
    row = get_object_or_404(model, pk=key_of(key))
    try:
        was = _moment(request.POST.get("was", ""))
        at = (
            _moment(request.POST["at"])
            if "at" in request.POST
            else moment_of(request.POST.get("date", ""), request.POST.get("time", ""), was)
        )
        if row.public_from != was:
            raise ValidationError(_("Somebody else moved it. Check where it is now."))
        if at == was:
            raise ValidationError(_("It is scheduled for that time already."))
        if kind == "article":
            reschedule(row, at=at, by=person)
            moved = row.article
            moved.headline = row.headline  # by which the log calls it
        else:
            move_embargo(row, at=at, by=person)
            moved = row
    except ValidationError as error:
        for sentence in error.messages:
            messages.error(request, f"{row}: {sentence}")
        return redirect(page)
    log_change(request, _("Moved to %s.") % spelled_out(at), moved)
    context = {"kind": kind, "row": row, "was": was, "at": at, "back": back}
    message = render_to_string("admin/desk/moved.html", context, request)
    messages.success(request, message)
    return redirect(page)


def _moment(text: str) -> dt.datetime:
    try:
        at = parse_datetime(text[:40])
    except ValueError:
        at = None
    if at is None or timezone.is_naive(at):
        raise ValidationError(_("The form is incomplete. Open the calendar again."))
    return at
