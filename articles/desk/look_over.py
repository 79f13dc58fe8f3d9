"""What readers see and should not: links that broke, pictures that nobody describes.

Looking at every story takes minutes, so what was found is kept: by `manage.py look_over` of all, by
a button at the desk of the newest.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from articles.checks import dead_links
from articles.models import Article, Edition, Finding

SHOWN = 50
AT_ONCE = 200  # editions, by the button
BATCH = 100
IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
ALT = re.compile(r"\salt=", re.IGNORECASE)
SOURCE = re.compile(r'\ssrc="([^"]*)"', re.IGNORECASE)


def look_over(limit: int | None = None) -> int:
    """Look at the editions that readers see, the newest first; return at how many.

    Without a limit at all of them, and what was found of any other is let go.
    """
    now = timezone.now()
    pks = list(
        Edition.objects.public(now)
        .order_by("-public_from", "-pk")
        .values_list("pk", flat=True)[:limit]
    )
    for start in range(0, len(pks), BATCH):
        rows = Edition.objects.filter(pk__in=pks[start : start + BATCH]).only("body")
        found = [finding for row in rows for finding in _found_in(row, now)]
        with transaction.atomic():
            Finding.objects.filter(edition__in=[row.pk for row in rows]).delete()
            Finding.objects.bulk_create(found)
    if limit is None:
        Finding.objects.filter(found_at__lt=now).delete()
    return len(pks)


def _found_in(edition: Edition, now: dt.datetime) -> Iterator[Finding]:
    found = [(Finding.Kind.LINK, address) for address in dead_links(edition.body, now)]
    for tag in IMAGE.findall(edition.body):
        # An empty one says that the picture is decorative.
        if not ALT.search(tag):
            source = SOURCE.search(tag)
            found.append((Finding.Kind.NO_ALT, source[1] if source else tag))
    for kind, what in dict.fromkeys((kind, what[:500]) for kind, what in found):
        yield Finding(edition=edition, kind=kind, what=what, found_at=now)


def findings(kind: str) -> list[Finding]:
    """Return what was found of editions that readers still see."""
    rows = Finding.objects.filter(kind=kind, edition__in=Edition.objects.public())
    rows = rows.select_related("edition").defer("edition__body").order_by("-edition", "pk")
    return list(rows[:SHOWN])


def undescribed_drafts() -> QuerySet[Edition]:
    """Return the open editions whose picture has neither words nor the mark of a decoration."""
    waiting = [Edition.State.DRAFT, Edition.State.IN_REVIEW]
    rows = Edition.objects.filter(is_newest=True, state__in=waiting, picture__isnull=False)
    rows = rows.filter(picture_alt="", picture_is_decorative=False)
    return rows.defer("body").order_by("-created_at", "-pk")[:SHOWN]


def to_look_at_again(today: dt.date) -> Any:
    """Return the articles whose day has come, the longest overdue first."""
    rows: Any = Article.objects.filter(review_on__lte=today, withdrawn_at=None)
    return rows.with_headline().order_by("review_on", "pk")[:SHOWN]
