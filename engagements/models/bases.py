"""Columns that several models share, with their constraints."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Fictional(models.Model):
    is_fictional = models.BooleanField(
        _("fictional"),
        default=False,
        help_text=_("Invented, for training or demonstration. Every page says so."),
    )

    class Meta:
        abstract = True


class Withdrawable(models.Model):
    """A page that somebody began; withdrawn, it answers 410 with the date and the reason."""

    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True, editable=False)
    withdrawn_reason = models.CharField(
        _("reason for the withdrawal"), max_length=300, blank=True, editable=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        indexes = [
            models.Index(
                fields=["withdrawn_at"],
                condition=Q(withdrawn_at__isnull=False),
                name="%(class)s_withdrawn_at",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="%(class)s_withdrawal_has_reason",
                condition=Q(withdrawn_at__isnull=True, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
                violation_error_message=_("A withdrawal needs its reason, and only a withdrawal."),
            ),
        ]
