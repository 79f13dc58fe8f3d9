"""The page as it stood: an article's public editions, each at its own address."""

import datetime as dt
import io
import re

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone

from articles.models import Edition
from articles.publishing.edition_diff import edition_diff
from articles.publishing.workflow import publish, reinstate, withdraw
from tests.articles.samples import make_picture
from tests.factories import (
    EngagementFactory,
    TopicFactory,
    UserFactory,
    make_draft,
    make_public,
)

pytestmark = pytest.mark.django_db

# Columns of an edition that say when and by whom, and derived ones.
NOT_CONTENT = {
    "id", "article", "number", "author", "approved_by", "state", "public_from", "public_until",
    "created_at", "confirmed_by", "forced_reason", "search_text", "is_newest",
}  # fmt: skip
NOON = dt.datetime(2025, 3, 3, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def newest() -> Edition:
    """An article with three versions: 3 March, 5 March and 5 March an hour later."""
    visit = EngagementFactory(title="The visit", public_from=NOON - DAY)
    first = make_public(
        NOON, headline="Alpha talks", body="<p>They met on Monday.</p>", engagement=visit,
        topics=[TopicFactory(name="Energy")],
    )  # fmt: skip
    rest = {"article": first.article, "engagement": visit}
    make_public(
        NOON + 2 * DAY, headline="Beta talks", body="<p>They met on Tuesday.</p>",
        topics=[TopicFactory(name="Gas")], public_note="The day was wrong.", **rest,
    )  # fmt: skip
    at = NOON + 2 * DAY + dt.timedelta(hours=1)
    newest = make_public(at, headline="Gamma talks", topics=first.topics.all(), **rest)
    make_draft(headline="Draft talks", **rest)
    return newest


def versions(edition: Edition, end: str = "") -> str:
    return f"{edition.get_absolute_url()}versions/{end}"


def test_article_lists_its_versions_at_its_foot(client, newest):
    """The number, and each version with its own address; a sole version is not one of several."""
    text = client.get(newest.get_absolute_url()).text
    assert "3 versions" in text
    assert re.findall(r"/versions/(\d)/", text) == ["3", "2", "1"]
    assert "versions/" not in client.get(make_public().get_absolute_url()).text


def test_version_says_that_it_is_superseded_and_by_what(client, newest):
    """It stands as it stood, out of the search engines, with a way to the present page."""
    text = client.get(versions(newest, "1/")).text
    assert "They met on Monday." in text
    assert "Version 1 of 3." in text
    assert f'superseded by <a href="{versions(newest, "2/")}">version 2</a>' in text
    assert "The day was wrong." in text
    assert f'href="{newest.get_absolute_url()}"' in text
    assert '<meta name="robots" content="noindex">' in text
    assert 'rel="canonical"' not in text
    latest = client.get(versions(newest, "3/")).text
    assert "superseded by" not in latest
    assert "It has been public since 5 March 2025, 13:00 UTC." in latest


def test_version_names_the_visit_as_it_is_today_and_says_so(client, newest):
    """Facts are not repeated as they were; a visit that was withdrawn since is not named."""
    text = client.get(versions(newest, "1/")).text
    assert "Facts are kept up to date in one place" in text
    assert "The visit</a>, 28 January 2025" in text
    visit = newest.engagement
    visit.withdrawn_at, visit.withdrawn_reason = timezone.now(), "Never happened."
    visit.save()
    text = client.get(versions(newest, "1/")).text
    assert "no longer on public record" in text
    assert visit.get_absolute_url() not in text


def test_version_shows_its_picture_only_while_the_page_does(client):
    """A picture that was taken off the page is described, and is not given out again."""
    kept, dropped = make_picture(credit="Kept"), make_picture(credit="Dropped")
    visit = EngagementFactory(public_from=NOON - DAY)
    first = make_public(NOON, picture=dropped, picture_alt="A harbour", engagement=visit)
    rest = {"article": first.article, "engagement": first.engagement, "topics": first.topics.all()}
    make_public(NOON + DAY, picture=kept, picture_alt="A palace", **rest)
    make_public(NOON + 2 * DAY, picture=kept, picture_alt="A palace", **rest)
    text = client.get(versions(first, "1/")).text
    assert "It was described as: A harbour" in text
    assert str(dropped.uuid) not in text
    assert str(kept.uuid) in client.get(versions(first, "2/")).text
    text = client.get(versions(first, "compare/"), {"from": 1, "to": 2}).text
    assert "A harbour (no longer shown)" in text
    assert str(kept.uuid) in text


def test_scheduled_version_is_not_told(client, newest):
    """Neither its text nor the moment at which it will supersede the present one."""
    at = timezone.now() + DAY
    edition = make_draft(
        newest.article, headline="Tomorrow talks", engagement=newest.engagement,
        topics=newest.topics.all(),
    )  # fmt: skip
    publish(edition, by=UserFactory(), at=at)
    for end in ("", "3/", "compare/?from=1&to=3"):
        text = client.get(versions(newest, end)).text
        assert "Tomorrow" not in text
        assert f"{at:%Y-%m-%d}" not in text
    assert client.get(versions(newest, "4/")).status_code == 404
    assert client.get(versions(newest, "compare/?to=4")).status_code == 400


def test_versions_go_with_a_withdrawal(client, newest):
    """A withdrawn article's versions answer 410 too, with date and reason alone."""
    withdraw(newest.article, reason="Named the wrong envoy.")
    for end in ("", "1/", "3/", "99/", "compare/", "?on=2025-03-03"):
        response = client.get(versions(newest, end))
        assert response.status_code == 410
        assert "Named the wrong envoy." in response.text
        assert "talks" not in response.text


def test_comparison_tells_what_readers_see_change(client, newest):
    """Words, topics and no notes between colleagues; without a choice the last two."""
    text = client.get(versions(newest, "compare/"), {"from": "1", "to": "2"}).text
    plain = re.sub(r'<span class="visually-hidden">.*?</span>', "", text)
    assert "<del>Alpha</del> <ins>Beta</ins> talks" in plain
    assert "They met on <del>Monday</del><ins>Tuesday</ins>." in plain
    assert "<li><ins>Gas</ins></li><li><del>Energy</del></li>" in plain
    assert '<meta name="robots" content="noindex">' in text
    last = client.get(versions(newest, "compare/")).text
    assert "From version 2 to version 3." in last
    same = client.get(versions(newest, "compare/"), {"from": "2", "to": "2"}).text
    assert "do not differ in what readers see" in same


def test_comparison_of_nonsense_is_refused_in_words(client, newest):
    """A version that never was gets a sentence, and the form to choose again."""
    for number in ("0", "-1", "x", "9" * 40, "٣", "1.0", "²"):
        response = client.get(versions(newest, "compare/"), {"from": number})
        assert response.status_code == 400, number
        assert "choose one from 1 to 3" in response.text, number
        assert "<select" in response.text, number


def test_site_says_what_stood_on_a_day(client, newest):
    """Every version that readers saw at some time of the day, and that there was none."""
    for day, shown in [
        ("2025-03-02", []),
        ("2025-03-03", [1]),
        ("4 March 2025", [1]),
        ("2025-03-05", [3, 2, 1]),
        ("2025-03-06", [3]),
    ]:
        text = client.get(versions(newest), {"on": day}).text
        answer = text.partition('class="answer"')[2].partition("</section>")[0]
        assert [int(n) for n in re.findall(r"/versions/(\d)/", answer)] == shown, day
        assert ("no page at this address yet" in answer) == (not shown), day


def test_midnight_ends_the_day_before(client):
    """What was superseded at midnight did not stand on the day that began."""
    midnight = dt.datetime(2025, 3, 4, tzinfo=dt.UTC)
    visit = EngagementFactory(public_from=NOON - DAY)
    first = make_public(NOON, headline="Alpha talks", engagement=visit)
    make_public(
        midnight, article=first.article, engagement=first.engagement, topics=first.topics.all()
    )
    text = client.get(versions(first), {"on": "2025-03-04"}).text
    assert "readers saw this version:" in text


def test_day_that_cannot_be_read_is_refused_in_words(client, newest):
    """A sentence at the field, and what was typed is kept."""
    for day in ("2025-02-30", "March 2025", "yesterday", "9999-01-01", "x" * 999):
        response = client.get(versions(newest), {"on": day})
        assert response.status_code == 400, day
        assert 'aria-invalid="true"' in response.text, day
        assert day[:40] in response.text, day


def test_tomorrow_is_not_told(client, newest):
    """A day to come has no answer, so no schedule can be asked for."""
    day = f"{timezone.localdate() + DAY:%Y-%m-%d}"
    assert "has not come yet" in client.get(versions(newest), {"on": day}).text


@pytest.mark.parametrize("rows", [1, 4])
def test_query_count_does_not_grow(client, rows, django_assert_num_queries):
    """However many versions, topics and visits there are."""
    visits = EngagementFactory.create_batch(rows + 1, public_from=NOON - DAY)
    picture = make_picture()
    topics = TopicFactory.create_batch(rows)
    first = make_public(
        NOON, headline="One story", engagement=visits[0], also_covers=visits[1:], topics=topics,
        picture=picture, picture_alt="One",
    )  # fmt: skip
    for n in range(1, rows + 1):
        make_public(
            NOON + n * DAY, article=first.article, headline="Two", engagement=visits[1],
            topics=topics[:1], picture=picture, picture_alt="Two",
        )  # fmt: skip
    visits[0].topics.set(topics)
    for end, queries in (("", 2), ("1/", 8), ("compare/?from=1&to=2", 11)):
        cache.clear()
        with django_assert_num_queries(queries, info=end):
            assert client.get(versions(first, end)).status_code == 200


def test_every_column_is_compared_or_no_content():
    """A new column of an edition cannot be forgotten in the comparison."""
    import inspect  # noqa: PLC0415

    from articles.publishing import edition_diff  # noqa: PLC0415

    source = inspect.getsource(edition_diff)
    columns = {f.name for f in Edition._meta.get_fields() if not f.auto_created} - NOT_CONTENT
    assert [name for name in columns if f'"{name}"' not in source] == []


def test_desk_compares_notes_too(newest):
    """Colleagues see the note to the desk and whether the change was major."""
    old = make_draft(newest.article, engagement=newest.engagement, note="First try")
    new = make_draft(newest.article, engagement=None, note="Second try", is_major=False)
    told = {c.label: c.html for c in edition_diff(old, new, show=str, for_desk=True)}
    assert set(told) >= {"Note to the desk", "Major change", "Visit"}
    assert {c.label for c in edition_diff(old, new, show=str)} == {"Visit", "Topics"}


def test_withdrawn_days_are_remembered(client, newest, monkeypatch):
    """An article that came back did not stand while it was away; on the days of both it did."""
    hour = dt.timedelta(hours=1)
    withdraw(newest.article, reason="Named the wrong envoy.", at=NOON + 4 * DAY)
    monkeypatch.setattr(timezone, "now", lambda: NOON + 6 * DAY + hour)
    reinstate(newest.article)
    monkeypatch.undo()
    address = versions(newest, "?on=2025-03-")
    for day in ("07", "09", "10"):
        assert "readers saw this version" in client.get(address + day).text, day
    away = client.get(address + "08").text
    assert "On 8 March 2025 the article was withdrawn" in away
    with pytest.raises(CommandError, match="Readers saw nothing"):
        call_command("as_it_stood", newest.article.slug, "2025-03-08", stdout=io.StringIO())


def test_command_says_what_stood_on_a_day(newest):
    """The operator's answer: each version with its hours and its words, by a former slug too."""
    out = io.StringIO()
    newest.article.slug, old = "renamed", newest.article.slug
    newest.article.save()
    call_command("as_it_stood", old, "2025-03-05", stdout=out)
    told = out.getvalue()
    for words in ("Alpha talks", "Beta talks", "Gamma talks", "They met on Tuesday."):
        assert words in told
    assert "until 5 Mar 2025, 12:00 UTC" in told
    assert "Draft talks" not in told


def test_command_answers_for_a_withdrawn_article(newest):
    """The newsroom must be able to say what it said, also of what it took back."""
    withdraw(newest.article, reason="Named the wrong envoy.")
    out, err = io.StringIO(), io.StringIO()
    call_command("as_it_stood", newest.article.slug, "2025-03-03", stdout=out, stderr=err)
    assert "Alpha talks" in out.getvalue()
    assert "Named the wrong envoy." in err.getvalue()


@pytest.mark.parametrize(
    ("slug", "day", "sentence"),
    [
        ("nowhere", "2025-03-03", "No article has, or had"),
        (None, "2025-03-01", "Readers saw nothing"),
        (None, "soon", "28 January 2025"),
        (None, "2199-01-01", "has not come yet"),
    ],
)
def test_command_refuses_in_words(newest, slug, day, sentence):
    """Nonsense ends with one sentence."""
    with pytest.raises(CommandError, match=sentence):
        call_command("as_it_stood", slug or newest.article.slug, day, stdout=io.StringIO())
