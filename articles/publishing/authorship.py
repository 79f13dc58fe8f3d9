"""How much of an edition's text anybody but its publisher has read."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from articles.models import Edition
from articles.publishing.checks import EditionContent
from articles.richtext import TAG

RUN = 3  # words in a row by which a passage is known again wherever it stands
MANY = 20  # words: below, a correction


def unread_by_others(content: EditionContent, *, by: Any) -> str:
    """Return the sentence that flags a text most of which only its publisher has read, or "".

    New words are those that the last approved edition lacks. Another person has read those that
    stand in an edition which they saved since.
    """
    approved = Edition.objects.filter(article=content.article_pk, state=Edition.State.APPROVED)
    since = Edition.objects.since_approval(content.article_pk, content.number)
    # A deleted account was another person's.
    others = since.filter(~Q(author=by) | Q(author=None))
    words = _words(content)
    new = _not_in(words, approved.order_by("-number")[:1])
    unread = new & _not_in(words, others)
    if len(unread) < MANY or 2 * len(unread) <= len(new):
        return ""
    sentence = _("Of its %(new)d new words, %(unread)d were read by nobody but the publisher.")
    return sentence % {"new": len(new), "unread": len(unread)}


def _words(text: Any) -> list[str]:
    return f"{text.headline} {text.standfirst} {TAG.sub(' ', text.body)}".split()


def _runs(words: list[str]) -> Iterable[tuple[str, ...]]:
    padded = ["", *words, ""]
    return (tuple(padded[at : at + RUN]) for at in range(len(padded) - RUN + 1))


def _not_in(words: list[str], editions: Iterable[Edition]) -> set[int]:
    """Return the places of the words that stand in none of the editions."""
    known = {run for edition in editions for run in _runs(_words(edition))}
    missing = set(range(len(words)))
    for at, run in enumerate(_runs(words)):
        if run in known:
            missing -= {at - 1, at, at + 1}
    return missing
