"""Migrations expand what the last release knows; they neither break it nor lock its tables."""

from pathlib import Path

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from config.operations import AddIndexConcurrently
from tests.upgrade import APPS, released_migrations
from tests.upgrade.rules import (
    Column,
    constraint_faults,
    lock_faults,
    schema_faults,
    schema_of,
    schema_of_database,
)

ROOT = Path(__file__).resolve().parents[2]
# Faults that do no harm, by their names, each with its reason; emptied when a release is cut.
ACCEPTED: dict[str, str] = {}

REQUIRED = Column(is_nullable=False, has_default=False, type="integer")
NULLABLE = REQUIRED._replace(is_nullable=True)
DEFAULTED = REQUIRED._replace(has_default=True)


@pytest.fixture(scope="module")
def loader() -> MigrationLoader:
    return MigrationLoader(None)


@pytest.fixture(scope="module")
def released(loader) -> ProjectState:
    """What the migrations of the last release made; other packages' migrations are today's."""
    last = {
        label: max(name for app, name in released_migrations() if app == label)
        for label in APPS.values()
    }
    others = [node for node in loader.graph.leaf_nodes() if node[0] not in last]
    return loader.project_state([*others, *last.items()])


@pytest.mark.django_db
def test_last_release_runs_on_the_new_schema(loader, released):
    """It finds every table and column that it knows, and inserts into each."""
    now = loader.project_state()
    faults = [
        *schema_faults(schema_of(released), schema_of(now), schema_of_database()),
        *constraint_faults(released, now),
    ]
    for label, name in sorted(loader.disk_migrations.keys() - released_migrations().keys()):
        if label in APPS.values():
            faults += lock_faults(loader.disk_migrations[label, name], released)
    assert [fault for fault in faults if fault.name not in ACCEPTED] == []
    assert ACCEPTED.keys() <= {fault.name for fault in faults}


def test_released_migrations_stay_as_they_are():
    """A database that has run one would never hear of a change to it."""
    folders = {label: folder for folder, label in APPS.items()}
    for (label, name), source in released_migrations().items():
        assert (ROOT / folders[label] / "migrations" / f"{name}.py").read_bytes() == source


@pytest.mark.parametrize(
    ("released", "database", "name"),
    [
        ({"a": REQUIRED}, None, "table"),
        ({"a": REQUIRED}, {}, "table.a"),
        ({"a": NULLABLE}, {"a": REQUIRED}, "table.a"),
        ({"a": REQUIRED}, {"a": REQUIRED._replace(type="text")}, "table.a"),
        ({}, {"a": REQUIRED}, "table.a"),
        ({}, {"a": NULLABLE}, None),
        ({}, {"a": DEFAULTED}, None),
        ({"a": REQUIRED}, {"a": NULLABLE}, None),
        ({"a": REQUIRED}, {"a": REQUIRED}, None),
    ],
)
def test_schema_faults(released, database, name):
    """A table or a column that went, got NOT NULL or another type, or a required one that came."""
    now = {"table": database} if database is not None else {}
    faults = list(schema_faults({"table": released}, now, now))
    assert [fault.name for fault in faults] == ([name] if name else [])


def test_column_that_no_model_has_any_more_may_go_in_the_next_release():
    """A release drops the field from its models, the next one the column from the database."""
    without, with_it = {"table": {}}, {"table": {"a": NULLABLE}}
    assert list(schema_faults(with_it, without, with_it)) == []
    assert list(schema_faults(without, without, without)) == []


def test_new_constraint_of_an_old_table_is_a_fault():
    """Rows and code of the last release were never held to it."""
    rule = models.CheckConstraint(condition=models.Q(pk__gt=0), name="positive")
    states = [state_of_note(constraints=[]), state_of_note(constraints=[rule])]
    assert [fault.name for fault in constraint_faults(*states)] == ["positive"]
    assert list(constraint_faults(states[1], states[1])) == []


def state_of_note(**options) -> ProjectState:
    state = ProjectState()
    fields = [("id", models.AutoField(primary_key=True)), ("key", UNIQUE)]
    state.add_model(ModelState("articles", "Note", fields, options))
    return state


INDEX = models.Index(fields=["text"], name="note_text")
TEXT = models.TextField(db_default="")
UNIQUE = models.TextField(null=True, unique=True)
COMMENT = models.ForeignKey("articles.Comment", models.CASCADE, null=True)
MODEL = migrations.CreateModel("Note", [("id", models.AutoField(primary_key=True))])
DATA = migrations.RunPython(migrations.RunPython.noop)


@pytest.mark.parametrize(
    ("operations", "count"),
    [
        ([migrations.AddIndex("Note", INDEX)], 1),
        ([migrations.SeparateDatabaseAndState([migrations.AddIndex("Note", INDEX)])], 1),
        ([migrations.AddField("Note", "text", UNIQUE)], 1),
        ([migrations.AlterField("Note", "text", UNIQUE)], 1),
        ([migrations.AddField("Note", "comment", COMMENT)], 1),
        ([migrations.AddField("Note", "text", TEXT), DATA], 1),
        ([migrations.AlterField("Note", "key", UNIQUE)], 0),
        ([migrations.AddField("Note", "text", TEXT)], 0),
        ([migrations.SeparateDatabaseAndState([], [migrations.AddIndex("Note", INDEX)])], 0),
        ([AddIndexConcurrently("Note", INDEX)], 0),
        ([DATA, DATA], 0),
    ],
)
def test_lock_faults(operations, count):
    """An index in one go and data beside the schema keep writers of an old table waiting."""
    migration = migrations.Migration("0099_note", "articles")
    migration.operations = operations
    assert len(list(lock_faults(migration, state_of_note()))) == count


def test_index_of_a_new_table_locks_nobody():
    """Nothing writes yet to a table that the same release brings."""
    migration = migrations.Migration("0099_note", "articles")
    migration.operations = [MODEL, migrations.AddIndex("Note", INDEX)]
    assert list(lock_faults(migration, ProjectState())) == []


@pytest.mark.django_db(transaction=True)
def test_index_is_added_and_removed_on_either_database(loader):
    """Concurrently on PostgreSQL, as usual on SQLite."""
    before = loader.project_state()
    after = before.clone()
    index = models.Index(fields=["slug", "id"], name="article_slug_id")
    operation = AddIndexConcurrently("Article", index)
    operation.state_forwards("articles", after)
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("articles", editor, before, after)
    assert index.name in indexes()
    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards("articles", editor, after, before)
    assert index.name not in indexes()


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, "articles_article"))
