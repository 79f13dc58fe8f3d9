"""Two people changed the same article: what each of them changed, against what both began from.

What only one of them changed is taken. Where both changed the same part, the person who saves last
chooses: theirs, mine, or a text made of both.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from django.db.models import Model
from django.http import QueryDict
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Edition, Picture
from articles.richtext.diff import changed_list, changed_story, changed_text, replaced
from articles.richtext.html import sanitize

# The parts that are taken from one side or the other, with the fields that belong together: an
# alternative text describes one picture and no other.
PARTS: dict[str, tuple[str, ...]] = {
    "headline": ("headline",),
    "standfirst": ("standfirst",),
    "body": ("body",),
    "byline": ("byline",),
    "engagement": ("engagement",),
    "also_covers": ("also_covers",),
    "topics": ("topics",),
    "picture": (
        "picture",
        "picture_alt",
        "picture_is_decorative",
        "picture_caption",
        "picture_credit",
        "picture_licence",
    ),
    "change": ("is_major", "is_correction", "public_note"),
}
# What was said of the last change, once it is approved, is not said of the next one.
NOTHING_SAID = {"is_major": True, "is_correction": False, "public_note": ""}
LABELS = {
    "headline": gettext_lazy("Headline"),
    "standfirst": gettext_lazy("Standfirst"),
    "body": gettext_lazy("Story"),
    "byline": gettext_lazy("Byline"),
    "engagement": gettext_lazy("Visit"),
    "also_covers": gettext_lazy("Also covers"),
    "topics": gettext_lazy("Topics"),
    "picture": gettext_lazy("Picture"),
    "change": gettext_lazy("What is said of the change"),
}
# Fields of the form that are the picture's own columns.
OF_THE_PICTURE = {"picture_credit": "credit", "picture_licence": "licence"}
TEXTS = {"headline", "standfirst", "byline"}
LISTS = {"topics", "also_covers"}
MERGEABLE = {*TEXTS, *LISTS, "body"}
CHOICES = ("theirs", "mine", "merged")

Content = dict[str, Any]


class Part(NamedTuple):
    """A part of the article that somebody changed since both began.

    `theirs` and `mine` are HTML: each one's text with what they changed marked.
    """

    name: str
    label: str
    changed_by: Literal["theirs", "mine", "both"]
    base: SafeString
    theirs: SafeString
    mine: SafeString

    @property
    def is_story(self) -> bool:
        return self.name == "body"

    @property
    def is_mergeable(self) -> bool:
        return self.name in MERGEABLE


def content_of(edition: Edition) -> Content:
    """Return an edition's content as the form's cleaned data has it."""
    names = {name for fields in PARTS.values() for name in fields} - LISTS - set(OF_THE_PICTURE)
    content = {name: getattr(edition, name) for name in names}
    for name, column in OF_THE_PICTURE.items():
        content[name] = getattr(edition.picture, column) if edition.picture else ""
    if edition.state == Edition.State.APPROVED:
        content |= NOTHING_SAID
    return content | {name: list(getattr(edition, name).all()) for name in LISTS}


def _comparable(name: str, value: Any) -> Any:
    if name in LISTS:
        return frozenset(row.pk for row in value)
    if isinstance(value, Model):
        return value.pk
    if name == "body":
        return sanitize(value or "")
    return "\n".join(value.strip().splitlines()) if isinstance(value, str) else value


def _same(part: str, one: Content, other: Content) -> bool:
    return all(
        _comparable(name, one.get(name)) == _comparable(name, other.get(name))
        for name in PARTS[part]
    )


def is_overtaken(base: Content, theirs: Content, mine: Content) -> bool:
    """Say whether saving `mine` would undo something that changed since `base`."""
    return any(not _same(part, base, theirs) and not _same(part, theirs, mine) for part in PARTS)


def compare(
    base: Content, theirs: Content, mine: Content, *, show: Callable[[Picture], str]
) -> list[Part]:
    """Return the parts in which one of three contents differs; `show` draws a picture as HTML."""
    parts = []
    for name in PARTS:
        kept = _same(name, base, theirs), _same(name, base, mine)
        if all(kept) or _same(name, theirs, mine):
            continue
        changed_by: Any = {(False, True): "theirs", (True, False): "mine"}.get(kept, "both")
        drawn = (_drawn(name, base, content, show) for content in (base, theirs, mine))
        parts.append(Part(name, str(LABELS[name]), changed_by, *drawn))
    return parts


def _drawn(part: str, base: Content, content: Content, show: Callable[[Picture], str]):
    old, new = base.get(part), content.get(part)
    if part in TEXTS:
        return changed_text(old or "", new or "")
    if part == "body":
        return changed_story(old or "", new or "")
    if part in LISTS:
        return changed_list(*(sorted(str(row) for row in rows or []) for rows in (old, new)))
    if part == "change":
        return changed_text(_said(base), _said(content))
    if part == "engagement":
        return escape(new or _("None")) if old == new else replaced(str(old or ""), str(new or ""))
    return _drawn_picture(base, content, show)


def _said(content: Content) -> str:
    words = [_("major") if content.get("is_major") else _("minor")]
    words += [_("a correction")] if content.get("is_correction") else []
    return ": ".join(filter(None, [", ".join(words), content.get("public_note")]))


def _drawn_picture(base: Content, content: Content, show: Callable[[Picture], str]) -> SafeString:
    picture = content.get("picture")
    lines = [show(picture) if picture else escape(_("No picture"))]
    lines += [
        changed_text(base.get(name) or "", content.get(name) or "")
        for name in ("picture_alt", "picture_caption", *OF_THE_PICTURE)
    ]
    if content.get("picture_is_decorative"):
        lines.append(escape(_("decorative")))
    return format_html_join("", "<p>{}</p>", ([line] for line in lines if line))


def merged_lists(base: Content, theirs: Content, mine: Content, name: str) -> list[int]:
    """Return the keys of a list with what either added, and without what either took out."""
    old, one, other = (_comparable(name, content[name]) for content in (base, theirs, mine))
    return sorted((one | other) - (old - one) - (old - other))


def as_sent(name: str, value: Any) -> list[str]:
    """Return a field's value as a browser would send it."""
    if name in LISTS:
        return [str(row.pk) for row in value]
    if name == "is_major":
        return [str(value)]  # of two buttons one is always chosen
    if isinstance(value, bool):
        return ["on"] if value else []
    if isinstance(value, Model):
        return [str(value.pk)]
    return [str(value) if value is not None else ""]


def put(data: QueryDict, part: str, content: Content, prefix: str = "") -> None:
    """Write a part's fields into a form's data, under names with a prefix."""
    for name in PARTS[part]:
        data.setlist(prefix + name, as_sent(name, content.get(name)))


def resolve(data: QueryDict, theirs: Content | None) -> QueryDict:
    """Return a form's data with what was chosen on the page that shows both versions.

    A part without a choice, or with one that is unknown, is taken as it was edited there.
    """
    data = data.copy()
    for part, names in PARTS.items():
        choice = data.get(f"choose-{part}")
        if choice == "theirs" and theirs is not None:
            put(data, part, theirs)
        elif choice == "mine":
            for name in names:
                data.setlist(name, data.getlist(f"mine-{name}"))
        for name in [f"choose-{part}", *(f"mine-{name}" for name in names)]:
            data.pop(name, None)
    return data
