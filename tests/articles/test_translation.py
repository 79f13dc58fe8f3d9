"""Every word of the interface goes through the catalogue, dates and numbers through the locale."""

import datetime as dt
import re
from html.parser import HTMLParser

import pytest
from django.template import engines
from django.utils import timezone, translation

from articles.caching.batch import batched_refresh
from articles.publishing.workflow import withdraw
from engagements.dates import PartialDate, format_range
from engagements.models import (
    ActionUpdate,
    Correction,
    Country,
    CountryName,
    DateChange,
    EngagementTopic,
    Participant,
    Region,
    Source,
)
from tests.factories import (
    ActionFactory,
    AppointmentFactory,
    ArticleFactory,
    EngagementFactory,
    OrganisationFactory,
    OutcomeFactory,
    PersonFactory,
    TopicFactory,
    TourFactory,
    UserFactory,
    make_public,
)

pytestmark = pytest.mark.django_db

GREEK = "Αθήνα"
# Names that are the same in every language, and what HTML's own attributes say.
NAMES = re.compile(r"Communiqué|RSS|Atom|JSON|UTC|http://testserver\S*")


@pytest.fixture
def catalogue(monkeypatch):
    """A language in which every translated string stands in brackets."""
    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        original = getattr(translation._trans, name)
        monkeypatch.setattr(
            translation._trans,
            name,
            lambda *args, original=original: f"⟦{original(*args)}⟧",
        )
    for engine in engines.all():
        engine.engine.template_loaders[0].reset()


class Words(HTMLParser):
    """Collects what a reader sees or hears: text, and the attributes that are read out."""

    SPOKEN = ("alt", "aria-label", "title", "data-label")
    TOLD = ("description", "og:title", "og:description", "og:image:alt", "og:site_name")

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag, attrs):
        self.silent += tag in ("style", "script")
        values = dict(attrs)
        self.words += [values[name] for name in self.SPOKEN if values.get(name)]
        if tag == "meta" and values.get("property", values.get("name")) in self.TOLD:
            self.words.append(values["content"])

    def handle_endtag(self, tag):
        self.silent -= tag in ("style", "script")

    def handle_data(self, data):
        if not self.silent:
            self.words.append(data)


def untranslated(page: str) -> list[str]:
    parser = Words()
    parser.feed(page)
    found = []
    for words in parser.words:
        bare = words
        while bare != (bare := re.sub(r"⟦[^⟦⟧]*⟧", "", bare)):
            pass
        if re.search("[A-Za-z]", NAMES.sub("", bare)):
            found.append(words.strip())
    return found


@pytest.fixture
@batched_refresh()
def world():
    """A newsroom whose own words are all Greek, with something for every part of a page."""
    Country.objects.update(name=GREEK)
    CountryName.objects.all().delete()
    Region.objects.update(description=GREEK)
    for region in Region.objects.all():
        Region.objects.filter(pk=region.pk).update(name=f"{GREEK} {region.pk}")
    topic = TopicFactory(name=GREEK, slug="topic", description=GREEK)
    body = OrganisationFactory(name=GREEK, slug="body", acronym="ΑΒ", is_fictional=True)
    envoy = PersonFactory(name=GREEK, slug="envoy", is_fictional=True)
    start = PartialDate(dt.date(2020, 1, 1), "month")
    AppointmentFactory(person=envoy, organisation=body, title=GREEK, start=start)
    ended = {"start": start, "end": PartialDate(dt.date(2021, 1, 1))}
    AppointmentFactory(person=envoy, organisation=body, title=GREEK, **ended)
    AppointmentFactory(person=envoy, organisation=body, title=GREEK, end=ended["end"])
    shared = {
        "title": GREEK, "city": GREEK, "venue": GREEK, "summary": GREEK, "topics": [topic],
        "tour": TourFactory(title=GREEK), "is_fictional": True,
    }  # fmt: skip
    visit = EngagementFactory(slug="visit", **shared)
    ahead = PartialDate(timezone.localdate() + dt.timedelta(days=30))
    EngagementFactory(status="planned", start=ahead, **shared)
    for status in ("postponed", "cancelled", "planned", "confirmed"):
        EngagementFactory(status=status, status_note=GREEK, **shared)
    for kind in ("summit", "other"):
        EngagementFactory(kind=kind, start=PartialDate(dt.date(2024, 1, 1), "year"), **shared)
    for side in ("visitor", "host", "other"):
        person = envoy if side == "visitor" else None
        Participant.objects.create(
            engagement=visit, organisation=body, person=person, side=side, is_lead=True
        )
    source = Source.objects.create(
        engagement=visit, publisher=GREEK, title=GREEK, published_date=dt.date(2025, 1, 1),
        url="https://source.example/", archived_url="https://archive.example/",
    )  # fmt: skip
    Correction.objects.create(engagement=visit, note=GREEK)
    DateChange.objects.create(
        engagement=visit, old_start=start, new_start=visit.start, reason=GREEK
    )
    outcome = OutcomeFactory(engagement=visit, title=GREEK, details=GREEK)
    outcome.sources.add(source)
    OutcomeFactory(engagement=visit, title=GREEK)
    due = PartialDate(dt.date(2025, 2, 1))
    for status in ("under_way", "delayed", "dropped", "done", ""):
        action = ActionFactory(outcome=outcome, title=GREEK, owner_organisation=body, due=due)
        if status:
            update = ActionUpdate.objects.create(
                action=action, date=dt.date(2025, 1, 30), status=status, text=GREEK,
                reported_by=UserFactory(),
            )  # fmt: skip
            update.sources.add(source)
            if status == "done":
                update.confirm(by=UserFactory())
    story = {"headline": GREEK, "standfirst": GREEK, "body": f"<p>{GREEK}</p>", "byline": GREEK}
    story |= {"engagement": visit, "topics": [topic], "public_note": GREEK, "also_covers": [visit]}
    article = ArticleFactory(slug="story")
    for hours in (3, 1):
        make_public(at=timezone.now() - dt.timedelta(hours=hours), article=article, **story)
    make_public(**story)
    gone = make_public(article=ArticleFactory(slug="gone"), **story)
    withdraw(gone.article, reason=GREEK)
    assert EngagementTopic.objects.exists()


PAGES = [
    "/", "/articles/", "/articles/story/", "/articles/gone/", "/articles/none/?page=2",
    "/engagements/visit/", "/regions/", "/regions/north-africa/", "/countries/", "/countries/dz/",
    "/countries/fj/", "/people/", "/people/envoy/", "/organisations/", "/organisations/body/",
    "/topics/", "/topics/topic/", "/nothing/",
]  # fmt: skip


def test_every_word_of_the_interface_can_be_translated(client, world, catalogue):
    """Beside names and what editors wrote, each word on a page comes from the catalogue."""
    pages = {address: client.get(address).content.decode() for address in PAGES}
    assert [address for address, page in pages.items() if "⟦" not in page] == []
    found = {address: untranslated(page) for address, page in pages.items()}
    assert {address: words for address, words in found.items() if words} == {}


@pytest.mark.parametrize("address", ["/", "/articles/", "/people/", "/organisations/", "/topics/"])
def test_empty_states_can_be_translated(client, catalogue, address):
    """So do the sentences of an empty newsroom."""
    Region.objects.all().delete()
    assert untranslated(client.get(address).content.decode()) == []


@pytest.mark.parametrize(
    ("language", "date", "days"),
    [
        ("en-gb", "28 January 2025", "28–30 January 2025"),
        ("fr", "28 janvier 2025", "28–30 janvier 2025"),
    ],
)
def test_dates_follow_the_locale(client, world, settings, language, date, days):
    """The language of the site decides how a day is written, on every page."""
    settings.LANGUAGE_CODE = language
    page = client.get("/engagements/visit/").content.decode()
    assert f">{date}</time>" in page
    start = PartialDate(dt.date(2025, 1, 28))
    with translation.override(language):
        assert format_range(start, PartialDate(dt.date(2025, 1, 30))) == days
