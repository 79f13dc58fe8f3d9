"""What changed since a person last looked at an article."""

from typing import Any, NamedTuple

from django.utils import timezone

from articles.models import Article, Edition, ReadMarker
from articles.wording import moment


class Unread(NamedTuple):
    """Editions that came since: `seen` is the last one looked at, at `at`; `newest` the newest."""

    seen: int
    at: str
    newest: int

    @property
    def editions(self) -> int:
        return self.newest - self.seen


def mark_read(person: Any, article: Article, number: int) -> None:
    """Note that a person has seen an edition of an article."""
    ReadMarker.objects.update_or_create(
        person=person, article=article, defaults={"number": number, "at": timezone.now()}
    )


def unread(person: Any, article: Article, newest: Edition | None) -> Unread | None:
    """Return what a person has yet to see, and note a look where there is nothing.

    Opening the form is not seeing what changed: that stays on offer until it was looked at, or
    until the person saves an edition of their own.
    """
    if newest is None:
        return None
    look = ReadMarker.objects.filter(person=person, article=article).first()
    if look is not None and look.number < newest.number:
        return Unread(look.number, moment(look.at), newest.number)
    mark_read(person, article, newest.number)
    return None
