"""Template variables about the installation."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """Return the site's name and whether this is the demo."""
    return {"site_name": settings.SITE_NAME, "is_demo": settings.DEMO}
