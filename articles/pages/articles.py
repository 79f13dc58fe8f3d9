"""The list of articles, and the page of an article."""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from articles.caching.fragments import Fragment, fragments
from articles.caching.scopes import article_scope, depends_on
from articles.models import Article, Edition, EditionTopic
from articles.pages.common import cards_page, gone
from articles.pages.engagements import Facts, Figure, public_facts
from articles.publishing.public_versions import PublicVersion, versions_of
from articles.syndication.discovery import follow_site
from engagements.models import Engagement

ARTICLES_A_PAGE = 20


@require_safe
def article_list(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    page = cards_page(request, Edition.objects.public(at), ARTICLES_A_PAGE, at)
    context = {"page": page, "follow": follow_site(request)}
    return render(request, "articles/article_list.html", context)


class ArticlePage(NamedTuple):
    """What the page of an article shows: words and addresses for its head, and its story as HTML.

    `share_url` is the path of the picture for links, `share_alt` says what it shows; both may be
    empty. Of the moments the first is the article's, the second the present edition's.
    """

    headline: str
    standfirst: str
    share_url: str
    share_alt: str
    published_at: dt.datetime
    updated_at: dt.datetime
    story: SafeString


def article_page(
    edition: Edition,
    *,
    facts: Facts | None,
    figure: Figure | None,
    also_covers: Iterable[Engagement],
    topic_rows: Iterable[EditionTopic],
    versions: list[PublicVersion],
) -> ArticlePage:
    """Return an article's page, also as a preview (`articles/previews/page.py`)."""
    published_at = versions[0].since
    context = {
        "edition": edition,
        "facts": facts,
        "figure": figure,
        "also_covers": also_covers,
        "topic_rows": topic_rows,
        "versions": versions,
        "published_at": published_at,
        "noted": [version for version in reversed(versions) if version.edition.public_note],
        "site_name": settings.SITE_NAME,
        "LANGUAGE_CODE": get_language(),
    }
    share = edition.picture.share if edition.picture else None
    return ArticlePage(
        headline=edition.headline,
        standfirst=edition.standfirst,
        share_url=share.get_absolute_url()
        if share
        else facts.share_url
        if facts and figure
        else "",
        share_alt=edition.picture_alt if share else figure.description if figure else "",
        published_at=published_at,
        updated_at=edition.public_from or published_at,
        story=render_to_string("includes/article.html", context),
    )


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    at = timezone.now()
    name = f"article:{slug}"

    def make(_missing: list[str]) -> dict[str, Fragment]:
        editions = Edition.objects.public(at).filter(article__slug=slug).with_content()
        # The engagement comes with all its facts.
        edition = editions.select_related(None).select_related("article", "picture").first()
        if edition is None:
            return {}
        # Defence in depth: an article never shows facts that are not public.
        found = public_facts(edition.engagement_id, at, head=False, draw=edition.picture is None)
        page = article_page(
            edition,
            facts=found.facts if found else None,
            figure=found.figure if found else None,
            also_covers=edition.also_covers.public(at).oldest_first(),
            topic_rows=edition.topic_items.all(),
            versions=versions_of(edition.article, at),
        )
        shown = found.scopes if found else ()
        return {name: Fragment(page, frozenset([article_scope(edition.article_id), *shown]))}

    found = fragments([name], at, make).get(name)
    if found is None:
        return gone(request, Article.objects.withdrawn(at), slug)
    depends_on(request, found.scopes)
    return render(request, "articles/article.html", {"article": found.value})
