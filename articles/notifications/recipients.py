"""Who has to do with an article or an action."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Max, Q, QuerySet

from articles.models import Article, Edition
from engagements.models import Action

BACKEND = "django.contrib.auth.backends.ModelBackend"  # allauth's asks it for permissions


def who_may(permission: str) -> QuerySet[User]:
    """Return the people at the desk with a permission."""
    found = User.objects.with_perm(permission, backend=BACKEND)
    return found.filter(is_active=True, is_staff=True)


def writers_of(article: Article, before: int | None = None) -> QuerySet[User]:
    """Return who began an article or wrote any of it since it was last approved.

    `before`: as of that edition, which may be approved by now.
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
    """Return whom an overdue action concerns: who wrote of its visit, and the desk heads."""
    covering = Edition.objects.covering([action.outcome.engagement_id])
    public = covering.public().values("author")
    authors: set[Any] = set(User.objects.filter(pk__in=public).values_list("pk", flat=True))
    return authors | set(who_may("articles.force_article").values_list("pk", flat=True))
