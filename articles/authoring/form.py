"""The article's form: one page, in the order in which an editor thinks."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import (
    AdminSplitDateTime,
    RelatedFieldWidgetWrapper,
)
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.forms import DeclarativeFieldsMetaclass
from django.forms.models import construct_instance, fields_for_model, model_to_dict
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.editing_sessions.autosave import initial_from
from articles.editing_sessions.form_merge import MergeableForm
from articles.models import Article, Edition, EditionTopic, Picture
from articles.notifications.recipients import who_may
from articles.pictures.forms import LicenceInput, RecentPictures
from articles.pictures.library import SamePictureError, create_picture
from articles.publishing.checks import (
    Reason,
    Story,
    Transition,
    check_story,
    embargo_of,
    failure_reasons,
)
from articles.wording import name_of
from engagements.dates import check_moment, spelled_out
from engagements.forms import KeysField, topics_field
from engagements.history import newest_revisions
from engagements.models import Engagement
from engagements.publishing import MAX_REASON
from engagements.text import unique_slug
from engagements.widgets import Autocomplete, AutocompleteMultiple

COLUMNS = [
    "headline",
    "standfirst",
    "body",
    "picture_alt",
    "picture_is_decorative",
    "picture_caption",
    "byline",
    "is_major",
    "is_correction",
    "public_note",
    "note",
]
_RELATIONS = ["topics", "engagement", "also_covers", "picture"]
CONTENT = [*COLUMNS, *_RELATIONS]

# Button of the form, without its underscore: the permission that it needs.
TRANSITIONS = {
    "submit": "articles.change_article",
    "recall": "articles.change_article",
    "return": "articles.publish_article",
    "publish": "articles.publish_article",
    "publish_with_visit": "articles.publish_article",
    "force": "articles.force_article",
    "force_with_visit": "articles.force_article",
}

# The columns' own form fields, declared, so that the admin of `Article` accepts them.
EditionFields: Any = DeclarativeFieldsMetaclass(
    "EditionFields", (forms.Form,), fields_for_model(Edition, fields=COLUMNS)
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


@dataclass
class Readiness:
    """What stands against publication, and what could come out together.

    `embargo` is the moment until which visits alone hold the story back.
    """

    reasons: list[Reason]
    embargo: dt.datetime | None
    drafted_visits: list[Engagement]

    @property
    def promise(self) -> str:
        """What the buttons say of the visits, for the form to send: it holds for what was seen.

        The embargo, and each draft as it is now.
        """
        newest = newest_revisions(visit.pk for visit in self.drafted_visits)
        drafts = [
            f"{visit.pk}:{newest.get(visit.pk, 0)}:{visit.updated_at.timestamp()}"
            for visit in self.drafted_visits
        ]
        return " ".join([self.embargo.isoformat() if self.embargo else "now", *drafts])


class PeopleField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


def reviewers_for(person: Any) -> QuerySet[User]:
    """Return whom a person can ask for a review: the others who may approve."""
    others = who_may("articles.publish_article").exclude(pk=person.pk if person else 0)
    return others.order_by("first_name", "username")


class ArticleForm(MergeableForm, EditionFields, forms.ModelForm):
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
    is_major = forms.TypedChoiceField(
        required=False,
        label=_("What kind of change"),
        choices=[
            (True, _("Major: followers hear of it, and it moves up in the lists")),
            (False, _("Minor: a slip of the pen, nothing moves")),
        ],
        coerce=lambda value: value in (True, "True"),
        empty_value=True,  # type: ignore[arg-type] # what the coerced value is
        widget=forms.RadioSelect,
    )
    picture_credit = forms.CharField(required=False, max_length=200, label=_("Credit"))
    picture_licence = forms.CharField(
        required=False, max_length=200, label=_("Licence"), widget=LicenceInput
    )
    publish_at = forms.SplitDateTimeField(
        validators=[check_moment],
        required=False,
        label=_("Publish at"),
        widget=AdminSplitDateTime,
    )

    reviewers = PeopleField(
        User.objects.none(),
        required=False,
        label=_("Whom to ask"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "“Send for review” asks them. Others who may approve see it in their lists as well."
        ),
    )
    reason = forms.CharField(
        required=False,
        max_length=MAX_REASON,
        label=_("Reason"),
        help_text=_("Why you return it, or publish it without a second person."),
    )
    # The edition that the person looks at, so that nobody approves what they have not read, and
    # what others saved since is not written over.
    based_on = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    # Set by the admin: the person who fills in the form.
    editor: Any = None
    # What was kept of an unfinished form, if it is taken up again.
    kept: dict[str, list[str]] | None = None
    # Set by `clean` if the uploaded picture was in the library already.
    known_picture: Picture | None = None

    class Meta:
        model = Article
        fields = ["slug", "language", "review_on"]

    def __init__(self, *args, edition: Edition | None = None, **kwargs):
        """`edition` is the one that the form shows, if not the newest."""
        super().__init__(*args, **kwargs)
        asked: Any = self.fields["reviewers"]
        asked.queryset = reviewers_for(self.editor)
        if "slug" in self.fields:
            self.fields["slug"].required = False
        self.fields["publish_at"].help_text = _(
            "Leave empty to publish at once. It is now %(now)s."
        ) % {"now": spelled_out(timezone.now())}
        # Where the admin's read-only column, which is given the instance alone, finds the picture.
        self.instance.desk_form = self
        newest = self.instance.latest_edition() if self.instance.pk else None
        self.base_edition = edition or newest
        if self.base_edition:
            content: dict[str, Any] = model_to_dict(self.base_edition, fields=CONTENT)
            content["based_on"] = self.base_edition.number
            if self.base_edition.state == Edition.State.APPROVED:
                # What was said of the last change is not said of the next one.
                content |= {"is_major": True, "is_correction": False, "public_note": "", "note": ""}
            picture = self.base_edition.picture
            if picture:
                content |= {"picture_credit": picture.credit, "picture_licence": picture.licence}
            self.initial = {**content, **self.initial}
        if self.kept and not self.is_bound:
            self.initial = {**self.initial, **initial_from(self.kept, self.fields)}

    @property
    def transition(self) -> str:
        """What the pressed button does besides saving: a key of `TRANSITIONS` ("": nothing)."""
        return next((name for name in TRANSITIONS if f"_{name}" in self.data), "")

    @property
    def brings_visits(self) -> bool:
        """Whether the pressed button lets the visits that are drafts come out as well."""
        return self.transition in ("publish_with_visit", "force_with_visit")

    @property
    def lets_visits_out(self) -> bool:
        return self.editor.has_perm("engagements.publish_engagement")

    @property
    def forced_reason(self) -> str | None:
        """Why it cannot wait for a second person; `None` if it is not to be forced."""
        is_forced = self.transition in ("force", "force_with_visit")
        return self.cleaned_data.get("reason", "") if is_forced else None

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
        if self.transition:
            self._clean_transition(cleaned)
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
                    only_new=True,
                )
            except SamePictureError as error:
                self.known_picture = cleaned["picture"] = error.picture
            except ValidationError as error:
                self.add_error("picture_upload", error)
            if cleaned.get("picture"):
                # A browser cannot send the file twice: if another field is wrong, keep it.
                data: Any = self.data.copy()  # type: ignore[attr-defined] # a QueryDict
                data[self.add_prefix("picture")] = str(cleaned["picture"].pk)
                self.data = data
        # They are the picture's own: what was not typed is not taken from the one before.
        for name in ("credit", "licence"):
            if cleaned.get("picture") and f"picture_{name}" not in self.changed_data:
                cleaned[f"picture_{name}"] = getattr(cleaned["picture"], name)

    def _clean_transition(self, cleaned: dict[str, Any]) -> None:
        if not self.editor.has_perm(TRANSITIONS[self.transition]):
            raise ValidationError(_("Publishing needs an editor. Send it for review instead."))
        seen, newest = cleaned.get("based_on"), self.base_edition
        if newest and seen and seen != newest.number:
            raise ValidationError(
                gettext("%(who)s saved edition %(number)d meanwhile, %(at)s. Open it again.")
                % {
                    "who": newest.author or gettext("Somebody"),
                    "number": newest.number,
                    "at": spelled_out(newest.created_at),
                }
            )
        if self.errors:
            return
        if self.brings_visits:
            self._clean_promise(cleaned)
        for reason in self._failure_reasons(cleaned):
            self.add_error(reason.field or None, reason.text)

    def _clean_promise(self, cleaned: dict[str, Any]) -> None:
        """Hold the button to what it said of the visits when the page was shown."""
        story = self._story(cleaned)
        now = Readiness([], embargo_of(story, timezone.now()), story.drafted_visits)
        if self.data.get("promise") != now.promise:
            raise ValidationError(
                gettext(
                    "The visits, or what is known of them, changed since this page was shown: look "
                    "at the head of the form, then press again."
                )
            )
        if now.embargo:
            if cleaned.get("publish_at") not in (None, now.embargo):
                told = gettext("The button names another time, %s: leave this empty.")
                self.add_error("publish_at", told % spelled_out(now.embargo))
            cleaned["publish_at"] = now.embargo

    def _failure_reasons(self, cleaned: dict[str, Any]) -> list[Reason]:
        """Return why the pressed button cannot do what it says."""
        name = self.transition.removesuffix("_with_visit")
        return failure_reasons(
            Transition(name),
            replace(self._story(cleaned), brings_visits=self.brings_visits),
            by=self.editor,
            at=cleaned.get("publish_at"),
            reason=cleaned.get("reason", ""),
        )

    def _story(self, cleaned: dict[str, Any]) -> Story:
        """Return the edition that the form shows, or that saving it would make."""
        newest, known = self.base_edition, {}
        if newest:
            known = {"number": newest.number, "state": newest.state}
        if self.is_bound and self.content_changed:
            in_review = newest is not None and newest.state == Edition.State.IN_REVIEW
            known = {
                "number": newest.number + 1 if newest else 1,
                # What waits for review waits on, with the new edition in its place.
                "state": Edition.State.IN_REVIEW if in_review else Edition.State.DRAFT,
            }
        names = [name for name in Story.__dataclass_fields__ if name in cleaned]
        return Story(article=self.instance, **known, **{name: cleaned[name] for name in names})

    def readiness(self) -> Readiness | None:
        """Return what stands against publication; `None`: there is nothing to be published."""
        now = timezone.now()
        if self.is_bound:
            story = self._story(self.cleaned_data)
        elif self.base_edition is None:
            story = Story(article=self.instance)
        elif self.base_edition.state == Edition.State.APPROVED:
            return None
        else:
            story = Story.of(self.base_edition)
        publishes = self.editor.has_perm("articles.publish_article")
        if publishes:
            # A draft is no obstacle where an editor lets it out with the story.
            story = replace(story, brings_visits=self.lets_visits_out)
            reasons = failure_reasons(Transition.PUBLISH, story, by=self.editor)
        else:
            reasons = check_story(replace(story, brings_visits=True), now)
        return Readiness(reasons, embargo_of(story, now), story.drafted_visits)

    def _post_clean(self) -> None:
        super()._post_clean()
        edition = construct_instance(self, Edition(), fields=COLUMNS)
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
