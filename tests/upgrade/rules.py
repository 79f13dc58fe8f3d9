"""What a migration since the last release may not do: it would break that release, or lock a table.

The old release still answers while `migrate` runs and until the new one has started, and comes back
if the new one is taken away. So a release only expands the schema that the last one knows, and what
that one no longer uses is contracted in the next (ADR 31).
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.contrib.postgres import operations as concurrent
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tests.upgrade import APPS

DATA = migrations.RunPython | migrations.RunSQL


class Fault(NamedTuple):
    """What is wrong with `name`, a table, a column, a constraint or a migration."""

    name: str
    sentence: str


class Column(NamedTuple):
    """A column as models or a database describe it; `type` is empty if the latter does."""

    is_nullable: bool
    has_default: bool
    type: str = ""


Schema = dict[str, dict[str, Column]]


def schema_of(state: ProjectState) -> Schema:
    """Return the tables of our apps in a state of the migrations."""
    schema: Schema = {}
    for model in state.apps.get_models(include_auto_created=True):
        if model._meta.app_label in APPS.values():
            schema[model._meta.db_table] = {
                field.column: Column(field.null, field.has_db_default(), field.db_type(connection))
                for field in model._meta.local_concrete_fields
            }
    return schema


def schema_of_database() -> Schema:
    """Return the tables of the database."""
    with connection.cursor() as cursor:
        return {
            table: {
                row.name: Column(row.null_ok, row.default is not None)
                for row in connection.introspection.get_table_description(cursor, table)
            }
            for table in connection.introspection.table_names(cursor)
        }


def schema_faults(released: Schema, now: Schema, database: Schema) -> Iterator[Fault]:
    """Yield what the released code cannot do any more: read, insert or empty a column.

    `released` and `now` are the models of the last release and of the present ones.
    """
    for table, columns in released.items():
        if table not in database:
            yield Fault(table, "the last release still uses this table")
            continue
        for name, column in columns.items():
            label = f"{table}.{name}"
            if name not in database[table]:
                yield Fault(label, "the last release still uses this column")
            elif column.is_nullable and not database[table][name].is_nullable:
                yield Fault(label, "the last release still writes NULL here")
            elif now.get(table, {}).get(name, column).type != column.type:
                yield Fault(label, "a change of the type rewrites or breaks it; add a column")
        for name in database[table].keys() - columns.keys():
            if not (database[table][name].is_nullable or database[table][name].has_default):
                label = f"{table}.{name}"
                yield Fault(label, "the last release cannot insert: give it db_default or null")


def constraint_faults(released: ProjectState, now: ProjectState) -> Iterator[Fault]:
    """Yield new constraints of old tables: the released code may break one, and so may its rows."""
    for key, model in released.models.items():
        if key[0] in APPS.values() and key in now.models:
            names = {constraint.name for constraint in model.options.get("constraints", ())}
            for constraint in now.models[key].options.get("constraints", ()):
                if constraint.name not in names:
                    sentence = (
                        "the last release does not hold to a constraint that it does not know"
                    )
                    yield Fault(constraint.name, sentence)


def lock_faults(migration: migrations.Migration, released: ProjectState) -> Iterator[Fault]:
    """Yield what keeps writers of a released model's table waiting while it runs."""
    name = f"{migration.app_label}.{migration.name}"
    operations = list(flat(migration.operations))
    are_data = [isinstance(operation, DATA) for operation in operations]
    if any(are_data) and not all(are_data):
        yield Fault(name, "data and schema change in one transaction; make it two migrations")
    for operation in operations:
        model = getattr(operation, "model_name", "").lower()
        if (migration.app_label, model) not in released.models:
            continue
        if isinstance(operation, migrations.AddIndex) and not isinstance(
            operation, concurrent.AddIndexConcurrently
        ):
            yield Fault(name, f"use config.operations.AddIndexConcurrently for {model}")
        if isinstance(operation, migrations.AddField | migrations.AlterField):
            before = released.models[migration.app_label, model].fields.get(operation.name)
            if is_indexed(operation.field) and not is_indexed(before):
                yield Fault(name, f"add the index of {model}.{operation.name} concurrently")


def is_indexed(field: models.Field | None) -> bool:
    return field is not None and (field.db_index or field.unique)


def flat(operations: list[Operation]) -> Iterator[Operation]:
    """Yield the operations that reach the database."""
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from flat(operation.database_operations)
        else:
            yield operation
