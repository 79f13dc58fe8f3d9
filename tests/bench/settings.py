"""The site's settings for a benchmark: as in production, on the database that is measured."""

import os
import tempfile

_DATA = os.environ.get("BENCH_DATA_DIR") or tempfile.gettempdir()
os.environ.update(
    DEBUG="false",
    DEMO="false",
    SECRET_KEY="bench-only-5bVt0Yq8mXz3Kc7Lw1Rj9Nf4Hs6Pd2Ga-uEoIyTbQvZx",
    ALLOWED_HOSTS="localhost,127.0.0.1",
    DATA_DIR=_DATA,
    TAG_AUTHORITY="communique.example,2025",
    TIME_ZONE="UTC",
    HTTPS="false",
    TRUST_PROXY_HEADERS="false",
    SENDFILE_PREFIX="",
    SITE_URL="",
    WEBSUB_HUB="",
    PAGE_STORE_MB="64",
    REDIS_URL="",
    LOG_FORMAT="text",
    LOG_LEVEL="ERROR",
)

from config.settings import *  # noqa: E402, F403 - the environment must be set first
from config.settings import STORAGES  # noqa: E402

STORAGES = {
    **STORAGES,
    # No collectstatic before a benchmark.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
