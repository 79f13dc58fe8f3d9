"""Many rows at once, past models and checks: for what is derived and can be made again."""

from collections.abc import Iterable, Sequence

from django.db import connection


def insert(table: str, columns: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Insert rows whose values are as the database takes them, as fast as it takes them."""
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as target:
                for row in rows:
                    target.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(rows))  # noqa: S608 - names of our own
