"""What the pressed button does with an edition besides saving it, and what stands against it."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles.models import Edition
from articles.notifications.recipients import staff_with_perm
from articles.pictures.usage import fingerprints
from articles.publishing import workflow
from articles.publishing.authorship import unread_by_others
from articles.publishing.checks import (
    EditionContent,
    Reason,
    Transition,
    check_content,
    embargo_of,
    failure_reasons,
    is_sole_author,
)
from articles.wording import name_of
from engagements.dates import check_moment, spelled_out
from engagements.forms import KeysField
from engagements.history import newest_revisions
from engagements.models import Engagement
from engagements.publishing import MAX_REASON

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


@dataclass
class Readiness:
    """What stands against publication, and which visits would come out by the same button.

    `embargo` is the moment until which visits alone hold the story back. `flag` says how little of
    the text anybody else has read.
    """

    reasons: list[Reason]
    embargo: dt.datetime | None
    drafted_visits: list[Engagement]
    flag: str = ""

    @classmethod
    def of(cls, content: EditionContent, reasons: list[Reason], flag: str = "") -> "Readiness":
        return cls(reasons, embargo_of(content, timezone.now()), content.drafted_visits, flag)

    @property
    def promise(self) -> str:
        """The embargo, and the newest revision of each drafted visit, as the buttons name them.

        The form sends it back: a button does nothing else than its page promised.
        """
        newest = newest_revisions(visit.pk for visit in self.drafted_visits)
        drafts = [
            f"{visit.pk}:{newest.get(visit.pk, 0)}:{visit.updated_at.timestamp()}"
            for visit in self.drafted_visits
        ]
        return " ".join([self.embargo.isoformat() if self.embargo else "now", *drafts])


class PeopleField(KeysField):
    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


def reviewers_for(person: Any) -> QuerySet[User]:
    """Return whom a person can ask for a review: the others who may approve."""
    others = staff_with_perm("articles.publish_article").exclude(pk=person.pk if person else 0)
    return others.order_by("first_name", "username")


class DecisionFields(forms.Form):
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

    # Set by the admin: the person who fills in the form.
    editor: Any = None
    # The article's form has these.
    instance: Any
    base_edition: Edition | None
    content_changed: bool

    def set_up_decision(self) -> None:
        """Offer the reviewers, and name the hour beside the field for another one."""
        reviewers: Any = self.fields["reviewers"]
        reviewers.queryset = reviewers_for(self.editor)
        self.fields["publish_at"].help_text = _(
            "Leave empty to publish at once. It is now %(now)s."
        ) % {"now": spelled_out(timezone.now())}

    @property
    def transition(self) -> str:
        """What the pressed button does besides saving: a key of `TRANSITIONS` ("": nothing)."""
        return next((name for name in TRANSITIONS if f"_{name}" in self.data), "")

    @property
    def is_approval(self) -> bool:
        return self.transition.startswith(("publish", "force"))

    @property
    def pictures_shown(self) -> str:
        """The fingerprints of the pictures that the page shows, which the form sends back."""
        return fingerprints(self.base_edition) if self.base_edition else ""

    @property
    def publishes_visits(self) -> bool:
        """Whether the pressed button publishes the draft visits as well."""
        return self.transition in ("publish_with_visit", "force_with_visit")

    @property
    def may_publish_visits(self) -> bool:
        """Whether the person may make a visit public."""
        return self.editor.has_perm("engagements.publish_engagement")

    def check_transition(self, cleaned: dict[str, Any]) -> None:
        """Add every reason why the pressed button cannot do what it says."""
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
        if self.is_approval:
            self._check_pictures()
        if self.publishes_visits:
            self._check_promise(cleaned)
        for reason in self._failure_reasons(cleaned):
            self.add_error(reason.field or None, reason.text)

    def _check_promise(self, cleaned: dict[str, Any]) -> None:
        """Refuse the button if the visits are no longer those that its page named."""
        now = Readiness.of(self._edition_content(cleaned), [])
        if self.data.get("promise") != now.promise:
            raise ValidationError(
                gettext(
                    "The visits, or what is known of them, changed since this page was shown: look "
                    "at the head of the form, then press again."
                )
            )
        if now.embargo:
            if cleaned.get("publish_at") not in (None, now.embargo):
                message = gettext("The button publishes at %s: leave this empty.")
                self.add_error("publish_at", message % spelled_out(now.embargo))
            cleaned["publish_at"] = now.embargo

    def _failure_reasons(self, cleaned: dict[str, Any]) -> list[Reason]:
        """Return why the pressed button cannot do what it says."""
        return failure_reasons(
            Transition(self.transition.removesuffix("_with_visit")),
            replace(self._edition_content(cleaned), publishes_visits=self.publishes_visits),
            by=self.editor,
            at=cleaned.get("publish_at"),
            reason=cleaned.get("reason", ""),
        )

    def _edition_content(self, cleaned: dict[str, Any]) -> EditionContent:
        """Return the edition that the form shows, or that saving it would make."""
        names = [name for name in EditionContent.__dataclass_fields__ if name in cleaned]
        content = EditionContent(article=self.instance, **{name: cleaned[name] for name in names})
        newest = self.base_edition
        if newest is None:
            return replace(content, number=1)
        if not self.content_changed:
            return replace(content, number=newest.number, state=newest.state)
        # What waits for review waits on, with the new edition in its place.
        waits = newest.state == Edition.State.IN_REVIEW
        return replace(
            content, number=newest.number + 1, state=newest.state if waits else content.state
        )

    def readiness(self) -> Readiness | None:
        """Return what stands against publication; `None`: there is nothing to be published."""
        if self.is_bound:
            content = self._edition_content(self.cleaned_data)
        elif self.base_edition is None:
            content = EditionContent(article=self.instance)
        elif self.base_edition.state == Edition.State.APPROVED:
            return None
        else:
            content = EditionContent.of(self.base_edition)
        if self.editor.has_perm("articles.publish_article"):
            # A draft is no obstacle where an editor lets it out with the story.
            content = replace(content, publishes_visits=self.may_publish_visits)
            reasons = failure_reasons(Transition.PUBLISH, content, by=self.editor)
            return Readiness.of(content, reasons, self._flag(content))
        reasons = check_content(replace(content, publishes_visits=True), timezone.now())
        return Readiness.of(content, reasons)

    def _flag(self, content: EditionContent) -> str:
        """Return what flags the edition if the person publishes it, who may have rewritten it."""
        newest = self.base_edition
        if newest is None or (newest.author != self.editor and not self.is_bound):
            return ""
        if is_sole_author(content.article_pk, content.number, by=self.editor):
            return ""
        return unread_by_others(content, by=self.editor)

    def _check_pictures(self) -> None:
        """Refuse to approve pictures whose files or credits the page did not show."""
        shown = self.data.get("pictures_shown", "")
        if self.base_edition and shown != fingerprints(self.base_edition):
            raise ValidationError(
                gettext(
                    "A picture was replaced, or its credit changed, after this page was shown: "
                    "look at the pictures, then press again."
                )
            )

    def perform(self, edition: Edition) -> Any:
        """Do what the pressed button says with the edition that was saved; return a message.

        Raises `ValidationError` where somebody else was quicker.
        """
        at, reason = self.cleaned_data.get("publish_at"), self.cleaned_data.get("reason", "")
        transition = self.transition.removesuffix("_with_visit")
        match transition:
            case Transition.SUBMIT:
                reviewers = self.cleaned_data.get("reviewers", ())
                workflow.submit(edition, by=self.editor, reviewers=reviewers)
                return gettext("Sent for review.")
            case Transition.RECALL:
                workflow.recall(edition, by=self.editor)
                return gettext("Taken back from review.")
            case Transition.RETURN:
                workflow.send_back(edition, by=self.editor, reason=reason)
                return gettext("Returned to its writer.")
        workflow.publish(
            edition,
            by=self.editor,
            at=at,
            forced_reason=reason if transition == Transition.FORCE else None,
            with_visits=self.publishes_visits,
        )
        if at:
            return gettext("Scheduled: readers see it from %s.") % spelled_out(at)
        link = format_html('<a href="{}">{}</a>', edition.get_absolute_url(), edition)
        return format_html(gettext("Published: {}"), link)
