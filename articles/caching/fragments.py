"""Caches values that are made from the content, each with the scopes that it shows."""

import datetime as dt
import hashlib
import sys
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from django.core.cache import cache
from django.utils.translation import get_language

from articles.caching.scopes import EVERYTHING
from articles.caching.version import basis_at
from articles.models import ScopeVersion
from config.page_store import Basis, Scope, Version


class Fragment(NamedTuple):
    """A value, such as the HTML of a card, and the scopes that it shows."""

    value: Any
    scopes: frozenset[Scope]


class _Cached(NamedTuple):
    value: Any
    basis: Basis


def fragment(name: str, at: dt.datetime, make: Callable[[], Fragment]) -> Fragment:
    """Return the fragment cached under a name if it still holds, or make and cache it."""
    return fragments([name], at, lambda _missing: {name: make()})[name]


def fragments(
    names: Collection[str],
    at: dt.datetime,
    make: Callable[[list[str]], dict[str, Fragment]],
) -> dict[str, Fragment]:
    """Return fragments by name; `make` is given the names missing, and may omit some.

    Names may be the same in several languages.
    """
    language = get_language()
    keys = {_key(language, name): name for name in names}
    cached: dict[str, _Cached] = cache.get_many(keys) if keys else {}
    found = {
        keys[key]: Fragment(row.value, row.basis.scopes)
        for key, row in _holding(cached, at).items()
    }
    missing = [name for name in names if name not in found]
    if missing:
        # Before the content is read: a change meanwhile is later than the basis.
        basis = basis_at(at)
        made = make(missing)
        rows = {
            _key(language, name): _Cached(row.value, basis._replace(scopes=row.scopes))
            for name, row in made.items()
        }
        cache.set_many(rows, max(1, int(basis.until - basis.at)))
        found |= made
    return found


def _holding(cached: dict[str, _Cached], at: dt.datetime) -> dict[str, _Cached]:
    """Return those that still hold at a moment; with one query."""
    if not cached:
        return {}
    shown = {EVERYTHING, *_names(scope for row in cached.values() for scope in row.basis.scopes)}
    rows = ScopeVersion.objects.filter(scope__in=shown).values_list("scope", "number")
    changed = dict(rows)
    now = at.timestamp()
    version = Version("", now, now, sys.maxsize, changed, changed.get(EVERYTHING, 0))
    return {key: row for key, row in cached.items() if version.still_holds(row.basis, now)}


def _names(scopes: Iterable[Scope]) -> Iterable[str]:
    for scope in scopes:
        yield from (scope,) if isinstance(scope, str) else scope


def _key(language: str | None, name: str) -> str:
    # Some caches limit the length and the characters of a key.
    return hashlib.sha256(f"{language}:{name}".encode()).hexdigest()
