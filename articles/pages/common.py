"""Pagination, teasers and the answer 410, which several pages share."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from articles.caching.scopes import article_scope, scopes_of
from articles.models import Edition
from articles.models.editions import EditionQuerySet
from config.page_store import Scope

# Actions in a list beside other content.
ACTIONS = 5


class UncountedPage(NamedTuple):
    """A page of a list whose rows are not counted, since that takes longer with every row."""

    number: int
    rows: list
    has_next: bool

    @property
    def previous_page_number(self) -> int:
        return self.number - 1

    @property
    def next_page_number(self) -> int:
        return self.number + 1


def number_of(request: HttpRequest) -> int:
    """Return the number in `?page=` (1 without it); raise `Http404` if it is not 1 to 9999."""
    asked = request.GET.get("page", "1")
    # At most four ASCII digits, so that no absurd offset reaches the database.
    if not re.fullmatch("[1-9][0-9]{0,3}", asked):
        raise Http404(_("There is no page “%s”.") % asked[:20])
    return int(asked)


def numbered_page(request: HttpRequest, rows: Any, size: int) -> Page:
    """Return the page in `?page=`; raise `Http404` for one that does not exist."""
    number = number_of(request)
    try:
        return Paginator(rows, size).page(number)
    except EmptyPage:
        raise Http404(_("There is no page %s: the list is shorter.") % number) from None


def gone(request: HttpRequest, withdrawn: QuerySet, slug: str) -> HttpResponse:
    """Answer 410 with the date and the reason of a withdrawal; raise `Http404` without one."""
    row = get_object_or_404(withdrawn, slug=slug)
    return render(request, "410.html", {"withdrawn": row}, status=410)


def cards_page(
    request: HttpRequest, editions: EditionQuerySet, size: int, at: dt.datetime
) -> UncountedPage:
    """Return the page of teasers in `?page=`; raise `Http404` for an empty one."""
    number = number_of(request)
    pks = editions.newest(number * size + 1)[(number - 1) * size :]
    if not pks and number > 1:
        raise Http404(_("There is no page %s: the list is shorter.") % number)
    return UncountedPage(number, cards(pks[:size], at), has_next=len(pks) > size)


def teaser_scopes(editions: Iterable[Edition]) -> set[Scope]:
    """Return the scopes of teasers; the editions come from `for_cards()`."""
    scopes: set[Scope] = set()
    for edition in editions:
        drawn = edition.drawn_from  # type: ignore[attr-defined]
        scopes |= {article_scope(edition.article_id), *(scopes_of(drawn) if drawn else ())}
    return scopes


def cards(pks: list[int], at: dt.datetime) -> list[Edition]:
    """Return the editions for teasers, in the order of `pks`."""
    editions = Edition.objects.for_cards(at).in_bulk(pks)
    return [editions[pk] for pk in pks]
