"""The requirement of a second factor, and the audit log of accounts and of the desk."""

import datetime as dt
from typing import Any, NoReturn

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


APPEND_ONLY = "The audit log is append-only."


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Appends and reads; only `purge` deletes."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(APPEND_ONLY)

    update = delete = bulk_update = _refuse

    def purge(self, before: dt.datetime) -> int:
        """Delete what is older than the audit log is to reach back; return how many events."""
        deleted, _by_model = super(AuditEventQuerySet, self.filter(at__lt=before)).delete()
        return deleted


class AuditEvent(models.Model):
    """Who did what in accounts and at the desk, when and from where.

    Names are columns rather than relations, so that an event says the same when an account or a row
    has another name or is gone.
    """

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", _("signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("failed to sign in")
        SIGNED_OUT = "signed_out", _("signed out")
        SESSIONS_ENDED = "sessions_ended", _("ended sessions")
        FACTOR_FAILED = "factor_failed", _("failed at the second step")
        FACTOR_ADDED = "factor_added", _("added a second step")
        FACTOR_REMOVED = "factor_removed", _("removed a second step")
        FACTOR_REQUIRED = "factor_required", _("required a second step")
        FACTOR_RELEASED = "factor_released", _("no longer required a second step")
        PASSWORD = "password", _("changed a password")
        ACCOUNT_ADDED = "account_added", _("added an account")
        ACCOUNT_CHANGED = "account_changed", _("changed an account")
        ACCOUNT_DELETED = "account_deleted", _("deleted an account")
        ROLES = "roles", _("changed roles or permissions")
        ARTICLE = "article", _("moved an article in the workflow")
        ENGAGEMENT = "engagement", _("published or withdrew a visit")
        PICTURE = "picture", _("replaced a public picture or its credit alone")
        LINK = "link", _("made a link for outsiders")

    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)
    kind = models.CharField(_("what"), max_length=20, choices=Kind.choices)
    by_key = models.BigIntegerField(_("account number"), null=True)
    by_name = models.CharField(_("who"), max_length=150, blank=True)
    address = models.GenericIPAddressField(_("from"), null=True)
    about = models.CharField(_("about"), max_length=200, blank=True)
    details = models.CharField(_("details"), max_length=500, blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        base_manager_name = "objects"
        verbose_name = _("audit event")
        verbose_name_plural = _("audit log")

    def __str__(self) -> str:
        return f"{self.by_name} {self.get_kind_display()} {self.about}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise RuntimeError(APPEND_ONLY)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(APPEND_ONLY)
