"""Finds what is wrong with the record: its database, its files and its indexes."""

import datetime as dt
from collections.abc import Collection, Iterator

from django.db import DatabaseError, connections
from django.utils import timezone

from articles.models import ContentVersion, DiscardedFile, Rendition, ScopeVersion
from articles.models.pictures import private_storage
from articles.operations.rows import named_files
from articles.timeline import index

# A file may be written so long before its row is committed.
UPLOAD = dt.timedelta(hours=1)
NAMED = 5  # in a sentence


def problems() -> Iterator[str]:
    """Yield a sentence for each thing that is wrong, but with the index of the feeds."""
    yield from broken_database()
    yield from _wrong_files()
    yield from _wrong_indexes()


def broken_database(using: str = "default") -> Iterator[str]:
    """Check SQLite's file, through a connection that has Django's functions, and foreign keys."""
    connection = connections[using]
    try:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA integrity_check")
                findings = [text for (text,) in cursor.fetchall()]
            if findings != ["ok"]:
                yield f"The database's file is damaged: {list_of(findings)}."
        connection.check_constraints()
    except DatabaseError as error:
        yield f"The database is damaged: {error}."


def _wrong_files() -> Iterator[str]:
    storage = private_storage()
    missing = [name for name in sorted(named_files()) if not storage.exists(name)]
    if missing:
        yield f"Files that rows name are missing: {list_of(missing)}."
    sizes = Rendition.objects.exclude(file__in=missing).values_list("file", "bytes")
    changed = [name for name, size in sizes if storage.size(name) != size]
    if changed:
        yield f"Files have another size than they were stored with: {list_of(changed)}."
    nameless = files_without_rows()
    if nameless:
        yield f"No row names these files (--repair discards them): {list_of(nameless)}."


def files_without_rows() -> list[str]:
    """Return the names of files that no row names and nobody has discarded."""
    files = list(_stored_files())
    known = named_files() | set(DiscardedFile.objects.values_list("name", flat=True))
    uploaded = timezone.now() - UPLOAD
    modified = private_storage().get_modified_time
    return [name for name in files if name not in known and modified(name) < uploaded]


def _stored_files(directory: str = "") -> Iterator[str]:
    storage = private_storage()
    if not storage.exists(directory):
        return
    directories, files = storage.listdir(directory)
    yield from (f"{directory}{name}" for name in sorted(files))
    for name in sorted(directories):
        yield from _stored_files(f"{directory}{name}/")


def _wrong_indexes() -> Iterator[str]:
    stale = [pk for batch in index.batches() for pk in sorted(index.out_of_step(batch))]
    if stale:
        yield (
            "The index of the timelines is out of step, rebuild_timelines mends it: "
            f"visits {list_of(stale)}."
        )
    if totals := index.totals_out_of_step():
        yield f"{totals} totals of the timelines are wrong; rebuild_timelines mends them."
    newest = ContentVersion.objects.values_list("number", flat=True).first() or 0
    if ScopeVersion.objects.filter(number__gt=newest).exists():
        yield "The content version is behind those of scopes; rebuild_timelines mends it."


def list_of(findings: Collection) -> str:
    """Return the first of some findings and the number of the others."""
    more = len(findings) - NAMED
    named = ", ".join(str(finding) for finding in list(findings)[:NAMED])
    return f"{named} and {more} more" if more > 0 else named
