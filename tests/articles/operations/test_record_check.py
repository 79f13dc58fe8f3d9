"""The check of the record: each thing that can be wrong with it, and what mends it."""

import datetime as dt
import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from articles.models import (
    DiscardedFile,
    Edition,
    FeedEntry,
    Picture,
    Rendition,
    ScopeVersion,
    TimelineEntry,
    TimelineTotal,
)
from articles.operations.proof import scratch_database
from articles.operations.record_check import broken_database
from articles.publishing.workflow import publish
from articles.syndication import index as syndication_index
from articles.timeline import index as timeline_index
from tests.articles.samples import make_full_article, make_full_engagement
from tests.factories import TopicFactory, UserFactory, make_draft, make_public

HOUR = dt.timedelta(hours=1)


def findings() -> str:
    with pytest.raises(CommandError) as caught:
        call_command("check_record")
    assert caught.value.returncode == 1
    return str(caught.value)


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("backup")
def test_each_fault_is_named(private_media, capsys):
    """In a sentence of its own; an upload that is being saved is none."""
    make_full_article([TopicFactory()])
    call_command("check_record")
    assert capsys.readouterr().out == "Nothing is wrong with the record.\n"
    picture = Picture.objects.get()
    share = picture.share
    (private_media / picture.file.name).unlink()
    assert findings() == f"Files that rows name are missing: {picture.file.name}."
    (private_media / picture.file.name).write_bytes(b"another file")
    (private_media / share.file.name).write_bytes(b"half of")
    stray = private_media / "pictures" / "stray.jpg"
    stray.write_bytes(b"just uploaded")
    assert findings() == (f"Files have another size than they were stored with: {share.file.name}.")
    Rendition.objects.filter(pk=share.pk).update(bytes=len(b"half of"))
    os.utime(stray, (0, 0))
    assert "No row names these files (--repair discards them): pictures/stray.jpg." in findings()
    TimelineEntry.objects.first().delete()
    FeedEntry.objects.first().delete()
    TimelineTotal.objects.filter(pk=TimelineTotal.objects.first().pk).update(count=99)
    ScopeVersion.objects.create(scope="ahead", number=2**40)
    said = findings()
    assert "The index of the timelines is out of step, rebuild_timelines mends it: visits " in said
    assert "totals of the timelines are wrong" in said
    assert "The content version is behind those of scopes" in said
    article = Edition.objects.get().article_id
    assert (
        f"The index of the feeds is out of step, rebuild_timelines mends it: articles {article}"
        in said
    )
    ScopeVersion.objects.filter(scope="ahead").delete()
    call_command("check_record", "--repair")
    assert DiscardedFile.objects.get().name == "pictures/stray.jpg"
    assert stray.exists()


@pytest.mark.django_db
def test_index_that_time_has_passed_is_in_step(monkeypatch):
    """An embargo that ends and coverage that lapses without a save are no faults."""
    now = timezone.now()
    first, second = (make_full_engagement([TopicFactory()]) for _visit in range(2))
    edition = make_public(now - HOUR, engagement=first)
    make_public(now + HOUR, engagement=second)
    draft = make_draft(edition.article, engagement=second)
    publish(draft, by=UserFactory(), at=now + HOUR)
    assert TimelineEntry.objects.exclude(lapses_at=None).exists()
    for later in (now, now + 2 * HOUR):
        monkeypatch.setattr(timezone, "now", lambda later=later: later)
        pks = [first.pk, second.pk]
        assert timeline_index.out_of_step(pks) == set()
        assert syndication_index.out_of_step() == set()
    TimelineEntry.objects.filter(engagement=second, kind=timeline_index.Kind.COVERAGE).delete()
    assert timeline_index.out_of_step(pks) == {second.pk}


@pytest.mark.django_db
def test_broken_file_of_sqlite_is_named(tmp_path: Path):
    """Also where it is an index, which SQLite's own program cannot check without our functions."""
    assert list(broken_database()) == []
    with scratch_database(tmp_path) as using:
        database = connections[using]
        with database.cursor() as cursor:
            cursor.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
                " INSERT INTO articles_discardedfile SELECT 'pictures/' || i, '2026-01-01' FROM n"
            )
        assert list(broken_database(using)) == []
        path = Path(database.settings_dict["NAME"])
        database.close()
        content = bytearray(path.read_bytes())
        content[-4096:-3072] = bytes(1024)
        path.write_bytes(content)
        [sentence] = broken_database(using)
        assert sentence.startswith(("The database's file is damaged: ", "The database is damaged:"))


@pytest.mark.django_db
def test_foreign_key_without_its_row_is_named(tmp_path: Path):
    with scratch_database(tmp_path) as using:
        with connections[using].cursor() as cursor:
            cursor.execute("PRAGMA foreign_keys=OFF")
            cursor.execute(
                "INSERT INTO articles_storypicture (edition_id, picture_id) VALUES (1, 2)"
            )
        [sentence] = broken_database(using)
        assert "invalid foreign key" in sentence
