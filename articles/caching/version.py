"""The content version: it changes whenever any page may change.

Views read it with `content_version`, the page store with `Watch`. Stored pages and fragments are
valid for one version.
"""

import datetime as dt
import threading
import time
from functools import partial

from django.db import transaction
from django.db.models import F, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import get_language

from articles.models import Article, ContentVersion, Edition
from engagements.models import Engagement

# A process may go on using a version for so long without reading it again. Whoever changes content
# waits as long after the commit, so that no page of the old version is served afterwards.
LEASE_SECONDS = 0.02


def content_changed() -> None:
    """Begin a new content version; after the commit no page of the old one is served.

    The row stays locked until the commit, so that concurrent writers take turns and cannot
    deadlock over the timelines' totals.
    """
    if not _begin():
        # Of two transactions without a row, one waits here until the other commits.
        ContentVersion.objects.bulk_create([ContentVersion(pk=1)], ignore_conflicts=True)
        _begin()
    transaction.on_commit(partial(wait_out_lease, time.monotonic()))


def _begin() -> int:
    second = int(timezone.now().timestamp())
    return ContentVersion.objects.update(number=Greatest(F("number") + 1, second))


def _boundaries() -> list[tuple[QuerySet, str]]:
    """Return the rows and fields whose moments publish or withdraw something without a write.

    `Edition.public_until` is not among them: it is the `public_from` of its successor.
    """
    return [
        (Engagement.objects.all(), "public_from"),
        (Engagement.objects.all(), "withdrawn_at"),
        (Edition.objects.filter(state=Edition.State.APPROVED), "public_from"),
        (Article.objects.all(), "withdrawn_at"),
    ]


def passed(at: dt.datetime) -> list[Subquery]:
    """Return the latest moment of each boundary that `at` has reached."""
    return [
        Subquery(rows.filter(**{f"{field}__lte": at}).order_by(f"-{field}").values(field)[:1])
        for rows, field in _boundaries()
    ]


def ahead(at: dt.datetime) -> list[Subquery]:
    """Return the earliest moment of each boundary that is still to come."""
    return [
        Subquery(rows.filter(**{f"{field}__gt": at}).order_by(field).values(field)[:1])
        for rows, field in _boundaries()
    ]


def content_version(at: dt.datetime) -> str:
    """Return the content version of a moment, with one query.

    It changes with every write, when an embargo ends or a withdrawal takes effect, at midnight
    (pages tell planned engagements from past ones), and differs by language.
    """
    row = ContentVersion.objects.values_list("number", *passed(at)).first() or (0,)
    boundaries = [f"{moment:%Y%m%d%H%M%S%f}" for moment in row[1:] if moment]
    return "-".join([str(row[0]), *boundaries, str(timezone.localdate(at)), str(get_language())])


_waited = threading.local()


def wait_out_lease(changed_at: float) -> None:
    """Wait until every process has to read the version again; called after a commit.

    `changed_at`: of the change, by `time.monotonic()`. Of several changes in one transaction only
    the first waits.
    """
    if getattr(_waited, "at", 0.0) <= changed_at:
        _waited.at = time.monotonic()
        time.sleep(LEASE_SECONDS)
