"""The demo newsroom loads once, and keeps apart what is real and what is invented."""

import gzip
import io
import re
from contextlib import redirect_stdout
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count
from django.test import override_settings
from django.urls import reverse

from articles import demo
from articles.models import Article, Edition
from articles.richtext import plain_text
from engagements.models import (
    Action,
    Engagement,
    EngagementRegion,
    Organisation,
    Participant,
    Region,
    Tour,
)

# `config.demo` runs it on SQLite and nowhere else; one process loads it for all tests.
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.xdist_group("demo")]


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    """The demo, loaded once by its command, as it is at the start of each test.

    The value is what the command printed.
    """
    printed = io.StringIO()
    media = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(DEMO=True, MEDIA_ROOT=media), redirect_stdout(printed):
            call_command("load_demo")
        yield printed.getvalue()
        transaction.set_rollback(True)


def test_accounts_exist_only_in_the_demo(settings):
    """Outside the demo the command refuses, since its passwords are well known."""
    settings.DEMO = False
    before = User.objects.count()
    with pytest.raises(CommandError, match="DEMO=true"):
        call_command("load_demo")
    assert User.objects.count() == before


def test_command_says_how_to_sign_in(loaded, client):
    """Each account that is printed can sign in to the desk with the printed password."""
    for username in demo.ACCOUNTS:
        assert username in loaded
        assert client.login(username=username, password=demo.PASSWORD)
        assert client.get("/admin/").status_code == 200


def test_record_is_as_large_as_promised(loaded):
    """At least 150 real visits of 2021 to 2025, both ways, ten or more in each of nine regions."""
    real = Engagement.objects.filter(is_fictional=False)
    assert real.count() >= 150
    assert {engagement.start_date.year for engagement in real} == {2021, 2022, 2023, 2024, 2025}
    assert real.filter(location_country__code="US").count() >= 40
    rows = EngagementRegion.objects.effective().filter(engagement__in=real)
    large = rows.values("region").annotate(visits=Count("pk")).filter(visits__gte=10)
    assert large.count() >= 9


def test_every_engagement_names_its_source(loaded):
    """No fact of the demo stands without a source."""
    assert not Engagement.objects.filter(sources__isnull=True).exists()


def test_name_that_the_report_omits_cites_its_own_source(loaded):
    """The seed names nobody, so the envoy's name says whence it comes."""
    envoy = Participant.objects.get(person__name="Javier Colomina")
    assert [source.publisher for source in envoy.sources.all()] == ["NATO"]


def test_tours_are_one_travellers_consecutive_stops(loaded):
    """A tour has one lead visitor, and each stop begins within a day of the last one's end."""
    assert Tour.objects.count() >= 6
    for tour in Tour.objects.filter(engagements__is_fictional=False).distinct():
        stops = list(tour.engagements.order_by("start_date", "pk"))
        assert len(stops) > 1, tour
        leads = Participant.objects.filter(engagement__in=stops, side="visitor", is_lead=True)
        assert leads.values("person").distinct().count() == 1, tour
        for before, after in pairwise(stops):
            assert (after.start_date - before.last_day).days <= 1, (tour, after)


def test_invention_stays_with_the_invented(loaded):
    """No state is a party to an invented engagement, and no invented body to a real one."""
    invented = Participant.objects.filter(engagement__is_fictional=True)
    assert not invented.filter(country__isnull=False).exists()
    assert not invented.filter(organisation__is_fictional=False).exists()
    assert not invented.filter(person__is_fictional=False).exists()
    real = Participant.objects.filter(engagement__is_fictional=False)
    assert not real.filter(organisation__is_fictional=True).exists()
    assert not real.filter(person__is_fictional=True).exists()


def test_no_real_promise_is_given_an_owner_or_a_date(loaded):
    """The seed's two actions have neither owner nor date, so the demo invents none."""
    actions = Action.objects.filter(outcome__engagement__is_fictional=False)
    assert [str(action) for action in actions.order_by("pk")] == [
        "Regular forums on questions of security",
        "A peace initiative between governments",
    ]
    for action in actions:
        assert (action.owner, action.due, action.status) == ("", None, "open")


def test_invented_promises_are_in_every_state(loaded):
    """Open, under way, delayed, done and dropped actions are all there to be seen."""
    assert set(Action.objects.values_list("status", flat=True)) == set(Action.Status.values)


def test_articles_are_published_scheduled_withdrawn_and_drafted(loaded):
    """At least 15 finished articles, half of them invented, and one each in the other states."""
    finished = Edition.objects.public()
    assert finished.count() >= 15
    assert finished.filter(engagement__is_fictional=True).count() >= 5
    assert Edition.objects.scheduled().count() == 1
    assert Article.objects.withdrawn().count() == 1
    drafts = Article.objects.exclude(editions__state=Edition.State.APPROVED)
    assert drafts.count() == 1


def test_finished_articles_are_of_a_newspapers_length(loaded):
    """Each has 300 to 900 words, sections, a list and a table."""
    for edition in Edition.objects.public():
        assert 300 <= len(plain_text(edition.body).split()) <= 900, edition
        for element in ("<h2>", "<li>", "<table>"):
            assert element in edition.body, (edition, element)


def test_invented_pages_say_so(loaded, client):
    """An invented engagement's page and its article carry the word."""
    for engagement in Engagement.objects.public().filter(is_fictional=True):
        assert "Fictional" in client.get(engagement.get_absolute_url()).content.decode()
    for edition in Edition.objects.public().filter(engagement__is_fictional=True):
        assert "Fictional" in client.get(edition.get_absolute_url()).content.decode()


def test_second_load_touches_nothing(loaded, settings):
    """What an editor changed or deleted stays so."""
    settings.DEMO = True
    Organisation.objects.filter(slug="nato").update(name="Changed by an editor")
    Edition.objects.scheduled().delete()
    before = (Engagement.objects.count(), Edition.objects.count(), User.objects.count())
    call_command("load_demo")
    assert (Engagement.objects.count(), Edition.objects.count(), User.objects.count()) == before
    assert Organisation.objects.get(slug="nato").name == "Changed by an editor"


def test_pages_are_light(loaded, client):
    """HTML, style and scripts are at most 60 KB compressed on each kind of page, the font 45 KB."""
    assert Path(finders.find("fonts/serif-latin.woff2")).stat().st_size <= 45_000

    @cache
    def compressed(name: str) -> int:
        return len(gzip.compress(Path(finders.find(name)).read_bytes()))

    def weigh(page: bytes) -> int:
        files = re.findall(rb'(?:rel="stylesheet" href|script src)="/static/([^"]+)"', page)
        assert files
        return len(gzip.compress(page)) + sum(compressed(name.decode()) for name in files)

    # Fact sheets are alike: every tenth one.
    visits = Engagement.objects.public().order_by("pk")[::10]
    shown = [*Edition.objects.public(), *visits, *Region.objects.all()]
    lists = ["home", "article_list", *(f"{kind}_list" for kind in ("region", "country", "person"))]
    addresses = [reverse(f"articles:{name}") for name in lists]
    addresses += [row.get_absolute_url() for row in shown]
    weights = {address: weigh(client.get(address).content) for address in addresses}
    assert {address: weight for address, weight in weights.items() if weight > 60_000} == {}
