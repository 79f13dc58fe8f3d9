"""Inserts many rows past models and checks: derived rows, and those of a backup."""

from collections.abc import Iterable, Sequence

from django.db import DEFAULT_DB_ALIAS, connections


def bulk_insert(
    table: str, columns: Sequence[str], rows: Iterable[Sequence], using: str = DEFAULT_DB_ALIAS
) -> None:
    """Insert rows of values that are adapted to the database: by COPY on PostgreSQL."""
    connection = connections[using]
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as target:
                for row in rows:
                    target.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(rows))  # noqa: S608 - names of our own
