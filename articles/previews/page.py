"""The preview of an article's page, from an edition or from a form that is not saved yet.

It uses the context and the template of the public page. Only the addresses of its pictures
differ: they lead to views that check who may see the draft.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from articles.models import Edition, EditionTopic, Picture, StoryPicture
from articles.pages.articles import article_page
from articles.pages.engagements import made_facts, made_figure, with_facts
from articles.publishing.public_versions import PublicVersion, versions_of
from engagements.models import Engagement

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UUID_OF_NONE = "00000000-0000-0000-0000-000000000000"

# Returns the address of a picture, by uuid and file name; empty if it may not be seen.
Locate = Callable[[str, str], str]


def saved(pk: int) -> Edition:
    """Return an edition with all that its page reads."""
    return Edition.objects.with_content().get(pk=pk)


def pictures_of(edition: Edition) -> QuerySet[Picture]:
    """Return the pictures on an edition's page."""
    in_story = StoryPicture.objects.filter(edition=edition).values("picture")
    return Picture.objects.filter(Q(pk=edition.picture_id) | Q(pk__in=in_story))


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
    """Answer with the page as it will be when the edition comes out, at its hour or `at`.

    Its engagement is shown even if it is not public yet, because it has to be by then.
    """
    earlier = versions_of(edition.article, at) if edition.article.pk else []
    coming = edition.public_from or at
    edition.public_from = coming
    versions = [*earlier, PublicVersion(len(earlier) + 1, edition, coming, None)]
    if earlier:
        versions[-2] = PublicVersion(len(earlier), earlier[-1].edition, earlier[-1].since, coming)
    visits = Engagement.objects.filter(withdrawn_at=None, pk=edition.engagement_id or 0)
    visit = with_facts(visits, at)
    shown = article_page(
        edition,
        facts=made_facts(visit, at).value if visit else None,
        figure=made_figure(visit, at).value if visit and not edition.picture else None,
        also_covers=also_covers,
        topic_rows=topic_rows,
        versions=versions,
    )
    response = render(request, "articles/preview.html", {"article": shown, **more})
    response.content = _relocated(response.text, locate).encode()
    keep_private(response)
    return response


def _relocated(html: str, locate: Locate) -> str:
    """Return a page with the addresses of its pictures replaced by those of `locate`."""
    prefix = reverse("articles:media", args=[UUID_OF_NONE, "0"]).removesuffix(f"{UUID_OF_NONE}/0")
    # After the quote of `src`, or a space within `srcset`.
    address = rf'(?<=[" ]){re.escape(prefix)}({UUID.pattern})/([\w.]+)'
    return re.sub(address, lambda match: locate(*match.groups()) or match[0], html)


def keep_private(response: HttpResponseBase) -> None:
    """Forbid storing and indexing a response, and sending its address as a referrer."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    del response["ETag"]
