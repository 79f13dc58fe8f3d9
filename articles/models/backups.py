"""What the desk knows of its backups."""

from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RestoreProofQuerySet(models.QuerySet["RestoreProof"]):
    def passed(self) -> Self:
        return self.filter(error="")


class RestoreProof(models.Model):
    """A backup that was restored into a scratch database and compared, or why it could not be.

    A row rather than a file beside the backup, since the site may run on other machines than the
    worker.
    """

    backup = models.CharField(_("backup"), max_length=100)
    at = models.DateTimeField(_("at"), default=timezone.now)
    rows = models.PositiveBigIntegerField(default=0)
    files = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    objects = RestoreProofQuerySet.as_manager()

    changes_pages = False

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("proof of a restore")
        verbose_name_plural = _("proofs of restores")

    def __str__(self) -> str:
        return f"{self.backup}: {self.error or 'restored'}"
