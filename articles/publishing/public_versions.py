"""An article's public versions: its editions that came out, with the period of each.

Versions are numbered among themselves, so that a number reveals nothing about drafts, scheduled
editions, or those that were superseded before their hour.
"""

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article, AuditEntry, Edition
from engagements.dates import PartialDate, Precision


@dataclass(frozen=True, slots=True)
class PublicVersion:
    """An edition that came out; `until` is empty for the current one, even if its end is known."""

    number: int
    edition: Edition
    since: dt.datetime
    until: dt.datetime | None

    def get_absolute_url(self) -> str:
        return reverse("articles:article_version", args=[self.edition.article.slug, self.number])


def versions_of(article: Article, at: dt.datetime) -> list[PublicVersion]:
    """Return the versions of an article that came out by a moment, oldest first, in one query."""
    editions = (
        Edition.objects.released(at)
        .filter(article=article)
        .order_by("public_from", "number")
        .defer("body")
    )
    versions = []
    for number, edition in enumerate(editions, start=1):
        edition.article = article
        since, until = edition.public_from, edition.public_until
        assert since is not None  # noqa: S101 - the database holds approved ones to it
        ended = until if until is not None and until <= at else None
        versions.append(PublicVersion(number, edition, since, ended))
    return versions


class Gap(NamedTuple):
    """A period in which an article was withdrawn; `until` is empty while it still is."""

    since: dt.datetime
    until: dt.datetime | None


def gaps_of(article: Article) -> list[Gap]:
    """Return the periods in which an article was withdrawn, oldest first."""
    moments = article.audit_entries.order_by("at", "pk").values_list("at", flat=True)
    begins = moments.filter(kind=AuditEntry.Kind.WITHDRAWN)
    ends = [*moments.filter(kind=AuditEntry.Kind.REINSTATED), None]
    # Withdrawals and reinstatements alternate.
    return [Gap(*pair) for pair in zip(begins, ends, strict=False)]


def versions_on(
    versions: list[PublicVersion], day: dt.date, gaps: list[Gap]
) -> list[PublicVersion]:
    """Return the versions that were public at some time of a day, in the site's time zone."""
    begins, ends = (
        timezone.make_aware(dt.datetime.combine(date, dt.time.min))
        for date in (day, day + dt.timedelta(days=1))
    )
    return [
        version
        for version in versions
        if _was_public(max(version.since, begins), min(version.until or ends, ends), gaps)
    ]


def _was_public(since: dt.datetime, until: dt.datetime, gaps: list[Gap]) -> bool:
    """Return whether the gaps leave any part of a period."""
    for gap in gaps:
        if gap.since <= since:
            since = max(since, gap.until or until)
    return since < until


def read_day(text: str, today: dt.date) -> dt.date:
    """Return the day that a text names; raise `ValidationError` if it is not one day by `today`."""
    date = PartialDate.parse(text[:40])
    if date.precision != Precision.DAY:
        raise ValidationError(_("Enter one day, such as 28 January 2025."))
    if date.first_day > today:
        raise ValidationError(_("That day has not come yet."))
    return date.first_day
