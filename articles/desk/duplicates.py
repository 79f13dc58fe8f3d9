"""Suggests people and organisations that may be duplicates.

Names are compared without script, accents, order, and the vowels that newsrooms transliterate
differently. Each name is put into buckets by such keys, and only names in one bucket are compared
(blocking, as in record linkage).
"""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

from anyascii import anyascii
from django.db import transaction
from django.utils.translation import gettext as _

from articles.models import DistinctPair
from engagements.models import Organisation, Person
from engagements.text import fold

MOST_READ = 50_000  # newest rows
MOST_IN_A_BUCKET = 20
SHOWN = 50

KINDS: dict[str, type[Person] | type[Organisation]] = {
    "person": Person,
    "organisation": Organisation,
}

# Spellings of the same sound in transliterations.
_SOUNDS = [
    ("ph", "f"), ("sch", "s"), ("sh", "s"), ("ch", "s"), ("kh", "h"), ("gh", "g"), ("dh", "d"),
    ("th", "t"), ("ts", "s"), ("tz", "s"), ("ck", "k"), ("q", "k"), ("c", "k"), ("w", "v"),
    ("j", "i"), ("y", "i"),
]  # fmt: skip
_TITLES = {"dr", "prof", "sir", "mr", "mrs", "ms", "sheikh", "he", "hh", "hrh", "hm"}
_JOINING = {
    "the", "of", "for", "and", "on", "in", "to", "a", "an", "de", "del", "la", "le", "les", "du",
    "des", "et", "pour", "der", "die", "das", "und", "fur", "y", "el", "al",
}  # fmt: skip


class Candidate(NamedTuple):
    """A person or an organisation, with the columns that are compared."""

    pk: int
    name: str
    is_fictional: bool
    acronym: str = ""
    country: int | None = None


@dataclass(frozen=True)
class Pair:
    """Two candidates that may be duplicates, the lower pk first, and why."""

    first: Candidate
    second: Candidate
    why: str


def tokens_of(name: str) -> list[str]:
    """Return the words of a name in Latin letters without accents: "zelenskiy" for "Зеленский"."""
    return re.findall(r"[a-z0-9]+", fold(anyascii(name.replace("-", " "))).replace("'", ""))


def sound_of(token: str) -> str:
    """Return the key of a word's sound: "mhmd" for both "Mohammed" and "Muhammad"."""
    for written, sound in _SOUNDS:
        token = token.replace(written, sound)
    first, rest = token[:1], re.sub("[aeiou]", "", token[1:])
    # Initial vowels count as one: Omar, Umar.
    first = "a" if first in "aeou" else first
    return re.sub(r"(.)\1+", r"\1", first + rest)


def suggested(kind: str) -> list[Pair]:
    """Return the pairs of a kind that are not marked as distinct, the likeliest first."""
    find = _people if kind == "person" else _organisations
    distinct = set(DistinctPair.objects.filter(kind=kind).values_list("first", "second"))
    pairs: dict[tuple[int, int], Pair] = {}
    for pair in find():
        key = (pair.first.pk, pair.second.pk)
        if key not in distinct and pair.first.is_fictional == pair.second.is_fictional:
            pairs.setdefault(key, pair)
    return list(pairs.values())


def may_merge(person: Any, kind: str) -> bool:
    """Return whether a person may merge rows of a kind, by which one of the two is deleted."""
    return person.has_perms([f"engagements.change_{kind}", f"engagements.delete_{kind}"])


@transaction.atomic
def mark_distinct(kind: str, one: int, other: int, *, by: Any) -> None:
    """Mark two rows, given by pk, as no duplicates, so that they are not suggested again."""
    first, second = sorted((one, other))
    DistinctPair.objects.get_or_create(kind=kind, first=first, second=second, defaults={"by": by})


def _pairs(keyed: Iterable[tuple[Hashable, Candidate]]) -> Iterator[tuple[Candidate, Candidate]]:
    """Yield each two candidates that share a key."""
    buckets: dict[Hashable, list[Candidate]] = defaultdict(list)
    for key, entry in keyed:
        buckets[key].append(entry)
    for bucket in buckets.values():
        # A larger bucket is a frequent name rather than duplicates.
        if 1 < len(bucket) <= MOST_IN_A_BUCKET:
            for one, other in combinations(sorted(bucket, key=lambda entry: entry.pk), 2):
                if one.pk != other.pk:
                    yield one, other


def _people() -> Iterator[Pair]:
    rows = Person.objects.order_by("-pk").values_list("pk", "name", "is_fictional")[:MOST_READ]
    entries = [Candidate(*row) for row in rows]
    words = {
        entry.pk: [token for token in tokens_of(entry.name) if token not in _TITLES]
        for entry in entries
    }
    sounds = {pk: [sound_of(token) for token in tokens] for pk, tokens in words.items()}
    named = [entry for entry in entries if words[entry.pk]]
    for one, other in _pairs((tuple(sorted(words[e.pk])), e) for e in named):
        yield Pair(one, other, _("The names differ only in accents, script, titles or order."))
    several = [entry for entry in named if len(words[entry.pk]) > 1]
    for one, other in _pairs((tuple(sorted(sounds[e.pk])), e) for e in several):
        yield Pair(one, other, _("The names sound alike."))
    by_two = (
        ((sounds[e.pk][0], sound), e) for e in several for sound in set(sounds[e.pk][1:])
    )  # fmt: skip
    for one, other in _pairs(by_two):
        mine, theirs = set(sounds[one.pk]), set(sounds[other.pk])
        if mine < theirs or theirs < mine:
            yield Pair(one, other, _("One name contains the other."))
    by_initial = (((words[e.pk][0][0], sounds[e.pk][-1]), e) for e in several)
    for one, other in _pairs(by_initial):
        if 1 in (len(words[one.pk][0]), len(words[other.pk][0])):
            yield Pair(one, other, _("One has an initial instead of a first name."))


def _organisations() -> Iterator[Pair]:
    columns = ("pk", "name", "is_fictional", "acronym", "country")
    rows = Organisation.objects.order_by("-pk").values_list(*columns)[:MOST_READ]
    entries = [Candidate(*row) for row in rows]
    words = {
        entry.pk: [token for token in tokens_of(entry.name) if token not in _JOINING]
        for entry in entries
    }
    # "organization" and "organisation", "centre" and "center", a plural.
    sounds = {
        pk: tuple(sorted(sound_of(token.replace("z", "s").removesuffix("s")) for token in tokens))
        for pk, tokens in words.items()
    }
    for one, other in _pairs((sounds[e.pk], e) for e in entries if words[e.pk]):
        if _may_be_one(one, other):
            yield Pair(one, other, _("The names differ only in spelling or order."))
    short = []
    for entry in entries:
        names = {"".join(tokens_of(entry.acronym))}
        if len(words[entry.pk]) == 1:
            names.add(words[entry.pk][0])
        if len(words[entry.pk]) > 2:
            names.add("".join(word[0] for word in words[entry.pk]))
        short += [(name, entry) for name in names if len(name) > 1]
    for one, other in _pairs(short):
        if _may_be_one(one, other):
            yield Pair(one, other, _("Both have the same acronym."))


def _may_be_one(one: Candidate, other: Candidate) -> bool:
    # Every country has a foreign ministry.
    return one.country is None or other.country is None or one.country == other.country
