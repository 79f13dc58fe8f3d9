"""The article's form: one page, in the order in which an editor thinks."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import (
    AdminSplitDateTime,
    RelatedFieldWidgetWrapper,
)
from django.core.exceptions import ValidationError
from django.forms.forms import DeclarativeFieldsMetaclass
from django.forms.models import construct_instance, fields_for_model, model_to_dict
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article, Edition, EditionTopic, Picture
from articles.pictures import create_picture
from articles.workflow import reasons_in_content, reasons_not_to_hide
from engagements.dates import check_moment
from engagements.forms import EngagementForm, KeysField, topics_field
from engagements.models import Engagement
from engagements.text import unique_slug
from engagements.widgets import Autocomplete, AutocompleteMultiple

_COLUMNS = [
    "headline",
    "standfirst",
    "body",
    "picture_alt",
    "picture_is_decorative",
    "picture_caption",
    "byline",
    "is_major",
    "public_note",
    "note",
]
_RELATIONS = ["topics", "engagement", "also_covers", "picture"]
CONTENT = [*_COLUMNS, *_RELATIONS]

# The columns' own form fields, declared, so that the admin of `Article` accepts them.
EditionFields: Any = DeclarativeFieldsMetaclass(
    "EditionFields", (forms.Form,), fields_for_model(Edition, fields=_COLUMNS)
)


def _visit_widget() -> RelatedFieldWidgetWrapper:
    """An autocomplete over the visits, with a button that makes one and comes back."""
    field = Edition._meta.get_field("engagement")
    select = Autocomplete(
        field,
        admin.site,
        attrs={"data-topics-url": reverse_lazy("admin:articles_article_visit_topics")},
    )
    return RelatedFieldWidgetWrapper(
        select, field.remote_field, admin.site, can_add_related=True, can_change_related=True
    )


class ArticleForm(EditionFields, forms.ModelForm):
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
    picture = forms.ModelChoiceField(
        Picture.objects.all(), required=False, widget=forms.HiddenInput
    )
    picture_upload = forms.FileField(
        required=False,
        label=_("Picture"),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/avif"}),
        help_text=_("JPEG, PNG, WebP or AVIF, at most 10 MB and at least 320 pixels wide."),
    )
    picture_remove = forms.BooleanField(required=False, label=_("Take the picture off"))
    picture_credit = forms.CharField(required=False, max_length=200, label=_("Credit"))
    picture_licence = forms.CharField(required=False, max_length=200, label=_("Licence"))
    publish_at = forms.SplitDateTimeField(
        validators=[check_moment],
        required=False,
        label=_("Publish at"),
        widget=AdminSplitDateTime,
    )

    # Set by the admin for the person who fills in the form.
    editor: Any = None
    may_publish = False

    class Meta:
        model = Article
        fields = ["slug", "language"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
        self.fields["publish_at"].help_text = _(
            "Leave empty to publish at once. The time zone is %(zone)s."
        ) % {"zone": timezone.get_current_timezone_name()}
        # Where the admin's read-only column, which is given the instance alone, finds the picture.
        self.instance.desk_form = self
        self.base_edition = self.instance.latest_edition() if self.instance.pk else None
        if self.base_edition:
            content: dict[str, Any] = model_to_dict(self.base_edition, fields=CONTENT)
            picture = self.base_edition.picture
            if picture:
                content |= {"picture_credit": picture.credit, "picture_licence": picture.licence}
            self.initial = {**content, **self.initial}

    @property
    def is_publishing(self) -> bool:
        return "_publish" in self.data

    @property
    def shown_picture(self) -> Picture | None:
        """The picture to preview: what was just uploaded, else the latest edition's."""
        value = self["picture"].value()
        try:
            return Picture.objects.filter(pk=value).first() if value else None
        except (TypeError, ValueError):
            return None

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        # The headline stands before the slug on the page but may come after it here.
        headline = self.data.get(self.add_prefix("headline"), "")
        fallback = f"article-{self.instance.uuid.hex[:8]}"
        return slug or unique_slug(Article, headline, fallback, keep=self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._clean_picture(cleaned)
        if self.base_edition is None and cleaned.get("engagement") and not cleaned.get("topics"):
            cleaned["topics"] = cleaned["engagement"].topics.all()
        if self.is_publishing:
            self._clean_publication(cleaned)
        return cleaned

    def _clean_picture(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("picture_remove"):
            cleaned["picture"] = None
            cleaned |= {"picture_alt": "", "picture_caption": "", "picture_is_decorative": False}
        elif cleaned.get("picture_upload"):
            try:
                cleaned["picture"] = create_picture(
                    cleaned["picture_upload"],
                    credit=cleaned.get("picture_credit", ""),
                    licence=cleaned.get("picture_licence", ""),
                    by=self.editor,
                )
            except ValidationError as error:
                self.add_error("picture_upload", error)
            else:
                # A browser cannot send the file twice: if another field is wrong, keep it.
                data: Any = self.data.copy()  # type: ignore[attr-defined] # a QueryDict
                data[self.add_prefix("picture")] = str(cleaned["picture"].pk)
                self.data = data
        if not cleaned.get("picture"):
            return
        described = bool(cleaned.get("picture_alt"))
        if described and cleaned.get("picture_is_decorative"):
            self.add_error(
                "picture_is_decorative",
                _("A decorative picture has no alternative text: choose one of the two."),
            )
        elif not described and not cleaned.get("picture_is_decorative"):
            self.add_error(
                "picture_alt",
                _("Say what the picture shows for those who cannot see it, or tick “decorative”."),
            )

    def _clean_publication(self, cleaned: dict[str, Any]) -> None:
        if not self.may_publish:
            raise ValidationError(_("Publishing needs an editor. Save a draft instead."))
        now = timezone.now()
        at = cleaned.get("publish_at") or now
        if at < now:
            self.add_error("publish_at", _("This moment is in the past."))
        if self.instance.withdrawn_at:
            self.add_error(None, _("The article is withdrawn. Reinstate it first."))
        if self.errors:
            return
        for reason in reasons_in_content(
            at=at,
            engagement=cleaned.get("engagement"),
            also_covers=cleaned.get("also_covers") or [],
            standfirst=cleaned.get("standfirst", ""),
            body=cleaned.get("body", ""),
            has_topics=bool(cleaned.get("topics")),
        ):
            self.add_error(None, reason)

    def _post_clean(self) -> None:
        super()._post_clean()
        edition = construct_instance(self, Edition(), fields=_COLUMNS)
        try:
            edition.clean_fields(
                exclude={f.name for f in Edition._meta.get_fields()} - set(self.cleaned_data)
                | set(_RELATIONS)
            )
        except ValidationError as error:
            self._update_errors(error)

    @property
    def content_changed(self) -> bool:
        return bool(set(self.changed_data) & {*CONTENT, "picture_upload", "picture_remove"})

    def content(self) -> dict[str, Any]:
        """Return what `save_edition` takes."""
        return {name: self.cleaned_data[name] for name in CONTENT}


class CoveredEngagementForm(EngagementForm):
    """Keeps an engagement public while an article that is public, or will be, stands on it."""

    def clean_public_from(self):
        public_from = self.cleaned_data["public_from"]
        if self.instance.pk:
            reasons = reasons_not_to_hide(self.instance, public_from)
            if reasons:
                raise ValidationError(reasons)
        return public_from
