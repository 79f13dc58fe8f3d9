"""Configures the page store for this site."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from articles.caching.version import LEASE_SECONDS
from articles.caching.watch import Watch
from articles.timeline import filters
from config.page_store import Application, PageStore, Version
from config.page_store.shared import FilesShared, RedisShared

# Every parameter that a public page or feed reads, in the order of an address. The store removes
# all others from requests.
PARAMETERS = (*filters.PARAMETERS, "region", "before", "to", "on", "page")


# Of each process's time, for pages with several filters that are not stored yet.
COMBINATIONS_SHARE = 1 / 4


def page_store(
    application: Application,
    *,
    version: Callable[[], Version] | None = None,
    lease: float = LEASE_SECONDS,
    share: float = COMBINATIONS_SHARE,
) -> PageStore:
    """Return the application with a page store in front of it."""
    return PageStore(
        application,
        version=version or Watch(),
        parameters=PARAMETERS,
        never=never_stored(),
        max_bytes=settings.PAGE_STORE_BYTES,
        lease=lease,
        scheme_header="HTTP_X_FORWARDED_PROTO" if settings.TRUST_PROXY_HEADERS else "",
        shared=_shared(),
        share=share,
        stale=settings.STALE_IF_DOWN_SECONDS,
        clock=lambda: timezone.now().timestamp(),
    )


def _shared() -> RedisShared | FilesShared | None:
    key = salted_hmac("articles.page_store.key", "", algorithm="sha256").digest()
    if settings.REDIS_URL:
        return RedisShared(settings.REDIS_URL, _namespace(), key)
    if settings.PAGE_STORE_FILES_BYTES:
        directory = settings.DATA_DIR / "pages"
        return FilesShared(directory, _namespace(), key, settings.PAGE_STORE_FILES_BYTES)
    return None


def never_stored() -> tuple[str, ...]:
    """Return the prefixes of paths that are not stored."""
    return (
        reverse("admin:index"),
        reverse("articles:healthz"),
        reverse("articles:livez"),
        reverse("articles:readyz"),
        settings.STATIC_URL,
        "/media/",
        "/preview/",
    )


def _namespace() -> str:
    """Return a name that only processes with the same code and settings share."""
    digest = hashlib.sha256()
    base = Path(settings.BASE_DIR)
    for folder in ("articles", "config", "engagements", "templates", "static", "requirements"):
        for path in sorted((base / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(str(path.relative_to(base)).encode() + path.read_bytes())
    for name in (
        "SITE_NAME", "TAG_AUTHORITY", "TIME_ZONE", "LANGUAGE_CODE", "HTTPS", "DEMO", "WEBSUB_HUB",
        "SITE_URL", "ALLOWED_HOSTS",
    ):  # fmt: skip
        digest.update(repr((name, getattr(settings, name))).encode())
    # Signed, so that other clients of the same Redis cannot guess the keys.
    return salted_hmac("articles.page_store", digest.hexdigest(), algorithm="sha256").hexdigest()
