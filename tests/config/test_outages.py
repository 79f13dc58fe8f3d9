"""What people and programs get while the database is away or the disk is full."""

import errno
import json
import shutil
import sqlite3
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError, OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from articles.caching.watch import Watch
from articles.models import Article, Picture, RestoreProof
from articles.roles import EDITOR
from config import database, outages
from tests.articles.authoring.test_review import member
from tests.articles.pictures.samples import encode, half_red, upload
from tests.articles.samples import make_picture
from tests.engagements.desk import read
from tests.factories import UserFactory, make_public
from tests.server import Gate, running_server

ADD = reverse("admin:articles_article_add")
LOGIN = reverse("account_login")
UPLOAD = reverse("admin:articles_picture_upload")


@pytest.fixture
def visitor() -> Client:
    """A client that gets an answer where the site fails."""
    return Client(raise_request_exception=False)


def failing(error: BaseException):
    def fail(*_arguments, **_more):
        raise error

    return fail


def failing_to_write(error: BaseException):
    """Return what executes statements as the driver does, but for those that write."""
    execute = CursorWrapper._execute

    def run(cursor, sql: str, *arguments):
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            raise error
        return execute(cursor, sql, *arguments)

    return run


def driver_error(cause: BaseException) -> OperationalError:
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


class Answer(SimpleNamespace):
    status: int
    headers: dict
    control: str
    text: str
    took: float


def ask(address: str, **headers: str) -> Answer:
    began = time.monotonic()
    try:
        answer = urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=9)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    with answer:
        text = answer.read().decode()
        took = time.monotonic() - began
        control = answer.headers["Cache-Control"]
        return Answer(
            status=answer.status, headers=answer.headers, control=control, text=text, took=took
        )


@pytest.mark.postgresql
def test_database_away_and_back(transactional_db, tmp_path):
    """Every request gets a page at once, stored pages are sent for as long as the operator allows,
    the probes say what is away, and two seconds after the database all is as before."""
    edition = make_public()
    found = connection.settings_dict
    gate = Gate(int(found["PORT"]))
    gate.open()
    with running_server(
        DJANGO_SETTINGS_MODULE="tests.bench.settings",
        BENCH_DATA_DIR=str(tmp_path),
        DATABASE_URL=f"postgresql://{found['USER']}@127.0.0.1:{gate.port}/{found['NAME']}",
        STALE_IF_DOWN_SECONDS="60",
    ) as (_process, site):
        address = site + edition.get_absolute_url()
        # Each of the two workers has stored it.
        assert all(ask(address).status == 200 for _request in range(20))
        assert ask(f"{site}/readyz").status == 200
        gate.shut()
        desk = {"Cookie": f"session={'a' * 32}"}
        answers = [ask(f"{site}/admin/", **desk) for _request in range(10)]
        assert {answer.status for answer in answers} == {503}
        assert sum(answer.took for answer in answers) < 5  # 100 s before
        assert int(answers[-1].headers["Retry-After"]) <= 10
        assert "Not available at the moment" in answers[-1].text
        assert answers[-1].control == "no-store"
        assert "default-src" in answers[-1].headers["Content-Security-Policy"]
        assert ask(f"{site}/healthz").status == 503
        assert ask(f"{site}/livez").status == 200
        ready = ask(f"{site}/readyz")
        assert ready.status == 503
        assert json.loads(ready.text)["database"] == "away"
        stored = [ask(address) for _request in range(10)]
        assert {answer.status for answer in stored} == {200}
        assert {answer.control for answer in stored} == {"no-cache"}
        assert ask(f"{site}/articles/").status == 503  # was never stored
        gate.open()
        back = time.monotonic()
        last_away = back
        while time.monotonic() < back + 3:
            answers = [ask(f"{site}/admin/", **desk), ask(f"{site}/articles/"), ask(address)]
            states = {answer.status for answer in answers}
            if states != {200} or "max-age" not in answers[-1].control:
                last_away = time.monotonic()
        assert last_away < back + 2
        gate.shut()


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("USER", "nobody-known", 'role "nobody-known" does not exist'),
        ("NAME", "no-such-record", 'database "no-such-record" does not exist'),
        ("PORT", "1", "refused"),
        ("HOST", "nowhere.invalid", "nowhere.invalid"),
    ],
)
def test_reason_why_the_database_does_not_answer(db, monkeypatch, setting, value, says):
    """A wrong user, name, port or host is said in one line of the driver's words."""
    monkeypatch.setitem(connection.settings_dict, setting, value)
    reason = database.failure()
    assert says in reason
    assert "\n" not in reason


def test_away_database_is_asked_by_nobody_but_one_thread(monkeypatch, visitor):
    """Once it could not be connected to, requests are answered without an attempt."""
    reasons = ["refused"] * 3
    monkeypatch.setattr(database, "failure", lambda: reasons.pop() if reasons else "")
    monkeypatch.setattr(database, "_PAUSE", 0.2)
    database.check()
    assert database.is_away()
    answer = visitor.get("/admin/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    with pytest.raises(OperationalError):
        Watch()()
    assert visitor.get("/livez").content == b"ok\n"
    deadline = time.monotonic() + 10
    while database.is_away():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert reasons == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (driver_error(sqlite3.OperationalError("database is locked")), 503),
        (driver_error(psycopg.OperationalError("the connection is closed")), 503),
        (DatabaseError("file is not a database"), 503),
        (ValueError("a mistake of ours"), 500),
    ],
)
def test_error_of_the_database_is_no_error_of_the_site(db, monkeypatch, visitor, error, status):
    """It asks for another try; a mistake in the program does not, and neither hides behind one."""
    monkeypatch.setattr("articles.pages.site.Region", SimpleNamespace(objects=SimpleNamespace(
        exists=failing(error)
    )))  # fmt: skip
    answer = visitor.get("/healthz")
    assert answer.status_code == status
    assert answer.has_header("Retry-After") == (status == 503)
    # It can be connected to, so the next request is served.
    assert not database.is_away()


@pytest.mark.sqlite
@pytest.mark.parametrize("how", ["garbage", "missing", "directory"])
def test_sqlite_file_that_cannot_be_used(db, monkeypatch, tmp_path, visitor, how):
    """A file that is damaged, missing or unreadable is an outage, and not an error of ours."""
    path = tmp_path / "other" / "db.sqlite3"
    if how == "garbage":
        path.parent.mkdir()
        path.write_bytes(b"no database " * 1000)
    elif how == "directory":
        path.mkdir(parents=True)
    monkeypatch.setitem(connection.settings_dict, "NAME", str(path))
    assert database.failure()
    other = database.own_connection
    with pytest.raises(DatabaseError) as raised:
        other()
    monkeypatch.setattr(outages, "sys", SimpleNamespace(exc_info=lambda: (0, raised.value, 0)))
    monkeypatch.setattr(database, "_PAUSE", 0.05)
    answer = outages.handle_error(None)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert database.is_away()
    monkeypatch.undo()
    deadline = time.monotonic() + 10
    while database.is_away():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# The disk


FULL = [
    driver_error(sqlite3.OperationalError("database or disk is full")),
    driver_error(psycopg.errors.DiskFull("could not extend file")),
    OSError(errno.ENOSPC, "No space left on device"),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.sqlite
def test_save_on_a_full_disk_saves_nothing_and_says_so(visitor):
    """The article that was written when the disk was full is not there in part."""
    visitor.force_login(member(EDITOR))
    story = f"<p>{'It was full. ' * 20_000}</p>"
    form = read(visitor.get(ADD)) | {"headline": "An envoy in Algiers", "body": story}
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count={pages + 2}")
        answer = visitor.post(ADD, form)
        cursor.execute("PRAGMA max_page_count=4294967294")
    assert answer.status_code == 503
    assert "the site’s disk is full" in answer.text
    assert not Article.objects.exists()
    assert visitor.post(ADD, form).status_code == 302
    assert Article.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_upload_on_a_full_disk_leaves_no_file(monkeypatch, visitor, private_media):
    """A picture whose second file does not fit leaves neither a row nor the first."""
    visitor.force_login(member(EDITOR))
    write, written = FileSystemStorage._save, []

    def fill(self, name, content):
        if written:
            (private_media / Path(name)).write_bytes(b"a part")
            raise FULL[-1]
        written.append(name)
        return write(self, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "_save", fill)
        answer = visitor.post(UPLOAD, {"files": [upload(encode(half_red()))]})
    assert written
    assert answer.status_code == 503
    assert "the site’s disk is full" in answer.text
    assert not Picture.objects.exists()
    assert [path for path in private_media.rglob("*") if path.is_file()] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", FULL[:2])
def test_sign_in_on_a_full_disk_is_not_too_many_attempts(monkeypatch, visitor, error):
    """An attempt that cannot be counted is refused with the reason, and not with another one."""
    person = UserFactory(username="amina", is_staff=True)
    person.set_password("a long password of hers")
    person.save()
    form = {"login": "amina", "password": "a long password of hers"}
    with monkeypatch.context() as patch:
        patch.setattr(CursorWrapper, "_execute", failing_to_write(error))
        answer = visitor.post(LOGIN, form)
    assert (answer.status_code, "disk is full" in answer.text) == (503, True)
    assert visitor.post(LOGIN, form).status_code == 302


# The probes


def test_ready_site_says_so(db, client):
    """A monitor reads what works; nothing of it is stored anywhere."""
    proof = RestoreProof.objects.create(backup="2026-11-30")
    answer = client.get("/readyz")
    works = dict.fromkeys(("disk", "database", "migrations", "media"), "ok")
    proven = proof.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert answer.json() == {**works, "last_proven_restore": proven}
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert client.get("/livez")["Cache-Control"] == "no-store"
    for probe in ("/livez", "/readyz"):
        assert client.post(probe).status_code == 405


def test_site_is_not_ready_while_it_is_migrated(db, client):
    """Until each app's last migration is applied; an older release is ready on newer tables."""
    rows = MigrationRecorder(connection).migration_qs
    rows.create(app="articles", name="9999_of_the_next_release")
    assert client.get("/readyz").status_code == 200
    rows.filter(app="engagements").order_by("-name")[0].delete()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["migrations"]) == (503, "not all applied")
    assert client.get("/livez").status_code == 200
    assert client.get("/healthz").status_code == 200


def test_site_is_not_ready_without_disk_or_pictures(db, client, monkeypatch):
    """A disk that is nearly full or not there, and pictures whose files are not."""
    usage = SimpleNamespace(free=99 * 1024**2)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _path: usage)
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["disk"]) == (503, "nearly full")
    with monkeypatch.context() as patch:
        patch.setattr("os.access", lambda *_a: False)
        assert client.get("/readyz").json()["disk"] == "not writable"
    picture = make_picture()
    assert client.get("/readyz").status_code == 200
    Path(picture.file.path).unlink()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["media"]) == (503, "missing")


def test_page_of_an_outage_needs_no_database():
    """Neither sentence asks for anything."""
    for is_full in (False, True):
        page = outages.unavailable(is_full=is_full)
        assert isinstance(page, HttpResponse)
        assert "<main" in page.text
