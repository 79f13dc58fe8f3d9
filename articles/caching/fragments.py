"""Caches values that are made from the content, under the content version."""

import hashlib
from collections.abc import Callable
from typing import TypeVar, cast

from django.core.cache import cache

T = TypeVar("T")
# Fragments of old versions are never read again; they expire.
FRAGMENT_SECONDS = 60 * 60


def fragment(version: str, name: str, make: Callable[[], T]) -> T:
    """Return the value cached under a content version and a name, or make and cache it."""
    return cast("T", cache.get_or_set(_key(version, name), make, FRAGMENT_SECONDS))


def fragments(
    version: str, names: list[str], make: Callable[[list[str]], dict[str, T]]
) -> dict[str, T]:
    """Return cached values by name; `make` is given the names missing, and may omit some."""
    keys = {_key(version, name): name for name in names}
    values = {keys[key]: value for key, value in cache.get_many(list(keys)).items()}
    missing = [name for name in names if name not in values]
    if missing:
        made = make(missing)
        cache.set_many({_key(version, name): made[name] for name in made}, FRAGMENT_SECONDS)
        values |= made
    return values


def _key(version: str, name: str) -> str:
    # Some caches limit the length and the characters of a key.
    return hashlib.sha256(f"{version}:{name}".encode()).hexdigest()
