"""The story's content: an article has one edition for each time that somebody saved it."""

import datetime as dt
from typing import Any, Self

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager

from articles.models.pictures import Picture, StoryPicture
from articles.models.topics import EditionTopic
from articles.richtext import BodyField, embedded_images
from engagements.models import Engagement
from engagements.models.bases import CheckedAtOnce, LineField
from engagements.text import search_text


def _moment(order: str, **columns: Any) -> models.Subquery:
    """Return the first `public_from`, in an order, of the public editions of a row's article."""
    editions = Edition.objects.filter(
        article=OuterRef("article"), state=Edition.State.APPROVED, **columns
    ).exclude(public_until=F("public_from"))
    return models.Subquery(editions.order_by(order).values("public_from")[:1])


class EditionQuerySet(models.QuerySet["Edition"]):
    def public(self, at: dt.datetime | None = None) -> Self:
        """Editions that readers see at a moment (`None`: now): the rule of visibility.

        "Scheduled" and "published" are never stored, so nothing needs a job at their minute.
        An empty `public_until` has no end.
        """
        at = at or timezone.now()
        return self.filter(state=Edition.State.APPROVED, public_from__lte=at).filter(
            Q(public_until__isnull=True) | Q(public_until__gt=at),
            Q(article__withdrawn_at__isnull=True) | Q(article__withdrawn_at__gt=at),
        )

    def released(self, at: dt.datetime | None = None) -> Self:
        """Editions that were published by a moment, those superseded since among them.

        One that was superseded before its `public_from` never was.
        """
        at = at or timezone.now()
        return self.filter(state=Edition.State.APPROVED, public_from__lte=at).exclude(
            public_until=F("public_from")
        )

    def scheduled(self, at: dt.datetime | None = None) -> Self:
        """Approved editions whose hour has not come."""
        at = at or timezone.now()
        return self.filter(
            state=Edition.State.APPROVED, public_from__gt=at, article__withdrawn_at__isnull=True
        ).filter(Q(public_until__isnull=True) | Q(public_until__gt=F("public_from")))

    def worked_on(self) -> Self:
        """The newest editions that are not approved: the open work.

        A partial index holds these; a query needs both conditions exactly as here to use it.
        """
        return self.filter(is_newest=True).exclude(state=Edition.State.APPROVED)

    def notes(self, at: dt.datetime | None = None) -> Self:
        """Editions whose note told readers what changed, of articles that are not withdrawn."""
        at = at or timezone.now()
        standing = Q(article__withdrawn_at__isnull=True) | Q(article__withdrawn_at__gt=at)
        return self.released(at).filter(standing).exclude(public_note="")

    def public_or_scheduled(self, at: dt.datetime) -> Self:
        """Editions that are public at a moment or scheduled for later."""
        return (
            self.filter(state=Edition.State.APPROVED, article__withdrawn_at__isnull=True)
            .filter(Q(public_until__isnull=True) | Q(public_until__gt=at))
            .exclude(public_until=F("public_from"))
        )

    def covering(self, engagements) -> Self:
        """Editions whose own visit, or one of those rounded up, is among `engagements`."""
        own = Edition.objects.filter(engagement__in=engagements).order_by().values("pk")
        rounds = Edition.also_covers.through.objects.filter(engagement__in=engagements)
        # Not one condition OR the other: that would look at every edition.
        return self.filter(pk__in=own.union(rounds.values("edition")))

    def with_published_at(self) -> Self:
        """Annotate when the article first became public (`published_at`, a datetime)."""
        return self.annotate(published_at=_moment("public_from"))

    def with_major_at(self) -> Self:
        """Annotate when readers last got news: the latest major `public_from` (`major_at`).

        A minor edit moves nothing in a list or a feed; the first edition is always major.
        """
        latest = _moment("-public_from", is_major=True, public_from__lte=OuterRef("public_from"))
        return self.annotate(major_at=Coalesce(latest, _moment("public_from")))

    def since_approval(self, article: Any, number: Any) -> Self:
        """Editions of an article up to a number and after the last approval (also `OuterRef`s)."""
        limit = OuterRef(number) if isinstance(number, OuterRef) else number
        approved = Edition.objects.filter(
            article=OuterRef("article"),
            state=Edition.State.APPROVED,
            number__gte=OuterRef("number"),
            number__lt=limit,
        )
        return self.filter(~Exists(approved), article=article, number__lte=number)

    def forced(self) -> Self:
        """Approved by the person who wrote them, and not yet by another."""
        return self.exclude(forced_reason="").filter(confirmed_by=None)

    def newest_first(self) -> Self:
        return self.with_major_at().order_by("-major_at", "-article_id", "-pk")

    def newest(self, count: int) -> list[int]:
        """Return the first `count` by pk, in the order of `newest_first()`.

        Sorting every article grows with the archive, so editions are read by `public_from`, which
        has an index. As `major_at` is never later, the number of rows read is doubled until no
        other row can come before the last one returned.
        """
        by_date = self.with_major_at().order_by("-public_from", "-pk")
        looked = count
        while True:
            looked *= 2
            rows = list(by_date.values_list("major_at", "pk", "public_from")[:looked])
            found = sorted(((major_at, pk) for major_at, pk, _from in rows), reverse=True)
            is_all = len(rows) < looked
            if is_all or found[count - 1] >= (rows[-1][2], rows[-1][1]):
                return [pk for _major_at, pk in found[:count]]

    def with_content(self) -> Self:
        """Fetch what a page or a feed's item reads, however many there are."""
        return self.select_related("article", "engagement", "picture").prefetch_related(
            "picture__renditions",
            Prefetch(
                "topic_items", EditionTopic.objects.select_related("tag").order_by("tag__name")
            ),
        )

    def for_cards(self, at: dt.datetime | None = None) -> Self:
        """Fetch what a teaser reads: also `drawn_from`, the engagement if readers may see it."""
        facts = Engagement.objects.public(at).for_drawings(at)
        return (
            self.with_content()
            .with_published_at()
            .prefetch_related(Prefetch("engagement", facts, to_attr="drawn_from"))
        )


class Edition(CheckedAtOnce):  # type: ignore[django-manager-missing] # taggit ships no types
    """An article's content as one person saved it. The content never changes afterwards."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        IN_REVIEW = "in_review", _("in review")
        APPROVED = "approved", _("approved")

    article = models.ForeignKey(
        "articles.Article", models.CASCADE, related_name="editions", verbose_name=_("article")
    )
    number = models.PositiveIntegerField(_("edition"))
    headline = LineField(
        _("headline"), max_length=200, validators=[MinLengthValidator(3)],
        help_text=_("Says what happened. Make the extra effort: most readers see only this."),
    )  # fmt: skip
    standfirst = models.TextField(
        _("standfirst"),
        blank=True,
        max_length=500,
        help_text=_("One or two sentences beneath the headline: why a reader should go on."),
    )
    body = BodyField(_("story"), blank=True)
    picture = models.ForeignKey(
        Picture,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="editions",
        verbose_name=_("lead picture"),
    )
    picture_alt = models.CharField(
        _("alternative text"),
        max_length=300,
        blank=True,
        help_text=_("What the picture shows, for those who cannot see it."),
    )
    picture_is_decorative = models.BooleanField(
        _("decorative"),
        default=False,
        help_text=_("The picture adds nothing that a listener would miss."),
    )
    picture_caption = models.CharField(_("caption"), max_length=300, blank=True)
    topics = TaggableManager(
        through=EditionTopic, blank=True, verbose_name=_("topics"), help_text=""
    )
    engagement = models.ForeignKey(
        Engagement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="editions",
        verbose_name=_("visit"),
        help_text=_("The engagement that the story tells. Needed to publish."),
    )
    also_covers = models.ManyToManyField(
        Engagement,
        related_name="roundups",
        blank=True,
        verbose_name=_("also covers"),
        help_text=_("Other engagements, for a round-up."),
    )
    byline = LineField(
        _("byline"),
        max_length=200,
        blank=True,
        help_text=_("As it stands on the page. Empty: the newsroom's name."),
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="editions",
        verbose_name=_("saved by"),
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="approved_editions",
        verbose_name=_("approved by"),
    )
    # Where nobody but its writer approved it, until another person has done so as well.
    forced_reason = models.CharField(_("forced because"), max_length=300, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="confirmed_editions",
        verbose_name=_("approved afterwards by"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    is_major = models.BooleanField(_("major change"), default=True)
    is_correction = models.BooleanField(
        _("a correction"),
        default=False,
        help_text=_("We said something wrong. It is listed among the corrections, with its date."),
    )
    public_note = models.CharField(
        _("note to readers"),
        max_length=300,
        blank=True,
        help_text=_(
            "What changed, as readers should see it beneath the article. A correction needs it."
        ),
    )
    note = models.CharField(
        _("note to the desk"),
        max_length=300,
        blank=True,
        help_text=_("Why you changed it. Never shown to readers."),
    )
    public_from = models.DateTimeField(_("public from"), null=True, blank=True)
    public_until = models.DateTimeField(_("public until"), null=True, blank=True)
    created_at = models.DateTimeField(_("saved at"), default=timezone.now)
    # Of its article; what the desk works on is found without a look at all that came before.
    is_newest = models.BooleanField(default=True, editable=False)
    search_text = models.CharField(max_length=255, blank=True, editable=False)

    objects = EditionQuerySet.as_manager()

    class Meta:
        ordering = ["article", "-number"]
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        indexes = [
            models.Index(
                fields=["-public_from"],
                condition=Q(state="approved"),
                name="edition_approved_newest",
            ),
            models.Index(
                fields=["-public_from"],
                condition=Q(state="approved") & ~Q(public_note=""),
                name="edition_noted_newest",
            ),
            # What `worked_on()` finds, and nothing else: few rows.
            models.Index(
                fields=["state", "-created_at"],
                condition=Q(is_newest=True) & ~Q(state="approved"),
                name="edition_worked_on",
            ),
            # All that the desk's search reads, so that it reads no story.
            models.Index(
                fields=["-id", "search_text", "is_newest"],
                condition=Q(is_newest=True),
                name="edition_desk_search",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="edition_number_unique"),
            models.UniqueConstraint(
                fields=["article"], condition=Q(is_newest=True), name="edition_one_newest"
            ),
            models.UniqueConstraint(
                fields=["article"],
                condition=Q(state="approved", public_until__isnull=True),
                name="edition_one_approved_without_end",
            ),
            models.CheckConstraint(
                name="edition_state_known",
                condition=Q(state__in=["draft", "in_review", "approved"]),
            ),
            models.UniqueConstraint(
                fields=["article"], condition=Q(state="in_review"), name="edition_one_in_review"
            ),
            models.CheckConstraint(
                name="edition_only_approved_is_forced",
                condition=Q(state="approved") | Q(forced_reason="", confirmed_by__isnull=True),
            ),
            models.CheckConstraint(
                name="edition_confirmed_by_another",
                condition=Q(confirmed_by__isnull=True)
                | ~Q(forced_reason="") & ~Q(confirmed_by=F("approved_by")),
            ),
            models.CheckConstraint(
                name="edition_correction_has_note",
                condition=~Q(state="approved") | Q(is_correction=False) | ~Q(public_note=""),
            ),
            models.CheckConstraint(name="edition_number_positive", condition=Q(number__gt=0)),
            models.CheckConstraint(name="edition_headline_not_empty", condition=~Q(headline="")),
            models.CheckConstraint(
                name="edition_approved_is_complete",
                condition=~Q(state="approved")
                | Q(approved_by__isnull=False, public_from__isnull=False, engagement__isnull=False)
                & ~Q(standfirst="")
                & ~Q(body=""),
            ),
            models.CheckConstraint(
                name="edition_unapproved_has_no_time",
                condition=Q(state="approved")
                | Q(approved_by__isnull=True, public_from__isnull=True, public_until__isnull=True),
            ),
            models.CheckConstraint(
                # Equal: superseded before its hour came, so never public.
                name="edition_until_not_before_from",
                condition=Q(public_until__isnull=True) | Q(public_until__gte=F("public_from")),
            ),
            models.CheckConstraint(
                name="edition_picture_described",
                condition=~Q(state="approved")
                | Q(picture__isnull=True)
                | Q(picture_is_decorative=True, picture_alt="")
                | (Q(picture_is_decorative=False) & ~Q(picture_alt="")),
                violation_error_message=_(
                    "Say what the picture shows, or that it is decorative (one of the two)."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.headline

    def save(self, *args, **kwargs):
        self.search_text = search_text(self, self.headline)
        is_new, columns = self._state.adding, kwargs.get("update_fields")
        if is_new:
            Edition.objects.filter(article=self.article_id, is_newest=True).update(is_newest=False)
        super().save(*args, **kwargs)
        if columns is None or "body" in columns:
            self._protect_pictures(is_new=is_new)

    def get_absolute_url(self) -> str:
        return self.article.get_absolute_url()

    def _protect_pictures(self, *, is_new: bool) -> None:
        """Protect the pictures of the story by rows, as a column protects the lead picture."""
        keys = {image.picture for image in embedded_images(self.body)}
        if not is_new:
            self.story_pictures.exclude(picture__uuid__in=keys).delete()
        pictures = Picture.objects.filter(uuid__in=keys)
        rows = [StoryPicture(edition=self, picture=picture) for picture in pictures]
        StoryPicture.objects.bulk_create(rows, ignore_conflicts=True)

    def status_at(self, at: dt.datetime) -> str:
        """The state at a moment in a word; "scheduled" and "published" are never stored."""
        if self.state != self.State.APPROVED:
            return str(self.get_state_display())
        if self.article.withdrawn_at and self.article.withdrawn_at <= at:
            return str(_("withdrawn"))
        assert self.public_from is not None  # noqa: S101 - the database holds approved ones to it
        if self.public_until is not None and self.public_until <= max(at, self.public_from):
            return str(_("superseded"))
        return str(_("scheduled") if self.public_from > at else _("published"))
