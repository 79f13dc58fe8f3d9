"""Calendars of the engagements of a view (iCalendar, RFC 5545 and 7986).

An engagement whose day is not known is left out. `articles.syndication.action_calendar` fills the
calendars of actions.
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

from articles.caching.scopes import depends_on
from articles.pagination import Cursor, UnreadableError
from articles.richtext import NOT_TEXT
from articles.syndication.feeds import unreadable
from articles.syndication.listings import Listing, Read
from articles.timeline.filters import View
from articles.timeline.index import STATUSES, Kind, Term
from articles.timeline.queries import NEWEST_FIRST, matching_entries
from engagements.dates import Precision
from engagements.models import Engagement, EngagementTopic
from engagements.visibility import is_public

# Events in a calendar, the latest of a view: programs fetch the whole file each time.
MOST = 500
REFRESH = dt.timedelta(hours=1)
TYPE = "text/calendar; charset=utf-8"
_STATUS = {
    Engagement.Status.PLANNED: STATUS.TENTATIVE,
    Engagement.Status.CONFIRMED: STATUS.CONFIRMED,
    Engagement.Status.TOOK_PLACE: STATUS.CONFIRMED,
    # Still expected, on a day that is not known.
    Engagement.Status.POSTPONED: STATUS.TENTATIVE,
    Engagement.Status.CANCELLED: STATUS.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Contents:
    """The events of a calendar, and the sentences of its description on what is left out."""

    events: list[Event]
    left_out: list[str]


# Makes the contents at a moment; the string is the site's origin, for absolute addresses.
Fill = Callable[[Listing, dt.datetime, str], Contents]


def visits_of(term: Term | None, view: View, at: dt.datetime) -> tuple[list[Engagement], bool]:
    """Return the latest `MOST` engagements of a view, oldest first, and whether there are more."""
    # Every engagement is in the index under exactly one status.
    every = [Term(Kind.STATUS, number) for number in STATUSES.values()]
    cursors = [
        Cursor(*row)
        for subject in ([term] if term or view.terms else every)
        for row in matching_entries(subject, view, at)
        .filter(is_public(at, "engagement__"))
        .order_by(*NEWEST_FIRST)
        .values_list("sort_key", "engagement_id")[: MOST + 1]
    ]
    latest = [cursor.engagement for cursor in sorted(cursors, reverse=True)[:MOST]]
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
    return list(visits), len(cursors) > MOST


def of_visits(listing: Listing, at: dt.datetime, origin: str) -> Contents:
    """Return the events of a listing's engagements, and sentences on those left out."""
    visits, is_part = visits_of(listing.term, listing.view, at)
    dated = [visit for visit in visits if visit.start_precision == Precision.DAY]
    words = []
    if len(dated) < len(visits):
        left_out = len(visits) - len(dated)
        words.append(
            ngettext(
                "%d visit is left out: its day is not known.",
                "%d visits are left out: their days are not known.",
                left_out,
            )
            % left_out
        )
    if is_part:
        words.append(_("Only the latest %d visits: choose a year for earlier ones.") % MOST)
    today = timezone.localdate(at)
    return Contents([_event(visit, origin, today) for visit in dated], words)


def calendar_of(listing: Listing, contents: Contents, origin: str) -> Calendar:
    """Return the iCalendar object of a listing."""
    own = origin + listing.view.beside("calendar.ics")
    calendar = Calendar.new(
        name=line(listing.title),
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
    # Older programs read these; the library writes them, but without escaping.
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
        # Exclusive (RFC 5545).
        end=end.date + dt.timedelta(days=1),
        summary=line(_summary(visit, today)),
        description=clean("\n\n".join(filter(None, _words(visit)))),
        location=line(", ".join(filter(None, [visit.venue, visit.where]))) or None,
        url=origin + visit.get_absolute_url(),
        categories=[line(row.tag.name) for row in visit.topic_items.all()],
        status=_STATUS[Engagement.Status(visit.status)],
        # It must not mark its subscribers as busy.
        transparency=TRANSP.TRANSPARENT,
    )


def _summary(visit: Engagement, today: dt.date) -> str:
    """Return the title after the status if that is unusual.

    Many programs show no status, and some hide cancelled events.
    """
    title = visit.title
    match visit.status:
        case Engagement.Status.CANCELLED:
            title = _("Cancelled: %s") % title
        case Engagement.Status.POSTPONED:
            title = _("Postponed: %s") % title
        case _other if visit.is_unconfirmed(today):
            title = _("Not confirmed: %s") % title
    return _("Fictional: %s") % title if visit.is_fictional else title


def _words(visit: Engagement) -> list[str]:
    who = [
        ", ".join(filter(None, [p.person.name if p.person else "", p.title, p.party_name]))
        for p in visit.participants.all()
    ]
    return [visit.status_note, visit.summary, "\n".join(who)]


def _zone() -> Timezone:
    # A calendar needs at least one component.
    standard = TimezoneStandard()
    standard.add("DTSTART", dt.datetime(1970, 1, 1))  # noqa: DTZ001 - local, by RFC 5545
    standard.add("TZOFFSETFROM", dt.timedelta(0))
    standard.add("TZOFFSETTO", dt.timedelta(0))
    zone = Timezone()
    zone.add("TZID", "UTC")
    zone.add_component(standard)
    return zone


def clean(text: str) -> str:
    """Return a text without the control characters that a document may not contain."""
    return NOT_TEXT.sub("", text)


def line(text: str) -> str:
    """Return a text on one line: icalendar refuses line breaks in some values, and CR in none."""
    return clean(" ".join(text.split()))


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
        depends_on(request, listing.scopes([]))
        response = HttpResponse(made.to_ical(), content_type=TYPE)
        response["Access-Control-Allow-Origin"] = "*"
        response["Content-Disposition"] = 'inline; filename="calendar.ics"'
        return response

    return answer
