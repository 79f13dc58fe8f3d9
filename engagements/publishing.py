"""What readers see of an engagement: from when, until when, at which dates, in which regions.

Each function makes its change, or raises `ValidationError` with every reason why not.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from engagements.dates import PartialDate
from engagements.history import recorded
from engagements.models import DateChange, Engagement, EngagementRegion, Region

# Sent within the transaction when an engagement is published, put under embargo or withdrawn, with
# `engagement`, `details` and `by`.
visibility_changed = Signal()

MAX_REASON = 300  # characters, as the columns hold
NOT_PUBLIC = gettext_lazy("Only a public engagement can be withdrawn.")


def reason_failures(reason: str, missing: str) -> list[str]:
    """Return what is wrong with a reason that a person gave; `missing` asks for one."""
    if not reason.strip():
        return [missing]
    if len(reason.strip()) > MAX_REASON:
        return [_("The reason is too long: %d characters at most.") % MAX_REASON]
    return []


def make_public(engagement: Engagement, *, at: dt.datetime, by: Any, comment: str) -> None:
    """Make a draft, or an engagement under embargo, public from `at`, as a recorded revision.

    Belongs in a transaction that holds the row and has checked what forbids it.
    """
    with recorded(engagement.pk, by=by, comment=comment):
        engagement.public_from = at
        engagement.save(update_fields=["public_from", "updated_at"])
    visibility_changed.send(Engagement, engagement=engagement, details=comment, by=by)


@transaction.atomic
def withdraw(engagement: Engagement, *, reason: str, by: Any, failures: Iterable[str] = ()) -> None:
    """Withdraw a public engagement: its address answers 410 with the date and `reason`.

    `failures` are reasons why not that other apps know of: the articles that need it.
    """
    engagement = Engagement.objects.select_for_update().get(pk=engagement.pk)
    is_public = Engagement.objects.public().filter(pk=engagement.pk).exists()
    failures = [
        *([] if is_public else [str(NOT_PUBLIC)]),
        *failures,
        *reason_failures(reason, _("Say why it is withdrawn: readers will see the reason.")),
    ]
    if failures:
        raise ValidationError(failures)
    comment = _("Withdrawn: %s") % reason.strip()
    with recorded(engagement.pk, by=by, comment=comment):
        engagement.withdrawn_at, engagement.withdrawn_reason = timezone.now(), reason.strip()
        engagement.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    visibility_changed.send(Engagement, engagement=engagement, details=comment, by=by)


def announce_dates(
    engagement: Engagement,
    old: tuple[PartialDate | None, PartialDate | None],
    *,
    reason: str,
    by: Any,
) -> bool:
    """List a change of date for readers who saw the `old` start and end; return whether it did."""
    if not engagement.was_seen() or old == (engagement.start, engagement.end):
        return False
    change = DateChange(engagement=engagement, reason=reason, changed_by=by)
    change.old_start, change.old_end = old
    change.new_start, change.new_end = engagement.start, engagement.end
    change.save()
    return True


def add_region(engagement: Engagement, region: Region) -> None:
    """Put an engagement on a region's timeline, whatever its countries."""
    EngagementRegion.objects.update_or_create(
        engagement=engagement, region=region, defaults={"origin": EngagementRegion.Origin.ADDED}
    )


def remove_region(row: EngagementRegion) -> None:
    """Take an engagement off a region's timeline, or forget that an editor did so."""
    if row.origin == EngagementRegion.Origin.DERIVED:
        # Deleted, it would be derived again.
        row.origin = EngagementRegion.Origin.REMOVED
        row.save(update_fields=["origin"])
    else:
        row.delete()
