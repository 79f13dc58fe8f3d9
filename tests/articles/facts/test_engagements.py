"""The history of an engagement's facts: recorded, compared, and taken back within the rules."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from articles.caching.batch import batched_refresh
from articles.facts.duplicate_merge import merge_duplicate
from articles.facts.views.engagements import changes_between
from articles.models import TimelineEntry
from engagements import reverting
from engagements.dates import PartialDate
from engagements.history import record, revisions_of, snapshot_of
from engagements.models import (
    ActionUpdate,
    Country,
    DateChange,
    Engagement,
    EngagementRegion,
    Participant,
    Region,
)
from engagements.reverting import revert, snapshot_after_revert
from tests.articles.timeline.oracle import engagements_of
from tests.engagements.desk import opened, save, saved
from tests.factories import (
    ActionFactory,
    AppointmentFactory,
    EngagementFactory,
    OrganisationFactory,
    OutcomeFactory,
    PersonFactory,
    SourceFactory,
    TopicFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit() -> Engagement:
    """A public visit with a row of everything, recorded as it is."""
    visit = EngagementFactory(title="The first title", topics=[TopicFactory(name="Energy")])
    source = SourceFactory(engagement=visit)
    person = PersonFactory(name="Amina")
    row = Participant.objects.create(
        engagement=visit, person=person, organisation=OrganisationFactory(), is_lead=True
    )
    row.sources.add(source)
    action = ActionFactory(outcome=OutcomeFactory(engagement=visit), title="Hold a forum")
    update = {"date": dt.date(2025, 3, 1), "reported_by": UserFactory()}
    ActionUpdate.objects.create(action=action, status="under_way", text="Invited.", **update)
    added = Region.objects.exclude(countries__code__in=["DZ", "ES"]).first()
    EngagementRegion.objects.create(engagement=visit, region=added, origin="added")
    record(visit.pk, by=UserFactory(username="amina"), comment="As it was")
    return visit


def go_back(visit: Engagement, reason: str = "A mix-up.") -> None:
    first = revisions_of(visit).last()
    with transaction.atomic(), batched_refresh():
        revert(visit, first.revision, by=UserFactory(), reason=reason)
    visit.refresh_from_db()


def facts(visit: Engagement) -> list:
    """Return the visit's facts as plain values."""
    return [
        visit.title, visit.status, visit.when,
        sorted(visit.topics.values_list("name", flat=True)),
        sorted(visit.participants.values_list("pk", "person", "organisation", "is_lead")),
        sorted(visit.sources.values_list("publisher", flat=True)),
        sorted(visit.participants.values_list("pk", "sources")),
        sorted(visit.outcomes.values_list("pk", "title", "actions__title", "actions__status")),
        sorted(visit.region_rows.values_list("region", "origin")),
    ]  # fmt: skip


def change_everything(visit: Engagement) -> None:
    visit.title, visit.status = "Another title", "cancelled"
    visit.start = PartialDate(dt.date(2025, 2, 3))
    visit.save()
    visit.topics.set([TopicFactory(name="Sea")])
    lead = visit.participants.get(is_lead=True)
    lead.delete()
    Participant.objects.create(
        engagement=visit, country=Country.objects.get(code="JP"), is_lead=True, person=lead.person
    )
    visit.sources.all().delete()
    visit.outcomes.update(title="Nothing")
    visit.region_rows.filter(origin="added").delete()


def test_revert_brings_back_every_fact_and_the_timelines_follow(visit):
    """Participants, sources, outcomes, actions, topics and regions; the index is in step."""
    before = facts(visit)
    change_everything(visit)
    go_back(visit)
    assert facts(visit) == before
    region = visit.region_rows.get(origin="added").region
    shown = TimelineEntry.objects.filter(engagement=visit)
    subjects = set(shown.values_list("kind", "subject"))
    assert (TimelineEntry.Kind.REGION, region.pk) in subjects
    assert (TimelineEntry.Kind.TOPIC, visit.topics.get().pk) in subjects
    assert visit in engagements_of(region)
    assert set(shown.values_list("sort_key", flat=True)) == {20250128}
    newest = revisions_of(visit).first().revision
    assert newest.comment == "Went back to an earlier state: A mix-up."


def test_revert_leaves_what_readers_may_see(visit):
    """Address, embargo and withdrawal are not facts: a revert publishes and hides nothing."""
    visit.slug, visit.withdrawn_at = "renamed", timezone.now()
    visit.withdrawn_reason = "Never happened."
    visit.save()
    go_back(visit)
    assert (visit.slug, visit.withdrawn_reason) == ("renamed", "Never happened.")
    visit = EngagementFactory(public_from=None)
    record(visit.pk)
    visit.public_from = timezone.now()
    visit.save()
    go_back(visit)
    assert Engagement.objects.public().filter(pk=visit.pk).exists()


def test_revert_of_seen_dates_is_told_to_readers(visit):
    """The way back is a changed date like any other: a row with the old, the new and why."""
    visit.start = PartialDate(dt.date(2025, 2, 3))
    visit.save()
    go_back(visit)
    change = DateChange.objects.get(engagement=visit)
    assert (change.old, change.new) == ("3 February 2025", "28 January 2025")
    assert change.reason == "A mix-up."


def test_revert_takes_no_update_away(visit):
    """What was reported since stays, and decides the action's status."""
    action = visit.outcomes.get().actions.get()
    update = {"date": dt.date(2025, 4, 1), "reported_by": UserFactory()}
    ActionUpdate.objects.create(action=action, status="delayed", text="Put off.", **update)
    go_back(visit)
    assert action.updates.count() == 2
    action.refresh_from_db()
    assert action.status == "delayed"


def test_revert_is_refused_where_it_would_delete_an_update(visit):
    """An action that came later and was reported on cannot vanish: nothing changes at all."""
    later = ActionFactory(outcome=OutcomeFactory(engagement=visit), title="Build a pipeline")
    update = {"date": dt.date(2025, 4, 1), "reported_by": UserFactory()}
    ActionUpdate.objects.create(action=later, status="open", text="Agreed.", **update)
    visit.title = "Another title"
    visit.save()
    record(visit.pk)
    newest, first = (version.revision for version in revisions_of(visit))
    assert "Build a pipeline" not in snapshot_after_revert(first, newest).values()
    with pytest.raises(ValidationError, match=r"Build a pipeline.*cannot be removed"):
        go_back(visit)
    visit.refresh_from_db()
    assert visit.title == "Another title"


def test_revert_is_refused_where_a_row_is_no_longer_valid(visit):
    """The sentence names the row and says what is wrong with it."""
    row = visit.participants.get(is_lead=True)
    row.appointment = AppointmentFactory(person=row.person, organisation=row.organisation)
    row.save()
    record(visit.pk)
    row.appointment.start = PartialDate(dt.date(2025, 6, 1))  # not yet in January
    row.appointment.save()
    with pytest.raises(ValidationError, match=r"participant “Amina.*not held on these days"):
        revert(visit, revisions_of(visit)[0].revision, by=UserFactory(), reason="A mix-up.")


def test_revert_that_breaks_a_rule_of_the_database_is_refused_in_words(visit, monkeypatch):
    """A constraint that came after the revision: nothing changes, and the editor knows why."""

    def fail(*_args) -> None:
        Engagement.objects.filter(pk=visit.pk).update(title="Half-way")
        raise IntegrityError

    monkeypatch.setattr(reverting, "_write", fail)
    with pytest.raises(ValidationError, match="break a rule that holds today"):
        go_back(visit)
    visit.refresh_from_db()
    assert visit.title == "The first title"


def test_revert_is_refused_where_somebody_is_gone(visit):
    """A person who was merged since cannot be put back; the sentence says what is missing."""
    merge_duplicate(visit.participants.get(is_lead=True).person, PersonFactory())
    with pytest.raises(ValidationError, match="A person that the participant named"):
        go_back(visit)


def test_revert_brings_a_deleted_action_back_with_its_updates(visit):
    """The record of a promise comes back whole."""
    visit.outcomes.get().delete()
    go_back(visit)
    action = visit.outcomes.get().actions.get()
    assert [update.text for update in action.updates.all()] == ["Invited."]
    assert action.status == "under_way"


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_revert_needs_a_reason(visit, reason):
    """Nobody goes back without saying why."""
    with pytest.raises(ValidationError, match=r"reason|why"):
        go_back(visit, reason)


def test_two_revisions_are_compared_word_by_word(visit):
    """Fields and rows, each under its name."""
    change_everything(visit)
    record(visit.pk)
    new, old = revisions_of(visit)
    states = [snapshot_of(version.revision) for version in (old, new)]
    told = {change.label: change.html for change in changes_between(*states)}
    assert "first" in told["Title"]
    assert "Another" in told["Title"]
    assert "3 February 2025" not in told["Start"]  # word by word: "28 January" became "3 February"
    assert "February" in told["Start"]
    assert "Energy" in told["Topics"]
    assert {"Status", "Participants", "Outcomes", "Sources", "Regions of the engagement"} <= set(
        told
    )
    assert changes_between(states[0], states[0]) == []


# The desk


def page(name: str, visit: Engagement, *more: int) -> str:
    return reverse(f"admin:engagements_engagement_{name}", args=[visit.pk, *more])


def test_form_records_what_was_before_and_what_is_now(admin_client):
    """The first change here keeps the state before it, too; each save is one revision."""
    visit = EngagementFactory(title="The first title")
    data = opened(admin_client, visit)
    saved(save(admin_client, data | {"title": "A better title"}, visit))
    comments = [version.revision.comment for version in revisions_of(visit)]
    assert comments == ["Put right. Changed Title.", "As it was before its history began."]
    text = admin_client.get(page("compare", visit)).text
    assert "first" in text
    assert "better" in text
    assert "Changed Title." in admin_client.get(page("history", visit)).text


def test_desk_goes_back_with_a_reason(admin_client, visit):
    """The page shows what would change; without a reason it says so and keeps what was typed."""
    change_everything(visit)
    first = revisions_of(visit).last().revision_id
    address = page("revision", visit, first)
    record(visit.pk)
    assert "first" in admin_client.get(address).text
    assert "Enter a reason for the revert." in admin_client.post(address, {"reason": " "}).text
    answer = admin_client.post(address, {"reason": "A mix-up."})
    assert answer["Location"] == page("change", visit)
    visit.refresh_from_db()
    assert visit.title == "The first title"


def test_page_of_going_back_shows_nothing_that_would_stay(admin_client, visit):
    """What was told of dates, corrections and promises is never taken away, so it is not shown."""
    action = visit.outcomes.get().actions.get()
    first = revisions_of(visit).first().revision_id
    data = opened(admin_client, visit) | {"start": "3 February 2025", "tells_readers": "on"}
    saved(save(admin_client, data, visit))
    update = {"date": dt.date(2025, 4, 1), "reported_by": UserFactory()}
    ActionUpdate.objects.create(action=action, status="delayed", text="Put off.", **update)
    action.refresh_from_db()
    record(visit.pk)
    page_of_it = admin_client.get(page("revision", visit, first))
    assert [change.label for change in page_of_it.context["changes"]] == ["Start"]
    before = DateChange.objects.count(), action.status
    admin_client.post(page("revision", visit, first), {"reason": "A mix-up."})
    action.refresh_from_db()
    assert (DateChange.objects.count() - 1, action.status) == before


def test_update_and_confirmation_are_revisions_of_the_engagement(admin_client, visit):
    """What happens to a promise stands in its engagement's history."""
    action = visit.outcomes.get().actions.get()
    update = ActionUpdate.objects.create(
        action=action, status="done", date=dt.date(2025, 5, 1), text="Held.",
        reported_by=UserFactory(),
    )  # fmt: skip
    update.sources.add(SourceFactory(engagement=visit))
    url = reverse("admin:engagements_action_changelist")
    admin_client.post(url, {"action": "confirm_done", "_selected_action": [action.pk]})
    assert revisions_of(visit).first().revision.comment == "Confirmed as done."


@pytest.mark.parametrize("number", ["0", "x", "9" * 40, "²"])
def test_nonsense_revision_is_answered_in_words(admin_client, visit, number):
    """A sentence and the list, or a 404; never an error."""
    text = admin_client.get(page("compare", visit), {"from": number}).text
    assert "choose two from the list" in text
    assert admin_client.get(page("revision", visit, 10**9)).status_code == 404
    other = EngagementFactory()
    foreign = revisions_of(visit).first().revision_id
    assert admin_client.get(page("revision", other, foreign)).status_code == 404


def test_who_may_not_change_the_facts_does_not_go_back(client, visit):
    """A writer looks at the history of a public visit, and changes nothing by it."""
    user = UserFactory()
    user.groups.add(Group.objects.get(name="Writer"))
    client.force_login(user)
    address = page("revision", visit, revisions_of(visit).last().revision_id)
    assert 'name="reason"' not in client.get(address).text
    assert client.post(address, {"reason": "Why not."}).status_code == 403


@pytest.mark.parametrize(("codename", "status"), [("change_engagement", 200), ("view_topic", 403)])
def test_who_may_change_an_engagement_may_read_its_revisions(client, visit, codename, status):
    """The permission to change holds that to view, as on Django's own pages."""
    person = UserFactory(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename=codename))
    client.force_login(person)
    page = reverse("admin:engagements_engagement_compare", args=[visit.pk])
    assert client.get(page).status_code == status
