"""The calendar of actions: each on the day on which it is due.

As events, not as tasks (VTODO), which most programs do not show of what they subscribe to.
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
from articles.syndication.calendars import MOST, Contents, clean
from articles.syndication.description import tag_uri
from articles.syndication.listings import Listing
from engagements.dates import PartialDate, Precision
from engagements.models import Action, ActionUpdate

_STATUS = {
    Action.Status.OPEN: STATUS.CONFIRMED,
    Action.Status.UNDER_WAY: STATUS.CONFIRMED,
    # Still to come, but hardly on its day.
    Action.Status.DELAYED: STATUS.TENTATIVE,
    Action.Status.DONE: STATUS.CONFIRMED,
    Action.Status.DROPPED: STATUS.CANCELLED,
}


def of_due_actions(listing: Listing, at: dt.datetime, origin: str) -> Contents:
    """Return the actions of a view that are due last, and how many have no day."""
    rows = actions.actions_of(listing.view, at)
    # That there is a date is said apart, so that an index passes over the others.
    dated = rows.filter(due_date__isnull=False, due_precision=Precision.DAY)
    found = list(
        dated.order_by("-due_date", "-pk")
        .for_lists()
        .prefetch_related(Prefetch("updates", ActionUpdate.objects.effective()))[: MOST + 1]
    )
    words = []
    if left_out := rows.exclude(due_precision=Precision.DAY).count():
        words.append(
            ngettext(
                "%d commitment is left out: it is due on no known day.",
                "%d commitments are left out: they are due on no known day.",
                left_out,
            )
            % left_out
        )
    if len(found) > MOST:
        words.append(_("Only the %d that are due last: choose filters for the others.") % MOST)
    today = timezone.localdate(at)
    return Contents([_event(action, origin, today) for action in found[:MOST][::-1]], words)


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
        summary=clean(_summary(action, today)),
        description=clean("\n\n".join(_words(action))),
        url=f"{origin}{visit.get_absolute_url()}#outcomes",
        categories=[clean(action.owner)] if action.owner else [],
        status=_STATUS[Action.Status(action.status)],
        transparency=TRANSP.TRANSPARENT,
    )


def _summary(action: Action, today: dt.date) -> str:
    """Return the title with what the day is to it, which many programs would not show."""
    said = action.title
    match action.status:
        case Action.Status.DONE:
            said = _("Done: %s") % said
        case Action.Status.DROPPED:
            said = _("Dropped: %s") % said
        case _other if action.is_overdue(today):
            said = _("Overdue: %s") % said
        case Action.Status.DELAYED:
            said = _("Delayed: %s") % said
        case _other:
            said = _("Due: %s") % said
    return _("Fictional: %s") % said if action.outcome.engagement.is_fictional else said


def _words(action: Any) -> list[str]:
    visit = action.outcome.engagement
    told = [f"{PartialDate(update.date)}: {update.text}" for update in action.updates.all()]
    words = [capfirst(str(action.get_status_display()))]
    if action.owner:
        words.append(capfirst(_("owned by %s") % action.owner))
    agreed = [action.outcome.title, visit.title, visit.when]
    return [". ".join(words) + ".", *told[-1:], f"{_('Agreed:')} {', '.join(agreed)}"]
