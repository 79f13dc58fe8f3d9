"""The requirement of a second factor."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RequiredFactor(models.Model):
    """Requires its user to set up a second factor before using the desk."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="required_factor",
        verbose_name=_("user"),
    )
    required_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("required by"),
    )
    required_at = models.DateTimeField(_("required at"), default=timezone.now)

    class Meta:
        verbose_name = _("required second factor")
        verbose_name_plural = _("required second factors")

    def __str__(self) -> str:
        return str(self.user)
