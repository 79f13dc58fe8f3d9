"""About what: topics, one vocabulary for facts and coverage."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from taggit.models import ItemBase, TagBase

from engagements.models.addresses import Addressed
from engagements.models.bases import LineField


class Topic(Addressed, TagBase):  # type: ignore[django-manager-missing] # taggit ships no types
    # Taggit's own takes line breaks.
    name = LineField(_("name"), unique=True, max_length=100)
    # Taggit's own takes any script, which an address of ours does not.
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    description = models.TextField(
        _("description"),
        blank=True,
        help_text=_("One or two sentences that stand under the topic's name."),
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("topic")
        verbose_name_plural = _("topics")

    def get_absolute_url(self) -> str:
        return reverse("articles:topic", args=[self.slug])


class EngagementTopic(ItemBase):
    content_object = models.ForeignKey(
        "engagements.Engagement", models.CASCADE, related_name="topic_items"
    )
    tag = models.ForeignKey(Topic, models.CASCADE, related_name="engagement_items")

    class Meta:
        verbose_name = _("topic of an engagement")
        verbose_name_plural = _("topics of engagements")
        constraints = [
            models.UniqueConstraint(fields=["content_object", "tag"], name="engagementtopic_unique")
        ]
