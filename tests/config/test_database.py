"""How the databases are set up."""

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection

pytestmark = pytest.mark.django_db(transaction=True)


def pragma(name: str) -> str:
    """Return the value of one of SQLite's pragmas on Django's connection."""
    with connection.cursor() as cursor:
        return str(cursor.execute(f"PRAGMA {name}").fetchone()[0])


@pytest.mark.sqlite
def test_sqlite_is_set_up_for_several_processes():
    """Readers never wait for a writer, writers wait their turn, foreign keys hold."""
    assert pragma("journal_mode") == "wal"
    assert pragma("foreign_keys") == "1"
    assert int(pragma("busy_timeout")) >= 5000  # milliseconds
    assert settings.DATABASES["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_foreign_keys_are_enforced():
    """A row cannot point at nothing, on either database."""
    with pytest.raises(IntegrityError):
        LogEntry.objects.create(user_id=987654, object_repr="x", action_flag=1)


def test_requests_open_no_transaction_of_their_own():
    """With immediate transactions every page view would take SQLite's write lock."""
    assert not settings.DATABASES["default"].get("ATOMIC_REQUESTS")
