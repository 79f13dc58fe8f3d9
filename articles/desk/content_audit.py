"""The content audit: broken links and pictures without alternative text in public stories.

Reading every story takes minutes, so the findings are stored: `manage.py audit_content` audits all
public editions, a button at the desk the newest.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from articles.models import Article, Edition, Finding
from articles.publishing.links import dead_links
from articles.richtext import embedded_images

SHOWN = 50
AT_ONCE = 200  # editions, by the button
BATCH = 100
DRAFTS = 200  # newest drafts whose story is read for pictures


def audit_content(limit: int | None = None) -> int:
    """Store the findings of the public editions, newest first; return how many were audited.

    Without `limit` all are audited, and the findings of other editions are deleted.
    """
    now = timezone.now()
    pks = list(
        Edition.objects.public(now)
        .order_by("-public_from", "-pk")
        .values_list("pk", flat=True)[:limit]
    )
    for start in range(0, len(pks), BATCH):
        rows = Edition.objects.filter(pk__in=pks[start : start + BATCH]).only("body")
        with transaction.atomic():
            Finding.objects.filter(edition__in=[row.pk for row in rows]).delete()
            Finding.objects.bulk_create(finding for row in rows for finding in _audit(row, now))
    if limit is None:
        Finding.objects.filter(found_at__lt=now).delete()
    return len(pks)


def _audit(edition: Edition, now: dt.datetime) -> Iterator[Finding]:
    faults = [(Finding.Kind.LINK, address) for address in dead_links(edition.body, now)]
    faults += [(Finding.Kind.NO_ALT, key) for key in _undescribed_in(edition.body)]
    for kind, what in dict.fromkeys((kind, what[:500]) for kind, what in faults):
        yield Finding(edition=edition, kind=kind, what=what, found_at=now)


def _undescribed_in(body: str) -> list[str]:
    """Return the keys of the pictures in a story that have no alternative text."""
    return [image.picture for image in embedded_images(body) if image.alt is None]


def findings(kind: str) -> list[Finding]:
    """Return the latest findings of a kind in editions that are still public."""
    # `Exists` for each of the few findings, instead of a join with all public editions.
    public = Edition.objects.public().filter(pk=OuterRef("edition"))
    rows = Finding.objects.filter(Exists(public), kind=kind)
    rows = rows.select_related("edition").defer("edition__body").order_by("-edition", "pk")
    return list(rows[:SHOWN])


def undescribed_drafts() -> list[Edition]:
    """Return the drafts with a picture that has no alternative text and is not decorative.

    All drafts are searched for lead pictures, the newest for pictures in their stories.
    """
    rows = Edition.objects.worked_on().order_by("-created_at", "-pk")
    lead = Q(picture__isnull=False, picture_alt="", picture_is_decorative=False)
    drafts = list(rows.filter(lead).defer("body")[:SHOWN])
    with_images = rows.exclude(lead).filter(body__contains="<img data-picture")
    drafts += [row for row in with_images[:DRAFTS] if _undescribed_in(row.body)]
    return drafts[:SHOWN]


def to_revisit(today: dt.date) -> Any:
    """Return the articles whose `review_on` has come, the longest overdue first."""
    rows = Article.objects.filter(review_on__lte=today, withdrawn_at=None)
    return rows.with_headline().order_by("review_on", "pk")[:SHOWN]
