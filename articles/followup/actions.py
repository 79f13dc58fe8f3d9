"""The list of actions and its filters, which are read from the address."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import Http404, QueryDict
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.pagination import UnreadableError
from articles.timeline.facets import SAMPLE
from articles.timeline.filters import FILTERS, Choice, View, single_values
from articles.timeline.index import Kind, Term
from engagements.models import (
    Action,
    ActionUpdate,
    Country,
    Engagement,
    EngagementRegion,
    Organisation,
    Region,
)
from engagements.models.outcomes import ActionQuerySet
from engagements.visibility import is_hidden

OVERDUE = "overdue"


def _status(name: str, value: str) -> Choice:
    labels = {OVERDUE: _("overdue"), **dict(Action.Status.choices)}
    if value not in labels:
        raise UnreadableError(_("“%s” is no status.") % value[:20])
    label = capfirst(str(labels[value]))
    return Choice(name, value, label, _("with the status “%s”") % label)


def _owner(name: str, value: str) -> Choice:
    choice = FILTERS[name](name, value)
    return replace(choice, phrase=_("owned by %s") % choice.label)


def _region(name: str, value: str) -> Choice:
    region = Region.objects.filter(slug=value).first()
    if region is None:
        raise Http404(_("Nothing here is called “%s”.") % value[:60])
    phrase = _("in the region %s") % region.name
    return Choice(name, value, region.name, phrase, Term(Kind.REGION, region.pk))


_FILTERS: dict[str, Callable[[str, str], Choice]] = {
    "status": _status,
    "country": _owner,
    "organisation": _owner,
    "region": _region,
}
LABELS = {
    "status": gettext_lazy("Status"),
    "country": gettext_lazy("Country that committed itself"),
    "organisation": gettext_lazy("Organisation that committed itself"),
    "region": gettext_lazy("Region"),
}


def read(params: QueryDict, path: str) -> View:
    """Return the view that the parameters of an address describe, like `filters.read()`.

    Raise `UnreadableError` or `Http404` for values that do not exist.
    """
    values = single_values(params, _FILTERS)
    return View(path, {name: _FILTERS[name](name, value) for name, value in values.items()})


def actions_of(view: View, at: dt.datetime) -> ActionQuerySet:
    """Return the public actions of a view."""
    return _narrowed(Action.objects.public(at), view, at, "")


class ActionsByUrgency:
    """The public actions of a view, the most urgent first, as a paginator reads them.

    A page costs the same however many there are: of each group, only what the page shows is read.
    """

    def __init__(self, view: View, at: dt.datetime) -> None:
        self._all: ActionQuerySet = _narrowed(Action.objects.all(), view, at, "")
        self._at = at

    def count(self) -> int:
        # Not one by one: hidden engagements are few, and an index has them.
        hidden = Engagement.objects.filter(is_hidden(self._at))
        return self._all.count() - self._all.filter(outcome__engagement__in=hidden).count()

    def __getitem__(self, page: slice) -> list[Action]:
        """Return the actions of a page, each with its updates."""
        today = timezone.localdate(self._at)
        pks: list[int] = []
        skipped, number = page.start, page.stop - page.start
        for group in self._all.public(self._at).by_urgency(today):
            found = group.values_list("pk", flat=True)[skipped : skipped + number - len(pks)]
            pks += found
            if len(pks) == number:
                break
            if skipped:
                skipped = 0 if found else skipped - group.count()
        updates = ActionUpdate.objects.effective().prefetch_related("sources")
        rows = Action.objects.for_lists().prefetch_related(Prefetch("updates", updates))
        actions = rows.in_bulk(pks)
        return [actions[pk] for pk in pks]


def updates_of(view: View, at: dt.datetime) -> QuerySet[ActionUpdate]:
    """Return the public updates of a view's actions; a status filters the updates by theirs."""
    return _narrowed(ActionUpdate.objects.public(at), view, at, "action__")


def _narrowed(rows: Any, view: View, at: dt.datetime, action: str) -> Any:
    for name, choice in view.choices.items():
        match name:
            case "status" if choice.value == OVERDUE:
                overdue = Action.objects.overdue(timezone.localdate(at))
                rows = rows.filter(**{f"{action}pk__in": overdue.values("pk")})
            case "status":
                rows = rows.filter(status=choice.value)
            case "country" | "organisation":
                rows = rows.filter(**{f"{action}owner_{name}": _pk(choice)})
            case "region":
                inside = EngagementRegion.objects.effective().filter(region=_pk(choice))
                visits = inside.values("engagement")
                rows = rows.filter(**{f"{action}outcome__engagement__in": visits})
    return rows


def _pk(choice: Choice) -> int:
    return choice.term.subject if choice.term else 0


@dataclass(frozen=True, slots=True)
class FilterSelect:
    """A filter with its options, each a value and a label."""

    name: str
    label: str
    options: list[tuple[str, str]]


def selects(view: View, at: dt.datetime) -> list[FilterSelect]:
    """Return the filters that are not set, each with the options that occur.

    The regions are those of the newest `SAMPLE` actions.
    """
    actions = Action.objects.public(at)
    newest = actions.order_by("-pk").values("outcome__engagement")[:SAMPLE]
    regions = EngagementRegion.objects.effective().filter(engagement__in=newest)

    def owners(rows: QuerySet, name: str) -> QuerySet:
        # A subquery for each of the owners, who are fewer than the actions.
        owned = actions.filter(**{name: OuterRef("pk")}).order_by().values("pk")[:1]
        return rows.annotate(owned=Subquery(owned)).filter(owned__isnull=False)

    options_by_name = {
        "status": [
            (OVERDUE, capfirst(_("overdue"))),
            *((value, capfirst(str(label))) for value, label in Action.Status.choices),
        ],
        "country": [
            (row.code.lower(), row.name) for row in owners(Country.objects.all(), "owner_country")
        ],
        "organisation": [
            (row.slug, row.name)
            for row in owners(Organisation.objects.public(at), "owner_organisation")
        ],
        "region": [
            (row.slug, row.name) for row in Region.objects.filter(pk__in=regions.values("region"))
        ],
    }
    return [
        FilterSelect(name, str(LABELS[name]), options)
        for name, options in options_by_name.items()
        if options and name not in view.choices
    ]
