"""Whether the database answers: at the start, and while the site runs."""

import errno
import logging
import sqlite3
import threading
import time
from typing import Any

import psycopg
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    Error,
    InterfaceError,
    OperationalError,
    connections,
)
from django.db.utils import load_backend

logger = logging.getLogger(__name__)

_PAUSE = 0.5  # seconds between two attempts to connect while the database is away
_away = threading.Event()
_lock = threading.Lock()


def own_connection() -> Any:
    """Return a connection outside `connections`, which Django would close between requests."""
    configured = connections[DEFAULT_DB_ALIAS].settings_dict
    options = {name: value for name, value in configured["OPTIONS"].items() if name != "pool"}
    backend = load_backend(configured["ENGINE"])
    connection = backend.DatabaseWrapper({**configured, "OPTIONS": options}, "own")
    connection.inc_thread_sharing()
    connection.ensure_connection()
    return connection


def failure() -> str:
    """Return why the database cannot be connected to, in the words of its driver; "": it can."""
    try:
        connection = own_connection()
    except Error as error:
        # The lines behind the first ask whether the server runs at all.
        return (str(error).strip().splitlines() or [type(error).__name__])[0].strip(". ")
    connection.close()
    return ""


def is_away() -> bool:
    """Return whether the database could not be connected to when it was last tried."""
    return _away.is_set()


def check() -> None:
    """Find out whether the database can be connected to, after an error.

    If not, `is_away()` holds until a thread has connected again, which tries twice a second.
    """
    with _lock:
        if _away.is_set():
            return
        reason = failure()
        if reason:
            _away.set()
            logger.error("The database does not answer: %s", reason)
            threading.Thread(target=_wait, name="database", daemon=True).start()


def _wait() -> None:
    while failure():
        time.sleep(_PAUSE)
    _away.clear()
    logger.warning("The database answers again.")


def is_outage(error: BaseException | None) -> bool:
    """Return whether an error may be the database's own and not the program's."""
    # SQLite names a file that is damaged or no database by the class of all errors.
    return isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError


def is_disk_full(error: BaseException | None) -> bool:
    """Return whether an error is for want of disk space, the database's or a file's."""
    cause = error.__cause__ if isinstance(error, DatabaseError) else error
    return (
        isinstance(cause, psycopg.errors.DiskFull)
        or (isinstance(cause, sqlite3.Error) and "disk is full" in str(cause))
        or (isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT))
    )
