"""What readers see and should not: links that broke, pictures that nobody describes.

Reading every story takes minutes, so the findings are stored: by `manage.py audit_content` for all
of them, by a button at the desk for the newest.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from articles.models import Article, Edition, Finding
from articles.publishing.links import dead_links
from articles.richtext.html import figures_in

SHOWN = 50
AT_ONCE = 200  # editions, by the button
BATCH = 100
DRAFTS = 200  # open ones whose story is looked at for figures


def audit_content(limit: int | None = None) -> int:
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
    found += [(Finding.Kind.NO_ALT, key) for key in _unsaid_in(edition.body)]
    for kind, what in dict.fromkeys((kind, what[:500]) for kind, what in found):
        yield Finding(edition=edition, kind=kind, what=what, found_at=now)


def _unsaid_in(body: str) -> list[str]:
    """Return the pictures in a story of which nobody has said what they show."""
    return [figure.picture for figure in figures_in(body) if figure.alt is None]


def findings(kind: str) -> list[Finding]:
    """Return what was found of editions that readers still see."""
    # Asked of each finding: they are few, and what is public is not.
    public = Edition.objects.public().filter(pk=OuterRef("edition"))
    rows = Finding.objects.filter(Exists(public), kind=kind)
    rows = rows.select_related("edition").defer("edition__body").order_by("-edition", "pk")
    return list(rows[:SHOWN])


def undescribed_drafts() -> list[Edition]:
    """Return the open editions with a picture that nobody has described nor called a decoration.

    Its own is asked of the database; those in the story of the newest that have any.
    """
    rows = Edition.objects.worked_on().order_by("-created_at", "-pk")
    lead = Q(picture__isnull=False, picture_alt="", picture_is_decorative=False)
    found = list(rows.filter(lead).defer("body")[:SHOWN])
    with_figures = rows.exclude(lead).filter(body__contains="<img data-picture")
    found += [row for row in with_figures[:DRAFTS] if _unsaid_in(row.body)]
    return found[:SHOWN]


def to_revisit(today: dt.date) -> Any:
    """Return the articles whose day has come, the longest overdue first."""
    rows = Article.objects.filter(review_on__lte=today, withdrawn_at=None)
    return rows.with_headline().order_by("review_on", "pk")[:SHOWN]
