"""The story's HTML: the elements that it may hold, the sanitiser, the model field.

Stored HTML holds paragraphs, headings 2 to 4, lists, block quotes, tables, line breaks, bold,
italics, links and embedded images; the editor offers the same. `BodyField` sanitises on every
write, and rendering sanitises again, so that no page depends on how a row was written.

An embedded image is one element, `<img data-picture>`, with the picture's uuid, its alternative
text (empty: decorative; none: still to be written) and its caption. Rendering adds the file's
address.
"""

import html
import math
import re
from functools import cache
from typing import Any, NamedTuple

import nh3
from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.html import escape
from django.utils.translation import gettext as _
from django_prose_editor.config import allowlist_from_extensions
from django_prose_editor.fields import ProseEditorField, ProseEditorFormField
from django_prose_editor.widgets import AdminProseEditorWidget

MAX_BODY_BYTES = 500 * 1024

# Far more than an editor nests. The sanitiser's time grows with length times depth: without this
# limit a story of 500 KB could occupy a process for 17 s.
MAX_DEPTH = 100

NO_PICTURE = "00000000-0000-0000-0000-000000000000"  # the editor replaces it by a picture's uuid

EXTENSIONS: dict[str, Any] = {
    "Heading": {"levels": [2, 3, 4]},
    "Bold": True,
    "Italic": True,
    "Link": {"enableTarget": False},
    "BulletList": True,
    "OrderedList": {"enableListAttributes": False},
    "ListItem": True,
    "Blockquote": True,
    "HardBreak": True,
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
    "Picture": {"file": reverse_lazy("admin:articles_picture_shown", args=[NO_PICTURE])},
    "CleanPaste": True,  # ours: static/js/prose-paste.js
    "NoSpellCheck": False,
    # No drop-downs: screen readers announce the package's as nothing.
    "Menu": {
        "groups": [
            {"group": "headings"},
            {"group": "marks"},
            {"group": "link"},
            {"group": "pictures"},
            {"group": "lists"},
            {"group": "nodes -blockType -lists -headings"},
            {"group": "table"},
            {"group": "history"},
        ]
    },
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"data-picture", "alt", "data-caption"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
# Elements that imports use, and their equivalents. The page's headline is its h1; the editor has no
# table caption, and a parser moves a paragraph out of the table to the place before it.
RENAMED = {"b": "strong", "i": "em", "h1": "h2", "h5": "h4", "h6": "h4", "caption": "p"}
# Elements whose end tag is optional, and the containers within which an outer one stays open.
IMPLIED_END = {"p", "li", "thead", "tbody", "tr", "td", "th"}
CONTAINERS = {"ul", "ol", "table", "blockquote"}
# An embedded image ends the text around it, and is not allowed between rows or items.
ENDED_BY_IMAGE = {"p", "h2", "h3", "h4", "strong", "em", "a"}
WITHOUT_IMAGES = {"ul", "ol", "table", "thead", "tbody", "tr"}
MAX_CAPTION_LENGTH = 300  # characters; of alternative texts too

# Not legal in XML, so a feed would break on them; PostgreSQL refuses NUL.
NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

# Possessive, so the time is linear for any input. The standard library's parser of Python 3.11.7
# takes 20 s for 60 KB of "<a ".
IN_TAG = r"""(?:[^<>"']++|"[^"]*+"|'[^']*+')*+"""
TOKEN = re.compile(
    rf"""<!--(?:-?>|.*?(?:-->|\Z))
    | <[!?][^>]*+(?:>|\Z)
    | <(?P<dropped>head|title|style|script|noscript|template|textarea|iframe|object|svg|math|xml)
        (?=[\s/>]){IN_TAG}>.*?(?:</(?P=dropped)[^<>]*+>|\Z)
    | <(?P<end>/?)(?P<name>[a-z][^\s<>/"']*+)(?P<attributes>{IN_TAG})>
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
ATTRIBUTE = re.compile(
    r"""(?<![a-z-])([a-z-]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>]++))""", re.IGNORECASE
)

LINK = re.compile(r"(?:https?://|mailto:)[^\s/]|/(?![/\\])", re.IGNORECASE)
HOST = re.compile(r"www\.\w|(?:[\w-]+\.)+[a-z]{2,}/", re.IGNORECASE)
MAILBOX = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,}\Z", re.IGNORECASE)

# Exact on sanitised HTML alone, where "<" and ">" occur only at the ends of tags.
TAG = re.compile(r"<[^>]*>")
BLOCK_TAG = re.compile(r"</?(?:p|h[2-4]|ul|ol|li|blockquote|table|tr|img)\b[^>]*>|<br>")
IMAGE_TAG = re.compile(r"<img ([^>]*)>")
PICTURE_KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CELL_TAG = re.compile(r"</?t[dh]\b[^>]*>")


def link_target(address: str) -> str | None:
    """Return where a link may go: an http(s) or mailto URL, or a path on this site.

    A host or a mailbox without a scheme gets one. `None` for anything else.
    """
    address = address.strip()
    if HOST.match(address):
        address = f"https://{address}"
    elif MAILBOX.match(address):
        address = f"mailto:{address}"
    if not LINK.match(address):
        return None
    return re.sub(r"\s", "%20", address).replace("<", "%3C").replace(">", "%3E")


def _attribute_value(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return link_target(value)
    if name == "data-picture":
        return value.lower() if PICTURE_KEY.fullmatch(value.lower()) else None
    if name in ("alt", "data-caption"):
        # `TAG` needs attributes without these two signs.
        text = " ".join(value.replace("<", "‹").replace(">", "›").split())
        text = text[:MAX_CAPTION_LENGTH].strip()
        return text if text or name == "alt" else None
    if name == "title":
        return re.sub("[<>]", "", value).strip() or None
    # start, colspan or rowspan: 1 is the default, and browsers stop at 1,000.
    if not re.fullmatch("[0-9]{1,4}", value) or int(value) in (0, 1):
        return None
    return str(min(int(value), 1000))


@cache
def _allowed_tags() -> frozenset[str]:
    return frozenset(allowlist_from_extensions(EXTENSIONS)["tags"])


@cache
def cleaner(*further_tags: str) -> nh3.Cleaner:
    """Return a sanitiser that admits the elements of a story and `further_tags`."""
    return nh3.Cleaner(
        tags={*_allowed_tags(), *further_tags},
        attributes=ATTRIBUTES,
        attribute_filter=_attribute_value,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,  # no link opens a new window, so "noopener" is not needed
    )


def _attributes(tag: str, source: str) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for match in ATTRIBUTE.finditer(source):
        name = match[1].lower()
        if name in ATTRIBUTES.get(tag, ()) and name not in attributes:
            value = html.unescape(match[2] or match[3] or match[4] or "")
            if (cleaned := _attribute_value(tag, name, value)) is not None:
                attributes[name] = cleaned
    return attributes


def _end_implied(name: str, open_tags: list[str]) -> None:
    """Close the open `name` that a new one ends, unless a container lies between them."""
    for index in range(len(open_tags) - 1, -1, -1):
        if open_tags[index] == name:
            del open_tags[index:]
            return
        if open_tags[index] in CONTAINERS:
            return


def _is_open(name: str, open_tags: list[str]) -> bool:
    """Return whether `name` can be closed: an optional end tag does not leave a container."""
    for tag in reversed(open_tags):
        if tag == name:
            return True
        if tag in CONTAINERS and name in IMPLIED_END:
            return False
    return False


class EmbeddedImage(NamedTuple):
    """An image in a story: its picture's uuid, and what the story says of it."""

    picture: str
    alt: str | None  # "": decorative; `None`: still to be written
    caption: str

    @classmethod
    def of(cls, attributes: str) -> "EmbeddedImage":
        known = _attributes("img", attributes)
        return cls(known["data-picture"], known.get("alt"), known.get("data-caption", ""))


def embedded_images(sanitised: str) -> list[EmbeddedImage]:
    """Return the images of a story, in order."""
    return [EmbeddedImage.of(tag[1]) for tag in IMAGE_TAG.finditer(sanitised)]


def _image_tag(attributes: dict[str, str]) -> str:
    """Return an embedded image as it is stored; "" if it names no picture."""
    if "data-picture" not in attributes:
        return ""
    order = [name for name in ("data-picture", "alt", "data-caption") if name in attributes]
    return "<img" + "".join(f' {name}="{escape(attributes[name])}"' for name in order) + ">"


def _add_image(source: str, parts: list[str], open_tags: list[str]) -> None:
    image = _image_tag(_attributes("img", source))
    if not image or (open_tags and open_tags[-1] in WITHOUT_IMAGES):
        return
    while open_tags and open_tags[-1] in ENDED_BY_IMAGE:
        parts.append(f"</{open_tags.pop()}>")
    parts.append(image)


def _add_start(name: str, source: str, parts: list[str], open_tags: list[str]) -> None:
    attributes = _attributes(name, source)
    if name == "a" and "href" not in attributes:
        return
    if name in IMPLIED_END:
        _end_implied(name, open_tags)
    # The parser adds elements whose tags are optional, so they do not count.
    if name in IMPLIED_END or sum(tag not in IMPLIED_END for tag in open_tags) < MAX_DEPTH:
        open_tags.append(name)
        written = "".join(f' {key}="{escape(attributes[key])}"' for key in attributes)
        parts.append(f"<{name}{written}>")


def _simplified(source: str) -> str:
    """Return `source` with known tags only, well formed and not nested beyond `MAX_DEPTH`.

    This bounds the work of nh3's parser, which reads the result. Security depends on nh3 alone.
    """
    parts: list[str] = []
    open_tags: list[str] = []
    position = 0
    for token in TOKEN.finditer(source):
        parts.append(source[position : token.start()].replace("<", "&lt;"))
        position = token.end()
        name = (token["name"] or "").lower()
        name = RENAMED.get(name, name)
        if name not in _allowed_tags():
            continue
        if name == "br":
            parts.append("<br>")
        elif name == "img":
            _add_image(token["attributes"], parts, open_tags)
        elif token["end"]:
            if _is_open(name, open_tags):
                while (closed := open_tags.pop()) != name:
                    parts.append(f"</{closed}>")
                parts.append(f"</{name}>")
        else:
            _add_start(name, token["attributes"], parts, open_tags)
    parts.append(source[position:].replace("<", "&lt;"))
    return "".join(parts)


def _text_of(sanitised: str) -> str:
    return html.unescape(TAG.sub("", sanitised))


def sanitize(source: str) -> str:
    """Return the part of `source` (HTML of any origin) that a story may hold.

    The result is well formed, has no control characters, and is "" if there is neither text nor
    image. Sanitising it again changes nothing.
    """
    source = NOT_TEXT.sub("", source.replace("\r\n", "\n"))
    # The parser repairs broken HTML, and the repaired HTML may need cleaning in its turn.
    for _round in range(5):
        # A character reference may stand for a control character.
        cleaned = NOT_TEXT.sub("", cleaner().clean(_simplified(source)))
        if cleaned == source:
            break
        source = cleaned
    return cleaned if _text_of(cleaned).strip() or IMAGE_TAG.search(cleaned) else ""


def plain_text(source: str) -> str:
    """Return a story's text, one line for each paragraph, heading, list item and table row."""
    lines = CELL_TAG.sub(" ", BLOCK_TAG.sub("\n", sanitize(source).replace("\n", " ")))
    words = (" ".join(line.split()) for line in _text_of(lines).split("\n"))
    return "\n".join(filter(None, words))


def validate_size(value: str) -> None:
    """Raise `ValidationError` if a story has more than `MAX_BODY_BYTES` in UTF-8."""
    size = len(value.encode(errors="replace"))
    if size > MAX_BODY_BYTES:
        raise ValidationError(
            _(
                "The story is %(size)s KB long, and at most %(limit)s KB fit. "
                "Shorten it or divide it into several articles."
            ),
            code="body_too_long",
            params={"size": math.ceil(size / 1024), "limit": MAX_BODY_BYTES // 1024},
        )


class BodyWidget(AdminProseEditorWidget):
    """The editor with our style sheet and script."""

    @property
    def media(self):
        # The package's last sheet is named so that ours follows it.
        sheets = ["django_prose_editor/overrides.css", "css/prose-admin.css"]
        return super().media + forms.Media(css={"all": sheets}, js=["js/prose-admin.js"])


class BodyFormField(ProseEditorFormField):
    def to_python(self, value: Any) -> str:
        return NOT_TEXT.sub("", super().to_python(value))

    def has_changed(self, initial: str | None, data: str | None) -> bool:
        """Compare sanitised values, because the editor writes some HTML in another form."""
        return sanitize(initial or "") != sanitize(data or "")


class BodyField(ProseEditorField):
    """A story's HTML, sanitised on every way into the database.

    In migrations it is a `TextField`, so a change of the editor's configuration needs none.
    """

    default_validators = [validate_size]

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs |= {"extensions": EXTENSIONS, "sanitize": sanitize}
        super().__init__(*args, **kwargs)

    def clean(self, value: Any, model_instance: Any) -> str:
        value = super().clean(value, model_instance)
        validate_size(value)  # again: sanitising turns "&" into "&amp;"
        return value

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        """Sanitise what `save()` and `bulk_create()` write, on the instance too."""
        value = self._sanitised(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Sanitise what `update()`, `bulk_update()` and fixtures write."""
        return super().get_db_prep_save(self._sanitised(value), connection)

    def _sanitised(self, value: Any) -> Any:
        return sanitize(value) if isinstance(value, str) else value

    def formfield(self, **kwargs: Any) -> forms.Field:
        kwargs |= {
            "form_class": BodyFormField,
            "widget": BodyWidget,
            "sanitize": sanitize,
            "validators": [validate_size],
        }
        return super().formfield(**kwargs)
