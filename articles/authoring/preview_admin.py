"""The preview beside an article's form: the public page, made of what stands in the form."""

from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp, csp_update
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.clickjacking import xframe_options_sameorigin

from articles.authoring.form import COLUMNS
from articles.models import Article, Edition, EditionTopic, Picture
from articles.previews import page as previews
from engagements.models import Engagement

# What can be wrong in these keeps the page from being drawn; all else is the form's to say.
SHOWN = {
    *COLUMNS, "picture", "topics", "engagement", "also_covers", "language", "publish_at",
}  # fmt: skip
# As strict as the public page's, but for who may frame it and for a picture that is not sent yet.
POLICY = {
    **settings.CONTENT_SECURITY_POLICY["DIRECTIVES"],
    "script-src": [NONE],
    "form-action": [NONE],
    "img-src": [SELF, "blob:"],
    "frame-ancestors": [SELF],
}


class PreviewBesideForm(admin.ModelAdmin):
    def get_urls(self):
        view = self.admin_site.admin_view(self.preview_view)
        return [
            path("preview/", view, name="articles_article_preview_new"),
            path("<int:article_id>/preview/", view, name="articles_article_preview"),
            *super().get_urls(),
        ]

    @method_decorator([csp(POLICY), xframe_options_sameorigin])
    def preview_view(self, request: HttpRequest, article_id: int | None = None) -> HttpResponse:
        """Answer with the page: on POST of what the form holds, else as it was saved last.

        Nothing is saved. `?framed` is the frame beside the form; without it the page stands in a
        tab of its own.
        """
        article = get_object_or_404(Article, pk=article_id) if article_id else None
        if request.method == "POST":
            response = self._typed(request, article)
        else:
            response = self._saved(request, article)
        previews.keep_private(response)
        return response

    def _saved(self, request: HttpRequest, article: Article | None) -> HttpResponse:
        if not self.has_view_permission(request, article):
            raise PermissionDenied
        newest = article.latest_edition() if article else None
        if newest is None:
            return self._drawn(request, Edition(article=article or Article()), [], [])
        edition = previews.saved(newest.pk)
        visits = Engagement.objects.filter(pk__in=edition.also_covers.values("pk"))
        return self._drawn(request, edition, edition.topic_items.all(), visits)

    def _typed(self, request: HttpRequest, article: Article | None) -> HttpResponse:
        may_add = article is None and self.has_add_permission(request)
        if not (may_add or (article and self.has_change_permission(request, article))):
            raise PermissionDenied
        form: Any = self.get_form(request, article, change=article is not None)(
            request.POST, instance=article
        )
        wrong = {name: found for name, found in form.errors.items() if name in SHOWN}
        if wrong:
            return self._told(request, form, wrong)
        said = form.cleaned_data
        edition = Edition(article=form.instance, number=0, **{n: said[n] for n in COLUMNS})
        edition.engagement, edition.picture = said["engagement"], said["picture"]
        edition.public_from = said.get("publish_at")
        if edition.picture:
            mine = Picture.objects.describable_by(request.user)
            if mine.filter(pk=edition.picture.pk).exists():
                edition.picture.credit = said["picture_credit"]
                edition.picture.licence = said["picture_licence"]
            prefetch_related_objects([edition.picture], "renditions")
        topics = sorted(said["topics"], key=lambda topic: topic.name)
        rows = [EditionTopic(tag=topic) for topic in topics]
        visits = Engagement.objects.filter(pk__in=[visit.pk for visit in said["also_covers"]])
        return self._drawn(request, edition, rows, visits)

    def _drawn(self, request: HttpRequest, edition: Edition, topic_rows, visits) -> HttpResponse:
        return previews.page(
            request,
            edition,
            timezone.now(),
            locate=lambda *names: reverse("admin:articles_picture_file", args=names),
            topic_rows=topic_rows,
            also_covers=visits.filter(withdrawn_at=None).oldest_first() if visits else [],
            is_draft="framed" not in request.GET,
            is_framed="framed" in request.GET,
        )

    def _told(self, request: HttpRequest, form: Any, wrong: dict[str, Any]) -> HttpResponse:
        """Say what is wrong where the page cannot be drawn."""
        sentences = [
            f"{form.fields[name].label}: {sentence}" for name in wrong for sentence in wrong[name]
        ]
        if "framed" in request.GET:
            return JsonResponse({"sentences": sentences}, status=422)
        context = {"sentences": sentences}
        return render(request, "articles/preview_failed.html", context, status=422)

    @method_decorator(csp_update({"frame-src": [SELF]}))
    def render_change_form(self, request, context, *args, **kwargs):
        article = context.get("original")
        if article is None or self.has_view_permission(request, article):
            name = "preview" if article else "preview_new"
            keys = [article.pk] if article else []
            context["preview_url"] = reverse(f"admin:articles_article_{name}", args=keys)
        return super().render_change_form(request, context, *args, **kwargs)
