"""Many at once: what the page says will change is what changes, and nothing else."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.desk.bulk_actions import MOST, apply, plan_of
from articles.models import Edition
from articles.publishing.workflow import submit
from articles.roles import DESK_HEAD, EDITOR, WRITER
from engagements.history import revisions_of
from engagements.models import EngagementRegion, Region
from tests.factories import (
    ArticleFactory,
    EngagementFactory,
    TopicFactory,
    UserFactory,
    make_draft,
    make_public,
)

pytestmark = pytest.mark.django_db


def member(role: str) -> User:
    person = UserFactory()
    person.groups.add(Group.objects.get(name=role))
    return User.objects.get(pk=person.pk)


def page_of(kind: str, operation: str) -> str:
    return reverse("desk:bulk", args=[kind, operation])


def ids(*rows) -> str:
    return ",".join(str(row.pk) for row in rows)


def confirm(client, kind: str, operation: str, rows, what) -> str:
    """Look at the preview, press its button; return the page that follows."""
    form = {"ids": ids(*rows), "what": what}
    page = client.get(page_of(kind, operation), form)
    form["fingerprint"] = page.context["plan"].fingerprint
    return client.post(page_of(kind, operation), form, follow=True).content.decode()


@pytest.fixture
def visit():
    return EngagementFactory()


@pytest.fixture
def topic():
    return TopicFactory(name="Fisheries")


def test_topic_is_added_to_articles_by_the_states_they_are_in(client, visit, topic):
    """A live page changes only once somebody has approved it; a draft gets its next edition."""
    other = TopicFactory()
    writer = UserFactory()
    live = make_public(headline="Live", engagement=visit, topics=[other], body="<p>Live.</p>")
    draft = make_draft(headline="Draft", engagement=visit, topics=[other], author=writer)
    waiting = make_draft(headline="Waits", engagement=visit, topics=[other], author=writer)
    submit(waiting, by=writer)
    has_it = make_draft(headline="Has it", engagement=visit, topics=[topic])
    editions = [live, draft, waiting, has_it]
    client.force_login(member(EDITOR))
    form = {"ids": ids(*(e.article for e in editions)), "what": topic.pk}
    page = client.get(page_of("article", "add_topic"), form)
    told = {line.row.headline: line.sentence for line in page.context["plan"].lines}
    assert told == {
        "Live": "A new draft: readers see it once somebody has approved it.",
        "Draft": "A new edition of the draft.",
        "Waits": "A new edition, which waits for review in place of this one.",
        "Has it": "It has the topic already.",
    }
    assert Edition.objects.count() == 4  # nothing yet
    page = confirm(client, "article", "add_topic", [e.article for e in editions], topic.pk)
    assert "Add a topic: 3 changed." in page
    for edition, state in [(live, "draft"), (draft, "draft"), (waiting, "in_review")]:
        newest = edition.article.latest_edition()
        assert {t.name for t in newest.topics.all()} == {other.name, "Fisheries"}
        assert (newest.state, newest.body) == (state, edition.body)
    live.refresh_from_db()
    assert [t.name for t in live.topics.all()] == [other.name]
    assert Edition.objects.public().get() == live


def test_last_topic_is_taken_off_with_a_warning(visit, topic):
    edition = make_draft(engagement=visit, topics=[topic])
    plan = plan_of(
        "article", "remove_topic", [edition.article_id], topic,
        by=UserFactory(), may_change=bool,
    )  # fmt: skip
    assert "needs one to be approved" in plan.lines[0].sentence
    apply(plan)
    assert list(edition.article.latest_edition().topics.all()) == []


def test_writer_changes_only_their_own(client, visit, topic):
    writer = member(WRITER)
    client.force_login(writer)
    own = make_draft(ArticleFactory(created_by=writer), engagement=visit, topics=[])
    others = make_draft(engagement=visit, topics=[])
    page = confirm(client, "article", "add_topic", [own.article, others.article], topic.pk)
    assert "Add a topic: 1 changed." in page
    assert others.article.editions.count() == 1


def test_many_are_withdrawn_with_one_reason(client, visit):
    rows = [make_public(engagement=visit).article for _row in range(2)]
    draft = make_draft(engagement=visit).article
    client.force_login(member(DESK_HEAD))
    page = confirm(client, "article", "withdraw", [*rows, draft], "The source took it back.")
    assert "Withdraw: 2 changed." in page
    for article in rows:
        assert client.get(article.get_absolute_url()).status_code == 410
        article.refresh_from_db()
        assert article.audit_entries.get(kind="withdrawn").reason == "The source took it back."


def test_visit_with_a_public_article_is_not_withdrawn(client):
    covered, alone = EngagementFactory(title="Covered"), EngagementFactory(title="Alone")
    make_public(engagement=covered, headline="Covers it")
    client.force_login(member(EDITOR))
    page = confirm(client, "engagement", "withdraw", [covered, alone], "Never happened.")
    assert "Withdraw: 1 changed." in page
    covered.refresh_from_db()
    alone.refresh_from_db()
    assert (covered.withdrawn_at, alone.withdrawn_reason) == (None, "Never happened.")


def test_topics_and_regions_of_visits_are_recorded(client, visit, topic):
    region = Region.objects.exclude(pk__in=visit.regions.all()).first()
    derived = visit.region_rows.first().region
    client.force_login(member(EDITOR))
    for operation, what in [
        ("add_topic", topic), ("add_region", region), ("remove_region", derived),
    ]:  # fmt: skip
        assert "1 changed" in confirm(client, "engagement", operation, [visit], what.pk)
    assert list(visit.topics.all()) == [topic]
    rows = dict(visit.region_rows.values_list("region", "origin"))
    assert (rows[region.pk], rows[derived.pk]) == ("added", "removed")
    assert revisions_of(visit).count() == 4  # and the state before the first
    page = client.get(region.get_absolute_url()).content.decode()
    assert visit.title in page
    for operation, what in [
        ("remove_topic", topic), ("remove_region", region), ("add_region", derived),
    ]:  # fmt: skip
        assert "1 changed" in confirm(client, "engagement", operation, [visit], what.pk)
    assert list(visit.topics.all()) == []
    assert not EngagementRegion.objects.filter(engagement=visit, region=region).exists()
    assert visit.region_rows.get(region=derived).origin == "added"


def test_what_changed_since_the_preview_is_shown_again(client, visit, topic):
    client.force_login(member(EDITOR))
    form = {"ids": ids(visit), "what": topic.pk}
    page = client.get(page_of("engagement", "add_topic"), form)
    form["fingerprint"] = page.context["plan"].fingerprint
    visit.topics.add(topic)
    page = client.post(page_of("engagement", "add_topic"), form).content.decode()
    assert "Something has changed. Check again" in page
    assert "It has the topic already." in page


@pytest.mark.parametrize(
    ("kind", "operation", "what", "sentence"),
    [
        ("article", "add_topic", "999999", "There is no entry"),
        ("article", "add_topic", "x" * 5000, "There is no entry"),
        ("engagement", "add_region", "-1", "There is no entry"),
        ("article", "withdraw", "x" * 301, "too long"),
        ("article", "withdraw", "   ", "Enter a reason"),
    ],
)
def test_wrong_choice_gets_a_sentence(client, visit, kind, operation, what, sentence):
    client.force_login(member(DESK_HEAD))
    article = make_public(engagement=visit).article
    form = {"ids": ids(article if kind == "article" else visit), "what": what}
    for answer in (client.get, client.post):
        assert sentence in answer(page_of(kind, operation), form).content.decode()


def test_absurd_addresses_are_answered(client, visit, topic):
    client.force_login(member(DESK_HEAD))
    assert client.get(page_of("person", "withdraw")).status_code == 404
    assert client.get(page_of("article", "add_region")).status_code == 404
    page = client.get(page_of("article", "add_topic"), {"ids": "x,-1,,9e9"}).content.decode()
    assert "Select at least one in the list" in page
    many = {"ids": ",".join(map(str, range(1, MOST + 10))), "what": topic.pk}
    assert (
        f"At most {MOST} at once"
        in client.get(page_of("article", "add_topic"), many).content.decode()
    )


def test_action_of_the_list_leads_to_the_page(client, visit):
    client.force_login(member(EDITOR))
    changelist = reverse("admin:engagements_engagement_changelist")
    form = {"action": "bulk_add_topic", ACTION_CHECKBOX_NAME: [visit.pk]}
    answer = client.post(changelist, form)
    assert answer["Location"] == f"{page_of('engagement', 'add_topic')}?ids={visit.pk}"


def test_preview_of_withdrawals_costs_the_same_with_more_visits(client):
    client.force_login(member(DESK_HEAD))
    rows, counts = [], []
    for _turn in range(2):
        for _row in range(2):
            held, rounded_up, free = (EngagementFactory() for _visit in range(3))
            make_public(engagement=held, also_covers=[rounded_up], headline="Needs both")
            rows += [held, rounded_up, free]
        form = {"ids": ids(*rows), "what": "It never happened."}
        with CaptureQueriesContext(connection) as queries:
            page = client.get(page_of("engagement", "withdraw"), form)
        counts.append(len(queries))
    assert counts == [9, 9]
    told = [line.sentence for line in page.context["plan"].refused]
    assert len(told) == 8
    assert all("“Needs both” first: it needs this engagement" in sentence for sentence in told)


@pytest.mark.parametrize("kind", ["article", "engagement"])
def test_preview_costs_the_same_with_more_rows(client, topic, kind):
    client.force_login(member(DESK_HEAD))
    rows, counts = [], []
    for _turn in range(2):
        for _row in range(2):
            visit = EngagementFactory()
            edition = make_draft(engagement=visit, topics=[TopicFactory()])
            rows.append(edition.article if kind == "article" else visit)
        form = {"ids": ids(*rows), "what": topic.pk}
        with CaptureQueriesContext(connection) as queries:
            client.get(page_of(kind, "add_topic"), form)
        counts.append(len(queries))
    assert counts == {"article": [12, 12], "engagement": [10, 10]}[kind]
