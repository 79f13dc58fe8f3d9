"""The editions of an article that a person has not read yet."""

from typing import Any, NamedTuple

from django.utils import timezone

from articles.models import Article, Edition, ReadMarker
from articles.wording import moment


class Unread(NamedTuple):
    """`seen` is the number of the last edition read, at `at`; `newest` that of the newest one."""

    seen: int
    at: str
    newest: int

    @property
    def editions(self) -> int:
        return self.newest - self.seen


def mark_read(person: Any, article: Article, number: int) -> None:
    """Note that a person has read an edition of an article."""
    ReadMarker.objects.update_or_create(
        person=person, article=article, defaults={"number": number, "at": timezone.now()}
    )


def unread(person: Any, article: Article, newest: Edition | None) -> Unread | None:
    """Return the editions that a person has not read, if there are any.

    Without any, the newest one is marked as read: the form shows it. Otherwise opening the form
    marks nothing: the comparison does, and so does saving an edition of one's own.
    """
    if newest is None:
        return None
    marker = ReadMarker.objects.filter(person=person, article=article).first()
    if marker is not None and marker.number < newest.number:
        return Unread(marker.number, moment(marker.at), newest.number)
    mark_read(person, article, newest.number)
    return None
