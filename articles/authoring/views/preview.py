"""The preview beside an article's form: the public page, made of what the form holds."""

from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin

from articles.authoring.content import COLUMNS
from articles.authoring.views.base import form_of
from articles.models import Article, Edition, EditionTopic, Picture
from articles.previews import page as previews
from articles.roles import may_save, may_view
from engagements.admin.pages import desk_view
from engagements.models import Engagement

# The fields without which the page cannot be drawn; errors in others are the form's to show.
VISIBLE = {
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


@desk_view()
@csp(POLICY)
@xframe_options_sameorigin
def preview(request: HttpRequest, article_id: int | None = None) -> HttpResponse:
    """Return the page: on POST of what the form holds, else as it was saved last.

    Nothing is saved. `?framed` is the frame beside the form; without it the page stands in a
    tab of its own.
    """
    article = get_object_or_404(Article, pk=article_id) if article_id else None
    is_typed = request.method == "POST"
    if not (may_save if is_typed else may_view)(request.user, article):
        raise PermissionDenied
    response = _typed(request, article) if is_typed else _saved(request, article)
    previews.keep_private(response)
    return response


def _saved(request: HttpRequest, article: Article | None) -> HttpResponse:
    newest = article.latest_edition() if article else None
    if newest is None:
        return _page(request, Edition(article=article or Article()), [], [])
    edition = previews.saved(newest.pk)
    visits = Engagement.objects.filter(pk__in=edition.also_covers.values("pk"))
    return _page(request, edition, edition.topic_items.all(), visits)


def _typed(request: HttpRequest, article: Article | None) -> HttpResponse:
    form = form_of(request, article)
    errors = {name: errors for name, errors in form.errors.items() if name in VISIBLE}
    if errors:
        return _errors(request, form, errors)
    content = form.cleaned_data
    edition = Edition(article=form.instance, number=0, **{n: content[n] for n in COLUMNS})
    edition.engagement, edition.picture = content["engagement"], content["picture"]
    edition.public_from = content.get("publish_at")
    if edition.picture:
        if Picture.objects.describable_by(request.user).filter(pk=edition.picture.pk).exists():
            edition.picture.credit = content["picture_credit"]
            edition.picture.licence = content["picture_licence"]
        prefetch_related_objects([edition.picture], "renditions")
    topics = sorted(content["topics"], key=lambda topic: topic.name)
    rows = [EditionTopic(tag=topic) for topic in topics]
    visits = Engagement.objects.filter(pk__in=[visit.pk for visit in content["also_covers"]])
    return _page(request, edition, rows, visits)


def _page(request: HttpRequest, edition: Edition, topic_rows, visits) -> HttpResponse:
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


def _errors(request: HttpRequest, form: Any, errors: dict[str, Any]) -> HttpResponse:
    """Return why the page cannot be drawn: to the frame as JSON, else as a page."""
    sentences = [
        f"{form.fields[name].label}: {sentence}" for name in errors for sentence in errors[name]
    ]
    if "framed" in request.GET:
        return JsonResponse({"sentences": sentences}, status=422)
    return render(request, "articles/preview_failed.html", {"sentences": sentences}, status=422)
