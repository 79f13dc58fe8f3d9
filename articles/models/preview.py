"""Links by which people without an account read an edition that is not public yet."""

import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.editions import Edition


def _out_since(at: dt.datetime) -> Exists:
    """Say whether the link's edition, or a newer one of its article, has come out."""
    out = Edition.objects.filter(
        article=OuterRef("edition__article"),
        number__gte=OuterRef("edition__number"),
        state=Edition.State.APPROVED,
        public_from__lte=at,
    )
    return Exists(out)


class PreviewLinkQuerySet(models.QuerySet["PreviewLink"]):
    def working(self, at: dt.datetime | None = None) -> Self:
        """Links that lead to their edition at a moment (`None`: now).

        Publication ends one without anybody's doing, as it begins: by the clock. The link of
        somebody whose account was closed is closed with it.
        """
        at = at or timezone.now()
        return self.filter(
            ~_out_since(at), revoked_at=None, expires_at__gt=at, made_by__is_active=True
        ).filter(
            Q(edition__article__withdrawn_at=None) | Q(edition__article__withdrawn_at__gt=at),
        )

    def revoke(self, *, by: Any) -> int:
        """End those links that nobody has ended yet; return how many."""
        return self.filter(revoked_at=None).update(revoked_at=timezone.now(), revoked_by=by)

    def with_end(self, at: dt.datetime) -> Self:
        """Annotate whether publication has ended it (`is_out`)."""
        return self.annotate(is_out=_out_since(at))


class PreviewLink(models.Model):
    """Opens one edition, and nothing that is written later, to whoever holds its address.

    The address holds 256 random bits; here is their hash alone, so that nobody who reads the
    database can open anything.
    """

    edition = models.ForeignKey(
        Edition, models.CASCADE, related_name="preview_links", verbose_name=_("edition")
    )
    token_hash = models.CharField(_("hash of the token"), max_length=64, unique=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("made by"),
    )
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("revoked by"),
    )
    opened_at = models.DateTimeField(_("last opened at"), null=True, blank=True)

    objects = PreviewLinkQuerySet.as_manager()

    changes_pages = False

    class Meta:
        ordering = ["-made_at", "-pk"]
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")
        constraints = [
            models.CheckConstraint(
                name="previewlink_expires_after_made",
                condition=Q(expires_at__gt=models.F("made_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"
