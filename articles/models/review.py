"""Who was asked to review an article, and what each person has seen of it."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.articles import Article


class ReviewRequest(models.Model):
    """A person who was asked when an article was sent for review. It holds while it waits."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="review_requests")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)

    changes_pages = False

    class Meta:
        ordering = ["article", "pk"]
        verbose_name = _("request for a review")
        verbose_name_plural = _("requests for a review")
        constraints = [
            models.UniqueConstraint(fields=["article", "person"], name="reviewrequest_once")
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.article}"


class ReadMarker(models.Model):
    """The newest edition of an article that a person has seen, and when."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    article = models.ForeignKey(Article, models.CASCADE, related_name="read_markers")
    number = models.PositiveIntegerField(_("edition"))
    at = models.DateTimeField(_("at"), default=timezone.now)

    changes_pages = False

    class Meta:
        ordering = ["article", "pk"]
        verbose_name = _("read marker")
        verbose_name_plural = _("read markers")
        constraints = [
            models.UniqueConstraint(fields=["person", "article"], name="readmarker_one_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.article}, {self.number}"
