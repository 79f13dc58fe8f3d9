"""The views of feeds, and their addresses."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.caching.scopes import depends_on
from articles.pagination import ArchiveCursor, UnreadableError, archive_page
from articles.richtext import NOT_TEXT
from articles.syndication.description import Description, site_language
from articles.syndication.formats import FORMATS, Format, write
from articles.syndication.listings import Listing, Read


def addresses(prefix: str, name: str, read: Read) -> list[URLPattern]:
    """Return the addresses of a listing's feeds under `prefix`, named "name_feed_rss" and so on."""
    return [
        path(prefix + form.file, _feed(read, form), name=name + form.file.replace(".", "_"))
        for form in FORMATS
    ]


def _feed(read: Read, form: Format) -> Callable[..., HttpResponse]:
    @require_safe
    def feed(request: HttpRequest, **key: str) -> HttpResponse:
        at = timezone.now()
        try:
            listing = read(request.GET, key, at)
            text = request.GET.get("before", "")
            before = ArchiveCursor.parse(text) if text else None
        except UnreadableError as error:
            return unreadable(error)
        rows, older = archive_page(listing.fetch, before)
        origin = request.build_absolute_uri("/")[:-1]
        described = _described(listing, form, origin, before, older)
        described.items.extend(listing.items(rows, at, origin, form))
        depends_on(request, listing.scopes(rows))
        response = HttpResponse(write(described, form), content_type=f"{form.sent}; charset=utf-8")
        response["Access-Control-Allow-Origin"] = "*"
        response["Link"] = ", ".join(
            f'<{address}>; rel="{relation}"'
            for relation, address in (("self", described.address), ("hub", described.hub))
            if address
        )
        return response

    return feed


def unreadable(error: UnreadableError) -> HttpResponse:
    """Answer 400 with the error's text."""
    kind = "text/plain; charset=utf-8"
    return HttpResponse(f"{error}\n", status=400, content_type=kind)


def _described(
    listing: Listing,
    form: Format,
    origin: str,
    before: ArchiveCursor | None,
    older: ArchiveCursor | None,
) -> Description:
    view = listing.view

    def address(name: str, cursor: ArchiveCursor | None = None) -> str:
        return origin + view.beside(name, before=str(cursor or ""))

    return Description(
        id=listing.id,
        # The name of a subject may contain characters that XML cannot represent.
        title=NOT_TEXT.sub("", listing.title),
        description=NOT_TEXT.sub("", listing.description),
        page=origin + listing.page,
        address=address(form.file, before),
        formats={form.name: address(form.file) for form in FORMATS},
        language=site_language(),
        follow=origin + reverse("articles:feed_list"),
        calendar=address("calendar.ics") if listing.has_calendar else "",
        # An archive page never changes, so a hub has nothing to announce.
        hub=settings.WEBSUB_HUB if listing.is_pinged and not before else "",
        older=address(form.file, older) if older else "",
        current=address(form.file) if before else "",
    )
