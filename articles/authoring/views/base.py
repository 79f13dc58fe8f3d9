"""Shared code of the article's pages in the admin."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404

from articles.models import Article
from engagements.admin.pages import ViewFunction, desk_view


def article_view(may: Callable[[Any, Article], bool]) -> Callable[[ViewFunction], ViewFunction]:
    """Give a view the article of its address, for those who may do with it what the view does."""

    def decorate(view: ViewFunction) -> ViewFunction:
        @desk_view()
        @wraps(view)
        def guarded(request: HttpRequest, article_id: int, **kwargs: Any) -> HttpResponseBase:
            article = get_object_or_404(Article.objects.with_headline(), pk=article_id)
            if not may(request.user, article):
                raise PermissionDenied
            return view(request, article, **kwargs)

        return guarded

    return decorate


def form_of(request: HttpRequest, article: Article | None) -> Any:
    """Return the form with what was typed into it, without files."""
    model_admin: Any = admin.site.get_model_admin(Article)
    form = model_admin.get_form(request, article, change=article is not None)
    return form(request.POST, instance=article)
