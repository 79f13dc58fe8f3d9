"""The story's identity: its address, its language and whether it is withdrawn."""

import datetime as dt
from typing import Self
from uuid import uuid4

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from articles.models.editions import Edition
from engagements.models.addresses import Addressed
from engagements.models.bases import Withdrawable


class Language(models.TextChoices):
    """Languages that articles are written in, named as their readers name them."""

    ARABIC = "ar", "العربية"
    GERMAN = "de", "Deutsch"
    ENGLISH = "en", "English"
    SPANISH = "es", "Español"
    PERSIAN = "fa", "فارسی"
    FRENCH = "fr", "Français"
    HEBREW = "he", "עברית"
    ITALIAN = "it", "Italiano"
    PORTUGUESE = "pt", "Português"
    RUSSIAN = "ru", "Русский"
    TURKISH = "tr", "Türkçe"
    UKRAINIAN = "uk", "Українська"


class ArticleQuerySet(models.QuerySet["Article"]):
    def public(self, at: dt.datetime | None = None) -> Self:
        """Articles with an edition that readers see at a moment (`None`: now)."""
        return self.filter(Exists(Edition.objects.public(at).filter(article=OuterRef("pk"))))

    def withdrawn(self, at: dt.datetime | None = None) -> Self:
        """Articles that were public and were withdrawn: their address answers 410."""
        at = at or timezone.now()
        was_public = Edition.objects.filter(
            article=OuterRef("pk"),
            state=Edition.State.APPROVED,
            public_from__lte=OuterRef("withdrawn_at"),
        )
        return self.filter(Exists(was_public), withdrawn_at__lte=at)

    def with_headline(self) -> Self:
        """Annotate the newest edition's headline, whatever its state (`headline`)."""
        newest = Edition.objects.filter(article=OuterRef("pk")).order_by("-number")
        return self.annotate(headline=models.Subquery(newest.values("headline")[:1]))


class Article(Addressed, Withdrawable):
    """What stays the same through every edition: the address and the language."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    slug = models.SlugField(
        _("slug"),
        max_length=200,
        unique=True,
        help_text=_("The last part of the page's address. Made from the headline."),
    )
    language = models.CharField(
        _("language"), max_length=12, choices=Language.choices, default=Language.ENGLISH
    )
    translation_group = models.UUIDField(default=uuid4, editable=False)
    # Columns that no reader sees.
    OF_THE_DESK = frozenset({"created_by", "review_on"})

    review_on = models.DateField(
        _("revisit by"),
        null=True,
        blank=True,
        help_text=_("When somebody should read it again. From that day on Clean-up lists it."),
    )

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        permissions = [
            ("publish_article", _("Can approve and publish an article")),
            ("withdraw_article", _("Can withdraw a public article")),
            ("change_others_article", _("Can change an article that somebody else began")),
            ("force_article", _("Can publish one's own article without another person")),
        ]
        indexes = [
            *Withdrawable.Meta.indexes,
            models.Index(
                fields=["review_on"],
                condition=Q(review_on__isnull=False),
                name="article_review_on",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["translation_group", "language"], name="article_one_a_language"
            ),
            models.CheckConstraint(name="article_has_slug", condition=~Q(slug="")),
            models.CheckConstraint(
                name="article_language_known", condition=Q(language__in=Language.values)
            ),
            *Withdrawable.Meta.constraints,
        ]

    def __str__(self) -> str:
        # The headline where `with_headline()` fetched it: a list asks for many names.
        return getattr(self, "headline", None) or self.slug

    def get_absolute_url(self) -> str:
        return reverse("articles:article", args=[self.slug])

    @property
    def direction(self) -> str:
        """ "rtl" or "ltr": the value of HTML's `dir`."""
        return "rtl" if get_language_info(self.language)["bidi"] else "ltr"

    @property
    def was_approved(self) -> bool:
        """Whether readers know it, or will at its hour."""
        return self.editions.filter(state=Edition.State.APPROVED).exists()

    def latest_edition(self) -> "Edition | None":
        """The newest edition, whatever its state: where an editor goes on writing."""
        return self.editions.order_by("-number").first()
