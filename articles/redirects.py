"""Redirects former public addresses to the present ones.

Only slugs that were public are recorded, and only rows that are public are redirected to, so that
no answer reveals drafts or embargoes.
"""

import datetime as dt
from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.signals import pre_save
from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from articles.models import Article, Edition
from articles.timeline.subjects import public_subjects
from engagements.models import Engagement, FormerSlug, Organisation, Person, Region, Topic

# By the first word of their URL names: "person", "person_feed_rss".
MODELS: dict[str, type[Model]] = {
    str(model._meta.model_name): model
    for model in (Article, Engagement, Region, Person, Organisation, Topic)
}


def known(kind: str, at: dt.datetime | None = None) -> QuerySet:
    """Return the rows of a kind whose address is or was public, withdrawn ones included."""
    at = at or timezone.now()
    if kind == "article":
        return Article.objects.filter(pk__in=Edition.objects.released(at).values("article"))
    if kind == "engagement":
        return Engagement.objects.filter(public_from__lte=at)
    return public_subjects(kind, at)


def keep_address(kind: str, slug: str, target: int) -> None:
    """Redirect a former slug to the row with the pk `target`."""
    FormerSlug.objects.update_or_create(kind=kind, slug=slug, defaults={"target": target})


def _before_save(
    sender: type[Model],
    instance: Any,
    raw: bool,
    update_fields: frozenset[str] | None = None,
    **kwargs: Any,
) -> None:
    unchanged = update_fields is not None and "slug" not in update_fields
    if raw or unchanged or instance.pk is None or "slug" in instance.get_deferred_fields():
        return
    old = sender._default_manager.filter(pk=instance.pk).values_list("slug", flat=True).first()
    if old is None or old == instance.slug:
        return
    kind = str(sender._meta.model_name)
    if known(kind).filter(pk=instance.pk).exists():
        keep_address(kind, old, instance.pk)
    # A row that gets a former slug of its own back needs no redirect from it.
    FormerSlug.objects.filter(kind=kind, slug=instance.slug, target=instance.pk).delete()


def connect() -> None:
    """Connect the receiver that records former slugs."""
    for kind, model in MODELS.items():
        pre_save.connect(_before_save, sender=model, dispatch_uid=f"articles.redirects.{kind}")


class FormerAddresses(MiddlewareMixin):
    """Redirect requests for a former address of a page, or of a feed under it.

    Only answers with status 404 are looked up, so that other pages cost nothing more.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if response.status_code != 404:
            return response
        address = present_address(request)
        return HttpResponsePermanentRedirect(address) if address else response


def present_address(request: HttpRequest) -> str | None:
    """Return the present address, with the query, for a request to a former one."""
    match = request.resolver_match
    if match is None or match.namespace != "articles" or "slug" not in match.kwargs:
        return None
    kind = (match.url_name or "").partition("_")[0]
    if kind not in MODELS:
        return None
    former = FormerSlug.objects.filter(kind=kind, slug=match.kwargs["slug"])
    now_at = known(kind).filter(pk__in=former.values("target")).values_list("slug", flat=True)
    slug = now_at.first()
    if slug is None or slug == match.kwargs["slug"]:
        return None
    path = reverse(match.view_name, kwargs={**match.kwargs, "slug": slug})
    query = request.META.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path
