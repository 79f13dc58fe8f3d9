"""What an edition holds, as fields of the article's form."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.forms.forms import DeclarativeFieldsMetaclass
from django.forms.models import construct_instance, fields_for_model, model_to_dict
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from articles.models import Edition, EditionTopic
from engagements.forms import KeysField, topics_field
from engagements.models import Engagement
from engagements.widgets import Autocomplete, AutocompleteMultiple

COLUMNS = [
    "headline", "standfirst", "body", "picture_alt", "picture_is_decorative", "picture_caption",
    "byline", "is_major", "is_correction", "public_note", "note",
]  # fmt: skip
_RELATIONS = ["topics", "engagement", "also_covers", "picture"]
CONTENT = [*COLUMNS, *_RELATIONS]

# The columns' own form fields, declared, so that the admin of `Article` accepts them.
EditionFields: Any = DeclarativeFieldsMetaclass(
    "EditionFields", (forms.Form,), fields_for_model(Edition, fields=COLUMNS)
)


def _visit_widget() -> RelatedFieldWidgetWrapper:
    """Return an autocomplete over the visits, with a button that makes one and comes back."""
    field = Edition._meta.get_field("engagement")
    select = Autocomplete(
        field,
        admin.site,
        attrs={"data-topics-url": reverse_lazy("admin:articles_article_visit_topics")},
    )
    return RelatedFieldWidgetWrapper(
        select, field.remote_field, admin.site, can_add_related=True, can_change_related=True
    )


class ContentFields(EditionFields):
    engagement = forms.ModelChoiceField(
        Engagement.objects.all(),
        required=False,
        label=_("Visit"),
        widget=_visit_widget(),
        help_text=_("Needed to publish. Not there yet? Make it with the plus sign."),
    )
    also_covers = KeysField(
        Engagement.objects.all(),
        required=False,
        label=_("Also covers"),
        widget=AutocompleteMultiple(Edition._meta.get_field("also_covers"), admin.site),
        help_text=_("Other visits, for a round-up."),
    )
    topics = topics_field(
        EditionTopic._meta.get_field("tag"), help_text=_("Started from the visit's topics.")
    )
    is_major = forms.TypedChoiceField(
        required=False,
        label=_("What kind of change"),
        choices=[
            (True, _("Major: followers are notified, and it moves up in lists")),
            (False, _("Minor: a typo or small fix, nobody is notified")),
        ],
        coerce=lambda value: value in (True, "True"),
        empty_value=True,  # type: ignore[arg-type] # what the coerced value is
        widget=forms.RadioSelect,
    )

    def check_columns(self) -> None:
        """Add the errors that the edition's own columns find."""
        edition = construct_instance(self, Edition(), fields=COLUMNS)
        others = {field.name for field in Edition._meta.get_fields()} - set(self.cleaned_data)
        try:
            edition.clean_fields(exclude=others.union(_RELATIONS))
        except ValidationError as error:
            self._update_errors(error)

    @property
    def content_changed(self) -> bool:
        return bool(set(self.changed_data) & {*CONTENT, "picture_upload", "picture_remove"})

    def content(self) -> dict[str, Any]:
        """Return what `save_edition` takes."""
        return {name: self.cleaned_data[name] for name in CONTENT}


def initial_content(edition: Edition) -> dict[str, Any]:
    """Return what the form of an article shows whose newest edition is `edition`."""
    content: dict[str, Any] = model_to_dict(edition, fields=CONTENT)
    content["based_on"] = edition.number
    if edition.state == Edition.State.APPROVED:
        # The notes were about the last change: the next one has its own.
        content |= {"is_major": True, "is_correction": False, "public_note": "", "note": ""}
    if edition.picture:
        content["picture_credit"] = edition.picture.credit
        content["picture_licence"] = edition.picture.licence
    return content
