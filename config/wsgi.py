"""The site as a WSGI application; `python -m config.serve` runs it."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_django = get_wsgi_application()

# These imports need the models, which are ready now.
from django.conf import settings  # noqa: E402
from django.urls import reverse  # noqa: E402

from articles.page_store import page_store  # noqa: E402
from config.bodies import Bodies  # noqa: E402

_site: Callable[..., Iterable[bytes]] = Bodies(_django)
if settings.PAGE_STORE_BYTES:
    _site = page_store(_site)
_LIVEZ = reverse("articles:livez")


def application(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
    """Answer a request; whether the process lives may wait for no database and no rendering."""
    answer = _django if environ["PATH_INFO"] == _LIVEZ else _site
    return answer(environ, start_response)
