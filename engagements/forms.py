"""Form fields and forms of the facts' admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import BaseInlineFormSet, inlineformset_factory
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from engagements.dates import PartialDate, check_moment
from engagements.models import (
    Action,
    Appointment,
    CountryName,
    Engagement,
    EngagementRegion,
    EngagementTopic,
    Outcome,
    Participant,
    Topic,
)
from engagements.publishing import remove_region
from engagements.text import is_key, unique_slug
from engagements.widgets import AutocompleteMultiple


class PartialDateField(forms.CharField):
    """One text field for a date as far as it is known; its value is a `PartialDate`."""

    def __init__(self, **kwargs):
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault(
            "help_text", _("As far as it is known: 28 January 2025, January 2025 or 2025.")
        )
        super().__init__(**kwargs)
        self.widget.attrs.update(size=20, autocomplete="off")

    def to_python(self, value: Any) -> Any:
        """Return a `PartialDate`, or `None` where nothing was typed."""
        if isinstance(value, PartialDate):
            return value
        text = super().to_python(value)
        return PartialDate.parse(text) if text else None

    def run_validators(self, value: Any) -> None:
        """The text's length is limited by the widget; `parse` has judged the rest."""

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, PartialDate) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return (initial or None) != self.to_python(data)
        except ValidationError:
            return True


class PartialDatesForm(forms.ModelForm):
    """Ties declared `PartialDateField`s to the model's properties of the same names."""

    partial_dates: tuple[str, ...] = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.partial_dates:
            if name in self.fields and self.instance.pk:
                self.initial.setdefault(name, getattr(self.instance, name))

    def _post_clean(self) -> None:
        for name in self.partial_dates:
            if name in self.cleaned_data:
                setattr(self.instance, name, self.cleaned_data[name])
        super()._post_clean()  # type: ignore[misc] # Django's hook, missing from its types


class KeysField(forms.ModelMultipleChoiceField):
    """Several rows by their keys; what no database can look for gets the usual sentence."""

    def clean(self, value: Any) -> Any:
        for choice in value or []:
            if not is_key(choice):
                message = self.error_messages["invalid_pk_value"]
                raise ValidationError(message, code="invalid_pk_value", params={"pk": choice})
        return super().clean(value)


def topics_field(through_field, **kwargs) -> forms.ModelMultipleChoiceField:
    """An autocomplete over the topics that exist: typing never mints one.

    `through_field` is the foreign key to `Topic` on the direct through model.
    """
    return KeysField(
        Topic.objects.all(),
        required=False,
        label=_("Topics"),
        widget=AutocompleteMultiple(through_field, admin.site),
        **kwargs,
    )


class AppointmentForm(PartialDatesForm):
    partial_dates = ("start", "end")
    start = PartialDateField(label=_("From"), required=False)
    end = PartialDateField(label=_("Until"), required=False, help_text="")

    class Meta:
        model = Appointment
        fields = ["person", "title", "country", "organisation"]


# Fields of an engagement's form that say nothing of what happened.
NO_FACTS = {"slug", "topics", "public_from"}
# Fields that say something about the change, and are none of it.
ABOUT_CHANGE = {"change_note", "tells_readers"}


class EngagementForm(PartialDatesForm):
    partial_dates = ("start", "end")
    start = PartialDateField(label=_("Starts"))
    end = PartialDateField(
        label=_("Ends"), required=False, help_text=_("Leave empty if it ends the same day.")
    )
    change_note = forms.CharField(
        label=_("What changes, and why"),
        max_length=300,
        required=False,
        help_text=_(
            "Stays in the history. Readers see it with every new date, and where you say so:"
        ),
    )
    tells_readers = forms.BooleanField(
        label=_("Tell readers, as a dated correction"),
        required=False,
        help_text=_("On the fact sheet, at /corrections/ and in its feed."),
    )
    topics = topics_field(EngagementTopic._meta.get_field("tag"))

    class Meta:
        model = Engagement
        fields = [
            "title",
            "slug",
            "kind",
            "status",
            "status_note",
            "location_country",
            "city",
            "venue",
            "tour",
            "summary",
            "topics",
            "is_fictional",
            "public_from",
        ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
            if self.instance.was_seen():
                self.fields["slug"].help_text = _(
                    "Changed, the old address leads to the new one for ever."
                )
        if "status" in self.fields and self.instance.pk is None:
            # What the form's script says where it chose.
            self.fields["status"].widget.attrs["data-passed"] = _(
                "Chosen because the day has passed: change it if it did not take place."
            )
        if "public_from" in self.fields:
            self.fields["public_from"].validators.append(check_moment)
        self.old_dates = (self.instance.start, self.instance.end)
        self.was_seen = self.instance.was_seen()

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        title = self.cleaned_data.get("title", "")
        fallback = f"engagement-{self.instance.uuid.hex[:8]}"
        return slug or unique_slug(Engagement, title, fallback, keep=self.instance)

    @cached_property
    def changed_data(self) -> list[str]:
        return [name for name in super().changed_data if name not in ABOUT_CHANGE]

    @property
    def refresh_engagements(self) -> bool:
        """Whether something is said otherwise: an address, a topic, a region is no statement."""
        own = {*self.changed_data} - NO_FACTS
        # The admin says which rows there are.
        rows = getattr(self.instance, "fact_rows", ())
        return bool(own) or any(formset.has_changed() for formset in rows)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        was_seen = self.was_seen
        if was_seen and "change_note" in cleaned and not cleaned["change_note"]:
            if cleaned.get("tells_readers"):
                self.add_error("change_note", _("Say what readers are told."))
            elif self.refresh_engagements:
                self.add_error(
                    "change_note", _("Readers have seen these facts: say what changes, and why.")
                )
        withdrawn_at, public_from = self.instance.withdrawn_at, cleaned.get("public_from")
        hides = public_from is None or public_from > timezone.now()
        if was_seen and not withdrawn_at and "public_from" in cleaned and hides:
            self.add_error(
                "public_from",
                _("Readers have seen it. Withdraw it instead, with a reason."),
            )
        if (
            withdrawn_at
            and "public_from" in cleaned
            and (public_from is None or public_from > withdrawn_at)
        ):
            self.add_error(
                "public_from",
                _("It was public until it was withdrawn: this cannot lie later, nor be empty."),
            )
        return cleaned


def is_deleted(form) -> bool:
    """Say whether a formset's form, once cleaned, is marked for deletion."""
    return bool(form.cleaned_data.get(DELETION_FIELD_NAME))


class DistinctRowsFormSet(BaseInlineFormSet):
    """Refuses, in words, rows that a unique constraint with the parent in it does not let stand.

    Of these Django checks only those without a condition, and only among the rows of the form.
    """

    # Whether a deleted row makes room for another one.
    deleted_make_room = True

    def twins(self, row) -> dict[Any, Any]:
        """Return, by what to say, what no two rows may have alike (`None`: no matter)."""
        raise NotImplementedError

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if not is_deleted(form)]
        judged = {form.instance.pk for form in (self.forms if self.deleted_make_room else kept)}
        # Among them what somebody else added since the form was opened.
        others = [row for row in self.get_queryset() if row.pk not in judged]
        seen = {twin for row in others for twin in self.twins(row).items()}
        for form in kept:
            if not form.is_valid():
                continue
            for message, value in self.twins(form.instance).items():
                if value is not None and (message, value) in seen:
                    form.add_error(None, message)
                seen.add((message, value))


class CountryNameFormSet(DistinctRowsFormSet):
    def twins(self, row: CountryName) -> dict[Any, Any]:
        is_translation = row.kind == CountryName.Kind.TRANSLATION
        return {
            _("This language has a name already."): row.language if is_translation else None,
            _("This name is there already."): (row.language, row.name) if row.name else None,
        }


class ParticipantFormSet(DistinctRowsFormSet):
    def twins(self, row: Participant) -> dict[Any, Any]:
        return {
            _("Only one participant leads a side."): row.side if row.is_lead else None,
            _("This person is a participant already."): row.person_id,
        }

    def save(self, commit: bool = True) -> list[Participant]:
        if commit:
            # Saved one by one, two rows that change places would meet half-way.
            changed = [form.instance.pk for form in self.initial_forms if form.has_changed()]
            rows = Participant.objects.filter(pk__in=changed)
            rows.update(is_lead=False, person=None, appointment=None)
        return super().save(commit=commit)


class EngagementRegionForm(forms.ModelForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk and "region" in self.fields:
            self.fields["region"].disabled = True

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        is_derived = self.cleaned_data.get("origin") == EngagementRegion.Origin.DERIVED
        if is_derived and not self.instance.pk:
            # Chosen by hand: left as derived it would vanish on saving.
            self.cleaned_data["origin"] = EngagementRegion.Origin.ADDED
        return cleaned


class EngagementRegionFormSet(DistinctRowsFormSet):
    deleted_make_room = False  # a derived one stays, as removed

    def delete_existing(self, obj: EngagementRegion, commit: bool = True) -> None:
        remove_region(obj)

    def twins(self, row: EngagementRegion) -> dict[Any, Any]:
        return {_("This region is there already: change its origin instead."): row.region_id}


class ActionForm(PartialDatesForm):
    partial_dates = ("due",)
    due = PartialDateField(label=_("Due"), required=False, help_text="")

    class Meta:
        model = Action
        fields = ["title", "owner_country", "owner_organisation", "owner_text", "position"]


class OutcomeForm(forms.ModelForm):
    """An outcome and, as `actions`, the formset of what it needs."""

    actions: BaseInlineFormSet

    class Meta:
        model = Outcome
        fields = ["title", "details", "sources", "position"]

    def has_changed(self) -> bool:
        # An action without its outcome's name must not be dropped silently.
        return (
            super().has_changed()
            or self.actions.has_changed()
            or not self.actions.management_form.is_valid()
        )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.actions.is_valid():
            self.add_error(None, _("Its actions have errors, which are shown where they are."))
        return cleaned


class OutcomeFormSet(BaseInlineFormSet):
    """Outcomes with their actions nested in them, validated and saved together.

    The stock admin cannot nest. Each form carries a formset of its own, whose prefix starts with
    the form's, so the admin's script renumbers both.
    """

    # Set by the inline, which knows the widgets that find countries and organisations.
    action_formset: type[BaseInlineFormSet] = inlineformset_factory(
        Outcome, Action, form=ActionForm, extra=1
    )

    def add_fields(self, form, index) -> None:
        super().add_fields(form, index)
        form.actions = self.action_formset(
            data=form.data if form.is_bound else None,
            instance=form.instance,
            prefix=f"{form.prefix}-actions",
        )
        # Where the admin's read-only column, which is given the instance alone, finds it.
        form.instance.actions_formset = form.actions

    def save(self, commit: bool = True) -> list[Outcome]:
        """Save outcomes and actions; without `commit` the caller calls `save_actions` later."""
        outcomes = super().save(commit=commit)
        if commit:
            self.save_actions()
        return outcomes

    def save_actions(self) -> None:
        for form in self.forms:
            if form.instance.pk and not is_deleted(form):
                form.actions.save()  # type: ignore[attr-defined] # add_fields() set it
