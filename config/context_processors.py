"""Template variables about the installation."""

from django.conf import settings
from django.http import HttpRequest

from config import __version__


def site(request: HttpRequest) -> dict[str, object]:
    """Return the site's name, whether this is the demo, and the version, which only staff see."""
    return {"site_name": settings.SITE_NAME, "is_demo": settings.DEMO, "version": __version__}
