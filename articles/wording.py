"""Formats names and times for the desk."""

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _


def name_of(person: Any) -> str:
    """Return how colleagues call a person; `None` is one whose account is gone."""
    if person is None:
        return _("Somebody")
    return person.get_full_name() or person.get_username()


def moment(at: dt.datetime, now: dt.datetime | None = None) -> str:
    """Return a moment in the site's time zone, which it names; today's without the day."""
    local, today = timezone.localtime(at), timezone.localdate(now or timezone.now())
    time = f"{local:%H:%M %Z}"
    return time if local.date() == today else f"{date_format(local, 'DATE_FORMAT')}, {time}"
