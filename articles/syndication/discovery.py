"""How a page tells where it can be followed."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from articles.syndication.formats import FORMATS
from articles.timeline.filters import View


@dataclass(frozen=True, slots=True)
class Feed:
    """`type` is what `<link rel="alternate">` says."""

    name: str
    type: str
    address: str


@dataclass(frozen=True, slots=True)
class Follow:
    """The feeds and the calendar of a listing; `webcal` is for programs that subscribe."""

    title: str
    page: str
    feeds: list[Feed]
    calendar: str = ""
    webcal: str = ""


def follow(request: HttpRequest, title: str, view: View, *, calendar: bool = True) -> Follow:
    feeds = [Feed(form.name, form.type, view.beside(form.file)) for form in FORMATS]
    if not calendar:
        return Follow(title, view.address(), feeds)
    address = view.beside("calendar.ics")
    return Follow(title, view.address(), feeds, address, f"webcal://{request.get_host()}{address}")


def follow_site(request: HttpRequest) -> Follow:
    return follow(request, settings.SITE_NAME, View(reverse("articles:home")))
