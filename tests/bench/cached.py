"""The site as `tests.bench.settings`, with Django's own cache in place of the page store."""

from tests.bench.settings import *  # noqa: F403
from tests.bench.settings import MIDDLEWARE

PAGE_STORE_BYTES = 0
# Within the first, which would tell it to keep nothing.
MIDDLEWARE = [
    MIDDLEWARE[0],
    "django.middleware.cache.UpdateCacheMiddleware",
    *MIDDLEWARE[1:],
    "django.middleware.cache.FetchFromCacheMiddleware",
]
CACHE_MIDDLEWARE_SECONDS = 3_600
