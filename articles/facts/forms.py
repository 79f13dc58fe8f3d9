"""The engagement's form, with its coverage in mind."""

from django.core.exceptions import ValidationError

from articles.editing_sessions.form_merge import MergeableForm
from articles.publishing.workflow import hiding_failure_reasons
from engagements.forms import EngagementForm


class CoveredEngagementForm(MergeableForm, EngagementForm):
    """Keeps an engagement public while an article that is public, or will be, stands on it."""

    def clean_public_from(self):
        public_from = self.cleaned_data["public_from"]
        if self.instance.pk:
            reasons = hiding_failure_reasons(self.instance, public_from)
            if reasons:
                raise ValidationError(reasons)
        return public_from
