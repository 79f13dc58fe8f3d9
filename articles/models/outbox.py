"""What is to be told to others once it is true: written with the change, sent by the worker."""

import datetime as dt
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, at: dt.datetime | None = None) -> Self:
        """Messages whose moment has come, the longest waiting first."""
        return self.filter(due_at__lte=at or timezone.now()).order_by("due_at", "pk")


class Message(models.Model):
    """A message that the worker sends: a mail or a WebSub ping. It is deleted once sent.

    Written in the transaction of the change that it tells of, so that it is sent if and only if
    that was committed; a save neither waits for another system nor fails with it.
    """

    kind = models.CharField(_("kind"), max_length=20)
    payload = models.JSONField(_("what it tells"))
    # Empty: given up, and kept to be looked at.
    due_at = models.DateTimeField(_("due at"), null=True, default=timezone.now, db_index=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MessageQuerySet.as_manager()

    changes_pages = False

    class Meta:
        ordering = ["pk"]
        verbose_name = _("message to another system")
        verbose_name_plural = _("messages to other systems")

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
