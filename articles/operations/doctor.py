"""Finds what is wrong with an installation, in sentences that say what to do.

A check yields a sentence for each fault. Those of `RECORD` ask the database.
"""

import datetime as dt
import shutil
import socket
import ssl
import stat
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import checks
from django.core.files.storage import default_storage
from django.core.mail import get_connection
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from articles.models import AuditEntry, Message, Picture
from articles.operations.proof import last_proven_restore
from config.staff.encryption import count_plain

TIMEOUT = 10  # seconds for another system to answer
MIN_FREE_BYTES = 1024**3
MAX_CLOCK_DIFFERENCE = dt.timedelta(seconds=5)
MAX_WAIT = dt.timedelta(minutes=10)  # of a message that is due
MAX_PROOF_AGE = dt.timedelta(days=2)
SESSIONS_KEPT = dt.timedelta(days=7)  # after their end
CERTIFICATE_RENEWED = dt.timedelta(days=14)  # before its end
PICTURES = 100  # the newest, whose files are looked for


def examine() -> dict[str, list[str]]:
    """Return the faults that each check found."""
    found = {name: _faults(check) for name, check in INSTALLATION.items()}
    # Each would wait for a database that is away.
    record = {} if found["database"] else RECORD
    return found | {name: _faults(check) for name, check in record.items()}


def _faults(check: Callable[[], Iterator[str]]) -> list[str]:
    try:
        return list(check())
    except Exception as error:  # noqa: BLE001 - what fails here is a fault of the installation
        return [f"This could not be checked: {_first_line(error)}."]


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0].rstrip(".")


# The installation


def _settings() -> Iterator[str]:
    if settings.DEMO:
        yield "DEMO is on: the passwords of its accounts are published."
    for message in checks.run_checks(include_deployment_checks=True):
        if message.level >= checks.WARNING and not message.is_silenced():
            yield f"{message.msg} ({message.id})"


def _database() -> Iterator[str]:
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
    except Error as error:
        yield f"The database cannot be used: {_first_line(error)}."
        return
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        yield f"{len(plan)} migrations are not applied: run `manage.py migrate`."


def _permissions() -> Iterator[str]:
    """Yield who may read what is for the site's user alone, or cannot be written to."""
    files = [settings.BASE_DIR / ".env"]
    if connection.vendor == "sqlite":
        database = Path(settings.DATABASES["default"]["NAME"])
        files += [database, *(database.with_name(f"{database.name}{end}") for end in _BESIDE)]
    for path, allowed in [
        *((path, 0o640) for path in files),
        (Path(settings.MEDIA_ROOT), 0o750),
        (settings.DATA_DIR / "pages", 0o750),
    ]:
        if path.exists():
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & ~allowed & 0o777:
                yield f"{path} has the mode {mode:04o}: run `chmod {mode & allowed:04o} {path}`."


_BESIDE = ("-wal", "-shm")


def _disk() -> Iterator[str]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < MIN_FREE_BYTES:
        yield f"The disk of {settings.DATA_DIR} has {free // 1024**2} MB left."


def _mail_server() -> Iterator[str]:
    if settings.MAIL_FROM:
        try:
            with get_connection(timeout=TIMEOUT):
                pass
        except OSError as error:  # smtplib's own errors among them
            yield f"The mail server {settings.EMAIL_HOST} cannot be used: {_first_line(error)}."


def _hub() -> Iterator[str]:
    if settings.WEBSUB_HUB:
        try:
            urllib.request.urlopen(settings.WEBSUB_HUB, timeout=TIMEOUT).close()  # noqa: S310
        except HTTPError as answer:  # it expects a POST
            answer.close()
            if answer.code >= 500:
                yield f"The hub {settings.WEBSUB_HUB} answers {answer.code}."
        except OSError as error:
            yield f"The hub {settings.WEBSUB_HUB} cannot be reached: {_first_line(error)}."


def _certificate() -> Iterator[str]:
    address = urlsplit(settings.SITE_URL)
    if address.scheme != "https":
        return
    host, port = address.hostname or "", address.port or 443
    try:
        with (
            socket.create_connection((host, port), TIMEOUT) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure,
        ):
            end = ssl.cert_time_to_seconds(str((secure.getpeercert() or {})["notAfter"]))
    except OSError as error:
        yield f"{settings.SITE_URL} cannot be reached over HTTPS: {_first_line(error)}."
        return
    ends_at = dt.datetime.fromtimestamp(end, dt.UTC)
    if ends_at < timezone.now() + CERTIFICATE_RENEWED:
        yield f"The certificate of {settings.SITE_URL} ends on {ends_at:%d %B %Y}."


# The record


def _clock() -> Iterator[str]:
    if connection.vendor == "postgresql":
        before = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (theirs,) = cursor.fetchone()
        after = timezone.now()
        if not before - MAX_CLOCK_DIFFERENCE <= theirs <= after + MAX_CLOCK_DIFFERENCE:
            difference = (theirs - before).total_seconds()
            yield f"The database's clock differs from this machine's by {difference:+.0f} seconds."
    newest = AuditEntry.objects.order_by("-pk").values_list("at", flat=True).first()
    if newest and newest > timezone.now() + MAX_CLOCK_DIFFERENCE:
        yield f"This machine's clock is behind the newest audit entry, of {newest:%d %B %Y %H:%M}."


def _media() -> Iterator[str]:
    names = [row.file.name or "" for row in Picture.objects.order_by("-pk")[:PICTURES]]
    missing = [name for name in names if not default_storage.exists(name)]
    if missing:
        yield (
            f"{len(missing)} of the newest {PICTURES} pictures have no file, "
            f"the newest {settings.MEDIA_ROOT}/{missing[0]}: restore the media."
        )


def _worker() -> Iterator[str]:
    late = Message.objects.due(timezone.now() - MAX_WAIT).filter(attempts=0)
    if count := late.count():
        yield f"{count} messages wait for the worker: is it running? (`manage.py worker`)"
    given_up = Message.objects.filter(due_at=None)
    if newest := given_up.order_by("-pk").first():
        yield f"{given_up.count()} messages were given up, the last: {newest.last_error}"


def _second_steps() -> Iterator[str]:
    # Not by a migration: the release before, which may come back, reads plain ones only.
    if count := count_plain():
        yield f"{count} second steps are stored unencrypted: run `manage.py encrypt_second_steps`."


def _backups() -> Iterator[str]:
    if settings.BACKUP_DIR:
        proven = last_proven_restore()
        if proven is None or proven.at < timezone.now() - MAX_PROOF_AGE:
            since = f"since {proven.at:%d %B %Y}" if proven else "yet"
            yield f"No nightly backup has been proven by a restore {since}: is the worker running?"


def _sessions() -> Iterator[str]:
    if Session.objects.filter(expire_date__lt=timezone.now() - SESSIONS_KEPT).exists():
        yield "Sessions that ended long ago are still stored: run `manage.py clean_accounts` daily."


INSTALLATION = {
    "settings": _settings,
    "database": _database,
    "permissions": _permissions,
    "disk": _disk,
    "mail server": _mail_server,
    "hub": _hub,
    "certificate": _certificate,
}
RECORD = {
    "clock": _clock,
    "media": _media,
    "worker": _worker,
    "backups": _backups,
    "second steps": _second_steps,
    "sessions": _sessions,
}
