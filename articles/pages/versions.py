"""The pages of an article's public versions: their list, each version, and a comparison.

The last two have no scopes: whether an old picture is still public depends on any other article.
"""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.caching.scopes import article_scope, depends_on
from articles.models import Article, Edition, Picture
from articles.pages.common import gone
from articles.publishing.edition_diff import FieldDiff, edition_diff
from articles.publishing.public_versions import (
    PublicVersion,
    gaps_of,
    read_day,
    versions_of,
    versions_on,
)
from articles.timeline.subjects import public_subjects
from engagements.models import Engagement
from engagements.text import is_key

Versions = list[PublicVersion]


def of_public_article(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Call a view with a public article's versions; answer 410 for a withdrawn article."""

    @require_safe
    @wraps(view)
    def answer(request: HttpRequest, slug: str, **arguments: Any) -> HttpResponse:
        at = timezone.now()
        article = Article.objects.public(at).filter(slug=slug).first()
        if article is None:
            return gone(request, Article.objects.withdrawn(at), slug)
        return view(request, versions_of(article, at), at, **arguments)

    return answer


@of_public_article
def version_list(request: HttpRequest, versions: Versions, at: dt.datetime) -> HttpResponse:
    """List the versions; `?on=2025-01-28` asks for those that were public on a day."""
    context: dict[str, Any] = {
        "article": versions[0].edition.article,
        "versions": versions,
        "newest": versions[-1],
        "today": timezone.localdate(at),
        "asked": request.GET.get("on", "")[:40],
    }
    status = 200
    if context["asked"].strip():
        try:
            context["day"] = read_day(context["asked"], context["today"])
            gaps = gaps_of(context["article"])
            context["stood"] = versions_on(versions, context["day"], gaps)
            # True if only a withdrawal hid them on that day.
            context["was_withdrawn"] = bool(versions_on(versions, context["day"], []))
        except ValidationError as error:
            context["error"] = " ".join(error.messages)
            status = 400
    depends_on(request, [article_scope(context["article"].pk)])
    return render(request, "articles/version_list.html", context, status=status)


@of_public_article
def version(request: HttpRequest, versions: Versions, at: dt.datetime, number: int) -> HttpResponse:
    if not 1 <= number <= len(versions):
        raise Http404
    chosen = versions[number - 1]
    edition = Edition.objects.with_content().get(pk=chosen.edition.pk)
    rows = list(edition.topic_items.all())
    public = public_subjects("topic", at).filter(pk__in=[row.tag_id for row in rows])
    linked = set(public.values_list("pk", flat=True))
    # A picture that was taken down is taken down in old versions, too.
    own = Q(pk=edition.picture_id) | Q(story_pictures__edition=edition)
    pictures = dict(Picture.objects.public(at).filter(own).values_list("pk", "replaced_at"))
    replaced = [moment for moment in pictures.values() if moment and moment > chosen.since]
    covered = Q(pk=edition.engagement_id) | Q(pk__in=edition.also_covers.values("pk"))
    context = {
        "version": chosen,
        "versions": versions,
        "successor": versions[number] if number < len(versions) else None,
        "edition": edition,
        "topics": [(row.tag, row.tag_id in linked) for row in rows],
        "has_picture": edition.picture_id in pictures,
        "replaced_at": max(replaced, default=None),
        "visits": Engagement.objects.public(at).filter(covered).oldest_first(),
    }
    return render(request, "articles/version.html", context)


@of_public_article
def comparison(request: HttpRequest, versions: Versions, at: dt.datetime) -> HttpResponse:
    """Compare the versions in `?from=1&to=2`; the defaults are the latest two."""
    newest = len(versions)
    defaults = {"from": str(max(1, newest - 1)), "to": str(newest)}
    context: dict[str, Any] = {"article": versions[0].edition.article, "versions": versions}
    pair = []
    for name, default in defaults.items():
        text = request.GET.get(name) or default
        if not (is_key(text) and 1 <= int(text) <= newest):
            context["error"] = _("There is no version “%(text)s”: choose one from 1 to %(last)d.")
            context["error"] %= {"text": text[:20], "last": newest}
            return render(request, "articles/version_comparison.html", context, status=400)
        pair.append(versions[int(text) - 1])
    old, new = pair
    context |= {
        "old": old,
        "new": new,
        "changes": _diff(old, new, at),
    }
    return render(request, "articles/version_comparison.html", context)


def _diff(old: PublicVersion, new: PublicVersion, at: dt.datetime) -> list[FieldDiff]:
    rows = Edition.objects.select_related("picture").in_bulk([old.edition.pk, new.edition.pk])
    pair = [rows[old.edition.pk], rows[new.edition.pk]]
    public = set(
        Picture.objects.public(at)
        .filter(editions__in=pair)
        .prefetch_related("renditions")
        .distinct()
    )

    def show(picture: Picture) -> SafeString:
        fallback = next((p.fallback for p in public if p == picture), None)
        alt = next(e.picture_alt for e in pair if e.picture_id == picture.pk)
        alt = alt or _("a decorative picture")
        if fallback is None:
            return format_html("<span>{}</span>", _("%s (no longer shown)") % alt)
        return format_html(
            '<img src="{}" width="{}" height="{}" alt="{}" loading="lazy">',
            fallback.get_absolute_url(),
            fallback.width,
            fallback.height,
            alt,
        )

    return edition_diff(*pair, show=show)
