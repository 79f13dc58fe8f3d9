"""What the desk's own templates need besides Django's tags."""

from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import date_hierarchy

from engagements.dates import spelled_out

register = template.Library()
register.filter("spelled_out", spelled_out)


@register.inclusion_tag("admin/date_hierarchy.html")
def date_hierarchy_to_the_month(cl) -> dict[str, Any]:
    """Return Django's drill-down without its days: a month known as such is stored as its first."""
    shown = date_hierarchy(cl) or {}
    choices = shown.get("choices", [])
    return shown | {"choices": [choice for choice in choices if "__day" not in choice["link"]]}
