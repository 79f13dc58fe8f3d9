"""Comments on a draft: made, answered, resolved and reopened."""

import dataclasses
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article, Comment, Edition
from articles.richtext import plain_text
from engagements.text import key_of

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
class CommentedField:
    """A field of the form with its threads: the open ones first, each group in its order."""

    name: str
    label: str
    threads: list[Thread] = dataclasses.field(default_factory=list)


def _words(text: str) -> str:
    return " ".join(text.split())


def commented_fields(article: Article, newest: Edition | None) -> list[CommentedField]:
    """Return every field that can be commented, in the order of the form. In one query."""
    body = _words(plain_text(newest.body)) if newest else ""
    fields = {value: CommentedField(value, str(label)) for value, label in Comment.Field.choices}
    threads: dict[int, Thread] = {}
    rows = article.comments.select_related("by", "resolved_by", "edition").defer("edition__body")
    for row in rows.order_by("pk"):
        if row.parent_id is None:
            threads[row.pk] = Thread(row, bool(row.quote) and _words(row.quote) not in body)
            fields[row.field].threads.append(threads[row.pk])
        else:
            threads[row.parent_id].replies.append(row)
    for field in fields.values():
        field.threads.sort(key=lambda thread: bool(thread.comment.resolved_at))
    return list(fields.values())


def _checked(text: str, most: int) -> str:
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    if len(text) > most:
        raise ValidationError(_("That is too long: %d characters at most.") % most)
    return text


def add(
    article: Article, *, by: Any, text: str, where: str = "", quote: str = "", to: str = ""
) -> Comment:
    """Comment on a field, on a passage of the story (`quote`), or on a comment (`to`, its key).

    Raises `ValidationError` with a sentence. The same comment twice in a row is stored once.
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
        raise ValidationError(_("That passage is not in the saved story. Copy it again."))
    values = {"parent": parent, "field": where, "quote": quote, "text": text, "by": by}
    last = article.comments.order_by("-pk").first()
    if last and all(getattr(last, name) == value for name, value in values.items()):
        return last
    return Comment.objects.create(article=article, edition=edition, **values)


def thread(article: Article, key: str) -> Comment:
    """Return a comment that is no reply by its key; raise `ValidationError` where there is none."""
    comment = article.comments.filter(pk=key_of(key), parent=None).first()
    if comment is None:
        raise ValidationError(_("That comment is not there."))
    return comment


def resolve(comment: Comment, *, by: Any) -> None:
    """Mark a comment as resolved. Of two who do, the first one stays."""
    open_one = Comment.objects.filter(pk=comment.pk, resolved_at=None)
    open_one.update(resolved_at=timezone.now(), resolved_by=by)


def reopen(comment: Comment) -> None:
    Comment.objects.filter(pk=comment.pk).update(resolved_at=None, resolved_by=None)
