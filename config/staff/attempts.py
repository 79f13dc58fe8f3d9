"""Counts attempts to sign in."""

from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, IntegrityError, connection, transaction


class AttemptCache(DatabaseCache):
    """A database cache whose failed writes are errors.

    Django's answers that nothing was written, which allauth takes for too many attempts.
    """

    def _base_set(
        self, mode: str, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT
    ) -> bool:
        errors: list[DatabaseError] = []

        def note_errors(execute: Callable, *arguments: Any) -> Any:
            try:
                return execute(*arguments)
            except IntegrityError:
                raise  # another process has just added the key
            except DatabaseError as error:
                errors.append(error)
                raise

        # In a transaction of ours, so that a commit that fails is no answer either.
        with connection.execute_wrapper(note_errors), transaction.atomic():
            is_written = super()._base_set(mode, key, value, timeout)  # type: ignore[misc]
        if errors:
            raise errors[0]
        return is_written
