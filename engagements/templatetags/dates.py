"""Tags and filters of the desk's templates."""

from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import date_hierarchy

from engagements.dates import spelled_out

register = template.Library()
register.filter("spelled_out", spelled_out)


@register.inclusion_tag("admin/date_hierarchy.html")
def date_hierarchy_to_the_month(cl) -> dict[str, Any]:
    """Return Django's drill-down without days: dates known to the month are stored as its first."""
    context = date_hierarchy(cl) or {}
    choices = context.get("choices", [])
    return context | {"choices": [choice for choice in choices if "__day" not in choice["link"]]}
