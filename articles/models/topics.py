"""The topics of an edition."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from taggit.models import ItemBase

from engagements.models import Topic


class EditionTopic(ItemBase):
    content_object = models.ForeignKey(
        "articles.Edition", models.CASCADE, related_name="topic_items"
    )
    # What readers saw does not lose its topics by a deletion.
    tag = models.ForeignKey(Topic, models.PROTECT, related_name="edition_items")

    class Meta:
        verbose_name = _("topic of an edition")
        verbose_name_plural = _("topics of editions")
        constraints = [
            models.UniqueConstraint(fields=["content_object", "tag"], name="editiontopic_unique")
        ]
