"""Which mails a person wants, and what they were or will be notified of."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from engagements.models import Action


class NoticeSettings(models.Model):
    """What a person is told by e-mail, and when. Without a row: everything, at once."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    review_requested = models.BooleanField(
        _("Your review is requested"),
        default=True,
        help_text=_("Or that of all approvers, if nobody was chosen."),
    )
    returned = models.BooleanField(_("Your article was returned"), default=True)
    published = models.BooleanField(
        _("Your article was published"),
        default=True,
        help_text=_("At publication, also if it was scheduled."),
    )
    overdue = models.BooleanField(
        _("A commitment is overdue"),
        default=True,
        help_text=_("Of a visit that you wrote about; a desk head hears of all."),
    )
    digest = models.BooleanField(
        _("When"),
        default=False,
        choices=[(False, _("At once")), (True, _("Together, once a day in the morning"))],
    )

    changes_pages = False

    class Meta:
        verbose_name = _("e-mail settings")
        verbose_name_plural = _("e-mail settings")

    def __str__(self) -> str:
        return str(self.person)

    @classmethod
    def of(cls, person: Any) -> Self:
        """Return a person's settings, which may not be stored yet."""
        return cls.objects.filter(pk=person.pk).first() or cls(person=person)


class Notice(models.Model):
    """Something that a person's next daily mail tells, if it is still true then."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    payload = models.JSONField(_("what it tells"))
    at = models.DateTimeField(_("at"), default=timezone.now)

    changes_pages = False

    class Meta:
        ordering = ["person", "pk"]
        verbose_name = _("notice")
        verbose_name_plural = _("notices")

    def __str__(self) -> str:
        return f"{self.person} {self.payload.get('kind')}"


class OverdueNotice(models.Model):
    """An overdue action that people were notified of; a new due date makes a new notice."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="+")
    due_date = models.DateField(_("due"))
    at = models.DateTimeField(_("at"), default=timezone.now)

    changes_pages = False

    class Meta:
        ordering = ["action", "pk"]
        verbose_name = _("notice of an overdue action")
        verbose_name_plural = _("notices of overdue actions")
        constraints = [
            models.UniqueConstraint(fields=["action", "due_date"], name="overduenotice_once")
        ]

    def __str__(self) -> str:
        return f"{self.action}, {self.due_date}"
