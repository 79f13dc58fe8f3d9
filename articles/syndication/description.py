"""Feeds and their items, independent of the format."""

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import get_language


def tag_uri(path: str) -> str:
    """Return an id that does not change with slugs or domains (RFC 4151).

    For example "tag:example.org,2025:article/1".
    """
    return f"tag:{settings.TAG_AUTHORITY}:{path}"


def site_language() -> str:
    """Return the language of what is not an article's."""
    return get_language() or settings.LANGUAGE_CODE


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of an item; `bytes` is the length of its file."""

    url: str
    type: str
    bytes: int
    width: int
    height: int
    alt: str
    credit: str


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a feed. Addresses are absolute; `content` is HTML that needs no other page.

    `published_at` is of the first publication, `updated_at` of the latest major change.
    """

    id: str
    url: str
    title: str
    summary: str
    content: str
    published_at: dt.datetime
    updated_at: dt.datetime
    authors: list[str]
    categories: list[str]
    language: str
    is_corrected: bool = False
    image: Image | None = None


class WrittenItem(NamedTuple):
    """An item in one format: `entry` for programs, and in XML `listed` for people."""

    updated_at: dt.datetime
    entry: SafeString
    listed: SafeString


@dataclass(frozen=True, slots=True)
class Description:
    """A feed, or a page of its archive. Addresses are absolute; empty ones are left out.

    `formats` maps "RSS", "Atom" and "JSON" to the addresses of the newest page; `page` is the
    address of the list as a web page.
    """

    id: str
    title: str
    description: str
    page: str
    address: str
    formats: dict[str, str]
    language: str
    follow: str
    calendar: str = ""
    hub: str = ""
    older: str = ""
    current: str = ""
    items: list[WrittenItem] = field(default_factory=list)

    @property
    def is_archive(self) -> bool:
        return bool(self.current)

    @property
    def updated_at(self) -> dt.datetime:
        """Return when the latest item was updated, or 1970 for an empty feed."""
        never = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        return max((item.updated_at for item in self.items), default=never)
