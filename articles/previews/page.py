"""An article's page before readers have it: of an edition, or of a form that nobody has saved.

The page is the public one, made of the same context by the same template; only its pictures stand
elsewhere, where those who may see the draft may see them.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from articles.models import Edition, EditionTopic, Figure, Picture
from articles.pages.articles import article_context
from articles.pages.engagements import facts
from articles.publishing.public_versions import Version, versions_of
from engagements.models import Engagement

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UUID_OF_NONE = "00000000-0000-0000-0000-000000000000"

# Says where a picture stands for whoever looks; nothing where they may not see it.
Locate = Callable[[str, str], str]


def saved(pk: int) -> Edition:
    """Return an edition as the page reads it."""
    return Edition.objects.with_content().get(pk=pk)


def pictures_of(edition: Edition) -> QuerySet[Picture]:
    """Return the pictures that an edition's page shows."""
    figures = Figure.objects.filter(edition=edition).values("picture")
    return Picture.objects.filter(Q(pk=edition.picture_id) | Q(pk__in=figures))


def page(
    request: HttpRequest,
    edition: Edition,
    at: dt.datetime,
    *,
    locate: Locate,
    topic_rows: Iterable[EditionTopic],
    also_covers: Iterable[Engagement],
    **more: Any,
) -> HttpResponse:
    """Answer with the page as readers would have it if the edition came out now, or at its hour.

    The visit is told although it may not be public: without it there would be no publication.
    """
    earlier = versions_of(edition.article, at) if edition.article.pk else []
    coming = edition.public_from or at
    edition.public_from = coming
    versions = [*earlier, Version(len(earlier) + 1, edition, coming, None)]
    if earlier:
        versions[-2] = Version(len(earlier), earlier[-1].edition, earlier[-1].since, coming)
    visit = edition.engagement
    visits = facts(Engagement.objects.filter(withdrawn_at=None), at)
    context = article_context(
        edition,
        at,
        engagement=visits.filter(pk=visit.pk).first() if visit else None,
        also_covers=also_covers,
        topic_rows=topic_rows,
        versions=versions,
    )
    response = render(request, "articles/preview.html", context | more)
    response.content = _moved(response.text, locate).encode()
    keep_private(response)
    return response


def _moved(html: str, locate: Locate) -> str:
    """Return a page with its pictures where `locate` has them."""
    prefix = reverse("articles:media", args=[UUID_OF_NONE, "0"]).removesuffix(f"{UUID_OF_NONE}/0")
    # As it stands in `src`, or in `srcset` behind a comma.
    address = rf'(?<=[" ]){re.escape(prefix)}({UUID.pattern})/([\w.]+)'
    return re.sub(address, lambda found: locate(*found.groups()) or found[0], html)


def keep_private(response: HttpResponseBase) -> None:
    """Let nobody keep it, list it, or learn its address from a link on it."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    del response["ETag"]
