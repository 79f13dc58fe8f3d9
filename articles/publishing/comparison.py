"""Two editions of an article against each other: what readers, or the desk, would see change."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles.models import Edition, Picture
from articles.richtext.diff import diff_list, diff_story, diff_text, replacement
from engagements.models import Engagement

# Columns that say when and by whom, and what is derived: no content.
NOT_CONTENT = {
    "id", "article", "number", "author", "approved_by", "state", "public_from", "public_until",
    "created_at", "confirmed_by", "forced_reason", "steps", "search_text", "is_newest",
}  # fmt: skip
TEXTS = ["headline", "standfirst", "byline"]
PICTURE_TEXTS = ["picture_alt", "picture_caption"]
FOR_THE_DESK = ["public_note", "note"]


class Change(NamedTuple):
    """What changed in one part of the article, as HTML with `<ins>` and `<del>`."""

    label: str
    html: SafeString
    is_story: bool = False


def changes(
    old: Edition, new: Edition, *, show: Callable[[Picture], str], for_desk: bool = False
) -> list[Change]:
    """Return what differs between two editions; `show` draws a picture as safe HTML.

    Readers are told of visits that are public, and not of notes between colleagues.
    """
    found = [_text(name, old, new) for name in TEXTS]
    if old.body != new.body:
        found.append(Change(_label("body"), diff_story(old.body, new.body), is_story=True))
    if old.picture_id != new.picture_id:
        pictures = [
            format_html('<span class="which">{}</span> {}', word, show(edition.picture))
            if edition.picture
            else ""
            for word, edition in ((_("before:"), old), (_("after:"), new))
        ]
        found.append(Change(_label("picture"), replacement(*pictures)))
    found += [_text(name, old, new) for name in PICTURE_TEXTS]
    if old.picture_is_decorative != new.picture_is_decorative:
        found.append(_flag("picture_is_decorative", old, new))
    found.append(_rows("topics", old.topics.order_by("name"), new.topics.order_by("name")))
    found.append(_rows("engagement", *(_visits(e, "engagement", for_desk) for e in (old, new))))
    found.append(_rows("also_covers", *(_visits(e, "also_covers", for_desk) for e in (old, new))))
    if for_desk:
        found += [_text(name, old, new) for name in FOR_THE_DESK]
        found += [_flag(name, old, new) for name in ("is_major", "is_correction")]
    return [change for change in found if change is not None]


def _label(name: str) -> str:
    field: Any = Edition._meta.get_field(name)
    return capfirst(str(field.verbose_name))


def _text(name: str, old: Edition, new: Edition) -> Change | None:
    texts = getattr(old, name), getattr(new, name)
    return Change(_label(name), diff_text(*texts)) if texts[0] != texts[1] else None


def _flag(name: str, old: Edition, new: Edition) -> Change | None:
    flags = getattr(old, name), getattr(new, name)
    words = [_("yes") if flag else _("no") for flag in flags]
    return Change(_label(name), replacement(*words)) if flags[0] != flags[1] else None


def _visits(edition: Edition, name: str, for_desk: bool, at: dt.datetime | None = None):
    visits = Engagement.objects.all() if for_desk else Engagement.objects.public(at)
    if name == "engagement":
        return visits.filter(editions=edition)
    return visits.filter(roundups=edition).oldest_first()


def _rows(name: str, old: Iterable[Model], new: Iterable[Model]) -> Change | None:
    before, after = list(old), list(new)
    if {row.pk for row in before} == {row.pk for row in after}:
        return None
    names = [str(row) for row in before], [str(row) for row in after]
    return Change(_label(name), diff_list(*names))
