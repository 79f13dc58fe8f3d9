"""The story's HTML: field, sanitiser, rendering, word-by-word difference."""

from articles.richtext.diff import diff_list, diff_story, diff_text, replacement
from articles.richtext.html import (
    MAX_BODY_BYTES,
    NOT_TEXT,
    TAG,
    BodyField,
    BodyFormField,
    EmbeddedImage,
    embedded_images,
    plain_text,
    sanitize,
)
from articles.richtext.render import render_for_feed, render_story

__all__ = [
    "MAX_BODY_BYTES",
    "NOT_TEXT",
    "TAG",
    "BodyField",
    "BodyFormField",
    "EmbeddedImage",
    "diff_list",
    "diff_story",
    "diff_text",
    "embedded_images",
    "plain_text",
    "render_for_feed",
    "render_story",
    "replacement",
    "sanitize",
]
