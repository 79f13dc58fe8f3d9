"""The scopes of content: what a page shows, and what a change concerns.

A stored page or fragment names its scopes, and holds until one of them changes. A page without
scopes holds until anything public changes. The rules:

- What shows an engagement has its scope; where the tour is shown too, as on cards, `scopes_of()`
  has the rest.
- What shows an article has its scope, which changes with the engagements that it covers.
- What lists the engagements of a subject has its scope, which changes with each of them.
- A list of meetings of two parties has `meetings_scope()`.
"""

from collections.abc import Iterable

from django.http import HttpRequest

from config.page_store import SCOPES, Scope
from engagements.models import Engagement

# Of a change that may concern any page: the name of a region, a country's outline.
EVERYTHING = "everything"


def engagement_scope(pk: int) -> str:
    return f"engagement:{pk}"


def article_scope(pk: int) -> str:
    return f"article:{pk}"


def tour_scope(pk: int) -> str:
    return f"tour:{pk}"


def subject_scope(kind: int, pk: int) -> str:
    """Return the scope of a subject; `kind` is a `TimelineEntry.Kind`."""
    return f"subject:{kind}:{pk}"


def scopes_of(engagement: Engagement) -> set[Scope]:
    """Return the scopes of an engagement that is shown with its tour.

    It was fetched with the tour's `public_stops`. A stop may change, and another may be added.
    """
    stops = engagement.tour.public_stops if engagement.tour else []
    tour = {tour_scope(engagement.tour_id)} if engagement.tour_id else set()
    return {engagement_scope(engagement.pk), *tour, *(engagement_scope(stop.pk) for stop in stops)}


def meetings_scope(one: tuple[int, int], other: tuple[int, int]) -> Scope:
    """Return the scope of the meetings of two subjects, each a kind and a pk.

    A new meeting changes both of them.
    """
    return subject_scope(*one), subject_scope(*other)


def depends_on(request: HttpRequest, scopes: Iterable[Scope]) -> None:
    """Tell the page store, if there is one, what the response to a request shows.

    Belongs at the end of a view: an error page has no scopes.
    """
    request.META.setdefault(SCOPES, set()).update(scopes)
