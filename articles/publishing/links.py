"""Finds the dead links within the site in a story."""

import datetime as dt
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http.request import validate_host
from django.urls import Resolver404, resolve

from articles.models import Article, Picture
from articles.timeline.subjects import KINDS, public_subjects
from engagements.models import Engagement, FormerSlug

LINK = re.compile(r'<a (?:title="[^"]*" )?href="([^"]*)"')


def dead_links(body: str, at: dt.datetime) -> Iterator[str]:
    """Yield the addresses within the site that a story links to and readers cannot open at `at`."""
    for address in dict.fromkeys(html.unescape(href) for href in LINK.findall(body)):
        path = path_on_this_site(address)
        if path is not None and not _is_alive(path, at):
            yield address


def path_on_this_site(address: str) -> str | None:
    """Return the path of an address within the site, else `None`."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return None
    if host and not validate_host(host, settings.ALLOWED_HOSTS):
        return None
    if not host and not address.startswith("/"):
        return None
    return unquote(parts.path) or "/"


def _is_alive(path: str, at: dt.datetime) -> bool:
    try:
        match = resolve(path if path.endswith("/") or "." in path else f"{path}/")
    except Resolver404:
        return path.startswith(settings.STATIC_URL)
    if match.namespace == "admin":
        return False  # readers are asked to sign in there
    kind, key = (match.url_name or "").split("_")[0], match.kwargs
    readable: dict[str, QuerySet] = {
        "article": Article.objects.public(at),
        "engagement": Engagement.objects.public(at),
        "media": Picture.objects.public(at),
        **{subject: public_subjects(subject, at) for subject in KINDS},
    }
    if not key or kind not in readable:
        return True
    key.pop("name", None)  # of a picture's rendition
    former = FormerSlug.objects.filter(kind=kind, slug=key.get("slug", ""))
    return readable[kind].filter(Q(**key) | Q(pk__in=former.values("target"))).exists()
