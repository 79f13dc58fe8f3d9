"""The lists that have feeds: articles of any view, corrections, and updates on commitments."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from articles.caching.scopes import article_scope
from articles.followup import actions, corrections
from articles.pagination import FetchOlder
from articles.syndication import change_items, items
from articles.syndication.articles import feed_rows
from articles.syndication.description import Item, WrittenItem, tag_uri
from articles.syndication.formats import Format, write_item
from articles.timeline import filters
from articles.timeline.filters import View, view_scopes
from articles.timeline.index import Term
from articles.timeline.subjects import find, term_of

# Given rows, a moment, the site's scheme and host, and a format.
Items = Callable[[list[Any], dt.datetime, str, Format], list[WrittenItem]]


def _written(make: Callable[[list[Any], dt.datetime, str], list[Item]]) -> Items:
    """Return the function that makes items and writes them."""

    def items(rows: list[Any], at: dt.datetime, origin: str, form: Format) -> list[WrittenItem]:
        return [write_item(item, form, origin) for item in make(rows, at, origin)]

    return items


@dataclass(frozen=True, slots=True)
class Listing:
    """A list, the functions that fetch its rows and write their items, and its page on the site.

    `page` is the path of the web page; `term` is that of the subject, if there is one; `subjects`
    are the scopes of a list of articles on subjects.
    """

    id: str
    title: str
    description: str
    view: View
    page: str
    fetch: FetchOlder[Any]
    items: Items
    has_calendar: bool = False
    term: Term | None = None
    subjects: frozenset[str] = frozenset()

    def scopes(self, rows: Sequence[Any]) -> set[str]:
        """Return what a page with these rows shows; nothing for one of the whole site."""
        if not self.subjects:
            return set()
        return {*self.subjects, *(article_scope(row.article) for row in rows)}

    @property
    def is_pinged(self) -> bool:
        """Return whether a WebSub hub is notified of changes; combinations of filters are not."""
        return not self.view.choices


Read = Callable[[QueryDict, Mapping[str, str], dt.datetime], Listing]


def of_articles(kind: str | None = None) -> Read:
    """Return the function that reads the articles of a kind of subject, or of the whole site."""

    def read(params: QueryDict, key: Mapping[str, str], at: dt.datetime) -> Listing:
        subject = find(kind, dict(key), at) if kind else None
        path = reverse(f"articles:{kind}", kwargs=dict(key)) if kind else reverse("articles:home")
        view = filters.read(params, path)
        term = term_of(subject) if subject else None
        name = f"{settings.SITE_NAME}: {subject}" if subject else settings.SITE_NAME
        described = getattr(subject, "description", "")
        if view.choices:
            title = f"{name} ({view.labels})"
            phrases = ", ".join(choice.phrase for choice in view.choices.values())
            about = _("Articles on visits that match: %s.") % phrases
        else:
            title = name
            about = described or (
                _("Articles on “%s”.") % subject
                if subject
                else _("Who met whom, where and when; what was agreed, and what came of it.")
            )
        return Listing(
            id=_id("articles" if subject is None else f"articles/{kind}/{subject.pk}", view),
            title=title,
            description=about,
            view=view,
            # The front page has no filters.
            page=view.address() if subject else path,
            fetch=feed_rows(term, view, at),
            items=items.articles,
            has_calendar=True,
            term=term,
            subjects=view_scopes(term, view),
        )

    return read


def of_corrections(params: QueryDict, key: Mapping[str, str], at: dt.datetime) -> Listing:
    """Return the list of corrections."""
    path = reverse("articles:correction_list")
    return Listing(
        id=tag_uri("corrections"),
        title=_("%s: corrections") % settings.SITE_NAME,
        description=_("Corrections of articles and visits, and changes of date."),
        view=View(path),
        page=path,
        fetch=corrections.corrections(at),
        items=_written(change_items.corrections),
    )


def of_updates(params: QueryDict, key: Mapping[str, str], at: dt.datetime) -> Listing:
    """Return the list of updates on commitments."""
    view = actions.read(params, reverse("articles:action_list"))
    title = _("%s: what became of commitments") % settings.SITE_NAME
    about = _("Each step towards what was agreed, with its sources, as it is reported.")
    return Listing(
        id=_id("updates", view),
        title=_chosen(title, view),
        description=_chosen_words(about, view),
        view=view,
        page=view.address(),
        fetch=corrections.updates(actions.updates_of(view, at)),
        items=_written(change_items.updates),
        has_calendar=True,
    )


def of_due_actions(params: QueryDict, key: Mapping[str, str], at: dt.datetime) -> Listing:
    """Return the list of commitments by due date, for the calendar."""
    listing = of_updates(params, key, at)
    title = _("%s: what is due") % settings.SITE_NAME
    about = _("What was agreed at engagements, on the day on which it is due.")
    return replace(
        listing,
        # Programs that subscribed know the calendar by this id.
        id=_id("promises", listing.view),
        title=_chosen(title, listing.view),
        description=_chosen_words(about, listing.view),
    )


def _chosen(title: str, view: View) -> str:
    return f"{title} ({view.labels})" if view.choices else title


def _chosen_words(about: str, view: View) -> str:
    phrases = capfirst(", ".join(choice.phrase for choice in view.choices.values()))
    return f"{about} {phrases}." if view.choices else about


def _id(path: str, view: View) -> str:
    """Return the id of a view; its filters go by pk, since slugs may change."""
    chosen = (
        f"{choice.name}={choice.term.subject if choice.term else choice.value}"
        for choice in view.choices.values()
    )
    return tag_uri("&".join([path, *chosen]))
