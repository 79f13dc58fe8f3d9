"""Normalises typed text: for comparison, search, slugs and keys."""

import unicodedata

from django.apps import apps
from django.utils.text import slugify


def fold(text: str) -> str:
    """Return `text` casefolded, without accents and with single spaces ("Türkiye" → "turkiye")."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def is_key(text: object) -> bool:
    """Return whether `text` is a number that fits a column of keys (64 bits)."""
    key = str(text)
    return key.isascii() and key.isdecimal() and len(key) < 19


def key_of(text: object) -> int:
    """Return the number that `text` is, as far as `is_key`; else 0, which no row has."""
    return int(str(text)) if is_key(text) else 0


def search_text(row, *texts: str) -> str:
    """Return the texts folded, cut to what the row's column `search_text` holds.

    Decomposing may make a text many times longer ("각" becomes three letters).
    """
    return fold(" ".join(texts))[: row._meta.get_field("search_text").max_length]


def unique_slug(model, text: str, fallback: str, *, keep=None) -> str:
    """Return a slug made from `text` that no other row of `model` has, or had.

    `fallback` serves where nothing of `text` can stand in an address ("زيارة" alone). `keep` is
    the row that may have the slug already, or had it.
    """
    base = slugify(text)[:180].strip("-") or fallback
    own = (keep and keep.pk) or 0
    former = apps.get_model("engagements", "FormerSlug").objects.held(model)
    taken = {
        slug
        for rows in (model._default_manager.exclude(pk=own), former.exclude(target=own))
        for slug in rows.filter(slug__startswith=base).values_list("slug", flat=True)
    }
    return next(
        slug
        for slug in (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
        if slug not in taken
    )
