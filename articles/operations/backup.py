"""A backup: a directory with a manifest, the rows of each table and the files that they name."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models.pictures import private_storage
from articles.operations.rows import Report, models_of_record, named_files, snapshot, write_rows
from config import __version__

MANIFEST = "manifest.json"
MEDIA = "media"

# `created_at`, `release`, `engine`, `migrations` (the last of each app), `tables` (by label:
# `rows`, `columns`, `sha256`), `files` (by name: `bytes`, `sha256`), `missing` (files that the
# record names and lacks) and `sha256`, which is that of the manifest without itself.
Manifest = dict[str, Any]


class BackupError(Exception):
    """Says in a sentence why there is no backup, or no restore."""


@contextmanager
def explained() -> Iterator[None]:
    """Turn errors of the disk and of the database into a `BackupError`."""
    try:
        yield
    except DatabaseError as error:
        raise BackupError(_("The database cannot be read: %s.") % error) from error
    except OSError as error:
        raise BackupError(
            _("%(file)s: %(reason)s.")
            % {"file": error.filename or settings.DATA_DIR, "reason": error.strerror or error}
        ) from error


def rows_path(directory: Path, label: str) -> Path:
    return directory / "tables" / f"{label}.jsonl"


def create(
    directory: Path,
    report: Report = lambda _done: None,
    *,
    previous: Path | None = None,
    using: str = "default",
) -> Manifest:
    """Make a backup; the directory is complete or not there. Raises `BackupError`.

    Files that `previous`, another backup, has undamaged are linked to rather than copied.
    """
    if directory.exists():
        raise BackupError(_("%s exists already; name a new directory.") % directory)
    migrations = schema(using)
    with explained():
        directory.parent.mkdir(parents=True, exist_ok=True)
        # For nobody else to read: it holds drafts and password hashes.
        unfinished = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        with explained():
            manifest = {
                "created_at": timezone.now().isoformat(),
                "release": __version__,
                "engine": connections[using].vendor,
                "migrations": migrations,
            } | _write(unfinished, report, previous, using)
            manifest["sha256"] = digest_of(manifest)
            (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1))
            os.sync()
            unfinished.rename(directory)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return manifest


def _write(directory: Path, report: Report, previous: Path | None, using: str) -> Manifest:
    (directory / "tables").mkdir()
    tables = {}
    with snapshot(using):
        for model in models_of_record():
            label = model._meta.label_lower
            with rows_path(directory, label).open("wb") as file:
                tables[label] = write_rows(model, file, using, report)
        names = sorted(named_files(using))
    # After the snapshot: what it names stays for a month, whatever people do.
    files, missing = {}, []
    known: dict[str, Any] = {}
    with suppress(BackupError):
        known = read_manifest(previous)["files"] if previous else {}
    for name in names:
        target = directory / MEDIA / name
        target.parent.mkdir(parents=True, exist_ok=True)
        earlier = previous / MEDIA / name if previous and name in known else None
        if earlier and earlier.exists() and hash_of(earlier) == known[name]["sha256"]:
            try:
                target.hardlink_to(earlier)
            except OSError:  # some file systems have no links
                shutil.copyfile(earlier, target)
        elif private_storage().exists(name):
            with private_storage().open(name) as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy)
        else:
            missing.append(name)
            continue
        files[name] = {"sha256": hash_of(target), "bytes": target.stat().st_size}
        report(1)
    return {"tables": tables, "files": files, "missing": missing}


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def digest_of(manifest: Manifest) -> str:
    rest = {key: value for key, value in manifest.items() if key != "sha256"}
    return sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def read_manifest(directory: Path) -> Manifest:
    """Return the manifest of a backup. Raises `BackupError`."""
    try:
        manifest = json.loads((directory / MANIFEST).read_bytes())
        if manifest["sha256"] == digest_of(manifest):
            return manifest
    except FileNotFoundError:
        raise BackupError(
            _("%(directory)s is no backup: it has no %(manifest)s.")
            % {"directory": directory, "manifest": MANIFEST}
        ) from None
    except (ValueError, LookupError, TypeError):
        pass
    raise BackupError(_("%s is damaged: it is not as it was written.") % (directory / MANIFEST))


def verify(directory: Path, manifest: Manifest, report: Report = lambda _done: None) -> None:
    """Hold every file to its SHA-256. Raises `BackupError`."""
    expected = {
        rows_path(directory, label): table["sha256"] for label, table in manifest["tables"].items()
    } | {directory / MEDIA / name: file["sha256"] for name, file in manifest["files"].items()}
    with explained():
        for path, digest in expected.items():
            if not path.exists():
                raise BackupError(_("%s is missing from the backup.") % path)
            if hash_of(path) != digest:
                raise BackupError(_("%s is damaged: it is not as it was written.") % path)
            report(1)


def schema(using: str = "default") -> list[str]:
    """Return the last migration of each app. Raises `BackupError` if one is not applied."""
    loader = MigrationLoader(connections[using])
    leaves = loader.graph.leaf_nodes()
    if not set(leaves) <= loader.applied_migrations.keys():
        raise BackupError(_("The database is of another release: run “manage.py migrate” first."))
    return [".".join(leaf) for leaf in sorted(leaves)]
