"""The audit log of articles."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.articles import Article
from articles.models.editions import Edition


class AuditEntry(models.Model):
    """Who did what with an article, when, and why. Nobody changes it afterwards."""

    class Kind(models.TextChoices):
        SUBMITTED = "submitted", _("sent for review")
        RECALLED = "recalled", _("taken back from review")
        RETURNED = "returned", _("returned")
        APPROVED = "approved", _("approved")
        FORCED = "forced", _("published without a second person")
        CONFIRMED = "confirmed", _("approved afterwards")
        UNSCHEDULED = "unscheduled", _("taken off the schedule")
        RESCHEDULED = "rescheduled", _("moved to another time")
        REASSIGNED = "reassigned", _("given to another writer")
        WITHDRAWN = "withdrawn", _("withdrawn")
        REINSTATED = "reinstated", _("reinstated")

    article = models.ForeignKey(
        Article, models.CASCADE, related_name="audit_entries", verbose_name=_("article")
    )
    # Empty where it concerns the article as a whole.
    edition = models.ForeignKey(
        Edition,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="audit_entries",
        verbose_name=_("edition"),
    )
    kind = models.CharField(_("transition"), max_length=12, choices=Kind.choices)
    # Empty where a program did it, or the account is gone.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    changes_pages = False

    class Meta:
        ordering = ["article", "-pk"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        constraints = [
            models.CheckConstraint(
                name="auditentry_kind_known",
                condition=Q(
                    kind__in=[
                        "submitted",
                        "recalled",
                        "returned",
                        "approved",
                        "forced",
                        "confirmed",
                        "unscheduled",
                        "rescheduled",
                        "reassigned",
                        "withdrawn",
                        "reinstated",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="auditentry_has_reason",
                condition=~Q(kind__in=["returned", "forced", "withdrawn"]) | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
