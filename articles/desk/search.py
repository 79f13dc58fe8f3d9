"""One search over all kinds of content and the desk's pages.

Each kind is one query for a few rows among the newest `REACH`. Each group links to the kind's own
list, which searches all rows.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Edition, Picture
from engagements.admin.pages import change_url
from engagements.models import Country, Engagement, Organisation, Person, Topic
from engagements.text import fold

SHOWN = 6  # of each kind
LOOKED_AT = 60  # names, of which the best are returned
REACH = 200_000  # newest rows by pk
MOST_WORDS = 6
MOST_CHARACTERS = 100


@dataclass
class Result:
    title: str
    url: str
    note: str = ""


@dataclass
class ResultGroup:
    """The results of a kind; `more` is the address of its list."""

    name: str
    title: str
    items: list[Result]
    more: str = ""


def words_of(text: str) -> list[str]:
    """Return the words of a query, folded like the columns that are searched."""
    return fold(text.replace("\0", "")[:MOST_CHARACTERS]).split()[:MOST_WORDS]


def search(request: HttpRequest, text: str) -> list[ResultGroup]:
    """Return the results that contain every word and that the person may see.

    Without words, return the desk's pages.
    """
    words = words_of(text)
    groups = [
        ResultGroup("pages", _("Pages"), [page for page in pages(request) if _fits(page, words)])
    ]
    if words:
        groups += [
            ResultGroup(kind, title, list(find(words)), _list_address(kind, text))
            for kind, title, permission, find in _kinds()
            if request.user.has_perm(permission)
        ]
    for group in groups:
        # Without words all pages are offered.
        group.items = group.items[:SHOWN] if words else group.items
    return [group for group in groups if group.items]


def _fits(page: Result, words: list[str]) -> bool:
    title = f" {fold(page.title)}"
    return all(f" {word}" in title for word in words)


def _list_address(kind: str, text: str) -> str:
    query = urlencode({"q": text.replace("\0", "").strip()[:MOST_CHARACTERS]})
    return f"{reverse(f'admin:{kind}_changelist')}?{query}"


# The desk's pages and forms


def pages(request: HttpRequest) -> list[Result]:
    """Return the desk's own pages, and the lists and forms that a person may open."""
    own = [
        (_("New article"), "admin:articles_article_add", ["articles.add_article"]),
        (_("New visit"), "admin:engagements_engagement_add", ["engagements.add_engagement"]),
        (_("Dashboard"), "admin:index", []),
        (_("Calendar"), "desk:calendar", ["articles.view_article", "engagements.view_engagement"]),
        (_("Clean-up"), "desk:clean_up", ["articles.change_article"]),
        (_("Unsaved work"), "desk:unfinished", ["articles.change_article"]),
    ]
    results = [
        Result(title, reverse(page))
        for title, page, permissions in own
        if request.user.has_perms(permissions)
    ]
    for app in admin.site.get_app_list(request):
        for model in app["models"]:
            if model.get("admin_url"):
                results.append(Result(str(model["name"]), model["admin_url"]))
            if model.get("add_url") and model["object_name"] not in ("Article", "Engagement"):
                title = _("New: %s") % model["model"]._meta.verbose_name
                results.append(Result(title, model["add_url"]))
    return [
        *results,
        Result(_("Change password"), reverse("admin:password_change")),
        Result(_("Second step at sign-in"), reverse("mfa_index")),
    ]


# Content

Finder = Callable[[list[str]], Iterable[Result]]


def _kinds() -> list[tuple[str, str, str, Finder]]:
    return [
        ("articles_article", _("Articles"), "articles.view_article", _articles),
        ("engagements_engagement", _("Visits"), "engagements.view_engagement", _visits),
        ("engagements_person", _("People"), "engagements.view_person",
         partial(_parties, model=Person)),
        ("engagements_organisation", _("Organisations"), "engagements.view_organisation",
         partial(_parties, model=Organisation)),
        ("engagements_country", _("Countries"), "engagements.view_country", _countries),
        ("engagements_topic", _("Topics"), "engagements.view_topic", _topics),
        ("articles_picture", _("Pictures"), "articles.view_picture", _pictures),
    ]  # fmt: skip


def _within_reach(rows: QuerySet) -> QuerySet:
    newest = rows.model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0
    return rows.filter(pk__gt=newest - REACH)


def _with_words(words: list[str], *columns: str, lookup: str = "contains") -> Q:
    """Return the condition that each word is in one of the columns.

    Columns with folded text need no case-insensitive `lookup`.
    """
    every = Q()
    for word in words:
        anywhere = Q()
        for column in columns:
            anywhere |= Q(**{f"{column}__{lookup}": word})
        every &= anywhere
    return every


def _articles(words: list[str]) -> Iterator[Result]:
    # First the pks from the index alone, then their rows.
    newest = _within_reach(Edition.objects.filter(is_newest=True)).order_by("-pk")
    pks = newest.filter(_with_words(words, "search_text")).values_list("pk", flat=True)[:SHOWN]
    now = timezone.now()
    rows = Edition.objects.filter(pk__in=list(pks)).select_related("article").order_by("-pk")
    for row in rows.defer("body", "standfirst"):
        url = reverse("admin:articles_article_change", args=[row.article_id])
        yield Result(row.headline, url, row.status_at(now))


def _visits(words: list[str]) -> Iterator[Result]:
    near = _within_reach(Engagement.objects.all()).order_by("-sort_date", "-pk")
    pks = near.filter(_with_words(words, "search_text")).values_list("pk", flat=True)[:SHOWN]
    rows = Engagement.objects.filter(pk__in=list(pks)).order_by("-sort_date", "-pk")
    today = timezone.localdate()
    for row in rows.defer("summary"):
        yield Result(row.title, change_url(row), f"{row.when}, {row.status_on(today)}")


def _best(words: list[str], results: Iterable[Result]) -> list[Result]:
    """Return the first results, those whose words begin with the query's words before others."""
    return sorted(results, key=lambda result: not _fits(result, words))[:SHOWN]


def _parties(words: list[str], model: type[Person] | type[Organisation]) -> list[Result]:
    rows = _within_reach(model._default_manager.filter(_with_words(words, "search_text")))
    results = (
        Result(row.name, change_url(row), getattr(row, "acronym", ""))
        for row in rows.order_by("-pk")[:LOOKED_AT]
    )
    return _best(words, results)


def _countries(words: list[str]) -> list[Result]:
    # Each word may be in another name of the country.
    rows = Country.objects.all()
    for word in words:
        rows = rows.filter(Q(search_text__contains=word) | Q(names__search_text__contains=word))
    rows = rows.distinct().order_by("name", "pk")[:LOOKED_AT]
    return _best(words, (Result(row.name, change_url(row), row.code) for row in rows))


def _topics(words: list[str]) -> list[Result]:
    # Topics have no folded column, and are few enough to fold here.
    rows = Topic.objects.order_by("name").values_list("pk", "name")[:5_000]
    fitting = [(pk, name) for pk, name in rows if all(word in fold(name) for word in words)]
    change = "admin:engagements_topic_change"
    return _best(words, (Result(name, reverse(change, args=[pk])) for pk, name in fitting))


def _pictures(words: list[str]) -> Iterator[Result]:
    columns = ("caption", "name", "alt", "credit", "licence")
    fitting = Picture.objects.filter(_with_words(words, *columns, lookup="icontains"))
    for row in _within_reach(fitting).order_by("-pk")[:SHOWN]:
        yield Result(str(row), change_url(row), ", ".join(filter(None, [row.credit, row.licence])))
