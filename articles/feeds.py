"""RSS and Atom: the articles that cover a view's visits, each once, the latest news first."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Enclosure, Rss201rev2Feed
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.models import Edition
from articles.richtext import render_for_feed
from articles.subjects import Subject, editions_of, find

ITEMS = 30
NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# XML 1.0 has no way to write these; text that an editor pasted may hold them.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def tag_uri(path: str) -> str:
    """Return an id that outlives slugs and domains (RFC 4151): "tag:example.org,2025:path"."""
    return f"tag:{settings.TAG_AUTHORITY}:{path}"


@dataclass(frozen=True, slots=True)
class View:
    """What a feed follows: `subject` is `None` for the whole site."""

    base_url: str
    subject: Subject | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """An edition; when its article first became public, and when it last was news."""

    edition: Edition
    published_at: dt.datetime
    major_at: dt.datetime
    base_url: str


class StableDate:
    """Keeps an empty feed the same from one poll to the next."""

    def latest_post_date(self) -> dt.datetime:
        return super().latest_post_date() if self.items else NEVER  # type: ignore[misc, attr-defined]


class FullTextRss(StableDate, Rss201rev2Feed):
    def rss_attributes(self) -> dict[str, str]:
        return super().rss_attributes() | {
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/"
        }

    def add_item_elements(self, handler, item) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content:encoded", item["content"])


class FullTextAtom(StableDate, Atom1Feed):
    def add_item_elements(self, handler, item) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})


class Articles(Feed):
    """The articles of the whole site, or of the subjects of a `kind`."""

    def __init__(self, kind: str | None = None) -> None:
        super().__init__()
        self.kind = kind

    def __call__(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        return require_safe(self._answer)(request, *args, **kwargs)

    def _answer(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = super().__call__(request, *args, **kwargs)
        # A withdrawal makes the newest date older, which a date cannot tell; the ETag can.
        del response.headers["Last-Modified"]
        # The generator wrote hundreds of small pieces.
        response.content = response.content
        return response

    def get_object(self, request: HttpRequest, **key: str) -> View:
        return View(request.build_absolute_uri("/"), find(self.kind, key) if self.kind else None)

    def items(self, view: View) -> list[Item]:
        editions = editions_of(view.subject) if view.subject else Edition.objects.public()
        return [
            Item(edition, edition.published_at, edition.major_at, view.base_url)
            for edition in editions.newest_first().with_content()[:ITEMS]
        ]

    def title(self, view: View) -> str:
        return f"{settings.SITE_NAME}: {view.subject}" if view.subject else settings.SITE_NAME

    def description(self, view: View) -> str:
        if view.subject:
            described = getattr(view.subject, "description", "")
            return _xml(described) or _("Articles on “%s”.") % view.subject
        return _("Who met whom, where and when; what was agreed, and what came of it.")

    def subtitle(self, view: View) -> str:
        return self.description(view)

    def link(self, view: View) -> str:
        return view.subject.get_absolute_url() if view.subject else reverse("articles:home")

    def feed_guid(self, view: View) -> str:
        if view.subject is None:
            return tag_uri("articles")
        return tag_uri(f"articles/{view.subject._meta.model_name}/{view.subject.pk}")

    def author_name(self) -> str:
        return settings.SITE_NAME

    def item_title(self, item: Item) -> str:
        return _xml(item.edition.headline)

    def item_link(self, item: Item) -> str:
        return item.edition.get_absolute_url()

    def item_guid(self, item: Item) -> str:
        return tag_uri(f"article/{item.edition.article.uuid}")

    item_guid_is_permalink = False

    def item_author_name(self, item: Item) -> str:
        return _xml(item.edition.byline) or settings.SITE_NAME

    def item_pubdate(self, item: Item):
        return item.published_at

    def item_updateddate(self, item: Item):
        return item.major_at

    def item_categories(self, item: Item) -> list[str]:
        return [_xml(row.tag.name) for row in item.edition.topic_items.all()]

    def item_description(self, item: Item) -> str:
        visit = item.edition.engagement
        fiction = _("Fictional: ") if visit and visit.is_fictional else ""
        return fiction + _xml(item.edition.standfirst)

    def item_enclosures(self, item: Item) -> list[Enclosure]:
        picture = item.edition.picture
        if not picture:
            return []
        # Read from the prefetch; JPEG, which every reader shows, at the middle width or below.
        jpegs = [r for r in picture.renditions.all() if r.name.endswith(".jpg") and r.width <= 960]
        return [
            Enclosure(_absolute(item, jpeg.get_absolute_url()), str(jpeg.bytes), "image/jpeg")
            for jpeg in sorted(jpegs, key=lambda rendition: rendition.width)[-1:]
        ]

    def item_extra_kwargs(self, item: Item) -> dict[str, Any]:
        edition = item.edition
        standfirst = format_html("<p><strong>{}</strong></p>", self.item_description(item))
        body = render_for_feed(edition.body, item.base_url)
        if edition.article.direction == "rtl":
            return {"content": _xml(format_html('<div dir="rtl">{}{}</div>', standfirst, body))}
        return {"content": _xml(standfirst + body)}


class Rss(Articles):
    feed_type = FullTextRss


class Atom(Articles):
    feed_type = FullTextAtom


def _xml(text: str) -> str:
    return _NOT_XML.sub("", text)


def _absolute(item: Item, path: str) -> str:
    return item.base_url.rstrip("/") + path
