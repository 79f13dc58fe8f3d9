"""The engagement's form, with its coverage in mind."""

from django.core.exceptions import ValidationError

from articles.publishing.workflow import reasons_not_to_hide
from engagements.forms import EngagementForm


class CoveredEngagementForm(EngagementForm):
    """Keeps an engagement public while an article that is public, or will be, stands on it."""

    # Set by the admin: why the form is not saved although nothing in it is wrong.
    refusals: list[str] = []

    def clean(self):
        cleaned = super().clean()
        for sentence in self.refusals:
            self.add_error(None, sentence)
        return cleaned

    def clean_public_from(self):
        public_from = self.cleaned_data["public_from"]
        if self.instance.pk:
            reasons = reasons_not_to_hide(self.instance, public_from)
            if reasons:
                raise ValidationError(reasons)
        return public_from
