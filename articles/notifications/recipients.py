"""Whom a notice about an article or an action goes to."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from articles.models import Edition
from engagements.models import Action

BACKEND = "django.contrib.auth.backends.ModelBackend"  # allauth's asks it for permissions


def staff_with_perm(permission: str) -> QuerySet[User]:
    """Return the active staff with a permission."""
    return User.objects.with_perm(permission, backend=BACKEND).filter(is_active=True, is_staff=True)


def writers_of(edition: Edition) -> QuerySet[User]:
    """Return the creator of an edition's article and the authors since the approval before it."""
    written = Edition.objects.since_approval(edition.article_id, edition.number)
    creator = Q(pk=edition.article.created_by_id)
    return User.objects.filter(creator | Q(pk__in=written.values("author")))


def concerned_by(action: Action) -> set[int]:
    """Return the authors of public coverage of an action's engagement, and the desk heads (pks)."""
    covering = Edition.objects.covering([action.outcome.engagement_id])
    public = covering.public().values("author")
    authors: set[Any] = set(User.objects.filter(pk__in=public).values_list("pk", flat=True))
    return authors | set(staff_with_perm("articles.force_article").values_list("pk", flat=True))
