"""The picture of an article, as fields of its form: chosen, uploaded or taken off."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from articles.models import Picture
from articles.pictures.forms import LicenceInput, RecentPictures
from articles.pictures.library import Upload, read_upload, store_upload


class PictureFields(forms.Form):
    picture = forms.ModelChoiceField(
        Picture.objects.all(),
        required=False,
        label=_("From the library"),
        widget=RecentPictures,
    )
    picture_upload = forms.FileField(
        required=False,
        label=_("Or a new one"),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/avif"}),
        help_text=_("JPEG, PNG, WebP or AVIF, at most 10 MB and at least 320 pixels wide."),
    )
    picture_remove = forms.BooleanField(required=False, label=_("Take the picture off"))
    picture_credit = forms.CharField(required=False, max_length=200, label=_("Credit"))
    picture_licence = forms.CharField(
        required=False, max_length=200, label=_("Licence"), widget=LicenceInput
    )

    # Set by the admin: the person who fills in the form.
    editor: Any = None
    # Set by `check_picture`: a good picture that was sent with the form.
    upload: Upload | None = None

    def check_picture(self, cleaned: dict[str, Any]) -> None:
        """Choose between the library, an upload and none; store nothing."""
        if cleaned.get("picture_remove"):
            cleaned["picture"] = None
            cleaned |= {"picture_alt": "", "picture_caption": "", "picture_is_decorative": False}
        elif cleaned.get("picture_upload"):
            try:
                self.upload = read_upload(cleaned["picture_upload"])
            except ValidationError as error:
                self.add_error("picture_upload", error)
            else:
                # Until it is stored, a picture with the key of none stands in its place.
                new = Picture(pk=0, **self._credit(cleaned))
                cleaned["picture"] = self.upload.known or new
        # They are the picture's own: what was not typed is not taken from the one before.
        for name in ("credit", "licence"):
            if cleaned.get("picture") and f"picture_{name}" not in self.changed_data:
                cleaned[f"picture_{name}"] = getattr(cleaned["picture"], name)

    def _credit(self, cleaned: dict[str, Any]) -> dict[str, str]:
        return {name: cleaned.get(f"picture_{name}", "") for name in ("credit", "licence")}

    def store_upload(self) -> None:
        """Store the picture that was sent, and choose it, whether or not the form is valid.

        A browser cannot send a file twice, so the form that comes back has to have it chosen.
        """
        if self.upload is None:
            return
        picture = self.upload.known or store_upload(
            self.upload, by=self.editor, **self._credit(self.cleaned_data)
        )
        self.cleaned_data["picture"], self.upload = picture, None
        data: Any = self.data.copy()  # type: ignore[attr-defined] # a QueryDict
        data[self.add_prefix("picture")] = str(picture.pk)
        self.data = data

    @property
    def current_picture(self) -> Picture | None:
        """The picture to preview: what was just uploaded, else the latest edition's."""
        value = self["picture"].value()
        try:
            return Picture.objects.filter(pk=value).first() if value else None
        except (TypeError, ValueError):
            return None
