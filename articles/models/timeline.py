"""The index of the timelines, derived from facts and coverage.

`articles.timeline.index` writes these rows, and can make all of them anew.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from engagements.models import Engagement


class TimelineEntry(models.Model):
    """An engagement under one of its terms: a region, a country, a topic, a status ...

    An inverted index: a timeline is the entries of one term in their order. Each entry names all
    terms of its engagement, so that a filtered timeline, and what its choices would give, is read
    from one range of one index. A row may be stale; the page's query applies the rule of visibility
    again, so a stale row can omit, never leak.
    """

    class Kind(models.IntegerChoices):
        REGION = 1, _("region")
        COUNTRY = 2, _("country")
        PERSON = 3, _("person")
        ORGANISATION = 4, _("organisation")
        TOPIC = 5, _("topic")
        KIND = 6, _("kind")
        STATUS = 7, _("status")
        COVERAGE = 8, _("coverage")
        ACTIONS = 9, _("open actions")

    kind = models.PositiveSmallIntegerField(choices=Kind.choices)
    # The pk, or a number that `articles.timeline.index` gives: not one model's, so no foreign key.
    subject = models.PositiveIntegerField()
    # `PartialDate.sort_key` of the start.
    sort_key = models.PositiveIntegerField()
    # Not held to its engagement by the database: a deletion takes the facts away one by one, and
    # the last step takes the entries.
    engagement = models.ForeignKey(
        Engagement, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    # Empty for what readers could see when the row was written.
    hidden_until = models.DateTimeField(null=True)
    # When coverage ends without another write: a scheduled edition tells another visit.
    lapses_at = models.DateTimeField(null=True)
    # The engagement's terms: " 1:7 2:143 7:3 ". Empty where they are too many for an index's entry:
    # those engagements are looked up instead.
    terms = models.TextField(null=True)

    changes_pages = False

    class Meta:
        indexes = [
            models.Index(
                fields=["kind", "subject", "-sort_key", "-engagement", "hidden_until", "terms"],
                name="timelineentry_in_order",
            ),
            models.Index(
                fields=["hidden_until"],
                condition=Q(hidden_until__isnull=False),
                name="timelineentry_hidden",
            ),
            models.Index(
                fields=["lapses_at"],
                condition=Q(lapses_at__isnull=False),
                name="timelineentry_lapsing",
            ),
            models.Index(
                fields=["kind", "subject"],
                condition=Q(terms__isnull=True),
                name="timelineentry_crowded",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "kind", "subject"], name="timelineentry_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.subject}: {self.engagement_id}"


class TimelineTotal(models.Model):
    """The number of entries of a term in a month or in all, those that are hidden included.

    People have none by month: one person's entries are few enough to be counted.
    """

    # `kind` is a `TimelineEntry.Kind`, or one of these, which release 0.1.0 asks for nothing of.
    # Of a region's entries of visits that took place; `subject` is the region's pk.
    HELD = 100
    # Added to a kind: of the entries of all months together; `month` is 0.
    ALL = 200

    kind = models.PositiveSmallIntegerField()
    subject = models.PositiveIntegerField()
    # yyyymm; month 13 is the year's unknown month.
    month = models.PositiveIntegerField()
    # Not positive by force: a total that is out of step must not keep a fact from being saved.
    count = models.IntegerField()

    changes_pages = False

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject", "month"], name="timelinetotal_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.subject} {self.month}"


class ContentVersion(models.Model):
    """One row: a number that grows with every change of a fact or a story.

    It is the second of the last change, since 1970, or later where many changes came in one: so
    each version has a second of its own, as HTTP's dates need.
    """

    number = models.PositiveBigIntegerField(default=0)

    changes_pages = False

    def __str__(self) -> str:
        return str(self.number)


class ScopeVersion(models.Model):
    """The content version at which a scope last changed (`articles.caching.scopes`)."""

    scope = models.CharField(max_length=40, primary_key=True)
    number = models.PositiveBigIntegerField(db_index=True)

    changes_pages = False

    def __str__(self) -> str:
        return f"{self.scope}: {self.number}"


class FeedEntry(models.Model):
    """An edition under one of the terms of a visit that it covers, in the order of the news.

    What feeds are read from: as `TimelineEntry`, but of articles. `syndication.index`
    keeps these rows, of the editions that are public or will be. Visibility is applied again by who
    reads them.
    """

    # As in `TimelineEntry`; 0 and 0 for the whole site.
    kind = models.PositiveSmallIntegerField()
    subject = models.PositiveIntegerField()
    # The last moment at which the edition's article was news.
    major_at = models.DateTimeField()
    # Not held to them by the database, as in `TimelineEntry`.
    article = models.ForeignKey(
        "articles.Article", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    edition = models.ForeignKey(
        "articles.Edition", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    engagement = models.ForeignKey(
        Engagement, models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    # The engagement's.
    sort_key = models.PositiveIntegerField()
    # The edition's.
    public_from = models.DateTimeField()
    public_until = models.DateTimeField(null=True)
    # The engagement's terms and the edition's topics, as in `TimelineEntry`.
    terms = models.TextField(null=True)

    changes_pages = False

    class Meta:
        indexes = [
            models.Index(
                fields=[
                    "kind", "subject", "-major_at", "-article", "-edition", "engagement",
                    "sort_key", "public_from", "public_until", "terms",
                ],
                name="feedentry_in_order",
            ),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "engagement", "kind", "subject"], name="feedentry_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.subject}: {self.edition_id}"
