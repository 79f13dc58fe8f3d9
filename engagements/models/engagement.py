"""The fact: one encounter, with its dates, its place and what readers see of it."""

import datetime as dt
from typing import Self
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager

from engagements.dates import (
    PartialDateProperty,
    check_order,
    end_not_before_start,
    format_range,
    partial_date_constraints,
)
from engagements.models.addresses import Addressed
from engagements.models.bases import CheckedAtOnce, Fictional, LineField, Withdrawable
from engagements.models.participants import Participant
from engagements.models.parties import Organisation, Person
from engagements.models.places import Country, EngagementRegion, Region
from engagements.models.topics import EngagementTopic
from engagements.models.tours import Tour
from engagements.text import search_text
from engagements.visibility import is_public


class EngagementQuerySet(models.QuerySet["Engagement"]):
    def public(self, at: dt.datetime | None = None) -> Self:
        return self.filter(is_public(at))

    def withdrawn(self, at: dt.datetime | None = None) -> Self:
        """Engagements that were public until they were withdrawn: their address answers 410."""
        at = at or timezone.now()
        return self.filter(withdrawn_at__lte=at, public_from__lte=F("withdrawn_at"))

    def in_region(self, region: Region) -> Self:
        return self.filter(
            pk__in=EngagementRegion.objects.effective()
            .filter(region=region)
            .values("engagement_id")
        )

    def travels_of(self, person: Person) -> Self:
        """Engagements with a place that the person attended, but not as host."""
        guests = Participant.objects.filter(person=person).exclude(side=Participant.Side.HOST)
        return self.filter(
            pk__in=guests.values("engagement_id"),
            status=Engagement.Status.TOOK_PLACE,
            location_country__isnull=False,
        )

    def newest_first(self) -> Self:
        return self.order_by("-sort_date", "-pk")

    def oldest_first(self) -> Self:
        # Of two that start on one day, the one that lasts longer comes later.
        return self.order_by("start_date", F("end_date").asc(nulls_first=True), "pk")

    def with_parties(self) -> Self:
        """Fetch what `who_and_where()` reads, in two queries however many rows there are."""
        return self.select_related("location_country").prefetch_related(
            models.Prefetch(
                "participants",
                Participant.objects.select_related(
                    "country", "organisation", "person", "appointment"
                ),
            )
        )

    def for_drawings(self, at: dt.datetime | None = None) -> Self:
        """Fetch what a drawing shows: parties, place, and the tour's stops (`public_stops`)."""
        return self.with_parties().select_related("tour").prefetch_related(stops_of_tours(at))


def stops_of_tours(at: dt.datetime | None = None) -> models.Prefetch:
    """Return the lookup that sets `public_stops` of the tours of engagements."""
    stops = Engagement.objects.public(at).with_parties().oldest_first()
    return models.Prefetch("tour__engagements", stops, to_attr="public_stops")


class Engagement(CheckedAtOnce, Addressed, Fictional, Withdrawable):  # type: ignore[django-manager-missing] # taggit ships no types
    class Kind(models.TextChoices):
        OFFICIAL_VISIT = "official_visit", _("official visit")
        WORKING_VISIT = "working_visit", _("working visit")
        STATE_VISIT = "state_visit", _("state visit")
        VISIT = "visit", _("visit")
        MEETING = "meeting", _("meeting")
        SUMMIT = "summit", _("summit")
        CONFERENCE = "conference", _("conference")
        CALL = "call", _("call")
        OTHER = "other", _("other encounter")

    # Where these take place follows from who hosts them.
    BILATERAL = (
        Kind.OFFICIAL_VISIT,
        Kind.WORKING_VISIT,
        Kind.STATE_VISIT,
        Kind.VISIT,
        Kind.MEETING,
    )

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        CONFIRMED = "confirmed", _("confirmed")
        TOOK_PLACE = "took_place", _("took place")
        POSTPONED = "postponed", _("postponed")
        CANCELLED = "cancelled", _("cancelled")

    AHEAD = (Status.PLANNED, Status.CONFIRMED)

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    title = LineField(
        _("title"),
        max_length=200,
        help_text=_("Names the encounter: “NATO special representative in Algiers”."),
    )
    slug = models.SlugField(
        _("slug"),
        max_length=200,
        unique=True,
        help_text=_("The last part of the page's address. Made from the title."),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.VISIT)
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.PLANNED
    )
    status_note = models.CharField(
        _("reason"),
        max_length=300,
        blank=True,
        help_text=_("Why it was postponed or cancelled, as far as it is known."),
    )
    start_date = models.DateField(editable=False)
    start_precision = models.CharField(max_length=5, editable=False)
    end_date = models.DateField(null=True, blank=True, editable=False)
    end_precision = models.CharField(max_length=5, blank=True, editable=False)
    start = PartialDateProperty()
    end = PartialDateProperty()
    sort_date = models.DateField(editable=False)
    location_country = models.ForeignKey(
        Country,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="hosted_engagements",
        verbose_name=_("country"),
        help_text=_("Left empty, a new visit is where its host is. A call has no place."),
    )
    city = LineField(_("city"), max_length=200, blank=True)
    venue = LineField(_("venue"), max_length=200, blank=True)
    tour = models.ForeignKey(
        Tour,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="engagements",
        verbose_name=_("tour"),
        help_text=_("The journey of which this is a stop."),
    )
    summary = models.TextField(
        _("summary"),
        blank=True,
        max_length=2000,
        help_text=_("One paragraph for the timeline: who met whom, about what."),
    )
    topics = TaggableManager(
        through=EngagementTopic, blank=True, verbose_name=_("topics"), help_text=""
    )
    regions = models.ManyToManyField(
        Region, through="EngagementRegion", related_name="engagements", verbose_name=_("regions")
    )
    public_from = models.DateTimeField(
        _("public from"),
        null=True,
        blank=True,
        help_text=_("Empty: a draft. In the future: under embargo until then."),
    )
    updated_at = models.DateTimeField(auto_now=True)
    search_text = models.CharField(max_length=450, editable=False)

    objects = EngagementQuerySet.as_manager()

    class Meta:
        ordering = ["-sort_date", "-pk"]
        verbose_name = _("engagement")
        verbose_name_plural = _("engagements")
        permissions = [
            ("publish_engagement", _("Can make an engagement public or withdraw it")),
        ]
        indexes = [
            models.Index(fields=["-sort_date", "-id"], name="engagement_newest_first"),
            # All that a search at the desk reads, so that it reads no summary.
            models.Index(
                fields=["-sort_date", "-id", "search_text"], name="engagement_desk_search"
            ),
            models.Index(fields=["public_from"], name="engagement_public_from"),
            *Withdrawable.Meta.indexes,
        ]
        constraints = [
            *partial_date_constraints("engagement", "start", required=True),
            *partial_date_constraints("engagement", "end"),
            end_not_before_start("engagement"),
            models.CheckConstraint(
                name="engagement_sort_date_in_start_period",
                condition=Q(sort_date__gte=F("start_date")),
            ),
            models.CheckConstraint(
                name="engagement_named", condition=~Q(title="") & ~Q(slug="")
            ),
            models.CheckConstraint(
                name="engagement_kind_known",
                condition=Q(
                    kind__in=[
                        "official_visit", "working_visit", "state_visit", "visit", "meeting",
                        "summit", "conference", "call", "other",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="engagement_status_known",
                condition=Q(
                    status__in=["planned", "confirmed", "took_place", "postponed", "cancelled"]
                ),
            ),
            models.CheckConstraint(
                name="engagement_call_has_no_location",
                condition=~Q(kind="call")
                | Q(location_country__isnull=True, city="", venue=""),
                violation_error_message=_(
                    "A call has no place: leave country, city and venue empty."
                ),
            ),
            models.CheckConstraint(
                name="engagement_withdrawn_was_public",
                condition=Q(withdrawn_at__isnull=True)
                | Q(public_from__isnull=False, public_from__lte=F("withdrawn_at")),
                violation_error_message=_("Only what was public can be withdrawn."),
            ),
            *Withdrawable.Meta.constraints,
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    def save(self, *args, **kwargs):
        self.sort_date = self.start.last_day
        self.search_text = search_text(self, self.title, self.city)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("articles:engagement", args=[self.slug])

    @property
    def share_url(self) -> str:
        """The address of the drawing that other sites show beside a shared link."""
        return reverse("articles:engagement_share", args=[self.slug])

    def clean(self) -> None:
        check_order(self.start, self.end)
        if (
            self.start_date
            and self.status == self.Status.TOOK_PLACE
            and self.start.first_day > timezone.localdate()
        ):
            raise ValidationError(
                {"status": _("It starts in the future, so it cannot have taken place yet.")}
            )

    def choose_location(self) -> bool:
        """Set the place to the host's country if it is empty; return whether it did.

        Not for summits and conferences, which may be anywhere, and calls, which have no place.
        """
        if self.kind not in self.BILATERAL or self.location_country_id:
            return False
        hosts = self.participants.filter(side=Participant.Side.HOST, country__isnull=False)
        countries = set(hosts.values_list("country", flat=True))
        if len(countries) != 1:
            return False
        self.location_country_id = countries.pop()
        self.save(update_fields=["location_country"])
        return True

    @property
    def is_draft(self) -> bool:
        return self.public_from is None

    def was_seen(self, at: dt.datetime | None = None) -> bool:
        """Whether it has been public: what readers saw is not changed without a note."""
        return self.public_from is not None and self.public_from <= (at or timezone.now())

    @property
    def when(self) -> str:
        """The date or dates in words, as precisely as they are known."""
        return format_range(self.start, self.end)

    @property
    def last_day(self) -> dt.date:
        return (self.end or self.start).last_day

    def is_upcoming(self, today: dt.date) -> bool:
        """Whether it is planned or confirmed and its last possible day has not passed."""
        return self.status in self.AHEAD and self.last_day >= today

    def is_unconfirmed(self, today: dt.date) -> bool:
        """Whether its date has passed and it is still planned or confirmed."""
        return self.status in self.AHEAD and self.last_day < today

    def status_on(self, today: dt.date) -> str:
        """The status in words; a planned one whose date is past reads "not confirmed"."""
        return str(_("not confirmed") if self.is_unconfirmed(today) else self.get_status_display())

    @property
    def visitors(self) -> list["Participant"]:
        return self._on_side(Participant.Side.VISITOR)

    @property
    def hosts(self) -> list["Participant"]:
        return self._on_side(Participant.Side.HOST)

    @property
    def others(self) -> list["Participant"]:
        return self._on_side(Participant.Side.OTHER)

    def _on_side(self, side: str) -> list["Participant"]:
        # Filtered here, so that a prefetch is used.
        return [p for p in self.participants.all() if p.side == side]

    @property
    def stops(self) -> list["Engagement"]:
        """The public stops of its tour in their order; empty where it is the only one."""
        stops = self.tour.public_stops if self.tour else []
        return stops if len(stops) > 1 and self in stops else []

    @property
    def stop_number(self) -> int:
        return self.stops.index(self) + 1

    @property
    def pair(self) -> tuple[Country | Organisation, Country | Organisation] | None:
        """The party that leads the visitors and the one that receives them, or the only two."""
        found = (
            [next((p for p in side if p.is_lead), side[0]) for side in (self.visitors, self.hosts)]
            if self.visitors and self.hosts
            else self.participants.all()
        )
        parties = list(dict.fromkeys(p.party for p in found if p.party))
        return (parties[0], parties[1]) if len(parties) == 2 else None

    @property
    def who(self) -> str:
        """The visiting side, or everyone where nobody visits: "NATO", "Japan, Italy"."""
        return ", ".join(_party_names(self.visitors or self.participants.all()))

    @property
    def where(self) -> str:
        """The place, else the hosts, else nothing: "Algiers, Algeria"."""
        place = [self.city, self.location_country.name if self.location_country else ""]
        return ", ".join(filter(None, place)) or ", ".join(_party_names(self.hosts))


def _party_names(participants) -> list[str]:
    return list(dict.fromkeys(p.party_name for p in participants))
