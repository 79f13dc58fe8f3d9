"""What the doctor finds wrong with an installation."""

import datetime as dt
import json
import shutil
import ssl
import threading
from collections import namedtuple
from pathlib import Path
from socket import create_server

import pytest
from allauth.mfa.models import Authenticator
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from articles.models import AuditEntry, Message, RestoreProof
from articles.operations import doctor
from tests.articles.samples import make_picture
from tests.factories import ArticleFactory, UserFactory
from tests.postgres import free_port
from tests.server import serving

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def sound(settings, tmp_path):
    """An installation with nothing wrong."""
    settings.BASE_DIR = settings.DATA_DIR = tmp_path
    settings.SECURE_SSL_REDIRECT = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 3600


def faults(name: str) -> list[str]:
    """Return what one check finds; all others find nothing."""
    found = doctor.examine()
    assert {other: what for other, what in found.items() if other != name and what} == {}
    return found[name]


def run(capsys, *arguments: str) -> tuple[int, str]:
    """Run the command; return its exit status and what it printed."""
    status = 0
    try:
        call_command("doctor", *arguments)
    except SystemExit as ended:
        status = int(ended.code or 0)
    return status, capsys.readouterr().out


def test_sound_installation_has_no_faults(capsys):
    """Every check is named, and the exit status is 0."""
    status, text = run(capsys)
    assert status == 0
    assert text.count(": fine\n") == len(doctor.INSTALLATION | doctor.RECORD)


def test_fault_sets_the_exit_status(capsys, settings):
    """Monitoring sees the status, people the sentence, programs JSON."""
    settings.DEMO = True
    status, text = run(capsys)
    assert status == 1
    assert "settings:\n  - DEMO is on" in text
    status, text = run(capsys, "--json")
    assert status == 1
    assert "DEMO is on" in json.loads(text)["faults"]["settings"][0]


def test_settings_that_django_warns_of_are_faults(settings):
    """Django's own checks for deployment are among them."""
    settings.SESSION_COOKIE_SECURE = False
    (fault,) = faults("settings")
    assert fault.endswith("(security.W012)")


def test_database_that_is_away_is_one_fault(monkeypatch):
    """The first line of its reason; what would ask it is left out."""

    def refuse():
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    found = doctor.examine()
    assert found["database"] == ["The database cannot be used: connection refused."]
    assert found.keys() == doctor.INSTALLATION.keys()


def test_migration_that_is_not_applied_is_a_fault():
    """It says which command to run."""
    [last] = MigrationLoader(connection).graph.leaf_nodes("staff")
    MigrationRecorder(connection).record_unapplied(*last)
    assert faults("database") == ["1 migrations are not applied: run `manage.py migrate`."]


@pytest.mark.sqlite
def test_database_that_anybody_may_read_is_a_fault(settings, monkeypatch, tmp_path):
    """So are its log and the settings; the sentence is the command that mends it."""
    database = tmp_path / "db.sqlite3"
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", database)
    for path in (database, tmp_path / "db.sqlite3-wal", tmp_path / ".env"):
        path.touch(0o640)
        assert faults("permissions") == []
        path.chmod(0o644)
        assert faults("permissions") == [f"{path} has the mode 0644: run `chmod 0640 {path}`."]
        path.chmod(0o600)
    Path(settings.MEDIA_ROOT).mkdir(0o755)
    Path(settings.MEDIA_ROOT).chmod(0o755)
    assert "chmod 0750" in faults("permissions")[0]


@pytest.mark.sqlite
def test_database_is_made_for_the_sites_user_and_group():
    """Drafts and password hashes are in it."""
    mode = Path(connection.settings_dict["NAME"]).stat().st_mode
    assert mode & 0o777 == 0o640


def test_full_disk_is_a_fault(monkeypatch):
    """Before it is full."""
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil's
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10, 10, 5 * 1024**2))
    assert faults("disk")[0].endswith(" has 5 MB left.")


def test_mail_server_that_is_away_is_a_fault(settings):
    """Asked only where mails are sent."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    assert faults("mail server") == []
    settings.MAIL_FROM = "desk@news.example"
    assert "mail server 127.0.0.1 cannot be used" in faults("mail server")[0]


def test_hub_that_is_away_or_fails_is_a_fault(settings):
    """A refusal of the question is none: it expects another one."""
    answer = ["405 Method Not Allowed"]

    def hub(_environ, start_response):
        start_response(answer[0], [("Content-Length", "0")])
        return []

    with serving(hub) as (address, _statuses):
        settings.WEBSUB_HUB = address
        assert faults("hub") == []
        answer[0] = "503 Service Unavailable"
        assert faults("hub") == [f"The hub {address} answers 503."]
    assert "cannot be reached: " in faults("hub")[0]


def test_certificate_that_ends_soon_is_a_fault(settings, monkeypatch, tmp_path):
    """So is one that nobody trusts, and a site that does not answer."""
    port = certified_server(tmp_path / "site.pem", dt.timedelta(days=3))
    settings.SITE_URL = f"https://localhost:{port}"
    assert "cannot be reached over HTTPS: " in faults("certificate")[0]
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "site.pem"))
    assert f"The certificate of {settings.SITE_URL} ends on " in faults("certificate")[0]
    port = certified_server(tmp_path / "site.pem", dt.timedelta(days=30))
    settings.SITE_URL = f"https://localhost:{port}"
    assert faults("certificate") == []


def certified_server(path: Path, lasts: dt.timedelta) -> int:
    """Serve one TLS handshake after another with a new certificate; return the port."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = timezone.now()
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - HOUR)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server = create_server(("127.0.0.1", 0))

    def serve() -> None:
        with server:
            for _ in range(2):
                try:
                    context.wrap_socket(server.accept()[0], server_side=True).close()
                except OSError:  # whoever asked did not trust it
                    continue

    threading.Thread(target=serve, daemon=True).start()
    return server.getsockname()[1]


@pytest.mark.postgresql
def test_clock_that_differs_from_the_databases_is_a_fault(monkeypatch):
    """Embargoes are due by the one and stored by the other."""
    monkeypatch.setattr(doctor.timezone, "now", lambda: dt.datetime.now(dt.UTC) + HOUR)
    assert faults("clock") == ["The database's clock differs from this machine's by -3600 seconds."]


def test_clock_behind_the_record_is_a_fault():
    """Somebody has saved something that is still to come."""
    AuditEntry.objects.create(
        article=ArticleFactory(), kind=AuditEntry.Kind.SUBMITTED, at=timezone.now() + HOUR
    )
    assert "clock is behind the newest audit entry" in faults("clock")[0]


def test_picture_without_its_file_is_a_fault():
    """It names one."""
    picture = make_picture()
    assert faults("media") == []
    Path(picture.file.path).unlink()
    assert f"/{picture.file.name}: restore the media." in faults("media")[0]


def test_worker_that_does_not_run_is_a_fault():
    """What it has given up is one, too."""
    message = Message.objects.create(kind="websub", payload=[], due_at=timezone.now())
    assert faults("worker") == []
    Message.objects.update(due_at=timezone.now() - HOUR)
    assert faults("worker")[0].startswith("1 messages wait for the worker")
    message.due_at, message.last_error = None, "550 no such user"
    message.save()
    assert faults("worker") == ["1 messages were given up, the last: 550 no such user"]


def test_sessions_that_ended_long_ago_are_a_fault():
    """The timer that deletes them did not run."""
    session = Session.objects.create(session_key="a", expire_date=timezone.now() - HOUR)
    assert faults("sessions") == []
    session.expire_date = timezone.now() - dt.timedelta(days=8)
    session.save()
    assert "manage.py clean_accounts" in faults("sessions")[0]


def test_check_that_fails_is_a_fault(monkeypatch):
    """The others still run."""

    def fail(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "disk_usage", fail)
    assert faults("disk") == ["This could not be checked: [Errno 13] Permission denied."]


def test_backup_that_no_restore_has_proven_is_a_fault(settings, tmp_path):
    """Never, or not for two days; where no backup is wanted, none is missed."""
    assert faults("backups") == []
    settings.BACKUP_DIR = tmp_path
    [fault] = faults("backups")
    assert "proven by a restore yet" in fault
    proof = RestoreProof.objects.create(backup="one", at=timezone.now() - 72 * HOUR)
    [fault] = faults("backups")
    assert f"since {proof.at:%d %B %Y}" in fault
    RestoreProof.objects.create(backup="two", at=timezone.now())
    assert faults("backups") == []


def test_plain_second_steps_are_a_fault():
    """Those that a release before stored, until the command has encrypted them."""
    Authenticator.objects.create(user=UserFactory(), type="totp", data={"secret": "JBSWY3DP"})
    [fault] = faults("second steps")
    assert fault.startswith("1 second steps are stored unencrypted")
    call_command("encrypt_second_steps")
    assert faults("second steps") == []
