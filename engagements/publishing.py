"""From when on readers see an engagement."""

import datetime as dt
from typing import Any

from engagements.history import record, record_first
from engagements.models import Engagement


def make_public(engagement: Engagement, *, at: dt.datetime, by: Any, comment: str) -> None:
    """Let a draft, or one under embargo, be public from `at`; its history says so with `comment`.

    Belongs inside a transaction that holds the row, in which its caller has asked what stands
    against it.
    """
    record_first(engagement.pk)
    engagement.public_from = at
    engagement.save(update_fields=["public_from", "updated_at"])
    record(engagement.pk, by=by, comment=comment)
