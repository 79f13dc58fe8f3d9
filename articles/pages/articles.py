"""The list of articles, and the page of an article."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

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


def article_context(
    edition: Edition,
    *,
    facts: Facts | None,
    figure: Figure | None,
    also_covers: Iterable[Engagement],
    topic_rows: Iterable[EditionTopic],
    versions: list[PublicVersion],
) -> dict[str, Any]:
    """Return the context of an article's page and of its preview (`articles/previews/page.py`)."""
    return {
        "facts": facts,
        "figure": figure,
        "edition": edition,
        "also_covers": also_covers,
        "topic_rows": topic_rows,
        "versions": versions,
        "published_at": versions[0].since,
        "noted": [version for version in reversed(versions) if version.edition.public_note],
    }


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    at = timezone.now()
    editions = Edition.objects.public(at).filter(article__slug=slug).with_content()
    # The engagement comes with all its facts.
    edition = editions.select_related(None).select_related("article", "picture").first()
    if edition is None:
        return gone(request, Article.objects.withdrawn(at), slug)
    # Defence in depth: an article never shows facts that are not public.
    found = public_facts(edition.engagement_id, at, draw=edition.picture is None)
    context = article_context(
        edition,
        facts=found.facts if found else None,
        figure=found.figure if found else None,
        also_covers=edition.also_covers.public(at).oldest_first(),
        topic_rows=edition.topic_items.all(),
        versions=versions_of(edition.article, at),
    )
    shown = found.scopes if found else ()
    depends_on(request, {article_scope(edition.article_id), *shown})
    return render(request, "articles/article.html", context)
