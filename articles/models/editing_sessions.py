"""What the desk's forms remember while somebody works in them. Nothing of it is content."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.articles import Article


class Autosave(models.Model):
    """What a person has typed into an article's form and not saved: one row, written over.

    `fields` is what the browser would send: the lists of values by the names of the fields.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # Empty for an article that was never saved, which `form` stands for.
    article = models.ForeignKey(
        Article, models.CASCADE, null=True, blank=True, related_name="autosaves"
    )
    form = models.UUIDField(_("token of the form"))
    fields = models.JSONField(_("fields"), default=dict)
    saved_at = models.DateTimeField(_("saved at"), default=timezone.now)

    changes_pages = False

    class Meta:
        ordering = ["-saved_at", "-pk"]
        verbose_name = _("autosave")
        verbose_name_plural = _("autosaves")
        constraints = [
            models.UniqueConstraint(fields=["person", "article"], name="autosave_one_an_article"),
            models.UniqueConstraint(
                fields=["person", "form"],
                condition=Q(article__isnull=True),
                name="autosave_one_a_new_form",
            ),
        ]

    def __str__(self) -> str:
        return (self.fields.get("headline") or [""])[0] or str(_("Without a headline"))


class Presence(models.Model):
    """Who has an article's form open, since when, and when their browser last said so."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    article = models.ForeignKey(Article, models.CASCADE, related_name="presences")
    opened_at = models.DateTimeField(_("open since"))
    seen_at = models.DateTimeField(_("last seen"))

    changes_pages = False

    class Meta:
        ordering = ["article", "opened_at", "pk"]
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        constraints = [
            models.UniqueConstraint(fields=["person", "article"], name="presence_one_a_person"),
            models.CheckConstraint(
                name="presence_seen_after_opened",
                condition=Q(seen_at__gte=models.F("opened_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.article}"


class Submission(models.Model):
    """A form that was sent, by its one-time token, and what came of it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    form = models.UUIDField(_("token of the form"))
    # Of the form as it was sent: the same again is a double click, or Back and send.
    digest = models.CharField(_("digest"), max_length=64, blank=True)
    # Several models' forms share the table: no foreign key. Empty: nothing was made yet.
    kind = models.CharField(_("kind"), max_length=20)
    target = models.PositiveBigIntegerField(_("target"), null=True, blank=True)
    # The article's newest edition then.
    number = models.PositiveIntegerField(_("edition"), null=True, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    changes_pages = False

    class Meta:
        ordering = ["person", "-at", "-pk"]
        verbose_name = _("sent form")
        verbose_name_plural = _("sent forms")
        constraints = [
            models.UniqueConstraint(fields=["person", "form", "kind"], name="submission_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.form}"
