"""Rows as JSON lines, the same on every database: a file for each table, an array for each row."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import islice
from typing import Any, BinaryIO

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections, transaction
from django.db.models import (
    BooleanField,
    CharField,
    Field,
    FileField,
    FloatField,
    IntegerField,
    JSONField,
    Model,
    QuerySet,
    TextField,
)
from django.db.models.functions import Collate

from articles.timeline.bulk_insert import bulk_insert

CHUNK = 2_000  # rows in memory
Report = Callable[[int], object]  # called with a number of rows or files that are done


def models_of_record() -> list[type[Model]]:
    """Return every model with a table, those between two others included."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]


def columns_of(model: type[Model]) -> dict[str, Field]:
    """Return the fields by attribute; the database computes generated columns itself."""
    return {f.attname: f for f in model._meta.local_concrete_fields if not f.generated}


@contextmanager
def snapshot(using: str = "default") -> Iterator[None]:
    """Read the database as it is at one moment; no writer waits."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        with transaction.atomic(using), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            yield
        return
    with connection.cursor() as cursor:
        # Deferred: the site's own transactions begin with the lock for writing.
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def write_rows(model: type[Model], file: BinaryIO, using: str, report: Report) -> dict[str, Any]:
    """Write all rows in the order of their keys; return their number, columns and SHA-256."""
    columns = list(columns_of(model))
    order: Any = "pk"
    if isinstance(model._meta.pk, CharField):  # sorted by bytes, not by a language
        is_postgresql = connections[using].vendor == "postgresql"
        order = Collate("pk", "C" if is_postgresql else "BINARY")
    rows: Any = QuerySet(model, using=using).order_by(order).values_list(*columns)
    count, digest = 0, sha256()
    for row in rows.iterator(CHUNK):
        line = json.dumps(row, default=_as_text).encode() + b"\n"
        digest.update(line)
        file.write(line)
        count += 1
        report(1)
    return {"rows": count, "columns": columns, "sha256": digest.hexdigest()}


def _as_text(value: Any) -> str:
    """Return what `to_python` of the value's field reads."""
    if isinstance(value, bytes | memoryview):
        return b64encode(value).decode()
    return str(value)


def empty_tables(using: str) -> None:
    connection = connections[using]
    tables = [model._meta.db_table for model in models_of_record()]
    with connection.cursor() as cursor:
        for statement in connection.ops.sql_flush(no_style(), tables):
            cursor.execute(statement)


def read_rows(
    model: type[Model], lines: Iterable[bytes], columns: list[str], using: str, report: Report
) -> None:
    """Insert rows that `write_rows` wrote."""
    fields = [columns_of(model)[column] for column in columns]
    names = [connections[using].ops.quote_name(str(field.column)) for field in fields]
    convert = [(n, _converter(field, using)) for n, field in enumerate(fields) if _differs(field)]

    def converted() -> Iterator[list]:
        for line in lines:
            row = json.loads(line)
            for number, function in convert:
                row[number] = function(row[number])
            yield row

    rows = converted()
    while chunk := list(islice(rows, CHUNK)):
        bulk_insert(model._meta.db_table, names, chunk, using)
        report(len(chunk))


def _differs(field: Any) -> bool:
    """Return whether JSON and the database write the field's values in different ways."""
    while field.remote_field:
        field = field.target_field
    return not isinstance(field, BooleanField | CharField | FloatField | IntegerField | TextField)


def _converter(field: Field, using: str) -> Callable[[Any], Any]:
    """Return the function from a value in the file to the value for the database.

    Not `get_db_prep_save`: a story would be sanitised again, by the rules of today.
    """
    connection = connections[using]
    if isinstance(field, JSONField) and field.null:
        return lambda value: field.get_db_prep_save(value, connection)
    return lambda value: field.get_db_prep_value(field.to_python(value), connection)


def reset_sequences(using: str) -> None:
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models_of_record()):
            cursor.execute(statement)


def named_files(using: str = "default") -> set[str]:
    """Return the name of every file that a row names."""
    return {
        name
        for model in models_of_record()
        for field in columns_of(model).values()
        if isinstance(field, FileField)
        for name in QuerySet(model, using=using).values_list(field.attname, flat=True)
        if name
    }
