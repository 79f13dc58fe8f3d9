"""Writes a `Description` and its items as RSS 2.0, Atom 1.0 or JSON Feed 1.1.

The XML formats are templates, with full text, Media RSS, archives (RFC 5005) and WebSub's hub.
For people who open a feed in a browser they contain an explanation as XHTML with a style sheet,
since browsers no longer run XSLT.
"""

import json
from textwrap import indent
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from articles.richtext import NOT_TEXT
from articles.syndication.description import Description, Item, WrittenItem, site_language


class Format(NamedTuple):
    """A feed format, under the name that readers know.

    Its addresses end in `file`; `type` is its media type in links, `sent` in responses.
    """

    name: str
    file: str
    type: str
    sent: str


# Browsers show the source of the feeds' own media types, or save the file.
XML = "application/xml"
RSS = Format("RSS", "feed.rss", "application/rss+xml", XML)
ATOM = Format("Atom", "feed.atom", "application/atom+xml", XML)
JSON = Format("JSON", "feed.json", "application/feed+json", "application/feed+json")
FORMATS = (RSS, ATOM, JSON)


def write_item(item: Item, form: Format, origin: str) -> WrittenItem:
    """Return an item in a format; `origin` is the site's scheme and host."""
    corrections = origin + reverse("articles:correction_list")
    if form is JSON:
        text = json.dumps(_json_item(item, corrections), ensure_ascii=False, indent=1)
        # As deep as it stands in the feed.
        return WrittenItem(item.updated_at, SafeString(indent(text, "  ")), SafeString())
    context = {"item": item, "corrections": corrections, "language": site_language()}
    entry, listed = (
        # Pasted text may contain characters that XML cannot represent.
        SafeString(NOT_TEXT.sub("", render_to_string(f"feeds/{name}.xml", context)))
        for name in (f"{form.name.lower()}_item", "listed")
    )
    return WrittenItem(item.updated_at, entry, listed)


def write(described: Description, form: Format) -> str:
    """Return the feed as a document of a format, in which its items are written."""
    if form is JSON:
        text = json.dumps(_json(described), ensure_ascii=False, indent=1)
        items = ",\n".join(item.entry for item in described.items)
        return text.removesuffix("[]\n}") + f"[\n{items}\n ]\n}}" if items else text
    context = {"feed": described, "site_name": settings.SITE_NAME}
    return render_to_string(f"feeds/{form.name.lower()}.xml", context)


def _json(described: Description) -> dict[str, Any]:
    return _without_empty(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": described.title,
            "description": described.description,
            "home_page_url": described.page,
            "feed_url": described.address,
            "next_url": described.older,
            "language": described.language,
            "authors": [{"name": settings.SITE_NAME}],
            "hubs": [{"type": "WebSub", "url": described.hub}] if described.hub else [],
        }
    ) | {"items": []}


def _json_item(item: Item, corrections: str) -> dict[str, Any]:
    image = item.image
    attachments = image and [
        {
            "url": image.url,
            "mime_type": image.type,
            "size_in_bytes": image.bytes,
            "title": image.alt,
        }
    ]
    corrected = item.is_corrected and {"about": corrections, "corrected": True}
    return _without_empty(
        {
            "id": item.id,
            "url": item.url,
            "title": item.title,
            "summary": item.summary,
            "content_html": item.content,
            "image": image and image.url,
            "date_published": item.published_at.isoformat(),
            "date_modified": item.updated_at.isoformat(),
            "authors": [{"name": name} for name in item.authors],
            "tags": item.categories,
            "language": item.language,
            "attachments": attachments,
            "_communique": corrected,
        }
    )


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
