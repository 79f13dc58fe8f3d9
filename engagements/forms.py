"""Form fields and forms of the facts' admin."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import BaseInlineFormSet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from engagements.dates import PartialDate, check_moment
from engagements.models import (
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
        """Do nothing: a text's validators cannot read a `PartialDate`, and `parse` judged it."""

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, PartialDate) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return (initial or None) != self.to_python(data)
        except ValidationError:
            return True


class PartialDatesForm(forms.ModelForm):
    """Ties each `PartialDateField` to the model's property of the same name."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        fields = self.fields.items()
        self.partial_dates = [name for name, f in fields if isinstance(f, PartialDateField)]
        if self.instance.pk:
            for name in self.partial_dates:
                self.initial.setdefault(name, getattr(self.instance, name))

    def _post_clean(self) -> None:
        for name in self.cleaned_data.keys() & self.partial_dates:
            setattr(self.instance, name, self.cleaned_data[name])
        super()._post_clean()  # type: ignore[misc] # Django's hook, missing from its types


class KeysField(forms.ModelMultipleChoiceField):
    """A choice of several rows; a value that is no key gets Django's sentence for a wrong one."""

    def clean(self, value: Any) -> Any:
        for choice in value or []:
            if not is_key(choice):
                message = self.error_messages["invalid_pk_value"]
                raise ValidationError(message, code="invalid_pk_value", params={"pk": choice})
        return super().clean(value)


def topics_field(through_field, **kwargs) -> forms.ModelMultipleChoiceField:
    """Return an autocomplete over the topics; typing never makes a new one.

    `through_field` is the foreign key to `Topic` of the model between.
    """
    return KeysField(
        Topic.objects.all(),
        required=False,
        label=_("Topics"),
        widget=AutocompleteMultiple(through_field, admin.site),
        **kwargs,
    )


# The forms of the admin name no fields: its fieldsets do.


class AppointmentForm(PartialDatesForm):
    start = PartialDateField(label=_("From"), required=False)
    end = PartialDateField(label=_("Until"), required=False, help_text="")


# Fields of an engagement's form that state no facts.
NO_FACTS = {"slug", "topics", "public_from"}
# Fields that describe the change.
ABOUT_CHANGE = {"change_note", "tells_readers"}


class EngagementForm(PartialDatesForm):
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

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
            if self.instance.was_seen():
                self.fields["slug"].help_text = _(
                    "If you change it, the old address redirects to the new one."
                )
        if "status" in self.fields and self.instance.pk is None:
            # The form's script shows it where it chose the status.
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
    def changes_facts(self) -> bool:
        # The admin sets the formsets whose rows state facts.
        formsets = getattr(self.instance, "fact_rows", ())
        own = {*self.changed_data} - NO_FACTS
        return bool(own) or any(formset.has_changed() for formset in formsets)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.was_seen:
            return cleaned
        if cleaned.get("change_note") == "":
            if cleaned.get("tells_readers"):
                self.add_error("change_note", _("Enter the correction."))
            elif self.changes_facts:
                self.add_error(
                    "change_note", _("Readers have seen these facts: say what changes, and why.")
                )
        public_from, withdrawn_at = cleaned.get("public_from"), self.instance.withdrawn_at
        is_hidden = public_from is None or public_from > (withdrawn_at or timezone.now())
        if "public_from" in cleaned and is_hidden:
            self.add_error(
                "public_from",
                _("It was public until it was withdrawn: enter a time before that.")
                if withdrawn_at
                else _("Readers have seen it. Withdraw it instead, with a reason."),
            )
        return cleaned


def is_deleted(form) -> bool:
    """Return whether a formset's form, which is cleaned, is marked for deletion."""
    return bool(form.cleaned_data.get(DELETION_FIELD_NAME))


class DistinctRowsFormSet(BaseInlineFormSet):
    """Checks unique constraints that include the parent, and says which rows break them.

    Django checks only those without a condition, and only among the rows of the form.
    """

    # Whether a deleted row makes room for another one.
    deleted_make_room = True
    # Returns the values that no two rows may share, by the message (`None`: any number may).
    unique_values: Callable[[Any], dict[Any, Any]]

    def clean(self) -> None:
        super().clean()
        staying = [form for form in self.forms if not is_deleted(form)]
        checked = self.forms if self.deleted_make_room else staying
        keys = {form.instance.pk for form in checked}
        # Others have been added by somebody else since the form was opened.
        others = [row for row in self.get_queryset() if row.pk not in keys]
        present = {value for row in others for value in self.unique_values(row).items()}
        for form in staying:
            if not form.is_valid():
                continue
            for message, value in self.unique_values(form.instance).items():
                if value is not None and (message, value) in present:
                    form.add_error(None, message)
                present.add((message, value))


class CountryNameFormSet(DistinctRowsFormSet):
    def unique_values(self, row: CountryName) -> dict[Any, Any]:
        is_translation = row.kind == CountryName.Kind.TRANSLATION
        return {
            _("This language has a name already."): row.language if is_translation else None,
            _("This name is there already."): (row.language, row.name) if row.name else None,
        }


class ParticipantFormSet(DistinctRowsFormSet):
    def unique_values(self, row: Participant) -> dict[Any, Any]:
        return {
            _("Only one participant leads a side."): row.side if row.is_lead else None,
            _("This person is a participant already."): row.person_id,
        }

    def save(self, commit: bool = True) -> list[Participant]:
        if commit:
            # Rows are saved one by one: two that swap persons would break a constraint half-way.
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
            # A new row that is derived would vanish on saving: the countries do not give it.
            self.cleaned_data["origin"] = EngagementRegion.Origin.ADDED
        return cleaned


class EngagementRegionFormSet(DistinctRowsFormSet):
    deleted_make_room = False  # a derived one stays, as removed

    def delete_existing(self, obj: EngagementRegion, commit: bool = True) -> None:
        if commit:
            remove_region(obj)

    def unique_values(self, row: EngagementRegion) -> dict[Any, Any]:
        return {_("This region is there already: change its origin instead."): row.region_id}


class ActionForm(PartialDatesForm):
    due = PartialDateField(label=_("Due"), required=False, help_text="")


class OutcomeForm(forms.ModelForm):
    """An outcome with the formset of its actions."""

    actions: BaseInlineFormSet

    def has_changed(self) -> bool:
        # Without it, a new outcome with actions but no title would be dropped as empty.
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

    Django's admin cannot nest. Each form has a formset of its own, whose prefix starts with the
    form's, so that the admin's script renumbers both.
    """

    action_formset: type[BaseInlineFormSet]  # the inline makes it, with the admin's widgets

    def add_fields(self, form, index) -> None:
        super().add_fields(form, index)
        form.actions = self.action_formset(
            data=form.data if form.is_bound else None,
            instance=form.instance,
            prefix=f"{form.prefix}-actions",
        )
        # The admin passes only the instance to a read-only column.
        form.instance.actions_formset = form.actions

    def save(self, commit: bool = True) -> list[Outcome]:
        outcomes = super().save(commit=commit)
        for form in self.forms:
            if form.instance.pk and not is_deleted(form):
                form.actions.save(commit=commit)  # type: ignore[attr-defined] # see add_fields()
        return outcomes
