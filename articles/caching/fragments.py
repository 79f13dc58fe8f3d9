"""What was made from facts and stories, kept until the content changes."""

import hashlib
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache

T = TypeVar("T")
# Nothing asks for an old version again; this clears it away where nothing else does.
FRAGMENT_SECONDS = 60 * 60


def fragment(version: str, name: str, make: Callable[[], T]) -> T:
    """Return what was made of this version under a name, or make it."""
    key = _key(version, name)
    found = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, FRAGMENT_SECONDS)
    return found


def fragments(
    version: str, names: list[str], make: Callable[[list[str]], dict[str, T]]
) -> dict[str, T]:
    """Return values by name; `make` makes those missing, and may leave some out."""
    keys = {_key(version, name): name for name in names}
    found = {keys[key]: value for key, value in cache.get_many(list(keys)).items()}
    missing = [name for name in names if name not in found]
    if missing:
        made = make(missing)
        cache.set_many({_key(version, name): made[name] for name in made}, FRAGMENT_SECONDS)
        found |= made
    return found


def _key(version: str, name: str) -> str:
    # A name may be long, and hold what a key of some caches may not.
    return hashlib.sha256(f"{version}:{name}".encode()).hexdigest()
