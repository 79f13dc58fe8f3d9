"""What the desk fills in about pictures."""

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
    """A share of one, told and typed in percent."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.NumberInput(attrs={"min": 0, "max": 100, "step": 1})
        super().__init__(widget=widget, **kwargs)
        told = _("Between 0 and 100.")
        self.validators += [MinValueValidator(0, told), MaxValueValidator(1, told)]

    def prepare_value(self, value: Any) -> Any:
        return round(value * 100) if isinstance(value, float) else value

    def to_python(self, value: Any) -> Any:
        number = super().to_python(value)
        return None if number is None else number / 100

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial if initial is None else round(initial, 2), data)


class LicenceInput(forms.TextInput):
    """A box that offers the usual licences and takes any other words."""

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
    """A choice among the newest pictures, and the one that is chosen.

    With a script the dialog takes its place, which finds every picture.
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
    """What is said of one picture wherever it is used."""

    class Meta:
        model = Picture
        fields = ["alt", "caption", "credit", "licence"]
        widgets = {"licence": LicenceInput, "caption": forms.TextInput, "alt": forms.TextInput}


class BatchForm(forms.Form):
    """What is said of several pictures at once, where nothing is said of one of them."""

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
            "The new file stands at once wherever the picture is used, in old versions of articles "
            "too. The one that is there now is deleted. Look at the focal point afterwards."
        ),
    )

    class Meta:
        model = Picture
        fields = [*DescriptionForm.Meta.fields, "focal_x", "focal_y"]
        widgets = DescriptionForm.Meta.widgets

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # Django's own, not in its types
        # Last, and only if nothing else is wrong: what is stored cannot be taken back.
        upload = self.cleaned_data.get("replacement")
        if upload and not self.errors:
            try:
                replace_file(self.instance, upload)
            except SamePictureError as error:
                told = _("This file is in the library already, as “%s”.") % error.picture
                self.add_error("replacement", told)
            except ValidationError as error:
                self.add_error("replacement", error)
