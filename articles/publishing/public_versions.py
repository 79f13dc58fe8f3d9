"""What readers were shown, and when: an article's public editions as its versions.

A version is numbered among those that came out, so that its number tells nothing of drafts, of
what is scheduled, or of what was overtaken before its hour.
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
class Version:
    """`until` is empty for the one that readers see now: what will end it is not yet told."""

    number: int
    edition: Edition
    since: dt.datetime
    until: dt.datetime | None

    def get_absolute_url(self) -> str:
        return reverse("articles:article_version", args=[self.edition.article.slug, self.number])


def versions_of(article: Article, at: dt.datetime) -> list[Version]:
    """Return what has come out of an article by a moment, the oldest first. In one query."""
    editions = (
        Edition.objects.once_public(at)
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
        versions.append(Version(number, edition, since, ended))
    return versions


class Gap(NamedTuple):
    """While an article was withdrawn; `until` is empty for as long as it is."""

    since: dt.datetime
    until: dt.datetime | None


def gaps_of(article: Article) -> list[Gap]:
    """Return when an article that had been public was not to be read, the oldest first."""
    moments = article.audit_entries.order_by("at", "pk").values_list("at", flat=True)
    begins = moments.filter(kind=AuditEntry.Kind.WITHDRAWN)
    ends = [*moments.filter(kind=AuditEntry.Kind.REINSTATED), None]
    # Each withdrawal ends with the next return, so the two go in pairs.
    return [Gap(*pair) for pair in zip(begins, ends, strict=False)]


def stood_on(versions: list[Version], day: dt.date, gaps: list[Gap]) -> list[Version]:
    """Return the versions that readers saw at some time of a day, in the site's time zone."""
    begins, ends = (
        timezone.make_aware(dt.datetime.combine(date, dt.time.min))
        for date in (day, day + dt.timedelta(days=1))
    )
    return [
        version
        for version in versions
        if _is_seen(max(version.since, begins), min(version.until or ends, ends), gaps)
    ]


def _is_seen(since: dt.datetime, until: dt.datetime, gaps: list[Gap]) -> bool:
    """Say whether gaps leave anything of a time."""
    for gap in gaps:
        if gap.since <= since:
            since = max(since, gap.until or until)
    return since < until


def read_day(text: str, today: dt.date) -> dt.date:
    """Return the day that a person names; raise `ValidationError` with a sentence otherwise."""
    date = PartialDate.parse(text[:40])
    if date.precision != Precision.DAY:
        raise ValidationError(_("Name one day, such as 28 January 2025."))
    if date.first_day > today:
        raise ValidationError(_("That day has not come yet."))
    return date.first_day
