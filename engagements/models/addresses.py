"""Former addresses: a slug that led to a public page redirects to it for ever."""

from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


class FormerSlugQuerySet(models.QuerySet["FormerSlug"]):
    def of_model(self, model: type[models.Model]) -> Self:
        return self.filter(kind=model._meta.model_name)

    def held(self, model: type[models.Model]) -> Self:
        """Former slugs whose row has not been deleted."""
        return self.of_model(model).filter(target__in=model._default_manager.values("pk"))


class FormerSlug(models.Model):
    """A former slug of a row that was public.

    It names the row, not the next slug, so that any number of changes is one redirect.
    """

    # Several models share the table, one of them in another app: no foreign key.
    kind = models.CharField(max_length=20)
    slug = models.SlugField(max_length=200, db_index=False)
    target = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FormerSlugQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "slug"]
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
        indexes = [models.Index(fields=["kind", "target"], name="formerslug_target")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "slug"], name="formerslug_unique"),
            models.CheckConstraint(
                name="formerslug_named", condition=~models.Q(kind="") & ~models.Q(slug="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.slug}"


class Addressed(models.Model):
    """A model whose `slug` is the last part of a page's address."""

    slug: Any

    class Meta:
        abstract = True

    def validate_unique(self, exclude=None) -> None:
        super().validate_unique(exclude=exclude)
        if "slug" in (exclude or ()):
            return
        model = type(self)
        former = FormerSlug.objects.held(model).filter(slug=self.slug).exclude(target=self.pk)
        row = former.first()
        if row is not None:
            holder = model._default_manager.get(pk=row.target)
            raise ValidationError(
                {
                    "slug": _(
                        "This address redirects to “%(holder)s”, which used it before. Choose "
                        "another one."
                    )
                    % {"holder": holder}
                }
            )
