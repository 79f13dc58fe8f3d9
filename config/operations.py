"""Operations of migrations that both databases know."""

from django.contrib.postgres import operations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddIndex
from django.db.migrations.state import ProjectState


class AddIndexConcurrently(operations.AddIndexConcurrently):
    """Adds an index; on PostgreSQL nobody who writes to the table waits for it.

    The migration needs `atomic = False` and holds nothing else.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        kind = self._kind(schema_editor)
        kind.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        kind = self._kind(schema_editor)
        kind.database_backwards(self, app_label, schema_editor, from_state, to_state)

    @staticmethod
    def _kind(schema_editor: BaseDatabaseSchemaEditor) -> type[AddIndex]:
        is_postgresql = schema_editor.connection.vendor == "postgresql"
        return operations.AddIndexConcurrently if is_postgresql else AddIndex
