"""Reads the view of a timeline that an address asks for: its filters and its page.

Filters are plain GET parameters with readable values, so that a view can be shared and followed.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import Http404, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from articles.caching.scopes import subject_scope
from articles.models import TimelineEntry
from articles.pagination import Cursor, UnreadableError
from articles.timeline.index import KINDS, STATUSES, SUBJECTS, WITH, Term
from articles.timeline.subjects import public_subjects, term_of
from engagements.dates import EARLIEST_YEAR, LATEST_YEAR
from engagements.models import Engagement

Kind = TimelineEntry.Kind


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter that is set. `term` is its term in the index, if it has one."""

    name: str
    value: str
    label: str
    phrase: str
    term: Term | None = None


@dataclass(slots=True)
class View:
    """A view of a timeline: its address, its filters by name, and where its page begins.

    The page has the entries older than `older`, or newer than `newer`, or those from the month or
    year `start` (yyyy-mm or yyyy) back in time. One of these at most is set.
    """

    path: str
    choices: dict[str, Choice] = field(default_factory=dict)
    older: Cursor | None = None
    newer: Cursor | None = None
    start: str = ""

    @property
    def year(self) -> int | None:
        return int(self.choices["year"].value) if "year" in self.choices else None

    @property
    def terms(self) -> list[Term]:
        return [choice.term for choice in self.choices.values() if choice.term]

    @property
    def start_key(self) -> int | None:
        """The highest `sort_key` of the month or year `start`: yyyymm99 or yyyy9999."""
        year, _dash, month = self.start.partition("-")
        return int(f"{year}{month or 99:>02}99") if year else None

    @property
    def is_whole(self) -> bool:
        """Whether the view is the whole timeline from its newest entry on."""
        return not (self.choices or self.older or self.newer or self.start)

    def address(self, **changes: str) -> str:
        """Return the address of the view's first page with changed parameters; "" removes one."""
        values = {choice.name: choice.value for choice in self.choices.values()} | changes
        ordered = [(name, values[name]) for name in sorted(values, key=_rank) if values[name]]
        return f"{self.path}?{urlencode(ordered)}" if ordered else self.path

    def beside(self, name: str, **changes: str) -> str:
        """Return the address of a file of the view: of "feed.rss"."""
        return replace(self, path=self.path + name).address(**changes)

    @property
    def removals(self) -> list[dict[str, str]]:
        """The label of each filter, and the address of the view without it."""
        return [
            {"label": choice.label, "address": self.address(**{choice.name: ""})}
            for choice in self.choices.values()
        ]

    @property
    def labels(self) -> str:
        return ", ".join(choice.label for choice in self.choices.values())

    @property
    def place(self) -> str:
        """The words that distinguish the title of a further page from the first one's."""
        if self.start:
            return _("from %s") % self.start
        return _("further entries") if self.older or self.newer else ""

    @property
    def own_address(self) -> str:
        place = {
            "older": str(self.older or ""), "newer": str(self.newer or ""), "from": self.start,
        }  # fmt: skip
        return self.address(**place)


def view_scopes(subject: Term | None, view: View) -> frozenset[str]:
    """Return the scopes of a view's list; empty for one of the whole site.

    Also those of its filters: a person or a topic has a page only as long as something public
    names it.
    """
    terms = [*([subject] if subject else []), *view.terms]
    return frozenset(subject_scope(*term) for term in terms if term.kind in SUBJECTS)


def read(params: QueryDict, path: str) -> View:
    """Return the view that the parameters describe.

    Raise `UnreadableError` for nonsense and `Http404` for a subject without a page. Unknown
    parameters are ignored: a link may bring them from anywhere.
    """
    view = View(path)
    values = single_values(params, PARAMETERS)
    for name, find in FILTERS.items():
        if name in values:
            view.choices[name] = find(name, values[name])
    places = [name for name in PLACES if name in values]
    if len(places) > 1:
        raise UnreadableError(_("The address asks for two places at once."))
    if "older" in values:
        view.older = Cursor.parse(values["older"])
    if "newer" in values:
        view.newer = Cursor.parse(values["newer"])
    if "from" in values:
        view.start = _month_or_year(values["from"])
    return view


def single_values(params: QueryDict, names: Iterable[str]) -> dict[str, str]:
    """Return the parameters of some names; raise `UnreadableError` for one that is there twice."""
    values = {}
    for name in names:
        given = params.getlist(name)
        if len(given) > 1:
            raise UnreadableError(_("“%s” stands in the address more than once.") % name)
        if given and given[0]:
            values[name] = given[0]
    return values


_PERIOD = re.compile(r"(?P<year>\d{4})(?:-(?P<month>0[1-9]|1[0-2]))?", re.ASCII)


def _month_or_year(text: str) -> str:
    period = _PERIOD.fullmatch(text)
    if not period:
        raise UnreadableError(_("“%s” is no month: write 2025-01, or 2025.") % text[:20])
    _check_year(period["year"])
    return text


def _check_year(text: str) -> None:
    if not EARLIEST_YEAR <= int(text) <= LATEST_YEAR:
        raise UnreadableError(
            _("The year has to lie between %(first)d and %(last)d.")
            % {"first": EARLIEST_YEAR, "last": LATEST_YEAR}
        )


def _year(name: str, value: str) -> Choice:
    if not (len(value) == 4 and value.isascii() and value.isdigit()):
        raise UnreadableError(_("“%s” is no year.") % value[:20])
    _check_year(value)
    return Choice(name, value, value, _("in %s") % value)


def _subject(name: str, value: str) -> Choice:
    """Return the choice of a topic, country, person or organisation that has a page."""
    key = {"code": value.upper()} if name == "country" else {"slug": value}
    row = public_subjects(name).filter(**key).first()
    if row is None:
        raise Http404(_("Nothing here is called “%s”.") % value[:60])
    phrase = _("about %s") if name == "topic" else _("with %s")
    short_name = row.short_name if name == "organisation" else row.name
    return Choice(name, value, row.name, phrase % short_name, term_of(row))


def _kind(name: str, value: str) -> Choice:
    number = KINDS.get(value)
    if number is None:
        raise UnreadableError(_("“%s” is no kind of engagement.") % value[:20])
    label = str(Engagement.Kind(value).label)
    return Choice(name, value, label, _("of the kind “%s”") % label, Term(Kind.KIND, number))


def _status(name: str, value: str) -> Choice:
    number = STATUSES.get(value)
    if number is None:
        raise UnreadableError(_("“%s” is no status.") % value[:20])
    label = str(Engagement.Status(value).label)
    return Choice(name, value, label, _("with the status “%s”") % label, Term(Kind.STATUS, number))


COVERAGE = {
    "with": pgettext_lazy("visits", "with an article"),
    "without": pgettext_lazy("visits", "without an article"),
}
ACTIONS = {
    "open": pgettext_lazy("visits", "with open actions"),
    "overdue": pgettext_lazy("visits", "with overdue actions"),
}


def _coverage(name: str, value: str) -> Choice:
    if value not in COVERAGE:
        raise UnreadableError(_("Coverage is “with” or “without”, not “%s”.") % value[:20])
    label = str(COVERAGE[value])
    return Choice(name, value, label, label, Term(Kind.COVERAGE, WITH) if value == "with" else None)


def _actions(name: str, value: str) -> Choice:
    if value not in ACTIONS:
        raise UnreadableError(_("Actions are “open” or “overdue”, not “%s”.") % value[:20])
    label = str(ACTIONS[value])
    # Overdue actions are open too: the index knows these, the query compares their days.
    return Choice(name, value, label, label, Term(Kind.ACTIONS, WITH))


# In the order of the form and of an address.
FILTERS: dict[str, Callable[[str, str], Choice]] = {
    "topic": _subject,
    "country": _subject,
    "person": _subject,
    "organisation": _subject,
    "kind": _kind,
    "status": _status,
    "year": _year,
    "coverage": _coverage,
    "actions": _actions,
}
LABELS = {
    "topic": gettext_lazy("Topic"),
    "country": gettext_lazy("Country"),
    "person": gettext_lazy("Person"),
    "organisation": gettext_lazy("Organisation"),
    "kind": gettext_lazy("Kind"),
    "status": gettext_lazy("Status"),
    "year": gettext_lazy("Year"),
    "coverage": gettext_lazy("Coverage"),
    "actions": gettext_lazy("Commitments"),
}
PLACES = ("older", "newer", "from")
PARAMETERS = (*FILTERS, *PLACES)


def _rank(name: str) -> int:
    """Return the position of a parameter in an address; those of other lists come last."""
    return PARAMETERS.index(name) if name in PARAMETERS else len(PARAMETERS)
