"""What was agreed, what it needs and what came of it."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from engagements.dates import PartialDate
from engagements.models import Action, ActionUpdate, Country
from tests.factories import (
    ActionFactory,
    EngagementFactory,
    OrganisationFactory,
    OutcomeFactory,
    SourceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

TODAY = dt.date(2025, 6, 15)
DAY = dt.timedelta(days=1)


def report(action: Action, status: str, date: dt.date = TODAY, *, by=None) -> ActionUpdate:
    return ActionUpdate.objects.create(
        action=action, status=status, date=date, text="It moved.", reported_by=by or UserFactory()
    )


def with_evidence(update: ActionUpdate) -> ActionUpdate:
    update.sources.add(SourceFactory(engagement=update.action.outcome.engagement))
    return update


def status(action: Action) -> str:
    return Action.objects.get(pk=action.pk).status


def test_updates_are_append_only():
    """What was reported stays; an error is mended by another update."""
    update = report(ActionFactory(), "under_way")
    update.text = "It did not move."
    with pytest.raises(ValidationError, match="never changed"):
        update.save()
    assert ActionUpdate.objects.get().text == "It moved."


def test_update_of_tomorrow_is_refused():
    """A report says what has happened."""
    update = ActionUpdate(date=timezone.localdate() + DAY)
    with pytest.raises(ValidationError, match="not in the future"):
        update.clean()


def test_status_follows_the_latest_update():
    """The latest date counts; of one day the one reported last."""
    action = ActionFactory()
    assert status(action) == "open"
    report(action, "delayed")
    report(action, "under_way", TODAY - DAY)
    assert status(action) == "delayed"
    report(action, "under_way")
    assert status(action) == "under_way"
    report(action, "dropped", TODAY + DAY)
    assert status(action) == "dropped"


def test_done_counts_once_a_second_person_has_confirmed_it():
    """Until then the action keeps the status that it had."""
    action = ActionFactory()
    report(action, "under_way", TODAY - DAY)
    done = with_evidence(report(action, "done"))
    assert status(action) == "under_way"
    done.confirm(by=UserFactory())
    assert status(action) == "done"
    assert ActionUpdate.objects.get(pk=done.pk).confirmed_by is not None


def test_done_that_is_confirmed_late_does_not_undo_what_came_since():
    """A newer update keeps counting."""
    action = ActionFactory()
    done = with_evidence(report(action, "done", TODAY - DAY))
    report(action, "delayed")
    done.confirm(by=UserFactory())
    assert status(action) == "delayed"


def test_confirm_refuses_with_a_reason():
    """Not oneself, not without evidence, not twice, and nothing but "done"."""
    action, reporter, second = ActionFactory(), UserFactory(), UserFactory()
    done = report(action, "done", by=reporter)
    with pytest.raises(ValidationError, match="needs evidence"):
        done.confirm(by=second)
    with_evidence(done)
    with pytest.raises(ValidationError, match="by a second person"):
        done.confirm(by=reporter)
    assert status(action) == "open"
    done.confirm(by=second)
    with pytest.raises(ValidationError, match="nothing to confirm"):
        done.confirm(by=UserFactory())
    with pytest.raises(ValidationError, match="nothing to confirm"):
        report(action, "dropped").confirm(by=second)


@pytest.mark.parametrize(
    ("due", "status", "overdue"),
    [
        ("2025-06-14", "open", True),
        ("2025-06-15", "open", False),
        ("2025-05", "open", True),
        ("2025-06", "open", False),
        ("2024", "open", True),
        ("2025", "open", False),
        ("", "open", False),
        ("2025-06-14", "under_way", True),
        ("2025-06-14", "delayed", True),
        ("2025-06-14", "done", False),
        ("2025-06-14", "dropped", False),
    ],
)
def test_overdue_once_the_whole_period_has_passed(due, status, overdue):
    """ "Due in 2025" is not late before 2026; the row and the query say the same."""
    action = ActionFactory(due=PartialDate.parse(due) if due else None, status=status)
    assert action.is_overdue(TODAY) is overdue
    assert Action.objects.overdue(TODAY).exists() is overdue


def test_actions_are_as_visible_as_their_engagement():
    """Children inherit the rule of visibility, at any moment."""
    now = timezone.now()
    actions = [
        ActionFactory(outcome__engagement=EngagementFactory(**columns))
        for columns in (
            {"public_from": now},
            {"public_from": None},
            {"public_from": now + DAY},
            {"public_from": now - DAY, "withdrawn_at": now, "withdrawn_reason": "An error."},
        )
    ]
    shown, _draft, embargoed, withdrawn = actions
    assert list(Action.objects.public(now)) == [shown]
    assert set(Action.objects.public(now + DAY)) == {shown, embargoed}
    assert set(Action.objects.public(now - DAY)) == {withdrawn}


def test_owner_is_one_of_three():
    """A country, an organisation by its acronym, words, or nobody yet."""
    algeria = Country.objects.get(code="DZ")
    assert Action(owner_country=algeria).owner == "Algeria"
    nato = OrganisationFactory(name="North Atlantic Treaty Organization", acronym="NATO")
    assert Action(owner_organisation=nato).owner == "NATO"
    assert Action(owner_text="Both sides").owner == "Both sides"
    assert Action().owner == ""


def test_owners_name_is_in_step():
    """Lists are ordered by it: a new owner, a new name or other words change it, reports do not."""
    algeria, body = Country.objects.get(code="DZ"), OrganisationFactory(name="Zone", acronym="A")
    action = ActionFactory(owner_country=algeria)
    assert action.owner_name == "Algeria"
    algeria.name = "People's Republic"
    algeria.save()
    action.refresh_from_db()
    assert action.owner_name == "People's Republic"
    action.owner_country, action.owner_organisation = None, body
    action.save(update_fields=["owner_country", "owner_organisation"])
    action.refresh_from_db()
    assert action.owner_name == "Zone"
    body.name = "Area"
    body.save()
    action.refresh_from_db()
    assert action.owner_name == "Area"
    action.owner_organisation, action.owner_text = None, "Both sides"
    action.save()
    action.refresh_status()
    action.refresh_from_db()
    assert action.owner_name == "Both sides"


def test_outcomes_and_actions_keep_the_editors_order():
    """Position first, then the order in which they were written."""
    engagement = EngagementFactory()
    for title, position in [("c", 1), ("a", 0), ("b", 0)]:
        outcome = OutcomeFactory(engagement=engagement, title=title, position=position)
    assert [row.title for row in engagement.outcomes.all()] == ["a", "b", "c"]
    for title, position in [("c", 1), ("a", 0), ("b", 0)]:
        ActionFactory(outcome=outcome, title=title, position=position)
    assert [row.title for row in outcome.actions.all()] == ["a", "b", "c"]
