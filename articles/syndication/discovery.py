"""The links from a page to its feeds and its calendar."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from articles.syndication.formats import FORMATS
from articles.timeline.filters import View


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed; `type` is for `<link rel="alternate">`."""

    name: str
    type: str
    address: str


@dataclass(frozen=True, slots=True)
class Follow:
    """The feeds and the calendar of a list; `webcal` is the calendar's address to subscribe to."""

    title: str
    page: str
    feeds: list[Feed]
    calendar: str = ""
    webcal: str = ""


def follow(request: HttpRequest, title: str, view: View, *, calendar: bool = True) -> Follow:
    """Return the feeds and, if it has one, the calendar of a view."""
    feeds = [Feed(form.name, form.type, view.beside(form.file)) for form in FORMATS]
    if not calendar:
        return Follow(title, view.address(), feeds)
    address = view.beside("calendar.ics")
    return Follow(title, view.address(), feeds, address, f"webcal://{request.get_host()}{address}")


def follow_site(request: HttpRequest) -> Follow:
    """Return the feeds and the calendar of the whole site."""
    return follow(request, settings.SITE_NAME, View(reverse("articles:home")))
