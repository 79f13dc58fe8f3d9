"""Whatever the newsroom does, each page that is still served is as if it were made anew.

The scopes of pages and of changes are checked here, not trusted: a page that reads what it does not
declare, or a change that does not reach what shows it, is found as a difference.
"""

import datetime as dt
import os

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from articles.models import Article
from config.page_store import PageStore
from engagements.models import Country, Engagement, Organisation, Person, Region, Topic
from tests.articles.newsroom import DEEDS, HOUR, Newsroom
from tests.wsgi import Answer, ask

pytestmark = pytest.mark.django_db

# Of each some ten seconds: `TRUTH_EXAMPLES=500 make test ARGS=tests/articles/test_truth.py` after a
# change of what pages show.
EXAMPLES = int(os.environ.get("TRUTH_EXAMPLES", "4"))
# Of the lists without scopes, which any change voids, those that read most.
LISTS = ("/", "/people/", "/corrections/", "/outcomes/")


def addresses() -> list[str]:
    """Return the addresses of what is there, public or not, with feeds and a few filters."""
    countries = Country.objects.filter(code__in=["DZ", "ES", "TN"])
    region = Region.objects.filter(countries__in=countries).order_by("pk")[:1]
    people = Person.objects.order_by("pk")
    pages = [
        subject.get_absolute_url()
        for rows in (countries, region, people, Organisation.objects.all(), Topic.objects.all())
        for subject in rows
    ]
    engagements = [visit.get_absolute_url() for visit in Engagement.objects.order_by("pk")]
    articles = [article.get_absolute_url() for article in Article.objects.order_by("pk")]
    return [
        *LISTS,
        *pages,
        *(page + name for page in (pages[0], *pages[3:]) for name in ("feed.rss", "calendar.ics")),
        *(f"{pages[0]}?person={person.slug}" for person in people),
        *engagements,
        engagements[0] + "share.png",
        *articles,
        *(f"{article}versions/" for article in articles[:2]),
        *(f"{article}versions/1/" for article in articles[:2]),
        *(f"{article}versions/compare/" for article in articles[:1]),
    ]


class Clock:
    """The time, which stands until it is set."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = timezone.now()
        for model in apps.get_models():
            for field in model._meta.concrete_fields:
                if field.default is timezone.now:
                    patch.setattr(field, "_get_default", self)
        patch.setattr(timezone, "now", self)

    def __call__(self) -> dt.datetime:
        return self.now


def content_of(answer: Answer) -> tuple:
    """Return what an answer holds, but for the headers that the store writes."""
    return answer.status, answer.body, *map(answer.headers.get, ("location", "link"))


def check(stored: PageStore, made: list[str], *, all_pages: bool = False) -> None:
    """Hold what the store sends of its own, or all that it sends, to the same page made anew."""
    plain, sent = WSGIHandler(), {}
    for address in addresses():
        made.clear()
        sent[address] = ask(stored, address), not made
    cache.clear()
    for address, (kept, was_stored) in sent.items():
        if was_stored or all_pages:
            fresh = ask(plain, address)
            assert content_of(kept) == content_of(fresh), address


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from([*DEEDS, "wait", "clock_back"]), st.integers(0, 30)),
        min_size=3,
        max_size=6,
    )
)
@example([("tell", 1), ("draft", 0), ("wait", 4), ("withdraw_story", 0), ("wait", 2)])
@example([("go_on_tour", 0), ("go_on_tour", 1), ("go_on_tour", 3)])
@example([("tell_again", 1), ("appoint", 0), ("take_part", 0), ("rename", 0)])
@example([("merge_people", 3), ("appoint", 1), ("rename", 2), ("move_office", 0)])
@example([("tell_again", 0), ("illustrate", 0), ("illustrate", 1), ("withdraw_story", 0)])
@example([("tell_again", 2), ("delete_rounded_up", 0), ("move_hour", 3)])
@example([("add_visit", 3), ("commit", 3), ("drop_outcome", 3)])
@example([("tell_again", 2), ("commit", 0), ("report", 0), ("withdraw_visit", 1)])
def test_stored_page_is_what_would_be_made_anew(stored, monkeypatch, deeds):
    """Any sequence of saves, publications, withdrawals and steps of the clock: no difference."""
    # The versions of an example that was rolled back may come again.
    stored.entries._rows.clear()
    cache.clear()
    clock, made = Clock(monkeypatch), []
    application = stored._application
    monkeypatch.setattr(
        stored, "_application", lambda *asked: made.append("") or application(*asked)
    )
    with transaction.atomic():
        newsroom = Newsroom()
        for number in range(3):
            newsroom.add_visit(number * 6)
        newsroom.tell_now(0)
        check(stored, made)
        for name, number in deeds:
            clock.now += dt.timedelta(seconds=1)
            if name in ("wait", "clock_back"):
                clock.now += (number + 1) * HOUR / 2 * (1 if name == "wait" else -1)
            else:
                getattr(newsroom, name)(number)
            check(stored, made)
        check(stored, made, all_pages=True)
        transaction.set_rollback(True)
    monkeypatch.undo()
