"""What the desk remembers while it clears up. Nothing of it is content."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.editions import Edition


class DistinctPair(models.Model):
    """Two people, or two organisations, that somebody marked as no duplicates."""

    kind = models.CharField(_("kind"), max_length=20)
    # Two models share the table: no foreign keys. A row whose entry is gone does no harm.
    first = models.PositiveBigIntegerField()
    second = models.PositiveBigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)

    changes_pages = False

    class Meta:
        ordering = ["kind", "first", "second"]
        verbose_name = _("pair of distinct entries")
        verbose_name_plural = _("pairs of distinct entries")
        constraints = [
            models.UniqueConstraint(fields=["kind", "first", "second"], name="distinctpair_once"),
            models.CheckConstraint(
                name="distinctpair_in_order", condition=Q(first__lt=F("second"))
            ),
            models.CheckConstraint(
                name="distinctpair_kind_known", condition=Q(kind__in=["person", "organisation"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first} ≠ {self.second}"


class Finding(models.Model):
    """What is wrong with an edition that readers see, as `manage.py audit_content` found it."""

    class Kind(models.TextChoices):
        LINK = "link", _("a link that leads nowhere")
        NO_ALT = "no_alt", _("a picture without a description")

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="findings")
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    what = models.CharField(_("what"), max_length=500)
    found_at = models.DateTimeField(_("found at"), default=timezone.now)

    changes_pages = False

    class Meta:
        ordering = ["-edition", "pk"]
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints = [
            models.UniqueConstraint(fields=["edition", "kind", "what"], name="finding_once"),
            models.CheckConstraint(
                name="finding_kind_known", condition=Q(kind__in=["link", "no_alt"])
            ),
        ]

    def __str__(self) -> str:
        return self.what
