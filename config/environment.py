"""Reads settings from environment variables.

Each function returns a valid value, or exits with one sentence that says what to set.
"""

import base64
import os
import re
import warnings
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import environ
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BOOLEANS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
PLACEHOLDER = "change-me"  # in .env.example, where a value must be replaced
MIN_SECRET_LENGTH = 50
CONNECT_SECONDS = 2  # to the database; libpq takes no less
HOST = re.compile(r"(\*|\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])")
TAG_AUTHORITY = re.compile(
    r"([a-z0-9._-]+@)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?,\d{4}(-(0[1-9]|1[0-2])(-\d{2})?)?"
)


class SettingsError(SystemExit):
    """A wrong or missing setting; prints its sentence without a traceback and exits."""


def fail(sentence: str) -> NoReturn:
    """Exit with a sentence."""
    raise SettingsError(f"Communiqué cannot start: {sentence}")


def text(name: str, default: str = "") -> str:
    """Return a variable without surrounding space, or the default if it is empty or missing."""
    return os.environ.get(name, "").strip() or default


def boolean(name: str, *, default: bool) -> bool:
    """Return a boolean, given by one of the words in `BOOLEANS`."""
    value = text(name)
    if not value:
        return default
    if value.lower() not in BOOLEANS:
        fail(f"{name} is {value!r}; set it to true or false.")
    return BOOLEANS[value.lower()]


def choice(name: str, choices: tuple[str, ...], *, default: str) -> str:
    """Return one of the choices."""
    value = text(name, default)
    if value not in choices:
        fail(f"{name} is {value!r}; set it to one of {', '.join(choices)}.")
    return value


def megabytes(name: str, *, default: int) -> int:
    """Return a number of bytes, given in megabytes of at most six digits."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdecimal() and len(value) < 7):
        fail(f"{name} is {value!r}; write a whole number of megabytes, such as {default or 64}.")
    return int(value) * 1024**2


def number(name: str, *, default: int, least: int = 1, most: int = 9_999) -> int:
    """Return a whole number in a range."""
    value = text(name, str(default))
    is_number = value.isascii() and value.isdecimal() and len(value) < 10
    if not (is_number and least <= int(value) <= most):
        fail(f"{name} is {value!r}; write a whole number from {least} to {most}.")
    return int(value)


def redis(name: str) -> str:
    """Return the address of a Redis server ("": none); errors do not quote its password."""
    value = text(name)
    if value and not re.fullmatch(r"rediss?://[^\s/]+(/\d{1,3})?|unix:///\S+", value):
        fail(f"{name} cannot be read as an address; write redis://:password@host:6379/0.")
    return value


def secret_key() -> str:
    """Return SECRET_KEY; errors do not quote its value."""
    value = text("SECRET_KEY")
    how = (
        "set it to 50 or more random characters, "
        """for example from `python3 -c "import secrets; print(secrets.token_urlsafe(50))"`."""
    )
    if not value:
        fail(f"SECRET_KEY is missing; {how}")
    if PLACEHOLDER in value:
        fail(f"SECRET_KEY still has the placeholder of .env.example; {how}")
    if len(value) < MIN_SECRET_LENGTH or len(set(value)) < 10:
        fail(f"SECRET_KEY is too short or too uniform to be a secret; {how}")
    return value


def fernet_keys(name: str, *, secret: str) -> list[str]:
    """Return the keys of a list, then one that is derived from `secret`.

    What was encrypted with the latter, before there was any other, can still be read.
    """
    keys = [key.strip() for key in text(name).split(",") if key.strip()]
    try:
        for key in keys:
            Fernet(key)
    except ValueError:
        fail(
            f"a key in {name} is not valid; make one with `python3 -c "
            """"import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"`."""
        )
    derived = HKDF(SHA256(), length=32, salt=None, info=name.encode()).derive(secret.encode())
    return [*keys, base64.urlsafe_b64encode(derived).decode()]


def hosts(name: str, *, default: list[str]) -> list[str]:
    """Return host names from a comma-separated list; an empty default makes it required."""
    value = [part.strip().lower() for part in text(name).split(",") if part.strip()]
    for host in value:
        if not HOST.fullmatch(host):
            fail(
                f"{name} holds {host!r}; "
                "give host names only, without scheme or port, separated by commas."
            )
        if host == "*":
            fail(f"{name} holds '*', which accepts any name; list the names that the site has.")
    if not value and not default:
        fail(f"{name} is missing; set it to the site's host names, for example news.example.org.")
    return value or default


def tag_authority(name: str, *, default: str) -> str:
    """Return the authority of the feeds' `tag:` identifiers, in the syntax of RFC 4151."""
    value = text(name, default)
    if not value:
        fail(
            f"{name} is missing; set it to a host name of yours and a year in which you held it, "
            "for example news.example.org,2025, and never change it."
        )
    if not TAG_AUTHORITY.fullmatch(value):
        fail(f"{name} is {value!r}; write a host name, a comma and a year: news.example.org,2025.")
    return value


def time_zone(name: str, *, default: str) -> str:
    """Return the name of a time zone that this system knows."""
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        fail(f"{name} is {value!r}, which is no time zone; use a name such as Europe/Brussels.")
    return value


def directory(name: str, *, default: Path) -> Path:
    """Return the absolute path of a writable directory; relative ones start at the checkout."""
    return writable(name, default.parent.joinpath(text(name, str(default))).resolve())


def optional_directory(name: str, *, beneath: Path) -> Path | None:
    """Return the absolute path of a writable directory; relative ones start at `beneath`."""
    value = text(name)
    return writable(name, (beneath / value).resolve()) if value else None


def writable(name: str, path: Path) -> Path:
    """Create a directory if need be, and return it; exit if it cannot be written to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{name} needs the directory {path}, which cannot be created ({error.strerror}).")
    if not os.access(path, os.W_OK | os.X_OK):
        fail(f"{name} needs the directory {path}, which this user cannot write to.")
    return path


def web_address(name: str) -> str:
    """Return an http(s) address without a trailing slash ("": none)."""
    value = text(name)
    if value and not re.fullmatch(r"https?://[a-z0-9][a-z0-9.:-]*(/[!-~]*)?", value, re.IGNORECASE):
        fail(f"{name} is {value!r}; write a full address: https://news.example.org.")
    return value.rstrip("/")


def mail(name: str, *, console: bool) -> dict[str, Any]:
    """Return Django's settings for the mail server of an address, which may hold a password.

    Without an address mails are discarded or, with `console`, printed.
    """
    value = text(name)
    if not value:
        kind = "console" if console else "dummy"
        return {"EMAIL_BACKEND": f"django.core.mail.backends.{kind}.EmailBackend"}
    how = (
        "write smtp+tls://user:password@host:587 (STARTTLS), smtp+ssl://user:password@host:465 "
        "or smtp://host:25 (the password percent-encoded)."
    )
    if not re.match(r"smtp(\+tls|\+ssl)?://[^\s/]+", value):
        fail(f"{name} names no mail server; {how}")
    try:
        config = environ.Env.email_url_config(value)
    except Exception:  # noqa: BLE001 - a traceback could show the password in the address
        fail(f"{name} cannot be read as an address; {how}")
    if not config.get("EMAIL_HOST"):
        fail(f"{name} names no mail server; {how}")
    return {key: value for key, value in config.items() if key != "EMAIL_FILE_PATH"}


def sender(name: str, *, default: str, is_needed: bool) -> str:
    """Return the sender's address, with or without a name ("": not needed)."""
    value = text(name, default)
    if value and not re.fullmatch(r"(?:[^<>\r\n]+ <)?[^\s<>@]+@[^\s<>@]+>?", value):
        fail(f"{name} is {value!r}; write an address: desk@news.example.org.")
    if is_needed and not value:
        fail(f"{name} is missing: set it to the address that mails come from.")
    return value if is_needed else ""


def hub(name: str, *, site_url: str) -> str:
    """Return the address of a WebSub hub ("": none), which requires `site_url`."""
    value = web_address(name)
    if value and not site_url:
        fail(f"{name} needs SITE_URL, the address under which readers know this site.")
    return value


def internal_location(name: str) -> str:
    """Return the path of an internal location of the web server ("": none)."""
    value = text(name)
    if value and not re.fullmatch(r"/([\w.-]+/)+", value, re.ASCII):
        fail(f"{name} is {value!r}; write a path that begins and ends with a slash: /private/.")
    return value


def database(name: str, *, default: Path) -> dict[str, Any]:
    """Return Django's settings for the SQLite or PostgreSQL database of an address."""
    url = text(name, f"sqlite:///{default}")
    how = (
        "write sqlite:////absolute/path/db.sqlite3 "
        "or postgresql://user:password@host:5432/name (the password percent-encoded)."
    )
    if not url.startswith(("sqlite://", "postgresql://", "postgres://")):
        fail(f"{name} names no SQLite or PostgreSQL database; {how}")
    try:
        with warnings.catch_warnings(action="ignore"):
            config = environ.Env.db_url_config(url)
    except Exception:  # noqa: BLE001 - a traceback could show the password in the address
        fail(f"{name} cannot be read as an address; {how}")
    if not config.get("NAME"):
        fail(f"{name} names no SQLite or PostgreSQL database; {how}")
    common = {
        key: config[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT") if config.get(key)
    }
    if config["ENGINE"].endswith("sqlite3"):
        if config["NAME"] != ":memory:":
            common["NAME"] = default.parent / config["NAME"]
        return {
            "ENGINE": "django.db.backends.sqlite3",
            **common,
            "OPTIONS": {
                # Takes the write lock first: a transaction that reads and then writes would
                # fail at once on a busy database instead of waiting.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
                ),
            },
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        **common,
        # A directory of a socket stands percent-encoded in the host's place.
        **({"HOST": unquote(common["HOST"])} if "HOST" in common else {}),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": CONNECT_SECONDS, **config.get("OPTIONS", {})},
    }


def serving_options(config: dict[str, Any], name: str, *, default: int) -> dict[str, Any]:
    """Return further options of a database for the server: a pool, and a limit on statements.

    On PostgreSQL each statement may take the seconds that the variable `name` allows, 0: any time.
    """
    limit = number(name, default=default, least=0, most=86_400)
    if config["ENGINE"].endswith("sqlite3"):
        return {}
    given = config["OPTIONS"].get("options", "")
    limited = f"{given} -c statement_timeout={limit}s".strip() if limit else given
    return {
        **({"options": limited} if limited else {}),
        # An attempt that has failed is soon given up, so that the next request makes its own.
        "pool": {
            "min_size": 1, "max_size": 4, "timeout": CONNECT_SECONDS, "reconnect_timeout": 1,
        },
    }  # fmt: skip
