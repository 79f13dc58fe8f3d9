"""The transitions of an article, and who sees what at which moment."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from articles.models import Article, Edition
from articles.publishing.workflow import (
    hiding_failure_reasons,
    publish,
    reinstate,
    save_edition,
    unschedule,
    withdraw,
)
from tests.factories import (
    ArticleFactory,
    EngagementFactory,
    TopicFactory,
    UserFactory,
    make_draft,
    make_public,
)

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


def seen(article: Article, at: dt.datetime | None = None) -> list[int]:
    """Return the numbers of the editions that readers see."""
    return list(Edition.objects.public(at).filter(article=article).values_list("number", flat=True))


def test_save_makes_the_next_edition_and_changes_nothing_public():
    """A live page stays as it is while its next edition is written."""
    edition = make_public(headline="As published")
    second = make_draft(edition.article, headline="In the works", engagement=edition.engagement)
    assert (second.number, second.state) == (2, "draft")
    assert seen(edition.article) == [1]
    edition.refresh_from_db()
    assert edition.headline == "As published"


def test_public_from_its_first_moment_until_the_next_editions():
    """The boundary belongs to the later edition."""
    start = timezone.now() - 4 * HOUR
    first = make_public(at=start)
    second = make_draft(first.article, engagement=first.engagement)
    publish(second, by=UserFactory(), at=start + HOUR, backdated=True)
    tick = dt.timedelta(microseconds=1)
    assert seen(first.article, start - tick) == []
    assert seen(first.article, start) == [1]
    assert seen(first.article, start + HOUR - tick) == [1]
    assert seen(first.article, start + HOUR) == [2]


def test_scheduled_edition_replaces_the_public_one_at_its_minute():
    """Nothing is written at the minute: the rule alone changes what is seen."""
    first = make_public()
    second = make_draft(first.article, engagement=first.engagement)
    minute = timezone.now() + HOUR
    publish(second, by=UserFactory(), at=minute)
    assert seen(first.article) == [1]
    assert seen(first.article, minute) == [2]
    assert list(Edition.objects.scheduled()) == [second]


def test_overtaken_scheduled_edition_never_comes_out():
    """What is published meanwhile stays, and the older plan with its hour is void."""
    planned = make_draft()
    minute = timezone.now() + HOUR
    publish(planned, by=UserFactory(), at=minute)
    newer = make_draft(planned.article, engagement=planned.engagement)
    publish(newer, by=UserFactory())
    assert seen(planned.article) == seen(planned.article, minute + HOUR) == [2]
    assert not Edition.objects.scheduled().exists()


def test_unschedule_gives_the_predecessor_its_future_back():
    """A scheduled edition that is taken back is a draft, and the public page has no end."""
    first = make_public()
    second = make_draft(first.article, engagement=first.engagement)
    publish(second, by=UserFactory(), at=timezone.now() + HOUR)
    unschedule(second)
    second.refresh_from_db()
    assert (second.state, second.public_from, second.approved_by) == ("draft", None, None)
    assert seen(first.article, timezone.now() + 2 * HOUR) == [1]
    with pytest.raises(ValidationError, match="not scheduled"):
        unschedule(second)


def test_publish_says_every_reason_at_once():
    """Whoever presses the button learns all that is missing, not one thing at a time."""
    edition = make_draft(engagement=None, standfirst="", body="", topics=[])
    with pytest.raises(ValidationError) as refused:
        publish(edition, by=UserFactory(), at=timezone.now() - HOUR)
    assert refused.value.messages == [
        "Write a standfirst.",
        "The story is empty.",
        "Choose the visit that the story is about.",
        "Choose at least one topic.",
        "The time of publication is in the past.",
    ]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"public_from": None}, "is a draft"),
        (
            {"public_from": dt.datetime(2199, 1, 1, tzinfo=dt.UTC)},
            "under embargo until 1 Jan 2199, 00:00 UTC",
        ),
        (
            {
                "public_from": dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
                "withdrawn_at": dt.datetime(2020, 2, 1, tzinfo=dt.UTC),
                "withdrawn_reason": "Wrong",
            },
            "is withdrawn",
        ),
    ],
)
@pytest.mark.parametrize("role", ["engagement", "also_covers"])
def test_article_is_not_public_before_its_engagement(columns, reason, role):
    """Neither its own visit nor one of those rounded up may be hidden."""
    hidden = EngagementFactory(**columns)
    content = {"engagement": hidden} if role == "engagement" else {"also_covers": [hidden]}
    edition = make_draft(**content)
    with pytest.raises(ValidationError, match=reason):
        publish(edition, by=UserFactory())
    assert seen(edition.article) == []


def test_approved_edition_is_not_approved_again():
    """An older edition does not come back over a newer one either."""
    first = make_public()
    older = make_draft(first.article, engagement=first.engagement)
    newer = make_draft(first.article, engagement=first.engagement)
    publish(newer, by=UserFactory())
    with pytest.raises(ValidationError, match="approved already"):
        publish(newer, by=UserFactory())
    with pytest.raises(ValidationError, match="newer edition"):
        publish(older, by=UserFactory())


def test_withdrawal_needs_a_public_article_and_a_reason():
    """Both reasons come together."""
    with pytest.raises(ValidationError) as refused:
        withdraw(make_draft().article, reason=" ")
    assert len(refused.value.messages) == 2


def test_withdrawn_article_is_nowhere_and_can_come_back():
    """From the moment of withdrawal the page is gone; reinstated, it is as it was."""
    edition = make_public()
    withdraw(edition.article, reason="It was wrong.")
    article = Article.objects.get()
    assert seen(article) == []
    assert list(Article.objects.withdrawn()) == [article]
    assert edition.article.pk == article.pk
    assert not Article.objects.withdrawn(article.withdrawn_at - dt.timedelta(seconds=1)).exists()
    reinstate(article)
    assert seen(article) == [1]
    assert not Article.objects.withdrawn().exists()
    with pytest.raises(ValidationError):
        reinstate(article)


def test_engagement_stays_public_while_an_article_stands_on_it():
    """Hiding it names the article; moving its embargo before the article is fine."""
    edition = make_public(headline="The story")
    visit = edition.engagement
    assert "The story" in hiding_failure_reasons(visit, None)[0]
    assert hiding_failure_reasons(visit, timezone.now() + HOUR)
    assert hiding_failure_reasons(visit, edition.public_from) == []
    withdraw(edition.article, reason="Wrong")
    assert hiding_failure_reasons(visit, None) == []


def test_minor_edition_is_no_news():
    """`major_at` stays where readers last got news."""
    first = make_public(at=timezone.now() - 5 * HOUR)
    minor = make_draft(first.article, engagement=first.engagement, is_major=False)
    publish(minor, by=UserFactory())
    (found,) = Edition.objects.public().newest_first()
    assert found == minor
    assert found.major_at == first.public_from


@pytest.mark.parametrize("count", [1, 3, 5, 9])
def test_newest_are_the_first_of_all(count):
    """However many are asked for, minor editions of old articles do not come before newer ones."""
    now = timezone.now()
    old = [make_public(at=now - hours * HOUR) for hours in (20, 18, 16)]
    for hours in (12, 12, 9):
        make_public(at=now - hours * HOUR)
    for edition in old:
        minor = make_draft(edition.article, engagement=edition.engagement, is_major=False)
        publish(minor, by=UserFactory())
    in_order = [edition.pk for edition in Edition.objects.public().newest_first()]
    assert Edition.objects.public().newest(count) == in_order[:count]


@pytest.mark.parametrize(
    ("offset", "word"), [(-1, "scheduled"), (0, "published"), (3, "superseded")]
)
def test_status_is_a_question_of_the_moment(offset, word):
    """No column says "scheduled" or "published"."""
    start = timezone.now() - 4 * HOUR
    edition = make_public(at=start)
    later = make_draft(edition.article, engagement=edition.engagement)
    publish(later, by=UserFactory(), at=start + 2 * HOUR, backdated=True)
    edition.refresh_from_db()
    assert edition.status_at(start + offset * HOUR) == word


class AnySequence(TestCase):
    """Whatever happens to an article, at most one edition is public at any moment."""

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(
            st.sampled_from(
                ["save", "publish", "schedule", "sooner", "unschedule", "withdraw", "back"]
            ),
            max_size=12,
        )
    )
    def test_at_most_one_edition_is_public(self, steps):
        article, visit, topic = ArticleFactory(), EngagementFactory(), TopicFactory()
        writer, person = UserFactory(), UserFactory()
        moments = [timezone.now()]

        def latest():
            return article.editions.order_by("-number").first() or write()

        def write():
            return save_edition(
                article,
                author=writer,
                headline="Headline",
                standfirst="S",
                body="<p>B</p>",
                engagement=visit,
                topics=[topic],
            )

        def at(hours):
            moments.append(timezone.now() + hours * HOUR)
            return moments[-1]

        actions = {
            "save": write,
            "publish": lambda: publish(latest(), by=person),
            "schedule": lambda: publish(latest(), by=person, at=at(3)),
            "sooner": lambda: publish(latest(), by=person, at=at(1)),
            "unschedule": lambda: unschedule(latest()),
            "withdraw": lambda: withdraw(article, reason="Wrong"),
            "back": lambda: reinstate(Article.objects.get(pk=article.pk)),
        }
        for step in steps:
            try:
                actions[step]()
            except ValidationError:
                continue
            moments.append(timezone.now())
        for moment in [*moments, moments[0] + 10 * HOUR]:
            for instant in (moment, moment + dt.timedelta(microseconds=1)):
                assert len(seen(article, instant)) <= 1
