"""Whom a notice about an article or an action goes to."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Max, Q, QuerySet

from articles.models import Article, Edition
from engagements.models import Action

BACKEND = "django.contrib.auth.backends.ModelBackend"  # allauth's asks it for permissions


def staff_with_perm(permission: str) -> QuerySet[User]:
    """Return the active staff with a permission."""
    return User.objects.with_perm(permission, backend=BACKEND).filter(is_active=True, is_staff=True)


def writers_of(article: Article, before: int | None = None) -> QuerySet[User]:
    """Return the person who created an article and the authors since its last approval.

    `before`: as of that edition, even if it has been approved since.
    """
    editions = Edition.objects.filter(article=article.pk)
    approved = editions.filter(state=Edition.State.APPROVED)
    if before is not None:
        editions = editions.filter(number__lte=before)
        approved = approved.filter(number__lt=before)
    since = approved.aggregate(last=Max("number"))["last"] or 0
    written = editions.filter(number__gt=since).values("author")
    return User.objects.filter(Q(pk=article.created_by_id) | Q(pk__in=written))


def concerned_by(action: Action) -> set[int]:
    """Return the authors of public coverage of an action's engagement, and the desk heads (pks)."""
    covering = Edition.objects.covering([action.outcome.engagement_id])
    public = covering.public().values("author")
    authors: set[Any] = set(User.objects.filter(pk__in=public).values_list("pk", flat=True))
    return authors | set(staff_with_perm("articles.force_article").values_list("pk", flat=True))
