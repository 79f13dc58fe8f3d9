"""The site as a WSGI application; `python -m config.serve` runs it."""

import os
from collections.abc import Callable, Iterable

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_django = get_wsgi_application()

# These imports need the models, which are ready now.
from django.conf import settings  # noqa: E402

from articles.page_store import page_store  # noqa: E402
from config.bodies import Bodies  # noqa: E402

application: Callable[..., Iterable[bytes]] = Bodies(_django)
if settings.PAGE_STORE_BYTES:
    application = page_store(application)
