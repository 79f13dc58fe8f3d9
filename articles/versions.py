"""What was made from facts and stories is kept until one of them changes."""

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache
from django.db.models import Subquery
from django.utils import timezone
from django.utils.translation import get_language

from articles.models import ContentVersion, Edition
from engagements.models import Engagement

T = TypeVar("T")
# Nothing asks for an old version again; this clears it away where nothing else does.
KEPT_SECONDS = 60 * 60


def content_version(at: dt.datetime) -> str:
    """Return what a page of this moment is made of: it changes whenever a page may.

    With every change of a fact or a story, when an embargo ends although nothing is written, and
    at midnight, when what was planned for yesterday is no longer ahead. In one query.
    """
    moments = [
        Subquery(
            rows.filter(public_from__lte=at).order_by("-public_from").values("public_from")[:1]
        )
        for rows in (
            Engagement.objects.all(),
            Edition.objects.filter(state=Edition.State.APPROVED),
        )
    ]
    row = ContentVersion.objects.values_list("number", *moments).first() or (0, None, None)
    boundaries = [f"{moment:%Y%m%d%H%M%S%f}" for moment in row[1:] if moment]
    return "-".join([str(row[0]), *boundaries, str(timezone.localdate(at)), str(get_language())])


def kept(version: str, name: str, make: Callable[[], T]) -> T:
    """Return what was made of this version under a name, or make it."""
    key = _key(version, name)
    found = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, KEPT_SECONDS)
    return found


def all_kept(
    version: str, names: list[str], make: Callable[[list[str]], dict[str, T]]
) -> dict[str, T]:
    """Return values by name; `make` makes those missing, and may leave some out."""
    keys = {_key(version, name): name for name in names}
    found = {keys[key]: value for key, value in cache.get_many(list(keys)).items()}
    missing = [name for name in names if name not in found]
    if missing:
        made = make(missing)
        cache.set_many({_key(version, name): made[name] for name in made}, KEPT_SECONDS)
        found |= made
    return found


def _key(version: str, name: str) -> str:
    # A name may be long, and hold what a key of some caches may not.
    return hashlib.sha256(f"{version}:{name}".encode()).hexdigest()
