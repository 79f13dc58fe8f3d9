"""What colleagues say to each other of a draft. No page of a reader's and no preview shows it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.articles import Article
from articles.models.editions import Edition


class Comment(models.Model):
    """Plain text, at a field or at a passage of the story; or, with a `parent`, a reply.

    It belongs to the article and outlives every edition: what was asked of one draft has to be
    answered in the next.
    """

    class Field(models.TextChoices):
        ARTICLE = "", _("The article as a whole")
        HEADLINE = "headline", _("Headline")
        STANDFIRST = "standfirst", _("Standfirst")
        BODY = "body", _("Story")
        BYLINE = "byline", _("Byline")
        ENGAGEMENT = "engagement", _("Visit")
        TOPICS = "topics", _("Topics")
        PICTURE = "picture", _("Picture")

    article = models.ForeignKey(
        Article, models.CASCADE, related_name="comments", verbose_name=_("article")
    )
    # The one that its writer looked at.
    edition = models.ForeignKey(
        Edition, models.CASCADE, related_name="+", verbose_name=_("edition")
    )
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="replies"
    )
    field = models.CharField(_("field"), max_length=20, choices=Field.choices, blank=True)
    quote = models.TextField(_("passage"), blank=True)
    text = models.TextField(_("comment"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("resolved by"),
    )

    changes_pages = False

    class Meta:
        ordering = ["article", "pk"]
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        constraints = [
            models.CheckConstraint(name="comment_says_something", condition=~Q(text="")),
            models.CheckConstraint(
                name="comment_quotes_the_story", condition=Q(quote="") | Q(field="body")
            ),
            models.CheckConstraint(
                name="comment_reply_stands_with_its_parent",
                condition=Q(parent=None) | Q(field="", quote="", resolved_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]
