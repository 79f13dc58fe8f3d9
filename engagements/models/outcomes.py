"""What was agreed, the actions that it needs, reports on them, and the sources."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Exists, F, FilteredRelation, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from engagements.dates import PartialDateProperty, partial_date_constraints
from engagements.models.bases import LineField
from engagements.models.engagement import Engagement
from engagements.models.parties import Organisation
from engagements.models.places import Country
from engagements.visibility import is_public


class Source(models.Model):
    class Account(models.TextChoices):
        VISITOR = "visitor", _("the visitor's account")
        HOST = "host", _("the host's account")
        PRESS = "press", _("the press")
        OTHER = "other", _("other")

    engagement = models.ForeignKey(
        Engagement, models.CASCADE, related_name="sources", verbose_name=_("engagement")
    )
    publisher = LineField(_("publisher"), max_length=200)
    title = LineField(_("title"), max_length=300)
    url = models.URLField(_("address"), max_length=1000, blank=True)
    published_date = models.DateField(_("date"), null=True, blank=True)
    archived_url = models.URLField(_("archived copy"), max_length=1000, blank=True)
    account = models.CharField(
        _("whose account"), max_length=8, choices=Account.choices, default=Account.PRESS
    )

    class Meta:
        ordering = ["pk"]
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        constraints = [
            models.CheckConstraint(
                name="source_account_known",
                condition=Q(account__in=["visitor", "host", "press", "other"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publisher}: {self.title}"


class Outcome(models.Model):
    """Something that was agreed at an engagement."""

    engagement = models.ForeignKey(
        Engagement, models.CASCADE, related_name="outcomes", verbose_name=_("engagement")
    )
    title = LineField(_("outcome"), max_length=300)
    details = models.TextField(_("details"), blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    sources = models.ManyToManyField(
        Source, related_name="outcomes", blank=True, verbose_name=_("sources")
    )

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")

    def __str__(self) -> str:
        return self.title


def _is_past(today: dt.date) -> Q:
    """Return the condition that the due day, month or year has passed."""
    return (
        Q(due_precision="day", due_date__lt=today)
        | Q(due_precision="month", due_date__lt=today.replace(day=1))
        | Q(due_precision="year", due_date__lt=today.replace(month=1, day=1))
    )


class ActionQuerySet(models.QuerySet["Action"]):
    def public(self, at: dt.datetime | None = None) -> Self:
        """Actions of public engagements."""
        # Not a join, which SQLite begins at the engagements.
        agreed = Outcome.objects.filter(is_public(at, "engagement__"), pk=OuterRef("outcome"))
        return self.filter(Exists(agreed))

    def unfinished(self) -> Self:
        """Actions neither done nor dropped."""
        # Not an exclusion, so that an index serves it.
        return self.filter(status__in=Action.UNFINISHED)

    def overdue(self, today: dt.date) -> Self:
        """Unfinished actions whose due day, month or year has passed."""
        # The day is repeated for the sake of the index.
        return self.unfinished().filter(_is_past(today), due_date__lt=today)

    def by_urgency(self, today: dt.date) -> list[Self]:
        """Return the overdue actions of each status, then the others of each.

        Those of one status are in the order of an index: by owner and due date.
        """
        dated = self.order_by("owner_name", "due_date", "pk")
        rows = self.order_by("owner_name", F("due_date").asc(nulls_last=True), "pk")
        late = [dated.filter(_is_past(today), status=status) for status in Action.UNFINISHED]
        in_time = [rows.filter(~_is_past(today), status=status) for status in Action.UNFINISHED]
        finished = [rows.filter(status=status) for status in Action.FINISHED]
        return [*late, *in_time, *finished]

    def name_owners(self) -> int:
        """Write `owner_name` where it is not the owner's; return of how many actions."""
        name = Coalesce(
            Subquery(Country.objects.filter(pk=OuterRef("owner_country")).values("name")),
            Subquery(Organisation.objects.filter(pk=OuterRef("owner_organisation")).values("name")),
            "owner_text",
        )
        wrong = self.alias(right=name).exclude(owner_name=F("right"))
        return self.filter(pk__in=wrong.values("pk")).update(owner_name=name)

    def fulfilled(self) -> Self:
        """Actions that are done, the latest first, with the date (`fulfilled_on`)."""
        is_done = Q(updates__status=Action.Status.DONE)
        # Done, taken up again and done again: the last time counts.
        later = ActionUpdate.objects.filter(
            Q(date__gt=OuterRef("done__date")) | Q(pk__gt=OuterRef("done__pk")),
            action=OuterRef("pk"),
            date__gte=OuterRef("done__date"),
            status=Action.Status.DONE,
        )
        # Not an aggregate over each action's dates, which would read every action.
        return (
            self.annotate(done=FilteredRelation("updates", condition=is_done))
            .filter(~Exists(later), status=Action.Status.DONE, done__date__isnull=False)
            .annotate(fulfilled_on=F("done__date"))
            .order_by("-fulfilled_on", "-pk")
        )

    def owned_by(self, owner: Country | Organisation) -> Self:
        """Actions of a country or an organisation: unfinished before finished, by due date."""
        column = "owner_country" if isinstance(owner, Country) else "owner_organisation"
        is_open = Q(status__in=Action.UNFINISHED)
        return self.filter(**{column: owner}).order_by(
            Case(When(is_open, then=0), default=1), F("due_date").asc(nulls_last=True), "pk"
        )

    def for_lists(self) -> Self:
        """Fetch what a list of actions reads."""
        return self.select_related("outcome__engagement", "owner_country", "owner_organisation")


OWNER = {"owner_country", "owner_organisation", "owner_text"}


class Action(models.Model):
    """What an outcome needs. Its status follows from its updates."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        UNDER_WAY = "under_way", _("under way")
        DELAYED = "delayed", _("delayed")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    UNFINISHED = (Status.OPEN, Status.UNDER_WAY, Status.DELAYED)
    FINISHED = (Status.DONE, Status.DROPPED)

    outcome = models.ForeignKey(
        Outcome, models.CASCADE, related_name="actions", verbose_name=_("outcome")
    )
    title = LineField(_("necessary action"), max_length=300)
    owner_country = models.ForeignKey(
        Country,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_actions",
        verbose_name=_("country that owns it"),
    )
    owner_organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_actions",
        verbose_name=_("organisation that owns it"),
    )
    owner_text = LineField(_("owner in words"), max_length=200, blank=True)
    # Of whichever owner, for the order of lists. Countries and organisations write their new names.
    owner_name = models.CharField(max_length=200, blank=True, db_default="", editable=False)
    due_date = models.DateField(null=True, blank=True, editable=False)
    due_precision = models.CharField(max_length=5, blank=True, editable=False)
    due = PartialDateProperty()
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=Status.choices,
        default=Status.OPEN,
        editable=False,
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    # How often `due` changed: the sequence number of its event in a calendar.
    due_changes = models.PositiveIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ActionQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("action")
        verbose_name_plural = _("actions")
        indexes = [
            models.Index(fields=["due_date", "id"], name="action_due"),
            models.Index(fields=["status", "due_date"], name="action_status_due"),
            models.Index(fields=["status", "owner_name", "due_date"], name="action_in_order"),
        ]
        constraints = [
            *partial_date_constraints("action", "due"),
            models.CheckConstraint(
                name="action_one_owner",
                condition=Q(owner_country__isnull=True, owner_organisation__isnull=True)
                | Q(owner_country__isnull=True, owner_text="")
                | Q(owner_organisation__isnull=True, owner_text=""),
                violation_error_message=_(
                    "An action has one owner: a country, an organisation or words."
                ),
            ),
            models.CheckConstraint(
                name="action_status_known",
                condition=Q(status__in=["open", "under_way", "delayed", "done", "dropped"]),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    def save(self, *args, **kwargs):
        # Counted from the stored number, so that a revert does not lower it.
        stored = Action.objects.filter(pk=self.pk).values_list(
            "due_changes", "due_date", "due_precision"
        )
        columns = kwargs.get("update_fields")
        if columns is None and (row := stored.first()):
            self.due_changes = row[0] + (row[1:] != (self.due_date, self.due_precision))
        if columns is None or OWNER & {*columns}:
            owner = self.owner_country or self.owner_organisation
            self.owner_name = owner.name if owner else self.owner_text
            kwargs["update_fields"] = columns and {*columns, "owner_name"}
        super().save(*args, **kwargs)

    @property
    def owner(self) -> str:
        if self.owner_country:
            return self.owner_country.name
        return self.owner_organisation.short_name if self.owner_organisation else self.owner_text

    def is_overdue(self, today: dt.date) -> bool:
        return bool(self.due) and self.status in self.UNFINISHED and self.due.last_day < today

    def refresh_status(self) -> None:
        """Set the status to that of the latest effective update, else to open."""
        latest = self.updates.effective().order_by("date", "pk").last()
        self.status = latest.status if latest else self.Status.OPEN
        self.save(update_fields=["status", "updated_at"])


class ActionUpdateQuerySet(models.QuerySet["ActionUpdate"]):
    def effective(self) -> Self:
        """Updates but for a "done" that no second person has confirmed."""
        return self.exclude(status=Action.Status.DONE, confirmed_by__isnull=True)

    def public(self, at: dt.datetime | None = None) -> Self:
        """Effective updates of public engagements, with when they came out (`announced_at`)."""
        confirmed = Coalesce("confirmed_at", "reported_at")
        visible = F("action__outcome__engagement__public_from")
        return (
            self.effective()
            .filter(is_public(at, "action__outcome__engagement__"))
            .annotate(announced_at=Greatest("reported_at", confirmed, visible))
        )

    def newest_first(self) -> Self:
        """Order what `public()` returned: the last announced first."""
        return self.order_by("-announced_at", "-pk")


class ActionUpdate(models.Model):
    """A report on an action. Append-only: another update corrects an error."""

    action = models.ForeignKey(
        Action, models.CASCADE, related_name="updates", verbose_name=_("action")
    )
    date = models.DateField(_("date"))
    status = models.CharField(_("status since then"), max_length=10, choices=Action.Status.choices)
    text = models.TextField(_("what happened"))
    sources = models.ManyToManyField(
        Source, related_name="action_updates", blank=True, verbose_name=_("sources")
    )
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("reported by"),
    )
    reported_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True, editable=False)

    objects = ActionUpdateQuerySet.as_manager()

    class Meta:
        ordering = ["date", "pk"]
        verbose_name = _("update of an action")
        verbose_name_plural = _("updates of an action")
        indexes = [models.Index(fields=["status", "-date", "-action"], name="actionupdate_latest")]
        constraints = [
            models.CheckConstraint(
                name="actionupdate_status_known",
                condition=Q(status__in=["open", "under_way", "delayed", "done", "dropped"]),
            ),
            models.CheckConstraint(
                name="actionupdate_confirmed_by_another",
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("reported_by")),
                violation_error_message=_("“Done” is confirmed by a second person."),
            ),
            models.CheckConstraint(
                name="actionupdate_confirmed_is_done",
                condition=Q(confirmed_by__isnull=True) | Q(status="done"),
            ),
            models.CheckConstraint(
                name="actionupdate_has_text",
                condition=~Q(text=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()}, {self.date}"

    def save(self, *args, **kwargs):
        if self.pk and not kwargs.pop("confirming", False):
            raise ValidationError(_("Updates are never changed: add another one."))
        super().save(*args, **kwargs)
        self.action.refresh_status()

    def clean(self) -> None:
        if self.date and self.date > timezone.localdate():
            raise ValidationError({"date": _("Enter a date that is not in the future.")})

    def confirm(self, by) -> None:
        """Confirm "done" as a second person; raise `ValidationError` with the reason why not."""
        if self.status != Action.Status.DONE or self.confirmed_by_id:
            raise ValidationError(_("There is nothing to confirm."))
        if by.pk == self.reported_by_id:
            raise ValidationError(_("“Done” is confirmed by a second person."))
        if not self.sources.exists():
            raise ValidationError(_("“Done” needs evidence: add a source to the update."))
        self.confirmed_by, self.confirmed_at = by, timezone.now()
        self.save(update_fields=["confirmed_by", "confirmed_at"], confirming=True)
