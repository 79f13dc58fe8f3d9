"""What pages are made of has a version: it changes whenever one of them may.

`content_version` names it for a view, `Watch` for the page store. What was made from facts and
stories is kept until it changes.
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

# For so long a process need not look whether anything changed; who changed something waits as long
# after the commit, so that afterwards nobody is shown what was before.
LEASE_SECONDS = 0.02


def content_changed() -> None:
    """Begin a new version of the content; after the commit no page shows the one before.

    Until then nobody else can begin one: the row's lock puts those who write at the same time in a
    line, so that no two wait for each other's totals.
    """
    if not _begin():
        # Of two who find no row, one waits here until the other's is committed.
        ContentVersion.objects.bulk_create([ContentVersion(pk=1)], ignore_conflicts=True)
        _begin()
    transaction.on_commit(partial(wait_out_lease, time.monotonic()))


def _begin() -> int:
    second = int(timezone.now().timestamp())
    return ContentVersion.objects.update(number=Greatest(F("number") + 1, second))


def _boundaries() -> list[tuple[QuerySet, str]]:
    """Return whatever makes something public, or no longer, by the clock alone.

    An edition's `public_until` is the `public_from` of its successor.
    """
    return [
        (Engagement.objects.all(), "public_from"),
        (Engagement.objects.all(), "withdrawn_at"),
        (Edition.objects.filter(state=Edition.State.APPROVED), "public_from"),
        (Article.objects.all(), "withdrawn_at"),
    ]


def passed(at: dt.datetime) -> list[Subquery]:
    return [
        Subquery(
            rows.filter(**{f"{field}__lte": at}).order_by(f"-{field}").values(field)[:1],
        )
        for rows, field in _boundaries()
    ]


def ahead(at: dt.datetime) -> list[Subquery]:
    return [
        Subquery(rows.filter(**{f"{field}__gt": at}).order_by(field).values(field)[:1])
        for rows, field in _boundaries()
    ]


def content_version(at: dt.datetime) -> str:
    """Return what a page of this moment is made of: it changes whenever a page may.

    With every change of a fact or a story, when an embargo ends although nothing is written, and
    at midnight, when what was planned for yesterday is no longer ahead. In one query.
    """
    row = ContentVersion.objects.values_list("number", *passed(at)).first() or (0,)
    boundaries = [f"{moment:%Y%m%d%H%M%S%f}" for moment in row[1:] if moment]
    return "-".join([str(row[0]), *boundaries, str(timezone.localdate(at)), str(get_language())])


_waited = threading.local()


def wait_out_lease(changed_at: float) -> None:
    """Wait until every process has to look again; called after a commit.

    `changed_at` is when the change was made, on the process's own clock: of several in one
    transaction only the first waits.
    """
    if getattr(_waited, "at", 0.0) <= changed_at:
        _waited.at = time.monotonic()
        time.sleep(LEASE_SECONDS)
