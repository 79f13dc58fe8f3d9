"""The calendar of actions, each on the day on which it is due.

They are events, not tasks (VTODO), which most programs do not show in subscribed calendars.
"""

import datetime as dt
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from icalendar import STATUS, TRANSP, Event

from articles.followup import actions
from articles.syndication.calendars import MOST, Contents, clean, line
from articles.syndication.description import tag_uri
from articles.syndication.listings import Listing
from engagements.dates import PartialDate, Precision
from engagements.models import Action, ActionUpdate

_STATUS = {
    Action.Status.OPEN: STATUS.CONFIRMED,
    Action.Status.UNDER_WAY: STATUS.CONFIRMED,
    # Still expected, but hardly on that day.
    Action.Status.DELAYED: STATUS.TENTATIVE,
    Action.Status.DONE: STATUS.CONFIRMED,
    Action.Status.DROPPED: STATUS.CANCELLED,
}


def of_due_actions(listing: Listing, at: dt.datetime, origin: str) -> Contents:
    """Return the actions of a view that are due last, and sentences on those left out."""
    every = actions.actions_of(listing.view, at)
    # A day implies a date, but only the condition on the date lets the index skip the others.
    dated = every.filter(due_date__isnull=False, due_precision=Precision.DAY)
    rows = list(
        dated.order_by("-due_date", "-pk")
        .for_lists()
        .prefetch_related(Prefetch("updates", ActionUpdate.objects.effective()))[: MOST + 1]
    )
    words = []
    if left_out := every.exclude(due_precision=Precision.DAY).count():
        words.append(
            ngettext(
                "%d commitment is left out: the day on which it is due is not known.",
                "%d commitments are left out: the days on which they are due are not known.",
                left_out,
            )
            % left_out
        )
    if len(rows) > MOST:
        words.append(_("Only the %d that are due last: choose filters for the others.") % MOST)
    today = timezone.localdate(at)
    return Contents([_event(action, origin, today) for action in rows[:MOST][::-1]], words)


def _event(action: Any, origin: str, today: dt.date) -> Event:
    visit = action.outcome.engagement
    changed_at = max(action.updated_at, visit.updated_at)
    return Event.new(
        uid=tag_uri(f"action/{action.pk}"),
        sequence=action.due_changes,
        stamp=changed_at,
        last_modified=changed_at,
        start=action.due_date,
        end=action.due_date + dt.timedelta(days=1),
        summary=line(_summary(action, today)),
        description=clean("\n\n".join(_words(action))),
        url=f"{origin}{visit.get_absolute_url()}#outcomes",
        categories=[line(action.owner)] if action.owner else [],
        status=_STATUS[Action.Status(action.status)],
        transparency=TRANSP.TRANSPARENT,
    )


def _summary(action: Action, today: dt.date) -> str:
    """Return the title after the status, which many programs do not show by itself."""
    match action.status:
        case Action.Status.DONE:
            title = _("Done: %s")
        case Action.Status.DROPPED:
            title = _("Dropped: %s")
        case _other if action.is_overdue(today):
            title = _("Overdue: %s")
        case Action.Status.DELAYED:
            title = _("Delayed: %s")
        case _other:
            title = _("Due: %s")
    title %= action.title
    return _("Fictional: %s") % title if action.outcome.engagement.is_fictional else title


def _words(action: Any) -> list[str]:
    visit = action.outcome.engagement
    updates = [f"{PartialDate(update.date)}: {update.text}" for update in action.updates.all()]
    words = [capfirst(str(action.get_status_display()))]
    if action.owner:
        words.append(capfirst(_("owned by %s") % action.owner))
    agreed = [action.outcome.title, visit.title, visit.when]
    return [". ".join(words) + ".", *updates[-1:], f"{_('Agreed:')} {', '.join(agreed)}"]
