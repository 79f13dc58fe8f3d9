"""Comments on a draft: made, answered, resolved and opened again."""

import dataclasses
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article, Comment, Edition
from articles.richtext.html import plain_text
from engagements.text import is_key

MAX_TEXT = 2000  # characters
MAX_QUOTE = 500
MOST = 500  # of one article


@dataclasses.dataclass
class Thread:
    """A comment with its replies; `is_gone`: the passage no longer stands in the story."""

    comment: Comment
    is_gone: bool
    replies: list[Comment] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Place:
    """A field of the form, with what was said of it: what is open first, in its order."""

    field: str
    label: str
    threads: list[Thread] = dataclasses.field(default_factory=list)


def _words(text: str) -> str:
    return " ".join(text.split())


def places(article: Article, newest: Edition | None) -> list[Place]:
    """Return every place that can be commented, in the order of the form. In one query."""
    body = _words(plain_text(newest.body)) if newest else ""
    found = {value: Place(value, str(label)) for value, label in Comment.Field.choices}
    threads: dict[int, Thread] = {}
    rows = article.comments.select_related("by", "resolved_by", "edition").defer("edition__body")
    for row in rows.order_by("pk"):
        if row.parent_id is None:
            threads[row.pk] = Thread(row, bool(row.quote) and _words(row.quote) not in body)
            found[row.field].threads.append(threads[row.pk])
        else:
            threads[row.parent_id].replies.append(row)
    for place in found.values():
        place.threads.sort(key=lambda thread: bool(thread.comment.resolved_at))
    return list(found.values())


def _checked(text: str, most: int) -> str:
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    if len(text) > most:
        raise ValidationError(_("That is too long: %d characters at most.") % most)
    return text


def add(
    article: Article, *, by: Any, text: str, where: str = "", quote: str = "", to: str = ""
) -> Comment:
    """Say something of a field, of a passage of the story, or in reply to a comment (its key).

    Raises `ValidationError` with a sentence. What is said twice in a row is said once.
    """
    text, quote = _checked(text, MAX_TEXT), _words(_checked(quote, MAX_QUOTE))
    if not text:
        raise ValidationError(_("Write what you have to say."))
    edition = article.latest_edition()
    if edition is None or where not in Comment.Field.values:
        raise ValidationError(_("There is nothing to comment on."))
    if article.comments.count() >= MOST:
        raise ValidationError(_("There are %d comments already.") % MOST)
    parent = thread(article, to) if to else None
    if where != Comment.Field.BODY:
        quote = ""
    elif quote and quote not in _words(plain_text(edition.body)):
        raise ValidationError(
            _("That passage does not stand in the story as it was saved. Copy it anew.")
        )
    said = {"parent": parent, "field": where, "quote": quote, "text": text, "by": by}
    last = article.comments.order_by("-pk").first()
    if last and all(getattr(last, name) == value for name, value in said.items()):
        return last
    return Comment.objects.create(article=article, edition=edition, **said)


def thread(article: Article, key: str) -> Comment:
    """Return a comment that is no reply by its key; raise `ValidationError` where there is none."""
    found = article.comments.filter(pk=key, parent=None).first() if is_key(key) else None
    if found is None:
        raise ValidationError(_("That comment is not there."))
    return found


def resolve(comment: Comment, *, by: Any) -> None:
    """Mark it as dealt with; by whom and when stays with it. Who was first stays."""
    open_one = Comment.objects.filter(pk=comment.pk, resolved_at=None)
    open_one.update(resolved_at=timezone.now(), resolved_by=by)


def reopen(comment: Comment) -> None:
    Comment.objects.filter(pk=comment.pk).update(resolved_at=None, resolved_by=None)
