"""The nightly backup, restored into a scratch database to prove that it can be."""

import datetime as dt
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import RestoreProof
from articles.operations.backup import (
    BackupError,
    Manifest,
    create,
    explained,
    read_manifest,
    verify,
)
from articles.operations.restore import load
from articles.operations.rows import Report, models_of_record, named_files, write_rows

DAYS = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
SCRATCH = "scratch"
LOCK, PROOF = ".lock", ".proof-"
DAY_SECONDS = 24 * 60 * 60


def last_proven_restore() -> RestoreProof | None:
    """Return the newest proof that passed: `backup`, `at`, `rows` and `files`."""
    return RestoreProof.objects.passed().first()


def path_of_night(at: dt.datetime) -> Path | None:
    """Return where the backup of a day belongs (`None`: nowhere)."""
    return settings.BACKUP_DIR and settings.BACKUP_DIR / timezone.localdate(at).isoformat()


def is_proven(path: Path) -> bool:
    """Return whether a backup is there and was restored."""
    return path.exists() and RestoreProof.objects.passed().filter(backup=path.name).exists()


def back_up_nightly(at: dt.datetime, report: Report = lambda _done: None) -> RestoreProof | None:
    """Make the backup of a day, prove it, and then remove the oldest.

    What goes wrong is the proof's `error`. `None`: it is proven, or another process is at it.
    """
    path = path_of_night(at)
    if path is None or is_proven(path):
        return None
    try:
        with explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = path.with_name(LOCK).open("w")
        with lock:
            try:
                flock(lock, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                return None
            if not path.exists():
                earlier = sorted(path.parent.glob(DAYS))
                create(path, report, previous=earlier[-1] if earlier else None)
            proof = prove(path, report)
            if not proof.error:
                _remove_old(path.parent)
            return proof
    except BackupError as error:
        return RestoreProof.objects.create(backup=path.name, error=str(error))


def _remove_old(directory: Path) -> None:
    """Remove what is older than the newest `BACKUPS_KEPT` proven backups, and what broke off."""
    proven = [path for path in sorted(directory.glob(DAYS)) if is_proven(path)]
    [oldest_kept, *_newer] = proven[-settings.BACKUPS_KEPT :]
    removed = [path for path in directory.glob(DAYS) if path.name < oldest_kept.name]
    for pattern in (f".{DAYS}-*", f"{PROOF}*"):
        for left in directory.glob(pattern):
            with suppress(OSError):
                if left.stat().st_mtime < time.time() - DAY_SECONDS:
                    removed.append(left)
    for path in removed:
        shutil.rmtree(path, ignore_errors=True)


def prove(directory: Path, report: Report = lambda _done: None) -> RestoreProof:
    """Restore a backup's rows into a scratch database, and record whether all of it is there."""
    rows, files, reason = 0, 0, ""
    try:
        manifest = read_manifest(directory)
        verify(directory, manifest, report)
        with scratch_database(directory.parent) as using:
            load(directory, manifest, using, report)
            rows = _compare(manifest, using, report)
        files = len(manifest["files"])
    except BackupError as error:
        reason = str(error)
    return RestoreProof.objects.create(backup=directory.name, rows=rows, files=files, error=reason)


def _compare(manifest: Manifest, using: str, report: Report) -> int:
    """Write the restored rows again, and return their number if they are the same."""
    total = 0
    for model in models_of_record():
        label = model._meta.label_lower
        with Path(os.devnull).open("wb") as nowhere:
            table = write_rows(model, nowhere, using, report)
        if table != manifest["tables"][label]:
            raise BackupError(_("The rows of %s are others after the restore.") % label)
        total += table["rows"]
    missing = sorted(named_files(using) - manifest["files"].keys())
    if missing:
        raise BackupError(
            _("%(number)d files that rows name are missing: %(first)s ...")
            % {"number": len(missing), "first": missing[0]}
        )
    return total


@contextmanager
def scratch_database(beneath: Path) -> Iterator[str]:
    """Make a SQLite database with empty tables, yield its alias, and remove it."""
    with explained():
        home = tempfile.TemporaryDirectory(prefix=PROOF, dir=beneath)
    with home as directory:
        options = {"init_command": "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF;"}
        configured = connections.configure_settings(
            {
                "default": {
                    "ENGINE": "django.db.backends.sqlite3",
                    "NAME": f"{directory}/db.sqlite3",
                    "OPTIONS": options,  # it lives for minutes
                }
            }
        )
        connections[SCRATCH] = DatabaseWrapper(configured["default"], SCRATCH)
        try:
            with connections[SCRATCH].schema_editor() as editor:
                for model in models_of_record():
                    if not model._meta.auto_created:  # made with the model that it belongs to
                        editor.create_model(model)
            yield SCRATCH
        finally:
            connections[SCRATCH].close()
            del connections[SCRATCH]
