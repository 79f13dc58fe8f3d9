"""Pictures and the renditions of them that readers get. All files are in private storage."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, Self
from uuid import uuid4

from django.apps import apps
from django.conf import settings
from django.core.files.storage import Storage, storages
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from engagements.models.bases import LineField

SHARE_NAME = "share.jpg"
KEEP_DISCARDED = dt.timedelta(days=30)


def private_storage() -> Storage:
    """The storage that no web server publishes."""
    return storages["default"]


class PictureQuerySet(models.QuerySet["Picture"]):
    def public(self, at: dt.datetime | None = None) -> Self:
        """Pictures used by an edition that is public at a moment (`None`: now)."""
        return self.filter(_used_by(_editions().public(at)))

    def with_use(self) -> Self:
        """Annotate whether any edition uses it (`is_used`), and one that readers see
        (`is_public`).
        """
        return self.annotate(
            is_used=_used_by(_editions()), is_public=_used_by(_editions().public())
        )

    def describable_by(self, user: Any) -> Self:
        """Pictures whose credit, caption and focal point `user` may change.

        They are the picture's own: every article that uses it shows them at once, past any
        approval. So until one is approved it is up to whoever uploaded the picture, too.
        """
        if user.has_perm("articles.change_picture"):
            return self
        approved = _editions().filter(state="approved")
        return self.filter(~_used_by(approved), uploaded_by=user.pk)


def _editions():
    return apps.get_model("articles", "Edition").objects.order_by()


def _used_by(editions) -> Q:
    """The condition that one of `editions` uses a picture: above the story or in it."""
    return Q(Exists(editions.filter(picture=OuterRef("pk")))) | Q(
        Exists(editions.filter(story_pictures__picture=OuterRef("pk")))
    )


def _within_unit(label: str, field: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=f"picture_{label}_within_picture",
        condition=Q(**{f"{field}__gte": 0, f"{field}__lte": 1}),
        violation_error_message=_("The focal point lies between 0 and 1."),
    )


class Picture(models.Model):
    """An uploaded picture, re-encoded without its metadata."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    file = models.FileField(storage=private_storage, editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    name = models.CharField(_("file name"), max_length=200, blank=True, editable=False)
    # Of the pixels, so that the same picture is known again whatever its file says of it.
    digest = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    caption = models.CharField(
        _("caption"),
        max_length=300,
        blank=True,
        help_text=_("Who and what is to be seen, where and when. An article may say it otherwise."),
    )
    alt = models.CharField(
        _("alternative text"),
        max_length=300,
        blank=True,
        help_text=_("What the picture shows, for those who cannot see it. Offered to each use."),
    )
    credit = LineField(
        _("credit"), max_length=200, blank=True, help_text=_("Who made it, and for whom.")
    )
    licence = LineField(
        _("licence"),
        max_length=200,
        blank=True,
        help_text=_("On what terms it may be shown: choose, or say it in your own words."),
    )
    focal_x = models.FloatField(
        _("focal point, from the left"),
        default=0.5,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )
    focal_y = models.FloatField(
        _("focal point, from the top"),
        default=0.5,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    created_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)
    replaced_at = models.DateTimeField(_("file replaced at"), null=True, blank=True, editable=False)

    objects = PictureQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        constraints = [
            models.CheckConstraint(name="picture_has_size", condition=Q(width__gt=0, height__gt=0)),
            _within_unit("focal_x", "focal_x"),
            _within_unit("focal_y", "focal_y"),
        ]

    def __str__(self) -> str:
        return self.caption or self.name or self.credit or str(self.uuid)

    def _widths(self, extension: str) -> list["Rendition"]:
        # Sorted here, so that a prefetch is used.
        found = [r for r in self.renditions.all() if r.name.removesuffix(extension).isdecimal()]
        # After a replacement by a smaller file, several names have the same width.
        return sorted({r.width: r for r in reversed(found)}.values(), key=lambda r: r.width)

    def _srcset(self, extension: str) -> str:
        return ", ".join(f"{r.get_absolute_url()} {r.width}w" for r in self._widths(extension))

    @property
    def avif_srcset(self) -> str:
        """The value of `srcset`: "/media/…/480.avif 480w, …"."""
        return self._srcset(".avif")

    @property
    def jpeg_srcset(self) -> str:
        return self._srcset(".jpg")

    @property
    def fallback(self) -> "Rendition | None":
        """The JPEG of the middle width: for `src` and for programs that know no `srcset`."""
        jpegs = self._widths(".jpg")
        return jpegs[len(jpegs) // 2] if jpegs else None

    @property
    def thumbnail(self) -> "Rendition | None":
        """The smallest JPEG."""
        return next(iter(self._widths(".jpg")), None)

    @property
    def focal_class(self) -> str:
        """The classes by which the style sheets keep the focal point in every crop.

        In tenths: a policy without inline styles leaves no way to say it exactly, and in a crop
        that is less than a tenth of what is cut off. In the middle: none.
        """
        x, y = round(self.focal_x * 10), round(self.focal_y * 10)
        return "" if x == y == 5 else f"fx-{x} fy-{y}"

    @property
    def share(self) -> "Rendition | None":
        """The crop of 1200 × 630 for other sites' cards."""
        return next((r for r in self.renditions.all() if r.name == SHARE_NAME), None)


class Rendition(models.Model):
    """A picture in one size and format: `name` is "960.avif", "960.jpg" or "share.jpg"."""

    picture = models.ForeignKey(Picture, models.CASCADE, related_name="renditions")
    name = models.CharField(max_length=20)
    file = models.FileField(storage=private_storage)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()

    class Meta:
        ordering = ["picture", "name"]
        verbose_name = _("rendition")
        verbose_name_plural = _("renditions")
        constraints = [
            models.UniqueConstraint(fields=["picture", "name"], name="rendition_unique"),
            models.CheckConstraint(
                name="rendition_has_size", condition=Q(width__gt=0, height__gt=0, bytes__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("articles:media", args=[self.picture.uuid, self.name])


class StoryPicture(models.Model):
    """A picture in the story of an edition, as a row, so that the picture cannot be deleted."""

    edition = models.ForeignKey("articles.Edition", models.CASCADE, related_name="story_pictures")
    picture = models.ForeignKey(Picture, models.PROTECT, related_name="story_pictures")

    class Meta:
        verbose_name = _("picture in a story")
        verbose_name_plural = _("pictures in stories")
        constraints = [
            models.UniqueConstraint(fields=["edition", "picture"], name="story_picture_unique")
        ]

    def __str__(self) -> str:
        return str(self.picture)


class DiscardedFile(models.Model):
    """A file that no row names any more; the worker deletes it after `KEEP_DISCARDED`.

    Until then a database as it was before, such as a backup's, finds every file that it names.
    """

    name = models.CharField(max_length=100, primary_key=True)
    discarded_at = models.DateTimeField(default=timezone.now)

    changes_pages = False

    def __str__(self) -> str:
        return self.name


def discard(names: Iterable[str | None]) -> None:
    """Have files deleted in 30 days; in the transaction of the rows that named them."""
    DiscardedFile.objects.bulk_create(
        [DiscardedFile(name=name) for name in names if name], ignore_conflicts=True
    )


@receiver(post_delete, sender=Picture)
@receiver(post_delete, sender=Rendition)
def _discard_file(instance: Picture | Rendition, **kwargs) -> None:
    # A receiver, because the admin deletes in bulk, past `Model.delete`.
    discard([instance.file.name])
