"""What the desk's first page asks for, once its frame knows who is there."""

from typing import Any

from django import template
from django.utils import timezone

from articles.desk.dashboard import Change, DeskList, changed_lately, lists_for

register = template.Library()


@register.simple_tag
def what_waits(person: Any) -> list[DeskList]:
    return lists_for(person, timezone.now())


@register.simple_tag
def what_changed(person: Any) -> list[Change]:
    return changed_lately(person)
