"""The desk's first page: what waits for whom, at the same cost however much there is."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles.desk import worklists
from articles.desk.dashboard import MOST, SHOWN, Worklist, worklists_for
from articles.editing_sessions.autosave import forget
from articles.models import Autosave, Edition, RestoreProof
from articles.publishing.checks import EditionContent, Transition, failure_reasons
from articles.publishing.workflow import publish, send_back, submit
from articles.roles import ADMINISTRATOR, DESK_HEAD, EDITOR, WRITER
from engagements.dates import PartialDate, spelled_out
from tests.factories import (
    ActionFactory,
    ArticleFactory,
    EngagementFactory,
    OutcomeFactory,
    TopicFactory,
    UserFactory,
    make_draft,
)

pytestmark = pytest.mark.django_db

INDEX = reverse("admin:index")
DAY = dt.timedelta(days=1)


def member(role: str, **columns) -> User:
    person = UserFactory(**columns)
    person.groups.add(Group.objects.get(name=role))
    return User.objects.get(pk=person.pk)


@pytest.fixture
def visit():
    return EngagementFactory()


@pytest.fixture
def topic():
    return TopicFactory()


def written(person: User, visit, topic, headline: str) -> Edition:
    article = ArticleFactory(created_by=person)
    return make_draft(article, author=person, headline=headline, engagement=visit, topics=[topic])


def listed(person: User) -> dict[str, list[str]]:
    return {
        row.name: [item.title for item in row.items]
        for row in worklists_for(person, timezone.now())
    }


def test_each_list_holds_what_its_person_can_act_on(visit, topic):
    writer, editor, other = member(WRITER), member(EDITOR), member(EDITOR)
    written(writer, visit, topic, "A draft")
    sent, returned, own, scheduled = (
        written(person, visit, topic, headline)
        for person, headline in [
            (writer, "Sent"), (writer, "Came back"), (editor, "The editor's own"),
            (writer, "Tomorrow's"),
        ]
    )  # fmt: skip
    for edition in (sent, returned, own):
        submit(edition, by=edition.author)
    send_back(returned, by=editor, reason="Who says so?")
    publish(scheduled, by=editor, at=timezone.now() + DAY)
    assert listed(writer) == {
        "returned": ["Came back"], "drafts": ["A draft"], "scheduled": ["Tomorrow's"],
        "sent": ["Sent"], "unfinished": [], "uncovered": [], "overdue": [],
    }  # fmt: skip
    # Nobody approves what they alone wrote; another editor does.
    assert listed(editor)["waiting"] == ["Sent"]
    assert listed(editor)["sent"] == ["The editor's own"]
    assert listed(other)["waiting"] == ["Sent", "The editor's own"]
    assert listed(other)["drafts"] == []


def test_what_one_was_asked_for_comes_first(visit, topic):
    writer, editor = member(WRITER), member(EDITOR)
    for headline, reviewers in [("Sent", []), ("Asked for", [editor])]:
        edition = written(writer, visit, topic, headline)
        submit(edition, by=writer, reviewers=reviewers)
    [waiting] = [row for row in worklists_for(editor, timezone.now()) if row.name == "waiting"]
    assert [item.title for item in waiting.items] == ["Asked for", "Sent"]
    assert [item.meta.startswith("you were asked") for item in waiting.items] == [True, False]


def test_what_waits_is_what_the_rule_of_two_people_lets_one_approve(visit, topic):
    """Editions that several hands and approvals followed: the query says what the workflow says."""
    anna, bela, nobody = member(EDITOR), member(EDITOR), None
    hands = [
        [anna], [bela], [bela, anna], [anna, "approved", anna], [bela, "approved", anna],
        [anna, "approved", bela, anna], [nobody], [bela, "approved", bela],
    ]  # fmt: skip
    for row in hands:
        article, edition = ArticleFactory(), None
        for hand in row:
            if hand == "approved":
                publish(edition, by=UserFactory(), at=timezone.now() - DAY, backdated=True)
            else:
                edition = make_draft(article, author=hand, engagement=visit, topics=[topic])
                Edition.objects.filter(pk=edition.pk).update(author=hand)
        submit(edition, by=anna)
    for person in (anna, bela):
        allowed = {
            edition.pk
            for edition in Edition.objects.filter(state="in_review").select_related("article")
            # Those about a field are of the text.
            if all(
                reason.field
                for reason in failure_reasons(
                    Transition.PUBLISH, EditionContent.of(edition), by=person
                )
            )
        }
        assert {edition.pk for edition in worklists.waiting_for(person)} == allowed
        assert 0 < len(allowed) < len(hands)


def test_visits_without_coverage_come_and_go(topic):
    today = timezone.localdate()
    days = {"next week": 7, "yesterday": -1, "covered": -2, "last year": -365, "called off": 3}
    visits = {
        title: EngagementFactory(
            title=title,
            start=PartialDate(today + dt.timedelta(days=days)),
            status={"called off": "cancelled"}.get(title, "planned"),
        )
        for title, days in days.items()
    }
    make_draft(engagement=visits["covered"], topics=[topic])
    desk_head = member(DESK_HEAD)
    assert listed(desk_head)["uncovered"] == ["next week", "yesterday"]


def test_autosave_stands_there_until_it_is_saved(client, visit, topic):
    writer = member(WRITER)
    edition = written(writer, visit, topic, "A draft")
    fields = {"headline": ["A better headline"]}
    for article in (edition.article, None):
        Autosave.objects.create(person=writer, article=article, form=uuid4(), fields=fields)
    Autosave.objects.create(person=UserFactory(), form=uuid4(), fields=fields)
    assert listed(writer)["unfinished"] == ["A better headline"] * 2
    client.force_login(writer)
    assert client.get(reverse("desk:unfinished")).content.count(b"take_up=") == 2
    forget(writer, edition.article, Autosave.objects.get(article=edition.article).form)
    assert listed(writer)["unfinished"] == ["A better headline"]


def test_count_is_capped_and_few_are_shown(visit, topic):
    row = Worklist("name", "Title", "Nothing.", [*range(MOST + 1)], more="")
    assert (row.count, len(row.items)) == (f"{MOST}+", SHOWN)


def test_whole_list_holds_the_same(client, visit, topic):
    """The link beneath a list leads to all of it, and to nothing else."""
    writer, editor = member(WRITER), member(EDITOR)
    for number in range(2):
        submit(written(writer, visit, topic, f"Sent {number}"), by=writer)
    written(writer, visit, topic, "A draft")
    client.force_login(editor)
    for row in worklists_for(editor, timezone.now()):
        changelist = (client.get(row.more).context or {}).get("cl")
        if changelist is not None:
            assert changelist.result_count == len(row.items), row.name
    assert listed(editor)["waiting"] == ["Sent 0", "Sent 1"]


def test_first_page_costs_the_same_with_more_rows(client, visit, topic):
    editor = member(DESK_HEAD)
    client.force_login(editor)
    counts = []
    for _turn in range(2):
        for _row in range(3):
            submit(written(UserFactory(), visit, topic, "Sent"), by=editor)
            written(editor, visit, topic, "Mine")
            publish(
                written(UserFactory(), visit, topic, "Later"), by=editor, at=timezone.now() + DAY
            )
            EngagementFactory(start=PartialDate(timezone.localdate() - DAY))
            due = PartialDate(dt.date(2025, 1, 1))
            ActionFactory(outcome=OutcomeFactory(engagement=visit), due=due)
            Autosave.objects.create(person=editor, form=uuid4(), fields={"headline": ["Typed"]})
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = client.get(INDEX)
        counts.append(len(queries))
    assert counts == [17, 17]
    assert page.content.count(b"desk-more") == 6


def test_administrators_see_the_last_proven_restore(client):
    """When and how much, why a newer backup is not proven, and nothing of it for others."""
    client.force_login(member(ADMINISTRATOR))
    assert "None yet. Where backups are set up" in client.get(INDEX).text
    proof = RestoreProof.objects.create(backup="2026-03-01", rows=7558, files=8)
    page = client.get(INDEX).text
    assert f"{spelled_out(proof.at)}: the backup of 2026-03-01, 7,558 rows and 8 files." in page
    assert "No backup was proven" not in page
    RestoreProof.objects.update(at=timezone.now() - 3 * DAY)
    assert "No backup was proven in the last two days." in client.get(INDEX).text
    RestoreProof.objects.create(backup="2026-03-02", error="share.jpg is <damaged>.")
    page = client.get(INDEX).text
    assert "2026-03-02: share.jpg is &lt;damaged&gt;." in page
    assert "the backup of 2026-03-01" in page
    client.force_login(member(DESK_HEAD))
    assert "proven restore" not in client.get(INDEX).text


def test_empty_first_page_says_what_to_do(client):
    client.force_login(member(WRITER))
    page = client.get(INDEX).content.decode()
    assert "You have no draft." in page
    assert f'href="{reverse("admin:articles_article_add")}">New article' in page
    assert "Waiting for you" not in page  # a writer approves nothing


@contextmanager
def statistics_of_an_archive() -> Iterator[None]:
    """Let SQLite believe that it has counted 100,000 articles, of which a hundred are open."""
    counted = {
        "sqlite_autoindex_articles_edition_1": "300000 3 1",
        "edition_approved_newest": "200000 1",
        "edition_one_newest": "100000 1",
        "edition_desk_search": "100000 1 1 1",
        "edition_worked_on": "100 50 1",
        "articles_edition_author_id_8a5401e3": "300000 15000",
    }
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("DELETE FROM sqlite_stat1")
        for index, told in counted.items():
            row = ["articles_edition", index, told]
            cursor.execute("INSERT INTO sqlite_stat1 VALUES (%s, %s, %s)", row)
        cursor.execute("ANALYZE sqlite_master")
        yield
        cursor.execute("DELETE FROM sqlite_stat1")
        cursor.execute("ANALYZE sqlite_master")


@pytest.mark.sqlite
def test_first_page_reads_by_indexes(visit, topic):
    """Nothing on it reads a table of the archive from end to end."""
    today, editor = timezone.localdate(), member(EDITOR)
    questions = {
        "waiting": worklists.waiting_for(editor),
        "drafts": worklists.drafts_of(editor),
        "returned": worklists.returned_to(editor),
        "sent": worklists.sent_by(editor),
        "scheduled": Edition.objects.scheduled().order_by("public_from"),
        "soon": worklists.uncovered_soon(today),
        "lately": worklists.uncovered_lately(today),
        "overdue": worklists.overdue(today).for_lists(),
        "open": Edition.objects.worked_on(),
    }
    with statistics_of_an_archive():
        plans = {name: rows[:9].explain() for name, rows in questions.items()}
    for name, plan in plans.items():
        assert "SEARCH" in plan or "USING INDEX edition_worked_on" in plan, (name, plan)
        assert "SCAN" not in plan.replace("SCAN articles_edition USING INDEX edition_worked_on", "")
    for name in ("waiting", "drafts", "returned", "sent", "open"):
        assert "edition_worked_on" in plans[name], (name, plans[name])
