"""The site's settings for the suite: a fixed environment, then what tests need otherwise.

The suite runs on SQLite unless TEST_DATABASE_URL names a PostgreSQL server of its own, which
`python -m tests` starts.
"""

import atexit
import os
import shutil
import tempfile

_DATA = tempfile.mkdtemp(prefix="communique-test-")
atexit.register(shutil.rmtree, _DATA, ignore_errors=True)

# All of it is said here, so that neither .env nor the shell changes what is tested.
os.environ.update(
    DEBUG="false",
    DEMO="false",
    SECRET_KEY="tests-only-5bVt0Yq8mXz3Kc7Lw1Rj9Nf4Hs6Pd2Ga-uEoIyTbQvZx",
    SECOND_STEP_KEYS="",
    AUDIT_LOG_DAYS="",
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
    DATA_DIR=_DATA,
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", f"sqlite:///{_DATA}/db.sqlite3"),
    SITE_NAME="Communiqué",
    TAG_AUTHORITY="communique.example,2025",
    TIME_ZONE="UTC",
    HTTPS="false",
    TRUST_PROXY_HEADERS="false",
    SENDFILE_PREFIX="",
    SITE_URL="",
    WEBSUB_HUB="",
    EMAIL_URL="",
    MAIL_FROM="",
    PAGE_STORE_MB="64",
    PAGE_STORE_FILES_MB="0",
    REDIS_URL="",
    BACKUP_DIR="",
    BACKUPS_KEPT="2",
    STALE_IF_DOWN_SECONDS="0",
    STATEMENT_TIMEOUT_SECONDS="30",
    LOG_FORMAT="text",
    LOG_LEVEL="INFO",
)

from config.settings import *  # noqa: E402, F403 - the environment must be set first
from config.settings import DATABASES, INSTALLED_APPS, MIDDLEWARE, STORAGES  # noqa: E402

INSTALLED_APPS = [*INSTALLED_APPS, "zeal"]
MIDDLEWARE = [
    "tests.middleware.RefuseNPlusOne",
    *MIDDLEWARE,
    "tests.middleware.RefuseUnknownParameters",
]

# A file rather than SQLite's memory, so that the live server's threads wait for locks as
# production does.
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["TEST"] = {"NAME": f"{_DATA}/test.sqlite3"}
    # A test's data need not outlive a power cut.
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"

STORAGES = {
    **STORAGES,
    # No collectstatic before a test run.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True  # whitenoise finds static files as runserver does
WHITENOISE_USE_FINDERS = True

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast, and safe enough here
