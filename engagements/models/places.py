"""Where: countries, the United Nations' areas and the editors' regions."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from engagements.models.addresses import Addressed
from engagements.models.bases import LineField
from engagements.text import search_text


class M49Area(models.Model):
    """A region or sub-region of the United Nations' standard M49 ("015 Northern Africa")."""

    code = models.CharField(_("M49 code"), max_length=3, unique=True)
    name = LineField(_("name"), max_length=100)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("M49 area")
        verbose_name_plural = _("M49 areas")

    def __str__(self) -> str:
        return self.name


class Country(models.Model):
    """A country of ISO 3166-1, Kosovo (XK), or a former state of ISO 3166-3 (four letters)."""

    code = models.CharField(
        _("code"),
        max_length=4,
        unique=True,
        help_text=_("ISO 3166-1 alpha-2, XK for Kosovo, or the four letters of a former state."),
    )
    alpha3 = models.CharField(_("three-letter code"), max_length=3, blank=True)
    numeric = models.CharField(_("numeric code"), max_length=3, blank=True)
    name = LineField(_("name"), max_length=100)
    area = models.ForeignKey(
        M49Area,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="countries",
        verbose_name=_("M49 area"),
    )
    valid_from = models.DateField(_("exists since"), null=True, blank=True)
    valid_until = models.DateField(_("existed until"), null=True, blank=True)
    search_text = models.CharField(max_length=120, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        constraints = [
            models.CheckConstraint(
                name="country_code_format",
                condition=Q(code__regex=r"^[A-Z]{2}([A-Z]{2})?$"),
                violation_error_message=_("A country's code is two or four capital letters."),
            ),
            models.CheckConstraint(
                name="country_validity_in_order",
                condition=Q(valid_from__isnull=True)
                | Q(valid_until__isnull=True)
                | Q(valid_until__gt=F("valid_from")),
                violation_error_message=_("A state ends after it begins."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs):
        self.search_text = search_text(self, self.name, self.code, self.alpha3)
        super().save(*args, **kwargs)
        self.owned_actions.exclude(owner_name=self.name).update(owner_name=self.name)

    def get_absolute_url(self) -> str:
        return reverse("articles:country", args=[self.code.lower()])

    @property
    def short_name(self) -> str:
        """The name, as a country has no acronym; as for an organisation."""
        return self.name


class CountryName(models.Model):
    """Another name of a country: its name in another language, or an alias ("Burma")."""

    class Kind(models.TextChoices):
        TRANSLATION = "translation", _("name in another language")
        ALIAS = "alias", _("alias")

    country = models.ForeignKey(
        Country, models.CASCADE, related_name="names", verbose_name=_("country")
    )
    language = models.CharField(_("language"), max_length=12, blank=True)
    name = LineField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.ALIAS)
    search_text = models.CharField(max_length=120, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("name of a country")
        verbose_name_plural = _("names of countries")
        constraints = [
            models.UniqueConstraint(
                fields=["country", "language"],
                condition=Q(kind="translation"),
                name="countryname_one_translation_a_language",
                violation_error_message=_("This language has a name already."),
            ),
            models.UniqueConstraint(
                fields=["country", "language", "name"], name="countryname_unique"
            ),
            models.CheckConstraint(
                name="countryname_kind_and_language",
                condition=Q(kind="alias") | (Q(kind="translation") & ~Q(language="")),
                violation_error_message=_("A name in another language needs the language."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs):
        self.search_text = search_text(self, self.name)
        super().save(*args, **kwargs)


class Region(Addressed):
    """An editorial grouping of countries with its own timeline. Regions may overlap."""

    name = LineField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    description = models.TextField(
        _("description"),
        blank=True,
        help_text=_("One or two sentences that stand under the region's name."),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    countries = models.ManyToManyField(
        Country, related_name="regions", blank=True, verbose_name=_("countries")
    )

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("region")
        verbose_name_plural = _("regions")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("articles:region", args=[self.slug])


class EngagementRegionQuerySet(models.QuerySet["EngagementRegion"]):
    def effective(self) -> Self:
        """Rows that put an engagement on a region's timeline: all that no editor removed."""
        return self.exclude(origin=EngagementRegion.Origin.REMOVED)


class EngagementRegion(models.Model):
    class Origin(models.TextChoices):
        DERIVED = "derived", _("derived from the countries")
        ADDED = "added", _("added by an editor")
        REMOVED = "removed", _("removed by an editor")

    engagement = models.ForeignKey(
        "engagements.Engagement",
        models.CASCADE,
        related_name="region_rows",
        verbose_name=_("engagement"),
    )
    region = models.ForeignKey(
        Region, models.CASCADE, related_name="engagement_rows", verbose_name=_("region")
    )
    origin = models.CharField(
        _("origin"), max_length=8, choices=Origin.choices, default=Origin.ADDED
    )

    objects = EngagementRegionQuerySet.as_manager()

    class Meta:
        ordering = ["region__position", "region__name"]
        verbose_name = _("region of the engagement")
        verbose_name_plural = _("regions of the engagement")
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "region"], name="engagementregion_unique"
            ),
            models.CheckConstraint(
                name="engagementregion_origin_known",
                condition=Q(origin__in=["derived", "added", "removed"]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.region)
