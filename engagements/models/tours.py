"""Journeys of several stops."""

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from engagements.models.bases import LineField

if TYPE_CHECKING:
    from engagements.models.engagement import Engagement


class Tour(models.Model):
    """Several engagements of one journey."""

    title = LineField(_("title"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=200, unique=True)
    summary = models.TextField(_("summary"), blank=True)

    # Set by `EngagementQuerySet.for_drawings()`.
    public_stops: list["Engagement"]

    class Meta:
        ordering = ["title"]
        verbose_name = _("tour")
        verbose_name_plural = _("tours")

    def __str__(self) -> str:
        return self.title
