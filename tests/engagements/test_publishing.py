"""What readers see of an engagement, and every reason why not."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.forms import inlineformset_factory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from engagements.dates import PartialDate
from engagements.forms import EngagementRegionFormSet, ParticipantFormSet
from engagements.history import revisions_of
from engagements.models import Engagement, EngagementRegion, Participant, Region
from engagements.publishing import add_region, announce_dates, make_public, remove_region, withdraw
from tests.factories import EngagementFactory, UserFactory

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


def test_withdrawal_says_every_reason_why_not():
    """Its state, what other apps know and the missing reason come together; nothing changes."""
    draft = EngagementFactory(public_from=None)
    with pytest.raises(ValidationError) as refusal:
        withdraw(draft, reason=" ", by=UserFactory(), failures=["An article needs it."])
    assert refusal.value.messages == [
        "Only a public engagement can be withdrawn.",
        "An article needs it.",
        "Say why it is withdrawn: readers will see the reason.",
    ]
    draft.refresh_from_db()
    assert not draft.withdrawn_at
    assert not revisions_of(draft)


def test_withdrawn_engagement_is_withdrawn_only_once():
    """The date and the reason that readers know stay."""
    engagement, by = EngagementFactory(), UserFactory()
    withdraw(engagement, reason="Never happened.", by=by)
    with pytest.raises(ValidationError, match="Only a public engagement"):
        withdraw(engagement, reason="Again.", by=by)
    assert Engagement.objects.withdrawn().get().withdrawn_reason == "Never happened."


def test_publication_is_a_revision_with_its_comment():
    """The history holds the draft and what made it public."""
    draft = EngagementFactory(public_from=None)
    make_public(draft, at=timezone.now(), by=UserFactory(), comment="Public now.")
    assert Engagement.objects.public().filter(pk=draft.pk).exists()
    assert [version.revision.comment for version in revisions_of(draft)] == [
        "Public now.", "As it was before its history began.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("public_from", "days", "is_announced"),
    [(None, 1, False), (HOUR, 1, False), (-HOUR, 0, False), (-HOUR, 1, True)],
)
def test_new_dates_are_announced_if_readers_saw_others(public_from, days, is_announced):
    """A draft, an embargo and the same dates are nothing new to readers."""
    engagement = EngagementFactory(public_from=public_from and timezone.now() + public_from)
    old = engagement.start, engagement.end
    engagement.start = PartialDate(engagement.start.date + dt.timedelta(days=days))
    engagement.save()
    assert announce_dates(engagement, old, reason="Storm.", by=UserFactory()) is is_announced
    assert [(row.old, row.new) for row in engagement.date_changes.all()] == (
        [(str(old[0]), str(engagement.start))] if is_announced else []
    )


def test_region_is_added_and_removed_whatever_the_countries():
    """A derived row stays as removed; added again, it is the editor's."""
    engagement = EngagementFactory()
    row = engagement.region_rows.first()
    remove_region(row)
    assert row.region not in Region.objects.filter(
        pk__in=engagement.region_rows.effective().values("region")
    )
    add_region(engagement, row.region)
    row.refresh_from_db()
    assert row.origin == EngagementRegion.Origin.ADDED
    remove_region(row)
    assert not engagement.region_rows.filter(region=row.region).exists()


def test_formset_of_participants_writes_only_on_commit():
    """As Django's own does."""
    engagement = EngagementFactory()
    data = {"participants-TOTAL_FORMS": "0", "participants-INITIAL_FORMS": "0"}
    formset = inlineformset_factory(
        Engagement, Participant, formset=ParticipantFormSet, fields=["side"]
    )(data, instance=engagement)
    assert formset.is_valid()
    with CaptureQueriesContext(connection) as queries:
        assert formset.save(commit=False) == []
    assert not [query for query in queries if query["sql"].startswith("UPDATE")]


def test_formset_removes_a_region_only_on_commit():
    """As Django's own does, which deletes the row."""
    engagement = EngagementFactory()
    row = engagement.region_rows.first()
    formset = inlineformset_factory(
        Engagement, EngagementRegion, formset=EngagementRegionFormSet, fields=["region", "origin"]
    )(instance=engagement)
    for commit, origin in [(False, "derived"), (True, "removed")]:
        formset.delete_existing(row, commit=commit)
        row.refresh_from_db()
        assert row.origin == origin
