"""Changes of facts that readers had seen, listed for them. Nobody edits the rows."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from engagements.dates import PartialDateProperty, format_range, partial_date_constraints
from engagements.models.engagement import Engagement
from engagements.visibility import is_public


class DateChangeQuerySet(models.QuerySet["DateChange"]):
    def public(self, at: dt.datetime | None = None) -> Self:
        """Changes made since the engagement was public, if it still is."""
        return self.filter(
            is_public(at, "engagement__"), changed_at__gte=F("engagement__public_from")
        )


class DateChange(models.Model):
    """A changed date of an engagement: the old, the new and why."""

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="date_changes")
    old_start_date = models.DateField()
    old_start_precision = models.CharField(max_length=5)
    old_end_date = models.DateField(null=True)
    old_end_precision = models.CharField(max_length=5, blank=True)
    new_start_date = models.DateField()
    new_start_precision = models.CharField(max_length=5)
    new_end_date = models.DateField(null=True)
    new_end_precision = models.CharField(max_length=5, blank=True)
    old_start = PartialDateProperty()
    old_end = PartialDateProperty()
    new_start = PartialDateProperty()
    new_end = PartialDateProperty()
    reason = models.CharField(_("reason"), max_length=300)
    changed_at = models.DateTimeField(default=timezone.now, db_index=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = DateChangeQuerySet.as_manager()

    class Meta:
        ordering = ["changed_at", "pk"]
        verbose_name = _("changed date")
        verbose_name_plural = _("changed dates")
        constraints = [
            models.CheckConstraint(name="datechange_has_reason", condition=~Q(reason="")),
            *partial_date_constraints("datechange", "old_start", required=True),
            *partial_date_constraints("datechange", "old_end"),
            *partial_date_constraints("datechange", "new_start", required=True),
            *partial_date_constraints("datechange", "new_end"),
        ]

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"

    @property
    def old(self) -> str:
        return format_range(self.old_start, self.old_end)

    @property
    def new(self) -> str:
        return format_range(self.new_start, self.new_end)


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def public(self, at: dt.datetime | None = None) -> Self:
        """Corrections of engagements that are still public."""
        return self.filter(is_public(at, "engagement__"))


class Correction(models.Model):
    """A note to readers about a changed fact other than a date."""

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="corrections")
    note = models.CharField(_("note"), max_length=300)
    made_at = models.DateTimeField(default=timezone.now, db_index=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["made_at", "pk"]
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        constraints = [models.CheckConstraint(name="correction_has_note", condition=~Q(note=""))]

    def __str__(self) -> str:
        return self.note
