"""Backups that are restored: on each database, while people work, and of damaged ones nothing."""

import contextlib
import datetime as dt
import json
import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from errno import ENOSPC
from pathlib import Path
from threading import Thread

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from articles.management.commands import worker
from articles.models import Edition, Picture, RestoreProof
from articles.operations import backup, proof
from articles.operations.backup import BackupError, create, digest_of, read_manifest
from articles.operations.proof import back_up_nightly, last_proven_restore, prove, scratch_database
from articles.operations.restore import load, restore
from articles.operations.rows import named_files
from articles.pictures.library import delete_discarded_files, replace_file
from engagements.models import Topic
from tests.articles.operations.record import VERSIONS, make_record, rows_of
from tests.articles.pictures.samples import encode, half_red, upload
from tests.articles.samples import make_picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("backup")]

DAY = dt.timedelta(days=1)


def ignore(_done: int) -> None:
    """Report nothing."""


@pytest.fixture
def record(transactional_db: None) -> None:
    make_record()


@pytest.fixture
def made(record: None, tmp_path: Path) -> Path:
    """A backup of a record with rows in every table."""
    create(tmp_path / "backup")
    return tmp_path / "backup"


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[str]:
    """A SQLite database with tables, and no rows."""
    with scratch_database(tmp_path) as using:
        recorder = MigrationRecorder(connections[using])
        recorder.ensure_schema()
        for migration in MigrationRecorder(connection).applied_migrations():
            recorder.record_applied(*migration)
        yield using


def test_record_moves_between_databases_and_back(made, scratch, client, private_media, tmp_path):
    """From either database to SQLite, from there to either: the same rows, keys and addresses.

    Run on PostgreSQL, the second half is SQLite → PostgreSQL → SQLite.
    """
    rows = rows_of()
    assert [label for label, of_one in rows.items() if not of_one] == []
    load(made, read_manifest(made), scratch, ignore)
    assert rows_of(scratch) == rows
    second = create(tmp_path / "second", using=scratch)
    assert second["engine"] == "sqlite"
    assert second["tables"] == read_manifest(made)["tables"]
    shutil.rmtree(private_media)
    User.objects.create(username="later")
    restore(tmp_path / "second", overwrite=True)
    assert rows_of(without=VERSIONS) == {
        label: of_one for label, of_one in rows.items() if label not in VERSIONS
    }
    call_command("check_record")
    edition = Edition.objects.public().get()
    assert edition.headline in client.get(edition.get_absolute_url()).text
    for rendition in edition.picture.renditions.all():
        content = b"".join(client.get(rendition.get_absolute_url()))
        assert len(content) == rendition.bytes
    newest = Topic.objects.order_by("pk").last()
    assert Topic.objects.create(name="Next", slug="next").pk > newest.pk
    third = create(tmp_path / "third")
    load(tmp_path / "third", third, scratch, ignore)
    assert rows_of(scratch) == rows_of()


@pytest.mark.sqlite  # both would be the same: a program of its own makes the new one
def test_record_moves_to_a_new_database(made, monkeypatch, tmp_path):
    """By one command, which makes the tables; its status is the command's."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    address = f"sqlite:///{tmp_path}/new.sqlite3"
    for status, directory in ((1, tmp_path), (0, made)):
        with pytest.raises(SystemExit) as ended:
            call_command("restore", directory, "--to", address)
        assert ended.value.code == status
    with contextlib.closing(sqlite3.connect(tmp_path / "new.sqlite3")) as database:
        [row] = database.execute("SELECT id, headline, body FROM articles_edition")
    edition = Edition.objects.get()
    assert row == (edition.pk, edition.headline, edition.body)
    assert {path.name for path in (tmp_path / "data" / "media").rglob("*.*")} == {
        Path(name).name for name in named_files()
    }


def test_backup_while_people_work(record, scratch, private_media, tmp_path):
    """It holds the record of one moment, with every picture that was replaced or deleted since."""
    picture = make_picture((400, 300), by=User.objects.first())
    doomed = make_picture((500, 300))
    rows = rows_of()

    def work() -> None:
        try:
            file = upload(encode(half_red((900, 500))), "new.jpg")
            replace_file(picture, file, by=picture.uploaded_by)
            doomed.delete()
            make_picture((640, 480))
            delete_discarded_files(timezone.now())
        finally:
            connection.close()

    worker_threads: list[Thread] = []

    def interrupt(_done: int) -> None:
        if not worker_threads:  # at the first row
            worker_threads.append(Thread(target=work))
            worker_threads[0].start()
            worker_threads[0].join()

    manifest = create(tmp_path / "backup", interrupt)
    assert not Picture.objects.filter(pk=doomed.pk).exists()
    assert rows_of() != rows
    assert manifest["missing"] == []
    load(tmp_path / "backup", manifest, scratch, ignore)
    assert rows_of(scratch) == rows
    assert named_files(scratch) == manifest["files"].keys()
    assert all((tmp_path / "backup" / "media" / name).exists() for name in manifest["files"])


def edit(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Return a function that changes a file of a backup."""
    return lambda directory: (path := next(directory.rglob(name))).write_bytes(
        change(path.read_bytes())
    )


def flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def rewritten(**values: object) -> Callable[[bytes], bytes]:
    """Return a function from a manifest to another that is right in itself."""

    def change(content: bytes) -> bytes:
        manifest = json.loads(content) | values
        return json.dumps(manifest | {"sha256": digest_of(manifest)}).encode()

    return change


DAMAGE = {
    "flipped byte": (edit("articles.edition.jsonl", flip), "articles.edition.jsonl is damaged"),
    "flipped byte of a picture": (edit("original.jpg", flip), "original.jpg is damaged"),
    "truncated table": (
        edit("engagements.country.jsonl", lambda rows: rows[: len(rows) // 2]),
        "engagements.country.jsonl is damaged",
    ),
    "missing picture": (
        lambda directory: next(directory.rglob("share.jpg")).unlink(),
        "share.jpg is missing",
    ),
    "no manifest": (
        lambda directory: (directory / "manifest.json").unlink(),
        "is no backup: it has no manifest.json",
    ),
    "truncated manifest": (edit("manifest.json", lambda text: text[:99]), "json is damaged"),
    "flipped byte of the manifest": (edit("manifest.json", flip), "json is damaged"),
    "another schema": (
        edit("manifest.json", rewritten(release="0.0.9", migrations=["articles.0001_initial"])),
        "The backup is of release 0.0.9",
    ),
}


def test_damaged_backup_is_refused(made, tmp_path, private_media):
    """What is wrong is said in a sentence, and nothing is changed."""
    rows = rows_of()
    for number, (damage, sentence) in enumerate(DAMAGE.values()):
        copy = tmp_path / f"damaged {number}"
        shutil.copytree(made, copy)
        damage(copy)
        with pytest.raises(CommandError, match=sentence):
            call_command("restore", copy, "--overwrite")
    with pytest.raises(CommandError, match=r"\d+ accounts, 1 visits, 1 articles"):
        call_command("restore", made)
    assert rows_of() == rows


def test_rows_that_do_not_fit_are_refused(made, tmp_path):
    """A backup that was tampered with to match its manifest leaves the record as it was."""
    rows = rows_of()
    table = made / "tables" / "articles.edition.jsonl"
    table.write_bytes(b"")  # its pictures in stories name it
    manifest = read_manifest(made)
    manifest["tables"]["articles.edition"] |= {"rows": 0, "sha256": backup.hash_of(table)}
    edit("manifest.json", rewritten(tables=manifest["tables"]))(made)
    with pytest.raises(BackupError, match="cannot be restored"):
        restore(made, overwrite=True)
    assert rows_of() == rows
    assert "cannot be restored" in prove(made).error


def test_full_disk_leaves_nothing(record, monkeypatch, tmp_path):
    """A sentence says so; neither a part of a backup stays nor a part of a restore."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(CommandError, match="File too large"):
            call_command("backup", tmp_path / "there" / "backup")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list((tmp_path / "there").iterdir()) == []
    call_command("backup", tmp_path / "there" / "backup")
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", tmp_path / "there" / "backup")
    rows = rows_of()

    def full(*_args: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    Picture.objects.get().file.storage.delete(Picture.objects.get().file.name)
    with pytest.raises(CommandError, match="No space left on device"):
        call_command("restore", tmp_path / "there" / "backup", "--overwrite")
    assert rows_of() == rows


def test_nights(record, settings, tmp_path):
    """Each is restored to prove it, shares files with the last, and makes the oldest go."""
    settings.BACKUP_DIR, settings.BACKUPS_KEPT = tmp_path / "nights", 2
    now = timezone.now()
    for night in range(3):
        done = back_up_nightly(now + night * DAY)
        assert (done.error, done.files) == ("", len(named_files()))
        assert back_up_nightly(now + night * DAY) is None
    nights = sorted(settings.BACKUP_DIR.glob("2*"))
    assert [path.name for path in nights] == [
        timezone.localdate(now + night * DAY).isoformat() for night in (1, 2)
    ]
    assert last_proven_restore() == done
    assert done.rows == sum(t["rows"] for t in read_manifest(nights[1])["tables"].values())
    pictures = [next(path.rglob("original.jpg")) for path in nights]
    assert pictures[0].samefile(pictures[1])
    # A damaged file is not shared: it comes from the record again, whatever the manifest is.
    edit("original.jpg", flip)(nights[1])
    assert "original.jpg is damaged" in prove(nights[1]).error
    assert back_up_nightly(now + 3 * DAY).error == ""
    edit("manifest.json", flip)(max(settings.BACKUP_DIR.glob("2*")))
    # What the record lacks is said, and older backups stay.
    name = Picture.objects.get().share.file.name
    Picture.objects.get().share.file.storage.delete(name)
    for path in settings.BACKUP_DIR.rglob("share.jpg"):
        path.unlink()
    lacking = back_up_nightly(now + 4 * DAY)
    assert f"1 files that rows name are missing: {name}" in lacking.error
    assert len(list(settings.BACKUP_DIR.glob("2*"))) == 3
    assert last_proven_restore().backup < lacking.backup


def test_failed_night_is_recorded(settings, tmp_path):
    """Where no backup could be made, the desk is told why."""
    settings.BACKUP_DIR = tmp_path / "file" / "nights"
    (tmp_path / "file").write_text("no directory")
    with pytest.raises(CommandError, match=r"is not proven: .*Not a directory"):
        call_command("backup")
    assert "Not a directory" in RestoreProof.objects.first().error
    assert last_proven_restore() is None


def test_worker_starts_the_backup(settings, tmp_path, monkeypatch):
    """Once a night, in a program of its own, and not where none is asked for."""
    started: list[list[object]] = []
    monkeypatch.setattr(worker.subprocess, "Popen", started.append)
    now = timezone.now()
    worker.start_backup(now)
    assert started == []
    settings.BACKUP_DIR = tmp_path
    worker.start_backup(now)
    assert [str(part) for part in started[0][1:]] == [
        str(settings.BASE_DIR / "manage.py"),
        "backup",
    ]
    call_command("backup")
    worker.start_backup(now)
    assert len(started) == 1
    assert proof.path_of_night(now).is_dir()


def test_backup_needs_a_place():
    with pytest.raises(CommandError, match="Name a directory, or set BACKUP_DIR"):
        call_command("backup")
