"""The differences between two editions of an article, field by field."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles.models import Edition, Picture
from articles.richtext import diff_list, diff_story, diff_text, replacement
from engagements.models import Engagement

TEXTS = ["headline", "standfirst", "byline"]
PICTURE_TEXTS = ["picture_alt", "picture_caption"]
FOR_THE_DESK = ["public_note", "note"]


class FieldDiff(NamedTuple):
    """The differences in one field, as HTML with `<ins>` and `<del>`."""

    label: str
    html: SafeString
    is_story: bool = False


def edition_diff(
    old: Edition, new: Edition, *, show: Callable[[Picture], str], for_desk: bool = False
) -> list[FieldDiff]:
    """Return the fields that differ between two editions; `show` returns a picture as safe HTML.

    Unless it is for the desk, only public engagements and no internal notes are compared.
    """
    diffs = [_text(name, old, new) for name in TEXTS]
    if old.body != new.body:
        diffs.append(FieldDiff(_label("body"), diff_story(old.body, new.body), is_story=True))
    if old.picture_id != new.picture_id:
        pictures = [
            format_html('<span class="which">{}</span> {}', word, show(edition.picture))
            if edition.picture
            else ""
            for word, edition in ((_("before:"), old), (_("after:"), new))
        ]
        diffs.append(FieldDiff(_label("picture"), replacement(*pictures)))
    diffs += [_text(name, old, new) for name in PICTURE_TEXTS]
    diffs.append(_flag("picture_is_decorative", old, new))
    diffs.append(_rows("topics", old.topics.order_by("name"), new.topics.order_by("name")))
    visits = Engagement.objects.all() if for_desk else Engagement.objects.public()
    diffs.append(_rows("engagement", *(visits.filter(editions=row) for row in (old, new))))
    rounded_up = [visits.filter(roundups=row).oldest_first() for row in (old, new)]
    diffs.append(_rows("also_covers", *rounded_up))
    if for_desk:
        diffs += [_text(name, old, new) for name in FOR_THE_DESK]
        diffs += [_flag(name, old, new) for name in ("is_major", "is_correction")]
    return [diff for diff in diffs if diff is not None]


def _label(name: str) -> str:
    field: Any = Edition._meta.get_field(name)
    return capfirst(str(field.verbose_name))


def _text(name: str, old: Edition, new: Edition) -> FieldDiff | None:
    texts = getattr(old, name), getattr(new, name)
    return FieldDiff(_label(name), diff_text(*texts)) if texts[0] != texts[1] else None


def _flag(name: str, old: Edition, new: Edition) -> FieldDiff | None:
    flags = getattr(old, name), getattr(new, name)
    words = [_("yes") if flag else _("no") for flag in flags]
    return FieldDiff(_label(name), replacement(*words)) if flags[0] != flags[1] else None


def _rows(name: str, old: Iterable[Model], new: Iterable[Model]) -> FieldDiff | None:
    before, after = list(old), list(new)
    if {row.pk for row in before} == {row.pk for row in after}:
        return None
    names = [str(row) for row in before], [str(row) for row in after]
    return FieldDiff(_label(name), diff_list(*names))
