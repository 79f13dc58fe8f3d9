"""Who takes part in an engagement: the parties, their people and the offices these hold."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from engagements.models.bases import LineField
from engagements.models.parties import Appointment, Organisation, Person, exactly_one_party
from engagements.models.places import Country


class Participant(models.Model):
    """A party to an engagement: a country or an organisation, perhaps by a named person."""

    class Side(models.TextChoices):
        VISITOR = "visitor", _("visitor")
        HOST = "host", _("host")
        OTHER = "other", _("other")

    engagement = models.ForeignKey(
        "engagements.Engagement",
        models.CASCADE,
        related_name="participants",
        verbose_name=_("engagement"),
    )
    side = models.CharField(_("side"), max_length=8, choices=Side.choices, default=Side.VISITOR)
    country = models.ForeignKey(
        Country,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="participations",
        verbose_name=_("country"),
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="participations",
        verbose_name=_("organisation"),
    )
    person = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="participations",
        verbose_name=_("person"),
    )
    appointment = models.ForeignKey(
        Appointment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="participations",
        verbose_name=_("office held that day"),
        help_text=_("Chosen by itself if exactly one fits the day."),
    )
    title_text = LineField(
        _("title on the page"),
        max_length=200,
        blank=True,
        help_text=_("Only where the office's own title does not do."),
    )
    is_lead = models.BooleanField(_("leads the side"), default=False)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    sources = models.ManyToManyField(
        "engagements.Source", related_name="participants", blank=True, verbose_name=_("sources")
    )

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        constraints = [
            exactly_one_party("participant"),
            models.UniqueConstraint(
                fields=["engagement", "side"],
                condition=Q(is_lead=True),
                name="participant_one_lead_a_side",
                violation_error_message=_("Only one participant leads a side."),
            ),
            models.UniqueConstraint(
                fields=["engagement", "person"],
                condition=Q(person__isnull=False),
                name="participant_person_once",
                violation_error_message=_("This person is a participant already."),
            ),
            models.CheckConstraint(
                name="participant_side_known",
                condition=Q(side__in=["visitor", "host", "other"]),
            ),
            models.CheckConstraint(
                name="participant_appointment_has_person",
                condition=Q(appointment__isnull=True) | Q(person__isnull=False),
                violation_error_message=_("An office needs the person who holds it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.party_name}" if self.person else self.party_name

    def clean(self) -> None:
        if self.appointment and self.person and self.appointment.person_id != self.person_id:
            raise ValidationError(
                {
                    "appointment": _(
                        "This office is somebody else's: choose one of the person's own."
                    )
                }
            )
        if self.appointment and self._has_days() and self.appointment not in self._offices():
            raise ValidationError(
                {
                    "appointment": _(
                        "This office was not held on these days, or not for this party: "
                        "choose another, or leave it empty."
                    )
                }
            )

    @property
    def party(self) -> Country | Organisation | None:
        return self.country or self.organisation

    @property
    def party_name(self) -> str:
        return self.party.short_name if self.party else ""

    @property
    def title(self) -> str:
        """The title held that day, or nothing where it is not known."""
        return self.title_text or (self.appointment.title if self.appointment else "")

    def choose_appointment(self) -> None:
        """Set the office if exactly one of the person's fits the engagement's days."""
        if not self.person_id or self.appointment_id or self.title_text:
            return
        fitting = self._offices()[:2]
        if len(fitting) == 1:
            self.appointment = fitting[0]

    def _has_days(self) -> bool:
        # In a form whose dates are invalid it has none.
        return bool(self.engagement_id or self.engagement) and bool(self.engagement.start)

    def _offices(self) -> models.QuerySet:
        """Return the offices that the person held for the party on the engagement's days."""
        days = (self.engagement.start.first_day, self.engagement.last_day)
        return Appointment.objects.held_on(*days).filter(
            person=self.person, country=self.country, organisation=self.organisation
        )
