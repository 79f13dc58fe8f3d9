"""Calendars of the visits of a view (iCalendar, RFC 5545 and 7986), to download or subscribe to.

Days as they are known: a visit of which only the month is known has no place in a calendar.
`articles.syndication.action_calendar` fills those of actions.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Prefetch
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from icalendar import STATUS, TRANSP, Calendar, Event, Timezone, TimezoneStandard, vText

from articles.pagination import Cursor, UnreadableError
from articles.richtext.html import NOT_TEXT
from articles.syndication.feeds import unreadable
from articles.syndication.listings import Listing, Read
from articles.timeline.filters import View
from articles.timeline.index import STATUSES, Kind, Term
from articles.timeline.queries import NEWEST_FIRST, matching_entries
from engagements.dates import Precision
from engagements.models import Engagement, EngagementTopic
from engagements.visibility import is_public

# Events of a calendar, the latest of a view: programs fetch all of it each time.
MOST = 500
REFRESH = dt.timedelta(hours=1)
TYPE = "text/calendar; charset=utf-8"
_STATUS = {
    Engagement.Status.PLANNED: STATUS.TENTATIVE,
    Engagement.Status.CONFIRMED: STATUS.CONFIRMED,
    Engagement.Status.TOOK_PLACE: STATUS.CONFIRMED,
    # Still to come, on a day that nobody knows.
    Engagement.Status.POSTPONED: STATUS.TENTATIVE,
    Engagement.Status.CANCELLED: STATUS.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Contents:
    """The events of a calendar, and what its description says of what is not among them."""

    events: list[Event]
    left_out: list[str]


# What fills a calendar, at a moment; the site's origin stands before addresses.
Fill = Callable[[Listing, dt.datetime, str], Contents]


def visits_of(term: Term | None, view: View, at: dt.datetime) -> tuple[list[Engagement], bool]:
    """Return the latest visits of a view, the oldest first, and whether there are earlier ones."""
    # Each engagement has exactly one status.
    every = [Term(Kind.STATUS, number) for number in STATUSES.values()]
    found = [
        Cursor(*place)
        for subject in ([term] if term or view.terms else every)
        for place in matching_entries(subject, view, at)
        .filter(is_public(at, "engagement__"))
        .order_by(*NEWEST_FIRST)
        .values_list("sort_key", "engagement_id")[: MOST + 1]
    ]
    latest = [place.engagement for place in sorted(found, reverse=True)[:MOST]]
    visits = (
        Engagement.objects.public(at)
        .filter(pk__in=latest)
        .with_parties()
        .prefetch_related(
            Prefetch(
                "topic_items", EngagementTopic.objects.select_related("tag").order_by("tag__name")
            )
        )
        .annotate(changes=Count("date_changes"))
        .oldest_first()
    )
    return list(visits), len(found) > MOST


def of_visits(listing: Listing, at: dt.datetime, origin: str) -> Contents:
    visits, is_part = visits_of(listing.term, listing.view, at)
    dated = [visit for visit in visits if visit.start_precision == Precision.DAY]
    words = []
    if len(dated) < len(visits):
        left_out = len(visits) - len(dated)
        words.append(
            ngettext(
                "%d visit is left out: its day is not known.",
                "%d visits are left out: their day is not known.",
                left_out,
            )
            % left_out
        )
    if is_part:
        words.append(_("Only the latest %d visits: choose a year for earlier ones.") % MOST)
    today = timezone.localdate(at)
    return Contents([_event(visit, origin, today) for visit in dated], words)


def calendar_of(listing: Listing, contents: Contents, origin: str) -> Calendar:
    own = origin + listing.view.beside("calendar.ics")
    calendar = Calendar.new(
        name=clean(listing.title),
        description=clean(" ".join([listing.description, *contents.left_out])),
        uid=listing.id,
        url=origin + listing.page,
        source=own,
        refresh_interval=REFRESH,
        prodid=f"-//{settings.TAG_AUTHORITY.partition(',')[0]}//Communiqué//EN",
        method="PUBLISH",
        calscale="GREGORIAN",
        subcomponents=contents.events or [_zone()],
    )
    # The library does not escape its own copy, which older programs read.
    calendar["X-WR-CALDESC"] = vText(calendar.description or "")
    calendar["X-WR-CALNAME"] = vText(calendar.calendar_name or "")
    calendar.add("X-PUBLISHED-TTL", "PT1H")
    return calendar


def _event(visit: Any, origin: str, today: dt.date) -> Event:
    end = visit.end if visit.end and visit.end.precision == Precision.DAY else visit.start
    return Event.new(
        uid=str(visit.uuid),
        sequence=visit.changes,
        stamp=visit.updated_at,
        last_modified=visit.updated_at,
        start=visit.start.date,
        # The first day after it.
        end=end.date + dt.timedelta(days=1),
        summary=clean(_summary(visit, today)),
        description=clean("\n\n".join(filter(None, _words(visit)))),
        location=clean(", ".join(filter(None, [visit.venue, visit.where]))) or None,
        url=origin + visit.get_absolute_url(),
        categories=[clean(row.tag.name) for row in visit.topic_items.all()],
        status=_STATUS[Engagement.Status(visit.status)],
        # It keeps nobody busy who only reads of it.
        transparency=TRANSP.TRANSPARENT,
    )


def _summary(visit: Engagement, today: dt.date) -> str:
    """Return the title, with its status where that is not what one would think.

    Many programs show no status, and some hide what is cancelled.
    """
    said = visit.title
    match visit.status:
        case Engagement.Status.CANCELLED:
            said = _("Cancelled: %s") % said
        case Engagement.Status.POSTPONED:
            said = _("Postponed: %s") % said
        case _other if visit.is_unconfirmed(today):
            said = _("Not confirmed: %s") % said
    return _("Fictional: %s") % said if visit.is_fictional else said


def _words(visit: Engagement) -> list[str]:
    who = [
        ", ".join(filter(None, [p.person.name if p.person else "", p.title, p.party_name]))
        for p in visit.participants.all()
    ]
    return [visit.status_note, visit.summary, "\n".join(who)]


def _zone() -> Timezone:
    # An empty calendar needs a component to be one.
    standard = TimezoneStandard()
    standard.add("DTSTART", dt.datetime(1970, 1, 1))  # noqa: DTZ001 - local, as the format wants it
    standard.add("TZOFFSETFROM", dt.timedelta(0))
    standard.add("TZOFFSETTO", dt.timedelta(0))
    zone = Timezone()
    zone.add("TZID", "UTC")
    zone.add_component(standard)
    return zone


def clean(text: str) -> str:
    return NOT_TEXT.sub("", text)


def calendar(read: Read, fill: Fill = of_visits) -> Callable[..., HttpResponse]:
    """Return the view of the calendar of a listing."""

    @require_safe
    def answer(request: HttpRequest, **key: str) -> HttpResponse:
        at = timezone.now()
        try:
            listing = read(request.GET, key, at)
        except UnreadableError as error:
            return unreadable(error)
        origin = request.build_absolute_uri("/")[:-1]
        made = calendar_of(listing, fill(listing, at, origin), origin)
        response = HttpResponse(made.to_ical(), content_type=TYPE)
        response["Content-Disposition"] = 'inline; filename="calendar.ics"'
        return response

    return answer
