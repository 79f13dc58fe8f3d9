"""The tags that fetch what the dashboard shows a person."""

from typing import Any

from django import template
from django.utils import timezone

from articles.desk.dashboard import Worklist, backup_state, recent_changes, worklists_for

register = template.Library()
register.simple_tag(recent_changes)
register.simple_tag(backup_state)


@register.simple_tag
def worklists(person: Any) -> list[Worklist]:
    return worklists_for(person, timezone.now())
