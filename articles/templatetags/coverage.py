"""What the public templates need besides Django's own filters."""

import datetime as dt

from django import template
from django.utils.safestring import SafeString

from articles.richtext import render
from engagements.models import Action

register = template.Library()


@register.filter
def story(body: str) -> SafeString:
    """Return a story's HTML as it stands on a page."""
    return render(body)


@register.filter
def is_overdue_on(action: Action, today: dt.date) -> bool:
    """Say whether an action is neither done nor dropped though its time has wholly passed."""
    return action.is_overdue(today)
