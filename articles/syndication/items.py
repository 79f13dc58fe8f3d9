"""Feed items of articles."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from django.conf import settings
from django.db.models import Prefetch
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from articles.caching.fragments import Fragment, fragments
from articles.caching.scopes import article_scope
from articles.models import Edition, Picture
from articles.pictures.embedding import pictures_by_key
from articles.richtext import EmbeddedImage, embedded_images, render_for_feed
from articles.syndication.articles import FeedRow, editions_of
from articles.syndication.description import Image, Item, WrittenItem, tag_uri
from articles.syndication.formats import Format, write_item
from engagements.models import Engagement

# In pixels: an item's picture is the widest JPEG that is no wider.
WIDTH = 960


def articles(
    rows: Sequence[FeedRow], at: dt.datetime, origin: str, form: Format
) -> list[WrittenItem]:
    """Return the items of articles in a format, each cached until its article changes.

    `origin`: the site's scheme and host, "https://news.example.org".
    """
    names = {f"item:{form.name}:{row.article}:{origin}": row for row in rows}

    def make(missing: list[str]) -> dict[str, Fragment]:
        items = _made([names[name] for name in missing], at, origin)
        return {
            name: Fragment(
                write_item(items[article], form, origin), frozenset([article_scope(article)])
            )
            for name in missing
            if (article := names[name].article) in items
        }

    items = fragments(names, at, make)
    return [items[name].value for name in names if name in items]


def _made(rows: Sequence[FeedRow], at: dt.datetime, origin: str) -> dict[int, Item]:
    """Return the items by article, with a constant number of queries."""
    visits = Prefetch("engagement", Engagement.objects.public(at), to_attr="public_visit")
    public = editions_of(rows, at).with_content().with_published_at()
    editions = list(public.prefetch_related(visits))
    notes: dict[int, list[Edition]] = defaultdict(list)
    noted = Edition.objects.notes(at).filter(article__in=[row.article_id for row in editions])
    for note in noted.defer("body").order_by("-public_from"):
        notes[note.article_id].append(note)
    keys = [image.picture for row in editions for image in embedded_images(row.body)]
    pictures = pictures_by_key(keys, Picture.objects.public(at))
    return {
        row.article_id: _article(row, notes[row.article_id], origin, pictures) for row in editions
    }


def _article(edition, notes: list[Edition], origin: str, pictures: dict[str, Picture]) -> Item:
    def show(embedded: EmbeddedImage) -> str:
        image = _image(pictures.get(embedded.picture), embedded.alt or "", origin)
        context = {"image": image, "caption": embedded.caption}
        return render_to_string("feeds/figure.html", context).strip() if image else ""

    image = _image(edition.picture, edition.picture_alt, origin)
    visit = edition.public_visit
    context = {
        "edition": edition,
        "visit": visit,
        "notes": notes,
        "image": image,
        "body": mark_safe(render_for_feed(edition.body, origin, show)),  # noqa: S308 - sanitised
        "origin": origin,
    }
    fiction = _("Fictional:") + " " if visit and visit.is_fictional else ""
    return Item(
        id=article_id(edition),
        url=origin + edition.get_absolute_url(),
        title=edition.headline,
        summary=fiction + edition.standfirst,
        content=str(render_to_string("feeds/article.html", context)).strip(),
        published_at=edition.published_at.replace(microsecond=0),
        updated_at=edition.major_at.replace(microsecond=0),
        authors=[edition.byline or settings.SITE_NAME],
        categories=[row.tag.name for row in edition.topic_items.all()],
        language=edition.article.language,
        is_corrected=any(note.is_correction for note in notes),
        image=image,
    )


def article_id(edition) -> str:
    """Return the id of an article's item, which changes with each major edition.

    Feed readers do not show an id again that they know: a minor edition keeps it.
    """
    first = f"article/{edition.article.uuid}"
    if edition.major_at == edition.published_at:
        return tag_uri(first)
    return tag_uri(f"{first}/{edition.major_at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}")


def _image(picture: Picture | None, alt: str, origin: str) -> Image | None:
    if not picture:
        return None
    # From the prefetched rows; every feed reader shows JPEG.
    jpegs = [r for r in picture.renditions.all() if r.name.endswith(".jpg") and r.width <= WIDTH]
    if not jpegs:
        return None
    jpeg = max(jpegs, key=lambda rendition: rendition.width)
    return Image(
        url=origin + jpeg.get_absolute_url(),
        type="image/jpeg",
        bytes=jpeg.bytes,
        width=jpeg.width,
        height=jpeg.height,
        alt=alt,
        credit=", ".join(filter(None, [picture.credit, picture.licence])),
    )
