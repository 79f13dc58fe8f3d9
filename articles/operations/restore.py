"""Restores a backup, into the site's database or a scratch one."""

from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from django.utils.translation import gettext as _

from articles.caching.version import content_changed
from articles.models import Article
from articles.models.pictures import discard, private_storage
from articles.operations.backup import (
    MEDIA,
    BackupError,
    Manifest,
    explained,
    hash_of,
    read_manifest,
    rows_path,
    schema,
    verify,
)
from articles.operations.record_check import files_without_rows
from articles.operations.rows import (
    Report,
    empty_tables,
    models_of_record,
    read_rows,
    reset_sequences,
)
from config import __version__
from engagements.models import Engagement


def restore(
    directory: Path, *, overwrite: bool = False, report: Report = lambda _done: None
) -> Manifest:
    """Replace the record by that of a backup, with all tables in one transaction.

    Nothing is changed before the backup has been verified. Makes the tables of an empty database.
    `overwrite`: also a record that has accounts, engagements or articles. Raises `BackupError`.
    """
    manifest = read_manifest(directory)
    if not connection.introspection.table_names():
        call_command("migrate", verbosity=0)
    if manifest["migrations"] != schema():
        raise BackupError(
            _(
                "The backup is of release %(theirs)s, whose tables are not those of this one "
                "(%(ours)s). Restore it with that release, then upgrade."
            )
            % {"theirs": manifest["release"], "ours": __version__}
        )
    if not overwrite:
        _refuse_record()
    verify(directory, manifest, report)
    with explained():
        for name, file in manifest["files"].items():
            _put(name, directory / MEDIA / name, file["sha256"])
            report(1)
    with transaction.atomic():
        load(directory, manifest, "default", report)
        # No page that was stored before is taken for one of the restored record.
        content_changed()
        discard(files_without_rows())
    return manifest


def _refuse_record() -> None:
    models = (get_user_model(), Engagement, Article)
    numbers = [model._default_manager.count() for model in models]
    if any(numbers):
        raise BackupError(
            _(
                "The database has a record already: %d accounts, %d visits, %d articles. "
                "Restore into an empty one, or replace all of it with --overwrite."
            )
            % tuple(numbers)
        )


def _put(name: str, source: Path, sha256: str) -> None:
    """Store a file under its own name; one that is there already stays, unless it is damaged."""
    storage = private_storage()
    if storage.exists(name):
        if hash_of(Path(storage.path(name))) == sha256:
            return
        storage.delete(name)
    with source.open("rb") as file:
        storage.save(name, File(file))


def load(directory: Path, manifest: Manifest, using: str, report: Report) -> None:
    """Replace all rows of a database by those of a verified backup. Raises `BackupError`."""
    database = connections[using]
    label = ""
    try:
        with transaction.atomic(using), database.cursor() as cursor:
            if database.vendor == "postgresql":
                cursor.execute("SET LOCAL statement_timeout = 0")
            empty_tables(using)
            for model in models_of_record():
                label = model._meta.label_lower
                table = manifest["tables"][label]
                with rows_path(directory, label).open("rb") as lines:
                    read_rows(model, lines, table["columns"], using, report)
            reset_sequences(using)
            database.check_constraints()
    except (DatabaseError, ValidationError, ValueError, LookupError, OSError) as error:
        raise BackupError(
            _("The rows of %(table)s cannot be restored: %(reason)s.")
            % {"table": label, "reason": str(error).strip().rstrip(".")}
        ) from error
    ContentType.objects.clear_cache()
