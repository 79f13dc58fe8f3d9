"""The article's form: an edition's content, its picture, and what the pressed button does."""

from typing import Any

from django import forms

from articles.authoring.content import ContentFields, initial_content
from articles.authoring.decision import DecisionFields
from articles.authoring.picture import PictureFields
from articles.editing_sessions.autosave import initial_from
from articles.editing_sessions.form_merge import MergeableForm
from articles.models import Article, Autosave, Edition
from engagements.text import unique_slug


class ArticleForm(MergeableForm, DecisionFields, PictureFields, ContentFields, forms.ModelForm):
    # The edition that the person looks at, so that nobody approves what they have not read, and
    # what others saved since is not written over.
    based_on = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    # Set by the admin: what the person had typed and not saved, if they take it up again.
    autosave: Autosave | None = None

    class Meta:
        model = Article
        fields = ["slug", "language", "review_on"]

    def __init__(self, *args, edition: Edition | None = None, **kwargs):
        """`edition` is the one that the form shows, if not the newest."""
        super().__init__(*args, **kwargs)
        self.set_up_decision()
        if "slug" in self.fields:
            self.fields["slug"].required = False
        # Where the admin's read-only column, which is given the instance alone, finds the picture.
        self.instance.form = self
        newest = self.instance.latest_edition() if self.instance.pk else None
        self.base_edition = edition or newest
        if self.base_edition:
            self.initial = {**initial_content(self.base_edition), **self.initial}
        if self.autosave and not self.is_bound:
            self.initial = {**self.initial, **initial_from(self.autosave.fields, self.fields)}

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        # The headline stands before the slug on the page but may come after it here.
        headline = self.data.get(self.add_prefix("headline"), "")
        fallback = f"article-{self.instance.uuid.hex[:8]}"
        return slug or unique_slug(Article, headline, fallback, keep=self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.check_picture(cleaned)
        if self.base_edition is None and cleaned.get("engagement") and not cleaned.get("topics"):
            cleaned["topics"] = cleaned["engagement"].topics.all()
        if self.transition:
            self.check_transition(cleaned)
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()
        self.check_columns()
