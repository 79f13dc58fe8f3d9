"""Who: organisations, people and the offices they hold."""

import datetime as dt
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from engagements.dates import (
    PartialDateProperty,
    Precision,
    check_order,
    end_not_before_start,
    format_range,
    partial_date_constraints,
)
from engagements.models.addresses import Addressed
from engagements.models.bases import Fictional, LineField
from engagements.text import search_text
from engagements.visibility import is_public


def exactly_one_party(label: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=f"{label}_exactly_one_party",
        condition=Q(country__isnull=False, organisation__isnull=True)
        | Q(country__isnull=True, organisation__isnull=False),
        violation_error_message=_("Choose a country or an organisation: one of the two."),
    )


_Party = TypeVar("_Party", bound=models.Model)


class PartyQuerySet(models.QuerySet[_Party]):
    def public(self, at: dt.datetime | None = None) -> Self:
        """People or organisations that take part in a public engagement.

        Others have no page, so that no address reveals who is coming.
        """
        participation: Any = self.model._meta.get_field("participations")
        taking_part = participation.related_model.objects.filter(is_public(at, "engagement__"))
        return self.filter(Exists(taking_part.filter(**{participation.field.name: OuterRef("pk")})))


class Organisation(Addressed, Fictional):
    name = LineField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=200, unique=True)
    acronym = LineField(_("acronym"), max_length=20, blank=True)
    country = models.ForeignKey(
        "engagements.Country",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="organisations",
        verbose_name=_("country"),
        help_text=_("Leave empty for an international organisation."),
    )
    website = models.URLField(_("website"), blank=True)
    search_text = models.CharField(max_length=255, editable=False)

    objects = PartyQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs):
        self.search_text = search_text(self, self.name, self.acronym)
        super().save(*args, **kwargs)
        self.owned_actions.exclude(owner_name=self.name).update(owner_name=self.name)

    def get_absolute_url(self) -> str:
        return reverse("articles:organisation", args=[self.slug])

    @property
    def short_name(self) -> str:
        return self.acronym or self.name


class Person(Addressed, Fictional):
    name = LineField(
        _("name"), max_length=200, help_text=_("As it stands on the page: given name first.")
    )
    slug = models.SlugField(_("slug"), max_length=200, unique=True)
    search_text = models.CharField(max_length=220, editable=False)

    objects = PartyQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs):
        self.search_text = search_text(self, self.name)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("articles:person", args=[self.slug])


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def held_on(self, first_day: dt.date, last_day: dt.date | None = None) -> Self:
        """Appointments in force on a day, or at some time from `first_day` to `last_day`.

        An end known to the month or year counts as the last day of that period.
        """
        last_day = last_day or first_day
        return self.filter(Q(start_date__isnull=True) | Q(start_date__lte=last_day)).filter(
            Q(end_date__isnull=True)
            | Q(end_date__gte=first_day)
            | Q(
                end_precision=Precision.MONTH,
                end_date__gte=first_day.replace(day=1),
            )
            | Q(
                end_precision=Precision.YEAR,
                end_date__gte=first_day.replace(month=1, day=1),
            )
        )

    def begun(self, today: dt.date) -> Self:
        """Present and former offices, the latest first, with their person and party."""
        return (
            self.filter(Q(start_date__isnull=True) | Q(start_date__lte=today))
            .select_related("person", "country", "organisation")
            .order_by(models.F("start_date").desc(nulls_last=True), "-pk")
        )


class Appointment(models.Model):
    """An office that a person holds for a country or an organisation, from and to."""

    person = models.ForeignKey(
        Person, models.CASCADE, related_name="appointments", verbose_name=_("person")
    )
    title = LineField(_("title"), max_length=200)
    country = models.ForeignKey(
        "engagements.Country",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="appointments",
        verbose_name=_("for the country"),
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="appointments",
        verbose_name=_("for the organisation"),
    )
    start_date = models.DateField(null=True, blank=True, editable=False)
    start_precision = models.CharField(max_length=5, blank=True, editable=False)
    end_date = models.DateField(null=True, blank=True, editable=False)
    end_precision = models.CharField(max_length=5, blank=True, editable=False)
    start = PartialDateProperty()
    end = PartialDateProperty()

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["person__name", "start_date", "pk"]
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        constraints = [
            exactly_one_party("appointment"),
            *partial_date_constraints("appointment", "start"),
            *partial_date_constraints("appointment", "end"),
            end_not_before_start("appointment"),
        ]

    def __str__(self) -> str:
        period = "–".join([str(self.start or ""), str(self.end or "")]).strip("–")
        return f"{self.person}, {self.title}" + (f" ({period})" if period else "")

    def clean(self) -> None:
        check_order(self.start, self.end)

    @property
    def party(self):
        return self.country or self.organisation

    @property
    def period(self) -> str:
        """The dates in words, as precisely as they are known; empty without any."""
        if self.end:
            return (
                format_range(self.start, self.end) if self.start else gettext("until %s") % self.end
            )
        return gettext("since %s") % self.start if self.start else ""
