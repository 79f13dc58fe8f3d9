"""The rule of visibility of an engagement and of all that belongs to it."""

import datetime as dt

from django.db.models import Q
from django.utils import timezone


def is_public(at: dt.datetime | None = None, through: str = "") -> Q:
    """Return the rule of visibility: what readers may see at a moment (`None`: now).

    An empty `public_from` is a draft; one in the future is embargoed. `through` leads from another
    model to its engagement: "engagement__".
    """
    at = at or timezone.now()
    return Q(**{f"{through}public_from__lte": at}) & (
        Q(**{f"{through}withdrawn_at__isnull": True}) | Q(**{f"{through}withdrawn_at__gt": at})
    )


def is_hidden(at: dt.datetime | None = None) -> Q:
    """Return the opposite of `is_public`, each part of which an index serves."""
    at = at or timezone.now()
    return Q(public_from__isnull=True) | Q(public_from__gt=at) | Q(withdrawn_at__lte=at)
