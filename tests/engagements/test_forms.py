"""The facts' forms: dates as people know them, and whatever else people paste."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.forms import modelform_factory
from django.utils import timezone

from engagements.dates import PartialDate
from engagements.forms import EngagementForm, PartialDateField
from engagements.models import Action, Country, Engagement, Outcome, Source
from tests.engagements.desk import add_row, blank, errors, fill, opened, save, saved
from tests.factories import EngagementFactory, TopicFactory

pytestmark = pytest.mark.django_db

# Without the admin, whose fieldsets name the fields.
FORM = modelform_factory(
    Engagement, form=EngagementForm, fields=["title", "slug", "kind", "status", "topics"]
)

HOSTILE = {
    "emoji": "🎉👩‍🚀 visit",
    "arabic": "زيارة رسمية إلى الجزائر",
    "markup": "<script>alert(1)</script> & “quotes” '\"",
    "nul": "before\x00after",
}
TEXTS = ["title", "status_note", "city", "venue", "summary"]
ROWS = {
    "participants-0": ["title_text"],
    "sources-0": ["publisher", "title"],
    "outcomes-0": ["title", "details"],
    "outcomes-0-actions-0": ["title", "owner_text"],
}


@pytest.fixture
def data(admin_client) -> dict:
    """Return a valid new engagement with a row of every kind."""
    data = blank(admin_client) | {"title": "Talks", "start": "28 January 2025"}
    fill(data, "participants-0", country=str(Country.objects.get(code="ES").pk))
    add_row(data, "sources", publisher="Ministry", title="Readout")
    outcome = add_row(data, "outcomes", title="Agreed")
    fill(data, f"{outcome}-actions-0", title="To do")
    return data


def type_everywhere(data: dict, text: str) -> int:
    """Write the text into every text field; return how many there are."""
    for name in TEXTS:
        data[name] = text
    for row, names in ROWS.items():
        fill(data, row, **dict.fromkeys(names, text))
    return len(TEXTS) + sum(map(len, ROWS.values()))


@pytest.mark.parametrize("kind", ["emoji", "arabic", "markup"])
def test_every_text_field_keeps_what_was_typed(admin_client, data, kind):
    """Any script and any sign is stored and comes back as it was."""
    text = HOSTILE[kind]
    count = type_everywhere(data, text)
    saved(save(admin_client, data))
    engagement = Engagement.objects.get()
    assert engagement.slug.isascii()
    again = opened(admin_client, engagement)
    assert list(again.values()).count(text) == count
    assert (Source.objects.get().title, Action.objects.get().owner) == (text, text)
    saved(save(admin_client, again | {"city": ""}, engagement))


def test_nul_is_refused_at_every_text_field(admin_client, data):
    """PostgreSQL cannot store it: a sentence at each field, and the rest is kept."""
    count = type_everywhere(data, HOSTILE["nul"])
    answer = save(admin_client, data | {"slug": "a\x00b"})
    said = errors(answer)
    assert said.count("Null characters are not allowed.") == count + 1
    assert answer.text.count("after") >= count
    assert "28 January 2025" in answer.text
    assert not Engagement.objects.exists()


def test_texts_over_their_limit_are_refused(admin_client, data):
    """The sentence says the limit; what was typed is kept."""
    text = "x" * 100_000
    answer = save(admin_client, data | {"title": text, "city": text, "status_note": text})
    assert sum("has at most" in sentence for sentence in errors(answer)) == 3
    assert answer.text.count(text) == 3


def test_texts_that_grow_by_folding_are_kept(admin_client, data):
    """What is searched may be cut, what is shown is not."""
    text = "ﷺ" * 150
    saved(save(admin_client, data | {"title": text, "city": text}))
    assert Engagement.objects.get().title == text


BAD_VALUES = [
    ("start", ""),
    ("start", "31 February 2025"),
    ("start", "٢٠٢٥"),
    ("start", "\x00"),
    ("end", "99999"),
    ("end", "27 January 2025"),
    ("end", "🎉" * 5000),
    ("slug", "زيارة"),
    ("slug", "a b"),
    ("kind", "picnic"),
    ("status", "perhaps"),
    ("location_country", "Algeria"),
    ("tour", "x"),
    ("public_from_0", "31 February"),
    ("public_from_1", "25:61"),
    ("participants-0-side", "none"),
    ("participants-0-country", ""),
    ("participants-0-position", "-1"),
    ("participants-0-position", "9" * 30),
    ("sources-0-url", "javascript:alert(1)"),
    ("sources-0-url", "https://" + "x" * 2000),
    ("sources-0-published_date", "0000-00-00"),
    ("sources-0-account", "rumour"),
    ("outcomes-0-title", " "),
    ("outcomes-0-position", "x"),
    ("outcomes-0-sources", "x"),
    ("outcomes-0-actions-0-due", "2025-13"),
    ("outcomes-0-actions-0-owner_country", "x"),
    ("outcomes-0-actions-0-position", "\x00"),
]


def test_each_bad_value_gets_its_sentence(admin_client, data):
    """The page comes back with a sentence, with what was typed, and nothing is saved."""
    for name, typed in BAD_VALUES:
        answer = save(admin_client, data | {"public_from_0": "", "public_from_1": "", name: typed})
        assert answer.status_code == 200, (name, typed)
        assert len(errors(answer)) >= 2, (name, typed)
        assert "Readout" in answer.text, (name, typed)
        assert not Engagement.objects.exists(), (name, typed)


def test_a_call_has_no_place(admin_client, data):
    """The rule is said in words."""
    answer = save(admin_client, data | {"kind": "call", "city": "Algiers"})
    assert "A call has no place: leave country, city and venue empty." in errors(answer)
    saved(save(admin_client, data | {"kind": "call"}))


def test_slugs_are_made_and_kept(admin_client, data):
    """From the title, with a number if need be; a changed title changes no address."""
    EngagementFactory(slug="talks")
    assert "slug" in data
    saved(save(admin_client, data))
    engagement = Engagement.objects.get(title="Talks")
    assert engagement.slug == "talks-2"
    saved(save(admin_client, opened(admin_client, engagement) | {"title": "New"}, engagement))
    engagement.refresh_from_db()
    assert (engagement.title, engagement.slug) == ("New", "talks-2")
    answer = save(admin_client, data | {"slug": "talks"})
    assert any("already exists" in sentence for sentence in errors(answer))


def test_an_arabic_title_gets_an_address_of_its_own():
    """What an address cannot hold is replaced by the engagement's number."""
    form = FORM({"title": "زيارة", "start": "2025", "kind": "visit", "status": "planned"})
    assert form.is_valid(), form.errors
    assert form.save().slug == f"engagement-{form.instance.uuid.hex[:8]}"


def test_partial_date_field_knows_when_it_changed():
    """Another spelling of the same date is no change, more precision is one."""
    field = PartialDateField(required=False)
    date = PartialDate(dt.date(2025, 1, 1), "month")
    assert field.clean("January 2025") == date
    assert field.clean("  ") is None
    assert field.clean(date) == date
    assert field.prepare_value(date) == "2025-01"
    assert field.prepare_value("31 Febr") == "31 Febr"
    assert not field.has_changed(date, "Jan 2025")
    assert field.has_changed(date, "1 January 2025")
    assert field.has_changed(date, "soon")
    assert not field.has_changed(None, "")
    with pytest.raises(ValidationError):
        PartialDateField().clean("")


def test_the_engagement_of_the_future_did_not_take_place(admin_client, data):
    """The sentence stands at the status."""
    start = (timezone.localdate() + dt.timedelta(days=2)).isoformat()
    answer = save(admin_client, data | {"start": start, "status": "took_place"})
    assert "It starts in the future, so it cannot have taken place yet." in errors(answer)


def test_topics_of_the_form_are_saved_with_it():
    """The form by itself, as the article's pop-up uses it, keeps the topics."""
    topic = TopicFactory()
    typed = {"title": "Talks", "start": "2025", "kind": "visit", "status": "planned"}
    form = FORM(typed | {"topics": [topic.pk]})
    assert list(form.save().topics.all()) == [topic]
    assert Outcome.objects.count() == 0
