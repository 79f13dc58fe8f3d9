"""Two people change the same engagement: the second one hears of it before anything is saved."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from articles.publishing.workflow import publish
from articles.roles import EDITOR, WRITER
from engagements.models import Country, Engagement, Outcome, Source
from tests.engagements.desk import (
    add_action,
    add_row,
    blank,
    errors,
    opened,
    read,
    save,
    saved,
)
from tests.factories import (
    ActionFactory,
    EngagementFactory,
    OutcomeFactory,
    SourceFactory,
    TopicFactory,
    UserFactory,
    make_draft,
)

pytestmark = pytest.mark.django_db


def desk_of(name: str, role: str = EDITOR) -> Client:
    client, person = Client(), UserFactory(first_name=name)
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)
    return client


@pytest.fixture
def amina():
    return desk_of("Amina")


@pytest.fixture
def me():
    return desk_of("Bela")


@pytest.fixture
def visit():
    return EngagementFactory(title="As it was", city="Algiers", summary="One two three.")


def test_nothing_of_a_colleagues_is_written_over(amina, me, visit):
    """What only Amina changed is taken, what both changed stays as typed; both are told."""
    mine = opened(me, visit)
    saved(save(amina, opened(amina, visit) | {"city": "Oran", "summary": "One two four."}, visit))
    answer = save(me, mine | {"summary": "One two five.", "venue": "A palace"}, visit)
    (told,) = errors(answer)
    assert told.startswith("Amina (")
    assert "Please correct" not in answer.text, "nothing of it is wrong"
    assert (Engagement.objects.get().city, Engagement.objects.get().venue) == ("Oran", "")
    form = read(answer)
    assert (form["city"], form["summary"], form["venue"]) == ("Oran", "One two five.", "A palace")
    told = {change.label: change for change in answer.context["merged_changes"]}
    assert set(told) == {"City", "Summary"}
    assert "four" in told["Summary"].theirs
    assert "five" in told["Summary"].mine
    saved(save(me, form, visit))
    after = Engagement.objects.get()
    assert (after.city, after.summary, after.venue) == ("Oran", "One two five.", "A palace")


def test_mistake_of_my_own_is_told_beside_what_a_colleague_saved(amina, me, visit):
    """Both stand there: what to put right, and what changed."""
    mine = opened(me, visit)
    saved(save(amina, opened(amina, visit) | {"city": "Oran"}, visit))
    answer = save(me, mine | {"start": "sometime"}, visit)
    assert "Please correct the errors below." in answer.text
    assert "Amina (" in " ".join(errors(answer))
    assert {change.label for change in answer.context["merged_changes"]} == {"City"}


def test_row_that_a_colleague_deleted_lets_the_form_be_saved(amina, me, visit):
    """A source that is gone leaves the form; one that I had changed comes back as a new row."""
    gone = SourceFactory(engagement=visit, title="Gone")
    changed = SourceFactory(engagement=visit, title="Changed")
    left = SourceFactory(engagement=visit, title="Left")
    mine, hers = opened(me, visit), opened(amina, visit)
    rows = {str(hers[f"sources-{n}-id"]): n for n in range(3)}
    for source in (gone, changed):
        hers[f"sources-{rows[str(source.pk)]}-DELETE"] = "on"
    saved(save(amina, hers, visit))
    mine[f"sources-{rows[str(changed.pk)]}-title"] = "Changed by me"
    answer = save(me, mine, visit)
    assert len(answer.context["merged_changes"]) == 2
    saved(save(me, read(answer), visit))
    assert set(Source.objects.values_list("title", flat=True)) == {"Left", "Changed by me"}
    assert Source.objects.filter(pk=left.pk).exists()


def test_rows_that_a_colleague_added_and_nested_ones_are_in_the_form(amina, me, visit):
    """A new outcome of theirs, and an action of an old one, stand beside my own new ones."""
    outcome = OutcomeFactory(engagement=visit, title="Old")
    ActionFactory(outcome=outcome, title="Old action")
    mine, hers = opened(me, visit), opened(amina, visit)
    add_action(hers, "outcomes-0", title="Her action")
    add_row(hers, "outcomes", title="Her outcome")
    saved(save(amina, hers, visit))
    add_action(mine, "outcomes-0", title="My action")
    add_row(mine, "outcomes", title="My outcome")
    answer = save(me, mine, visit)
    assert len(answer.context["merged_changes"]) == 2
    saved(save(me, read(answer), visit))
    assert set(Outcome.objects.values_list("title", flat=True)) == {
        "Old", "Her outcome", "My outcome",
    }  # fmt: skip
    assert set(outcome.actions.values_list("title", flat=True)) == {
        "Old action", "Her action", "My action",
    }  # fmt: skip


def test_theirs_is_taken_of_what_both_changed_in_a_row(amina, me, visit):
    """The row is known by its key, wherever it stands in the form by then."""
    first, second = (OutcomeFactory(engagement=visit, title=title) for title in ("One", "Two"))
    mine, hers = opened(me, visit), opened(amina, visit)
    saved(save(amina, hers | {"outcomes-0-DELETE": "on", "outcomes-1-title": "Hers"}, visit))
    answer = save(me, mine | {"outcomes-1-title": "Mine"}, visit)
    listed = {change.outcome: change for change in answer.context["merged_changes"]}
    take = listed["Your version is in the form."].take
    assert take == f"take-outcomes-{second.pk}-title"
    assert read(answer)["outcomes-0-title"] == "Mine"
    saved(save(me, read(answer) | {take: "on"}, visit))
    assert visit.outcomes.get().title == "Hers"
    assert not visit.outcomes.filter(pk=first.pk).exists()


def test_lists_are_merged_as_sets(amina, me, visit):
    """Topics have what either added, without what either removed."""
    old, hers, own, gone = (TopicFactory() for _number in range(4))
    visit.topics.set([old, gone])
    mine, other = opened(me, visit), opened(amina, visit)
    saved(save(amina, other | {"topics": [str(old.pk), str(gone.pk), str(hers.pk)]}, visit))
    answer = save(me, mine | {"topics": [str(old.pk), str(own.pk)]}, visit)
    assert [change.label for change in answer.context["merged_changes"]] == ["Topics"]
    saved(save(me, read(answer), visit))
    assert set(visit.topics.all()) == {old, hers, own}


def test_outcome_that_a_colleague_deleted_comes_back_with_its_actions(amina, me, visit):
    """Who had changed an action of it finds outcome and actions in the form, as new rows."""
    outcome = OutcomeFactory(engagement=visit, title="Cooperation")
    ActionFactory(outcome=outcome, title="Hold a forum")
    mine, hers = opened(me, visit), opened(amina, visit)
    saved(save(amina, hers | {"outcomes-0-DELETE": "on"}, visit))
    answer = save(me, mine | {"outcomes-0-actions-0-title": "Hold two"}, visit)
    saved(save(me, read(answer), visit))
    assert Outcome.objects.get().actions.get().title == "Hold two"


def test_untouched_form_is_saved_at_once(me, visit):
    """Who is alone is asked nothing, with whatever the engagement holds."""
    ActionFactory(outcome=OutcomeFactory(engagement=visit))
    SourceFactory(engagement=visit)
    saved(save(me, opened(me, visit), visit))
    saved(save(me, opened(me, visit) | {"opened": "nonsense"}, visit))


def test_engagement_sent_twice_is_made_once(me):
    """A double click leads to what it made; Back and a change make no other, and are kept."""
    spain = Country.objects.get(code="ES").pk
    data = blank(me) | {"title": "A visit", "start": "28 January 2025"}
    data["participants-0-country"] = str(spain)
    first = save(me, data)
    saved(first)
    assert save(me, data).url == first.url
    again = save(me, data | {"title": "A visit again"})
    assert "already" in " ".join(errors(again))
    assert read(again)["title"] == "A visit again"
    assert Engagement.objects.count() == 1


def test_words_typed_into_what_became_public_come_back():
    """A writer's visit is let out with an article: what was typed stands on the page."""
    visit = EngagementFactory(public_from=None, summary="One two three.")
    writer = desk_of("Amina", WRITER)
    data = opened(writer, visit) | {
        "summary": "Four <five> six.",
        "participants-0-title_text": "A b",
    }
    editor = UserFactory(first_name="Jonas")
    editor.groups.add(Group.objects.get(name=EDITOR))
    publish(make_draft(engagement=visit), by=editor, with_visits=True)
    answer = save(writer, data | {"_continue": "Save and go on"}, visit)
    assert answer.status_code == 403
    assert "Save and go on" not in answer.text
    assert "Your changes were not saved" in answer.text
    assert "Four &lt;five&gt; six." in answer.text
    assert "A b" in answer.text
    assert data["opened"] not in answer.text
    visit.refresh_from_db()
    assert visit.summary == "One two three."


def test_who_let_a_visit_out_with_an_article_is_named(me):
    """Nobody saved the visit's own form, and yet it is not as it was."""
    visit = EngagementFactory(public_from=None)
    data = opened(me, visit) | {"summary": "Four five six."}
    editor = UserFactory(first_name="Jonas")
    editor.groups.add(Group.objects.get(name=EDITOR))
    publish(make_draft(engagement=visit), by=editor, with_visits=True)
    assert "Jonas (" in save(me, data, visit).text
