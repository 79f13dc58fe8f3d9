"""A story's HTML for a page, for a feed, and with changes marked."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from articles.richtext.html import IMAGE_TAG, EmbeddedImage, cleaner

# Exact on sanitised HTML alone.
TABLE_TAG = re.compile(r"<(/?)(table|thead|tr|th|td)\b([^>]*)>")
SITE_LINK = re.compile(r'(<a (?:title="[^"]*" )?href=")(/[^"]*)')
MARKED_QUOTE = re.compile("<blockquote>(?=\\s*<p>[“„«‘»])")

# Returns the HTML for an embedded image; "" for none.
ImageRenderer = Callable[[EmbeddedImage], str]


def _with_scopes(sanitised: str) -> str:
    """Add `scope` to the header cells of every table.

    Header cells in a `thead`, or in a first row without other cells, are headers of columns;
    all others are headers of rows.
    """
    parts: list[str] = []
    # For each open table: whether in its head, rows so far, the row's cells (index, is header).
    tables: list[dict[str, Any]] = []
    position = 0
    for tag in TABLE_TAG.finditer(sanitised):
        parts += sanitised[position : tag.start()], tag[0]
        position = tag.end()
        is_end, name = bool(tag[1]), tag[2]
        if name == "table":
            if is_end:
                tables.pop()
            else:
                tables.append({"head": False, "rows": 0, "cells": []})
        elif name == "thead":
            tables[-1]["head"] = not is_end
        elif name == "tr" and not is_end:
            tables[-1]["rows"] += 1
            tables[-1]["cells"] = []
        elif name == "tr":
            cells = tables[-1]["cells"]
            heads_columns = tables[-1]["head"] or (
                tables[-1]["rows"] == 1 and all(is_header for index, is_header in cells)
            )
            scope = "col" if heads_columns else "row"
            for index, is_header in cells:
                if is_header:
                    parts[index] = f'<th scope="{scope}"{parts[index][3:]}'
        elif not is_end:
            tables[-1]["cells"].append((len(parts) - 1, name == "th"))
    parts.append(sanitised[position:])
    return "".join(parts)


def _in_scroll_boxes(sanitised: str) -> str:
    """Wrap each outermost table in a box that scrolls sideways and takes the focus."""
    many = sanitised.count("<table>") > 1
    parts: list[str] = []
    position = depth = number = 0
    for tag in re.finditer("<(/?)table>", sanitised):
        depth += -1 if tag[1] else 1
        if tag[1] and depth == 0:
            parts += sanitised[position : tag.end()], "</div>"
        elif not tag[1] and depth == 1:
            number += 1
            label = escape(_("Table %(number)d") % {"number": number} if many else _("Table"))
            parts += (
                sanitised[position : tag.start()],
                f'<div class="table-scroll" role="region" tabindex="0" aria-label="{label}">',
                tag[0],
            )
        else:
            continue
        position = tag.end()
    return "".join([*parts, sanitised[position:]])


def _with_images(sanitised: str, render_image: ImageRenderer) -> str:
    return IMAGE_TAG.sub(lambda tag: render_image(EmbeddedImage.of(tag[1])), sanitised)


def _no_image(image: EmbeddedImage) -> str:
    return ""


def render_story(source: str, render_image: ImageRenderer = _no_image) -> SafeString:
    """Return a story for a page.

    Table headers get a scope and tables a box that scrolls. A block quotation that begins with a
    quotation mark gets a class, with which the style sheet hangs the mark.
    """
    html = _in_scroll_boxes(_with_scopes(cleaner().clean(source)))
    html = _with_images(html, render_image)
    return mark_safe(MARKED_QUOTE.sub('<blockquote class="marked">', html))  # noqa: S308


def render_changes(source: str) -> SafeString:
    """Return a story with `<ins>` and `<del>` for a page."""
    return mark_safe(_in_scroll_boxes(_with_scopes(cleaner("ins", "del").clean(source))))  # noqa: S308


def render_for_feed(source: str, base_url: str, render_image: ImageRenderer = _no_image) -> str:
    """Return a story for a feed, with absolute links; `base_url` is "https://news.example"."""
    html = SITE_LINK.sub(
        lambda link: link[1] + urljoin(base_url, link[2]), _with_scopes(cleaner().clean(source))
    )
    return _with_images(html, render_image)
