"""The timelines' index against the slow query, whatever is saved, published or withdrawn."""

import datetime as dt
import io
import threading
from collections import Counter
from collections.abc import Mapping
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from articles.caching.batch import batched_refresh
from articles.caching.version import basis_at, content_changed
from articles.models import ContentVersion, Edition, TimelineEntry, TimelineTotal
from articles.publishing.workflow import publish, unschedule
from articles.syndication import index as syndication_index
from articles.timeline import index as timeline_index
from articles.timeline import totals as stored
from articles.timeline.activity import subject_summaries
from articles.timeline.facets import facets_of
from articles.timeline.filters import View
from articles.timeline.index import (
    COLUMNS,
    KINDS,
    STATUSES,
    WITH,
    Term,
    out_of_step,
    rebuild,
    refresh,
    totals_out_of_step,
)
from articles.timeline.queries import entries_page, matching_entries
from articles.timeline.subjects import KINDS as SUBJECTS
from articles.timeline.subjects import public_subjects
from engagements.dates import PartialDate
from engagements.models import (
    Action,
    Country,
    Engagement,
    EngagementRegion,
    Organisation,
    Participant,
    Person,
    Region,
    Topic,
)
from tests.articles.newsroom import DEEDS, Newsroom
from tests.articles.timeline.oracle import engagements_of
from tests.factories import (
    EngagementFactory,
    OrganisationFactory,
    PersonFactory,
    TopicFactory,
    UserFactory,
    make_draft,
)

pytestmark = pytest.mark.django_db

Kind = TimelineEntry.Kind
HOUR = dt.timedelta(hours=1)


def entries(at: dt.datetime) -> set[tuple[int, int, int]]:
    """Return kind, subject and engagement of what the index shows at a moment."""
    rows = TimelineEntry.objects.exclude(hidden_until__gt=at).exclude(lapses_at__lte=at)
    return set(rows.values_list("kind", "subject", "engagement_id"))


def slow(at: dt.datetime) -> set[tuple[int, int, int]]:
    """Return the same from the facts themselves."""
    found = {
        (kind, subject.pk, engagement.pk)
        for kind, model in (
            (Kind.REGION, Region),
            (Kind.COUNTRY, Country),
            (Kind.PERSON, Person),
            (Kind.ORGANISATION, Organisation),
            (Kind.TOPIC, Topic),
        )
        for subject in model.objects.all()
        if model is not Country or subject.code in {"DZ", "ES", "IT", "TN"}
        for engagement in engagements_of(subject, at)
    }
    for visit in Engagement.objects.public(at):
        found.add((Kind.KIND, KINDS[visit.kind], visit.pk))
        found.add((Kind.STATUS, STATUSES[visit.status], visit.pk))
        if Edition.objects.public(at).covering([visit]).exists():
            found.add((Kind.COVERAGE, WITH, visit.pk))
        if Action.objects.unfinished().filter(outcome__engagement=visit).exists():
            found.add((Kind.ACTIONS, WITH, visit.pk))
    return found


def recount() -> Counter:
    """Count the totals from the entries, the plain way."""
    rows = TimelineEntry.objects.all()
    months = [(row.kind, row.subject, row.sort_key // 100) for row in rows]
    took_place = Engagement.objects.filter(status="took_place").values("pk")
    held = rows.filter(kind=Kind.REGION, engagement__in=took_place)
    return (
        Counter((TimelineTotal.ALL + kind, subject, 0) for kind, subject, _month in months)
        + Counter(row for row in months if row[0] != Kind.PERSON)
        + Counter((TimelineTotal.HELD, row.subject, row.sort_key // 100) for row in held)
    )


def totals() -> dict:
    rows = TimelineTotal.objects.values_list("kind", "subject", "month", "count")
    return {tuple(key): count for *key, count in rows if count}


def check_what_readers_see(at: dt.datetime, facts: set[tuple[int, int, int]]) -> None:
    """Hold pages, their numbers, and the totals less what is hidden to what is public then."""
    public = {visit.pk: visit for visit in Engagement.objects.public(at)}
    keys = {pk: visit.start.sort_key for pk, visit in public.items()}
    hidden = stored.hidden_entries(at)
    visits: dict[Term, set[int]] = {}
    for kind, subject, engagement in facts:
        visits.setdefault(Term(kind, subject), set()).add(engagement)
    # Of the regions one is enough, and what comes after the topics is nobody's timeline.
    regions = sorted(term for term in visits if term.kind == Kind.REGION)
    others = sorted(term for term in visits if Kind.REGION < term.kind <= Kind.TOPIC)
    for term in (*regions[:1], *others):
        found = visits[term]
        view = View("/")
        entries = matching_entries(term, view, at)
        newest = sorted(found, key=lambda pk: (keys[pk], pk), reverse=True)
        assert [row.engagement for row in entries_page(entries, view, at, 50).entries] == newest
        facets = facets_of(term, entries, view, at)
        months = Counter(keys[pk] // 100 for pk in found)
        assert (facets.count, facets.months) == (len(found), months)
        assert flat(facets.values) == {
            other: len(found & pks)
            for other, pks in visits.items()
            if found & pks and other.kind != Kind.REGION
        }
        if term.kind != Kind.PERSON:
            assert stored.by_month(term, hidden) == months
    took_place = {pk for pk, visit in public.items() if visit.status == "took_place"}
    for name, kind in SUBJECTS.items():
        for row in subject_summaries(name, at):
            found = visits.get(Term(kind, row.subject.pk), set())
            latest = max((keys[pk] // 10_000 for pk in found & took_place), default=0)
            assert (row.visits, row.latest) == (len(found), latest), row
    assert stored.held_by_month([term.subject for term in regions], hidden, 0, 999999) == Counter(
        (term.subject, keys[pk] // 100) for term in regions for pk in visits[term] & took_place
    )


def flat(values: Mapping[int, Mapping[int, int | None]]) -> dict[Term, int | None]:
    return {
        Term(kind, subject): count
        for kind, counts in values.items()
        for subject, count in counts.items()
    }


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 30)), min_size=2, max_size=12))
@example([("tell", 1)])  # a visit that is public, with coverage that is not yet
def test_index_agrees_with_the_slow_query_whatever_happens(deeds):
    """Any sequence of saves, publications, withdrawals and region changes, now and in a day.

    Entries and totals are those of the facts, and so is what a reader finds on each timeline.
    """
    with transaction.atomic():
        newsroom = Newsroom()
        newsroom.add_visit(0)
        for name, number in deeds:
            getattr(newsroom, name)(number)
        now = timezone.now()
        assert entries(now) == slow(now)
        for at in (now + 1.5 * HOUR, now + dt.timedelta(days=1)):
            facts = slow(at)
            assert entries(at) == facts
            check_what_readers_see(at, facts)
            # Nor does the check of the record take what time has passed for a fault.
            with patch.object(timezone, "now", return_value=at):
                assert out_of_step(Engagement.objects.values_list("pk", flat=True)) == set()
                assert syndication_index.out_of_step() == set()
        assert totals() == recount()
        assert totals_out_of_step() == 0
        kept = set(TimelineEntry.objects.values_list(*COLUMNS))
        call_command("rebuild_timelines", stdout=io.StringIO(), stderr=io.StringIO())
        assert set(TimelineEntry.objects.values_list(*COLUMNS)) == kept
        assert totals() == recount()
        transaction.set_rollback(True)


def test_round_up_that_is_taken_off_the_schedule_covers_nothing():
    """Found by the test above: an edition that is a draft again leaves the visits it rounded up."""
    visit = EngagementFactory()
    edition = make_draft(also_covers=[visit])
    publish(edition, by=UserFactory(), at=timezone.now() + HOUR)
    covered = TimelineEntry.objects.filter(kind=Kind.COVERAGE, engagement=visit)
    assert covered.exists()
    unschedule(edition)
    assert not covered.exists()


def test_entries_stand_in_the_order_of_a_timeline():
    """A month alone stands at its end, a year alone after its months."""
    for date, precision, key in (
        (dt.date(2025, 1, 28), "day", 20250128),
        (dt.date(2025, 2, 1), "month", 20250228),
        (dt.date(2025, 1, 1), "year", 20251331),
    ):
        visit = EngagementFactory(start=PartialDate(date, precision))
        assert set(
            TimelineEntry.objects.filter(engagement=visit).values_list("sort_key", flat=True)
        ) == {key}


def test_nothing_is_written_where_nothing_changed():
    """A corrected summary leaves entries and totals alone."""
    visit = EngagementFactory()
    with CaptureQueriesContext(connection) as queries:
        refresh([visit.pk])
    assert not [q for q in queries if not q["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))]


def test_form_brings_one_refresh():
    """What a form saves row by row is refreshed once, when all of it is there."""
    visit = EngagementFactory()
    with CaptureQueriesContext(connection) as queries, batched_refresh():
        for topic in TopicFactory.create_batch(3):
            visit.topics.add(topic)
        visit.save()
        assert not TimelineEntry.objects.filter(kind=Kind.TOPIC).exists()
    assert TimelineEntry.objects.filter(kind=Kind.TOPIC).count() == 3
    reads = [
        q
        for q in queries
        if q["sql"].startswith("SELECT") and 'FROM "articles_timelineentry"' in q["sql"]
    ]
    # This test's own; whether readers saw the visit; its entries.
    assert len(reads) == 3


def test_every_change_is_a_new_content_version():
    """A name, a topic's name, a region's countries: all stand on pages."""
    person, topic = PersonFactory(), TopicFactory()
    visit = EngagementFactory(topics=[topic])
    part = Participant.objects.create(
        engagement=visit, organisation=OrganisationFactory(), person=person
    )
    region = Region.objects.first()
    for change in (
        person.save, topic.save, part.organisation.save, region.countries.clear, part.delete
    ):  # fmt: skip
        before = ContentVersion.objects.get().number
        change()
        assert ContentVersion.objects.get().number > before


def test_lost_content_version_comes_back():
    """Where the one row is missing, the next change makes it."""
    ContentVersion.objects.all().delete()
    EngagementFactory()
    assert ContentVersion.objects.get().number >= 1


def test_older_database_gets_its_index():
    """`migrate` makes the index of a newsroom that has none."""
    visit = EngagementFactory()
    TimelineEntry.objects.all().delete()
    TimelineTotal.objects.all().delete()
    before = ContentVersion.objects.get().number
    call_command("migrate", verbosity=0)
    assert ContentVersion.objects.get().number > before
    assert TimelineEntry.objects.filter(engagement=visit).exists()
    assert totals() == recount()


def test_rebuild_mends_what_is_out_of_step():
    """Entries of what is public no longer or gone, wrong totals, missing ones: all come right."""
    visits = EngagementFactory.create_batch(3)
    gone, hidden, kept = visits
    term = TimelineEntry.objects.filter(engagement=kept, kind=Kind.COUNTRY).first()
    # Past the models, as a script would.
    Engagement.objects.filter(pk=hidden.pk).update(public_from=None)
    Engagement.objects.filter(pk=kept.pk).update(status="cancelled")
    with connection.cursor() as cursor:
        for model in (EngagementRegion, Participant):
            cursor.execute(
                f"DELETE FROM {model._meta.db_table} WHERE engagement_id = %s",  # noqa: S608 - names of our own
                [gone.pk],
            )
        cursor.execute("DELETE FROM engagements_engagement WHERE id = %s", [gone.pk])
    TimelineTotal.objects.filter(kind=term.kind, subject=term.subject).delete()
    TimelineTotal.objects.filter(kind=Kind.STATUS).update(count=41)
    call_command("rebuild_timelines", stdout=io.StringIO(), stderr=io.StringIO())
    now = timezone.now()
    assert entries(now) == slow(now)
    assert {row.engagement_id for row in TimelineEntry.objects.all()} == {kept.pk}
    assert totals() == recount()


def test_pages_made_during_a_rebuild_end_with_it(monkeypatch):
    """What was made between two batches has a version that none has after the last of them."""
    monkeypatch.setattr("articles.timeline.index.BATCH", 1)
    EngagementFactory.create_batch(2)
    now = timezone.now()
    versions: list[int] = []
    for again in (rebuild, lambda _report: syndication_index.rebuild()):
        versions.append(basis_at(now).number)
        again(lambda _done: versions.append(basis_at(now).number))
    versions.append(basis_at(now).number)
    assert len(set(versions)) == len(versions) >= 5


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_rebuild_lets_others_save_between_its_batches(monkeypatch):
    """It holds no lock all along, and what is saved meanwhile, before it or behind, is counted."""
    monkeypatch.setattr("articles.timeline.index.BATCH", 1)
    visits = EngagementFactory.create_batch(3)
    waiting = iter([visits[2], visits[0], visits[1]])

    def save(_done: int) -> None:
        assert not connection.in_atomic_block
        if visit := next(waiting, None):
            visit.start, visit.status = PartialDate(dt.date(2019, 5, 1)), "cancelled"
            visit.save()

    rebuild(save)
    now = timezone.now()
    assert entries(now) == slow(now)
    assert totals() == recount()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("place", ["_insert", "_count"])
@pytest.mark.parametrize("has_version", [True, False])
def test_save_beside_a_rebuild_is_not_lost(monkeypatch, place, has_version):
    """Who saves after the rebuild has read an engagement, and before it has written, is heard.

    Also where nothing was saved before, as after a fixture.
    """
    visit = EngagementFactory(start=PartialDate(dt.date(2025, 1, 5)))
    Engagement.objects.filter(pk=visit.pk).update(status="confirmed")  # so that there is a change
    if not has_version:
        ContentVersion.objects.all().delete()
    colleagues: list[threading.Thread] = []
    original = getattr(timeline_index, place)

    def save() -> None:
        found = Engagement.objects.get(pk=visit.pk)
        found.status, found.start = "cancelled", PartialDate(dt.date(2025, 3, 5))
        found.save()
        connection.close()

    def interrupted(rows):
        rows = list(rows)
        if not colleagues:
            colleagues.append(threading.Thread(target=save))
            colleagues[0].start()
            # Without a lock it is through by then; with it, it waits for this one.
            colleagues[0].join(timeout=1)
        return original(rows)

    monkeypatch.setattr(timeline_index, place, interrupted)
    rebuild(lambda _done: None)
    colleagues[0].join()
    assert Engagement.objects.get().status == "cancelled"
    now = timezone.now()
    assert entries(now) == slow(now)
    assert totals() == recount()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_first_two_writers_stand_in_one_line():
    """Of two who both find no content version the second waits, and there is one row."""
    ContentVersion.objects.all().delete()

    def write() -> None:
        content_changed()
        connection.close()

    second = threading.Thread(target=write)
    with transaction.atomic():
        content_changed()
        first = ContentVersion.objects.get().number
        second.start()
        second.join(timeout=1)
        assert second.is_alive()
    second.join()
    assert ContentVersion.objects.get().number > first


@pytest.mark.django_db
def test_rebuilding_an_empty_record_has_no_batches():
    """Without an engagement there is nothing to index, and no error."""
    assert list(timeline_index.batches()) == []


def test_unknown_kind_of_subject_is_an_error():
    """Only the kinds of `KINDS` have public pages."""
    with pytest.raises(ValueError, match="ships"):
        public_subjects("ships")
