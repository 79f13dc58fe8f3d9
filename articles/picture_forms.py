"""What the desk fills in about pictures."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from articles.models import Picture


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


class PictureForm(forms.ModelForm):
    focal_x = PercentField(label=_("Focal point, % from the left"))
    focal_y = PercentField(label=_("Focal point, % from the top"))

    class Meta:
        model = Picture
        fields = ["credit", "licence", "focal_x", "focal_y"]
