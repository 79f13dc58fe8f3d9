"""The forms of pictures, with their fields and widgets."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from articles.models import Picture
from articles.pictures.library import SamePictureError, replace_file
from engagements.text import is_key


class PercentField(forms.FloatField):
    """A number from 0 to 1 that is shown and typed as a percentage."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.NumberInput(attrs={"min": 0, "max": 100, "step": 1})
        super().__init__(widget=widget, **kwargs)
        message = _("Enter a number from 0 to 100.")
        self.validators += [MinValueValidator(0, message), MaxValueValidator(1, message)]

    def prepare_value(self, value: Any) -> Any:
        return round(value * 100) if isinstance(value, float) else value

    def to_python(self, value: Any) -> Any:
        number = super().to_python(value)
        return None if number is None else number / 100

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial if initial is None else round(initial, 2), data)


class LicenceInput(forms.TextInput):
    """A text input that suggests the usual licences."""

    usual = (
        _("All rights reserved"),
        _("Handout, free for the press"),
        _("With permission"),
        "CC BY 4.0",
        "CC BY-SA 4.0",
        "CC0 1.0",
        _("Public domain"),
    )

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        attrs = {**(attrs or {})}
        attrs["list"] = f"{attrs.get('id') or name}_usual"
        options = format_html_join("", '<option value="{}">', ((text,) for text in self.usual))
        box = super().render(name, value, attrs, renderer)
        return format_html('{}<datalist id="{}">{}</datalist>', box, attrs["list"], options)


class RecentPictures(forms.Select):
    """A select of the newest pictures and the chosen one.

    A script replaces it with the dialog, which offers every picture.
    """

    offered = 50

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> list:
        chosen = [key for key in value if is_key(key)]
        pictures = list(Picture.objects.order_by("-pk")[: self.offered])
        if missing := [key for key in chosen if int(key) not in {p.pk for p in pictures}]:
            pictures += Picture.objects.filter(pk__in=missing)
        self.choices = [("", _("None")), *((picture.pk, str(picture)) for picture in pictures)]
        return super().optgroups(name, value, attrs)


class DescriptionForm(forms.ModelForm):
    """The description and the credit of one picture."""

    class Meta:
        model = Picture
        fields = ["alt", "caption", "credit", "licence"]
        widgets = {"licence": LicenceInput, "caption": forms.TextInput, "alt": forms.TextInput}


class BatchForm(forms.Form):
    """Values for the empty fields of several pictures at once."""

    caption = forms.CharField(required=False, max_length=300, label=_("Caption"))
    credit = forms.CharField(required=False, max_length=200, label=_("Credit"))
    licence = forms.CharField(
        required=False, max_length=200, label=_("Licence"), widget=LicenceInput
    )


class PictureForm(forms.ModelForm):
    focal_x = PercentField(label=_("Focal point, % from the left"))
    focal_y = PercentField(label=_("Focal point, % from the top"))
    replacement = forms.FileField(
        required=False,
        label=_("Replace the file"),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/avif"}),
        help_text=_(
            "The new file replaces the old one at once wherever the picture is used, also in old "
            "versions of articles. The old file is deleted after 30 days. Check the focal point "
            "afterwards."
        ),
    )

    # Set by the admin: the person who fills in the form.
    person: Any = None

    class Meta:
        model = Picture
        fields = [*DescriptionForm.Meta.fields, "focal_x", "focal_y"]
        widgets = DescriptionForm.Meta.widgets

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # Django's own, not in its types
        # Last, and only if the form is valid, because a stored file is not removed again.
        upload = self.cleaned_data.get("replacement")
        if upload and not self.errors:
            try:
                replace_file(self.instance, upload, by=self.person)
            except SamePictureError as error:
                message = _("This file is in the library already, as “%s”.") % error.picture
                self.add_error("replacement", message)
            except ValidationError as error:
                # Whoever may no longer change it has no field for the file.
                self.add_error(None if error.code == "approved" else "replacement", error)
