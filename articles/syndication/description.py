"""What a feed and its items are, whatever the format."""

import datetime as dt
from dataclasses import dataclass, field

from django.conf import settings


def tag_uri(path: str) -> str:
    """Return an id that outlives slugs and domains (RFC 4151): "tag:example.org,2025:path"."""
    return f"tag:{settings.TAG_AUTHORITY}:{path}"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of an item: `bytes` is its true length."""

    url: str
    type: str
    bytes: int
    width: int
    height: int
    alt: str
    credit: str


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of news. Addresses are absolute; `content` is HTML and stands by itself.

    `published_at` is when the thing came to be, `updated_at` when it last was news.
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


@dataclass(frozen=True, slots=True)
class Description:
    """A feed, or a page of its archive. Addresses are absolute; an empty one is left out.

    `formats` maps "RSS", "Atom" and "JSON" to the addresses of the newest page; `page` is what a
    person looks at.
    """

    id: str
    title: str
    description: str
    page: str
    address: str
    formats: dict[str, str]
    language: str
    corrections: str
    follow: str
    calendar: str = ""
    hub: str = ""
    older: str = ""
    current: str = ""
    items: list[Item] = field(default_factory=list)

    @property
    def is_archive(self) -> bool:
        return bool(self.current)

    @property
    def updated_at(self) -> dt.datetime:
        """When it last had news; the same from one poll to the next where it is empty."""
        return max((item.updated_at for item in self.items), default=NEVER)


NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
