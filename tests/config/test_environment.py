"""Each setting is valid, or the start ends with one sentence that says what to set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import environment
from config.environment import SettingsError

CHECKOUT = Path(__file__).resolve().parents[2]
GOOD_SECRET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"


def start(tmp_path: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program of ours as a fresh process in production, with only these variables."""
    # The checkout's .env must not answer for what a test leaves out.
    names = ("DEBUG", "DEMO", "SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "TAG_AUTHORITY")
    names += ("TIME_ZONE", "HTTPS", "TRUST_PROXY_HEADERS", "SENDFILE_PREFIX")
    names += ("LOG_FORMAT", "LOG_LEVEL", "SITE_NAME", "SITE_URL", "WEBSUB_HUB")
    names += ("EMAIL_URL", "MAIL_FROM", "SECOND_STEP_KEYS", "AUDIT_LOG_DAYS")
    return subprocess.run(
        [sys.executable, *(command or ("manage.py", "check"))],
        cwd=CHECKOUT,
        env={
            **dict.fromkeys(names, ""),
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(tmp_path),
            "SECRET_KEY": GOOD_SECRET,
            "ALLOWED_HOSTS": "news.example.org",
            "TAG_AUTHORITY": "news.example.org,2025",
            **variables,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def sentence(tmp_path: Path, *command: str, **variables: str) -> str:
    """Return what a refused start said, after checking that it is one line and no traceback."""
    done = start(tmp_path, *command, **variables)
    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("Communiqué cannot start: ")
    assert lines[0].endswith(".")
    return lines[0]


def test_production_starts_with_the_three_required_settings(tmp_path):
    """A secret, a host name and a tag authority are all that production must be given."""
    done = start(tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("SECRET_KEY", "", "SECRET_KEY is missing"),
        ("SECRET_KEY", "change-me" * 10, "placeholder"),
        ("SECRET_KEY", "short", "too short"),
        ("SECRET_KEY", "a" * 60, "too uniform"),
        ("ALLOWED_HOSTS", "", "ALLOWED_HOSTS is missing"),
        ("ALLOWED_HOSTS", "*", "any name"),
        ("ALLOWED_HOSTS", "https://news.example.org", "without scheme or port"),
        ("ALLOWED_HOSTS", "news.example.org:443", "without scheme or port"),
        ("TAG_AUTHORITY", "", "TAG_AUTHORITY is missing"),
        ("TAG_AUTHORITY", "news.example.org", "a year"),
        ("DEBUG", "True!", "set it to true or false"),
        ("DEMO", "maybe", "set it to true or false"),
        ("HTTPS", "2", "set it to true or false"),
        ("TRUST_PROXY_HEADERS", "y", "set it to true or false"),
        ("TIME_ZONE", "Mars/Olympus", "no time zone"),
        ("TIME_ZONE", "../../etc/passwd", "no time zone"),
        ("DATABASE_URL", "mysql://u:p@h/n", "no SQLite or PostgreSQL database"),
        ("DATABASE_URL", "postgresql://host", "no SQLite or PostgreSQL database"),
        ("DATABASE_URL", "nonsense", "DATABASE_URL"),
        ("SENDFILE_PREFIX", "private", "begins and ends with a slash"),
        ("SECOND_STEP_KEYS", "hunter2", "a key in SECOND_STEP_KEYS is not valid"),
        ("AUDIT_LOG_DAYS", "0", "a whole number from 1 to 9999"),
        ("LOG_FORMAT", "xml", "text, json"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO, WARNING, ERROR"),
        ("DATA_DIR", "/dev/null/x", "cannot be created"),
        ("BACKUP_DIR", "/dev/null/x", "cannot be created"),
        ("BACKUPS_KEPT", "0", "a whole number from 1 to 9999"),
        ("STALE_IF_DOWN_SECONDS", "a day", "a whole number from 0 to 86400"),
        ("AUDIT_LOG_DAYS", "9" * 5_000, "a whole number from 1 to 9999"),
    ],
)
def test_start_refused(tmp_path, variable, value, says):
    """A wrong or missing value stops the start, names its variable and says what to do."""
    said = sentence(tmp_path, **{variable: value})
    assert variable in said
    assert says in said


def test_start_refused_with_the_example_file(tmp_path):
    """A copied .env.example does not start until its secret was replaced."""
    values = dict(
        line.split("=", 1)
        for line in (CHECKOUT / ".env.example").read_text().splitlines()
        if "=" in line and not line.startswith("#")
    )
    assert "SECRET_KEY still has the placeholder" in sentence(tmp_path, **values)
    values["SECRET_KEY"] = GOOD_SECRET
    assert start(tmp_path, **values).returncode == 0


def test_debug_needs_a_secret_too(tmp_path):
    """No mode has a built-in secret that production could inherit."""
    for mode in ("DEBUG", "DEMO"):
        assert "SECRET_KEY is missing" in sentence(tmp_path, SECRET_KEY="", **{mode: "true"})


def test_server_refuses_before_starting_processes(tmp_path):
    """The production server ends with the same sentence, and says nothing else."""
    said = sentence(tmp_path, "-m", "config.serve", SECRET_KEY="")
    assert "SECRET_KEY is missing" in said


def test_server_refuses_https_without_a_proxy(tmp_path):
    """HTTPS with no trusted proxy would redirect every page to itself for ever."""
    said = sentence(tmp_path, "-m", "config.serve", HTTPS="true")
    assert "TRUST_PROXY_HEADERS=true" in said


def test_server_refuses_a_port_in_use(tmp_path):
    """A port that another program listens on is a sentence, not a traceback."""
    import socket  # noqa: PLC0415 - pytest-socket guards the module-level one

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = sentence(tmp_path, "-m", "config.serve", f"--port={port}", HTTPS="false")
    assert f"port {port} on 127.0.0.1 cannot be used" in said


@pytest.mark.parametrize(
    ("command", "address", "says"),
    [
        (("-m", "config.serve"), "postgresql://amina:hunter2@127.0.0.1:1/record", "refused"),
        (("manage.py", "migrate"), "sqlite:////proc/none/db.sqlite3", "unable to open"),
    ],
)
def test_start_without_a_database(tmp_path, command, address, says):
    """The server and the commands say in one sentence why the database does not answer."""
    said = sentence(tmp_path, *command, DATABASE_URL=address, HTTPS="false")
    assert "the database does not answer" in said
    assert says in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("postgresql://%2Fvar%2Frun%2Fpostgresql/record", {"HOST": "/var/run/postgresql"}),
        ("postgresql://amina:a%40b@%2Frun:5433/record", {"HOST": "/run", "PORT": 5433}),
        ("postgresql:///record?host=/run/Socket", {}),
    ],
)
def test_database_behind_a_socket(monkeypatch, tmp_path, address, host):
    """Its directory stands percent-encoded in the host's place, or as an option."""
    monkeypatch.setenv("DATABASE_URL", address)
    config = environment.database("DATABASE_URL", default=tmp_path / "db")
    assert {name: config[name] for name in ("HOST", "PORT") if name in config} == host
    assert config["OPTIONS"].get("host", "/run/Socket") == "/run/Socket"
    assert config["OPTIONS"]["connect_timeout"] == 2


@pytest.mark.parametrize(
    ("variable", "address", "options"),
    [
        ("", "", "-c statement_timeout=30s"),
        ("5", "?options=-c%20work_mem=1MB", "-c work_mem=1MB -c statement_timeout=5s"),
        ("0", "?options=-c%20work_mem=1MB", "-c work_mem=1MB"),
        ("0", "", None),
    ],
)
def test_statements_of_the_server_are_limited(monkeypatch, tmp_path, variable, address, options):
    """What the server asks may take half a minute, or as long as the operator says."""
    monkeypatch.setenv("DATABASE_URL", f"postgresql://a:b@host/record{address}")
    monkeypatch.setenv("LIMIT", variable)
    config = environment.database("DATABASE_URL", default=tmp_path / "db")
    serving = environment.serving_options(config, "LIMIT", default=30)
    assert serving.get("options") == options
    assert serving["pool"]["timeout"] <= 2


@pytest.mark.parametrize("value", ["-1", "1.5", "1001", "9" * 9, "²", "soon"])
def test_number_refused(monkeypatch, value):
    """A number is whole and in its range."""
    monkeypatch.setenv("LIMIT", value)
    with pytest.raises(SettingsError, match="a whole number from 0 to 1000"):
        environment.number("LIMIT", default=0, least=0, most=1_000)


def test_password_of_the_database_is_never_shown(monkeypatch, tmp_path):
    """An address that cannot be used is not repeated: it may hold a password."""
    monkeypatch.setenv("DATABASE_URL", "mysql://user:hunter2@host/name")
    with pytest.raises(SettingsError) as refused:
        environment.database("DATABASE_URL", default=tmp_path / "db")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        *[("true", True), ("YES", True), ("1", True), ("on", True)],
        *[("false", False), ("No", False), ("0", False), ("off", False)],
        ("", True),
    ],
)
def test_boolean_words(monkeypatch, word, meaning):
    """The eight usual words are understood in any case; an empty value is the default."""
    monkeypatch.setenv("ANSWER", word)
    assert environment.boolean("ANSWER", default=True) is meaning


def test_postgresql_address(monkeypatch, tmp_path):
    """User, percent-encoded password, host, port and name of an address reach Django."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://press:p%40ss@db.example:5433/news")
    found = environment.database("DATABASE_URL", default=tmp_path / "db")
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert (found["USER"], found["PASSWORD"]) == ("press", "p@ss")
    assert (found["HOST"], str(found["PORT"]), found["NAME"]) == ("db.example", "5433", "news")


def test_sqlite_address_without_a_directory_is_beneath_the_data(monkeypatch, tmp_path):
    """A relative SQLite file never depends on the directory that a program was started in."""
    monkeypatch.setenv("DATABASE_URL", "sqlite:///other.sqlite3")
    found = environment.database("DATABASE_URL", default=tmp_path / "db.sqlite3")
    assert found["NAME"] == tmp_path / "other.sqlite3"


def test_logs_are_one_json_object_a_line_in_production(tmp_path):
    """Every production log line, a traceback included, is one JSON object."""
    import json  # noqa: PLC0415 - this test only

    script = (
        "import django, logging; django.setup(); log = logging.getLogger('articles');\n"
        "log.warning('a line\\nand another')\n"
        "try: 1 / 0\n"
        "except ZeroDivisionError: log.exception('broken')"
    )
    done = start(tmp_path, "-c", script, DJANGO_SETTINGS_MODULE="config.settings")
    first, second = map(json.loads, done.stderr.splitlines())
    assert first["message"] == "a line\nand another"
    assert first["level"] == "WARNING"
    assert first["logger"] == "articles"
    assert "ZeroDivisionError" in second["exc_info"]


def test_mail_server_and_sender(monkeypatch):
    """A server, STARTTLS and a password from one address; without one nothing is sent."""
    monkeypatch.setenv("EMAIL_URL", "smtp+tls://desk:p%40ss@mail.example.org:587")
    found = environment.mail("EMAIL_URL", console=False)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.org", 587)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("desk", "p@ss")
    assert found["EMAIL_USE_TLS"]
    for wrong in ("mail.example.org", "http://mail.example.org", "smtp://", "smtp://h:port"):
        monkeypatch.setenv("EMAIL_URL", wrong)
        with pytest.raises(SettingsError, match="EMAIL_URL"):
            environment.mail("EMAIL_URL", console=False)
    monkeypatch.delenv("EMAIL_URL")
    assert environment.mail("EMAIL_URL", console=True)["EMAIL_BACKEND"].endswith(
        "console.EmailBackend"
    )
    assert environment.mail("EMAIL_URL", console=False)["EMAIL_BACKEND"].endswith(
        "dummy.EmailBackend"
    )
    monkeypatch.setenv("MAIL_FROM", "The desk <desk@news.example.org>")
    assert environment.sender("MAIL_FROM", default="", is_needed=True).startswith("The desk <")
    assert environment.sender("MAIL_FROM", default="", is_needed=False) == ""
    for wrong in ("desk", "a@b@c", "desk@news\nBcc: x@y.example"):
        monkeypatch.setenv("MAIL_FROM", wrong)
        with pytest.raises(SettingsError, match="MAIL_FROM"):
            environment.sender("MAIL_FROM", default="", is_needed=True)
    monkeypatch.delenv("MAIL_FROM")
    with pytest.raises(SettingsError, match="missing"):
        environment.sender("MAIL_FROM", default="", is_needed=True)
