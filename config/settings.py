"""The site's settings. Everything that differs between installations is an environment variable.

`docs/operating.md` explains the variables; the program exits with a sentence if one is wrong.
"""

import os
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE, NONE, SELF
from django.templatetags.static import static
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django_prose_editor.config import html_tags
from whitenoise.compress import Compressor

from config import environment

BASE_DIR = Path(__file__).resolve().parent.parent

# What the site and its commands write, drafts and password hashes among it, is for their user and
# group alone.
os.umask(0o027)

# Variables of the environment override the file.
environ.Env.read_env(BASE_DIR / ".env")

# Installation

DEBUG = environment.boolean("DEBUG", default=False)
DEMO = environment.boolean("DEMO", default=False)
PRODUCTION = not (DEBUG or DEMO)
LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

SECRET_KEY = environment.secret_key()
SECOND_STEP_KEYS = environment.fernet_keys("SECOND_STEP_KEYS", secret=SECRET_KEY)
ALLOWED_HOSTS = environment.hosts("ALLOWED_HOSTS", default=[] if PRODUCTION else LOCAL_HOSTS)
DATA_DIR = environment.directory("DATA_DIR", default=BASE_DIR / "var")
DATABASES = {"default": environment.database("DATABASE_URL", default=DATA_DIR / "db.sqlite3")}
# Of the server alone: commands such as migrate take as long as they take.
SERVING_DATABASE_OPTIONS = environment.serving_options(
    DATABASES["default"], "STATEMENT_TIMEOUT_SECONDS", default=30
)
SITE_NAME = environment.text("SITE_NAME", "Communiqué")
TAG_AUTHORITY = environment.tag_authority(
    "TAG_AUTHORITY", default="" if PRODUCTION else "communique.example,2025"
)
TRUST_PROXY_HEADERS = environment.boolean("TRUST_PROXY_HEADERS", default=False)
HTTPS = environment.boolean("HTTPS", default=PRODUCTION)
SITE_URL = environment.web_address("SITE_URL")
WEBSUB_HUB = environment.hub("WEBSUB_HUB", site_url=SITE_URL)
SENDFILE_PREFIX = environment.internal_location("SENDFILE_PREFIX")
_MAIL_SERVER = environment.text("EMAIL_URL")
_MAIL = environment.mail("EMAIL_URL", console=not PRODUCTION)
# Empty: no e-mail is sent.
MAIL_FROM = environment.sender(
    "MAIL_FROM",
    default="" if PRODUCTION else "Communiqué <desk@communique.example>",
    is_needed=bool(_MAIL_SERVER) or not PRODUCTION,
)
LOG_FORMAT = environment.choice(
    "LOG_FORMAT", ("text", "json"), default="json" if PRODUCTION else "text"
)
LOG_LEVEL = environment.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO")

# Application

INSTALLED_APPS = [
    "taggit",  # before ours, so that engagements.admin can take its tags out of the admin
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",  # for allauth's list of passkeys
    "whitenoise.runserver_nostatic",  # before staticfiles: runserver serves as production does
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "django_prose_editor",
    "reversion",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "config.staff",  # after allauth, so that its admin can take allauth's pages out
    # After django.contrib.auth, and articles last: its groups get permissions that must exist.
    "engagements",
    "articles",
]

# No LocaleMiddleware while there is one language: it would add `Vary: Accept-Language` to every
# public page and divide the caches in front of the site.
MIDDLEWARE = [
    "config.middleware.DefaultHeaders",
    "config.middleware.ContentSecurityPolicy",
    "config.middleware.RequestGuard",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.CompressText",
    "config.outages.DatabaseGuard",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.staff.middleware.LastSeen",
    "config.staff.middleware.SecondFactor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "articles.redirects.FormerAddresses",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context_processors.site",
            ],
        },
    },
]

_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
    {"NAME": "config.staff.passwords.StrengthValidator"},
]

# Sign-in: no sign-up, user names instead of e-mail addresses, an optional or required second step.
# A passkey is bound to the host's name.

AUTHENTICATION_BACKENDS = ["config.staff.adapters.StaffBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "config.staff.adapters.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
# The key is of name and address (config/staff/adapters.py).
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
# Days after which the daily job deletes events from the audit log.
AUDIT_LOG_DAYS = environment.number("AUDIT_LOG_DAYS", default=730)
MFA_ADAPTER = "config.staff.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True

TAGGIT_CASE_INSENSITIVE = True
FORMS_URLFIELD_ASSUME_HTTPS = True  # Django 6's behaviour; this setting goes when we move to it

# Languages and time

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = environment.time_zone("TIME_ZONE", default="UTC")

# Rich text: extensions for pasted text, which allows no further elements, and for pictures. The
# processor must be a callable: django-prose-editor 0.28 cannot resolve the dotted paths that it
# documents.
DJANGO_PROSE_EDITOR_EXTENSIONS = [
    {"js": [lazy(static, str)("js/prose-paste.js")], "extensions": {"CleanPaste": html_tags([])}},
    {
        "js": [lazy(static, str)("js/prose-picture.js")],
        "extensions": {"Picture": html_tags(["img"])},
    },
]

# Fragments of pages, in each process: a card has some 2 KB, a timeline's filters 20.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 3_000},
    },
    # Attempts to sign in, counted across all processes.
    "sign_in": {
        "BACKEND": "config.staff.attempts.AttemptCache",
        "LOCATION": "sign_in_attempts",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}

# Whole pages, in each process (config/page_store). Off with DEBUG, because a changed template
# begins no new content version.
PAGE_STORE_BYTES = environment.megabytes("PAGE_STORE_MB", default=0 if DEBUG else 64)
# The workers of one machine take pages from each other, and from before a restart, through files.
PAGE_STORE_FILES_BYTES = environment.megabytes(
    "PAGE_STORE_FILES_MB", default=512 if PAGE_STORE_BYTES else 0
)
REDIS_URL = environment.redis("REDIS_URL")
# While the database is away, pages may be sent that were known to be true so many seconds ago.
STALE_IF_DOWN_SECONDS = environment.number("STALE_IF_DOWN_SECONDS", default=0, least=0, most=86_400)

# Files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Pictures are served only by views that apply the rule of visibility.
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = ""
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Source maps, which only developer tools fetch, take as long to compress as all other files.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]
# Beside the media, so that a finished upload is renamed rather than copied.
FILE_UPLOAD_TEMP_DIR = environment.writable("DATA_DIR", DATA_DIR / "tmp")
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750

# A larger request is answered 413 before it is read. Django's limit on form fields is the same, so
# that a story that is too long gets an error at its field.
MAX_REQUEST_BYTES = 12 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_REQUEST_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # an engagement's form nests participants, outcomes, actions

# Backups, made by the worker each night; `None`: not made. They are not to lie beside the data.
BACKUP_DIR = environment.optional_directory("BACKUP_DIR", beneath=BASE_DIR)
BACKUPS_KEPT = environment.number("BACKUPS_KEPT", default=14)

# Security

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|livez|readyz)$"]  # probes within the host use plain HTTP
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY_HEADERS else None
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

SILENCED_SYSTEM_CHECKS = [
    # This site cannot promise that the domain's other hosts use HTTPS.
    "security.W005",
    "security.W021",
]

# Public pages are cached, so their policy contains neither nonces nor hashes.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
# The rich text editor's import map is inline.
ADMIN_CONTENT_SECURITY_POLICY = {
    **CONTENT_SECURITY_POLICY["DIRECTIVES"],
    "script-src": [SELF, NONCE],
    "img-src": [SELF, "blob:", "data:"],
}

# Mail, sent by the worker (docs/operating.md)

EMAIL_BACKEND = _MAIL["EMAIL_BACKEND"]
EMAIL_HOST = _MAIL.get("EMAIL_HOST", "")
EMAIL_PORT = _MAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _MAIL.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _MAIL.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _MAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20  # seconds
DEFAULT_FROM_EMAIL = MAIL_FROM or "webmaster@localhost"

# Logs: one line per event, to standard error

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "format": "{asctime} {levelname} {name}: {message}",
            "datefmt": "%Y-%m-%d %H:%M:%S",
            "style": "{",
        },
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": ["asctime", "levelname", "name", "message"],
            "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
            "datefmt": "%Y-%m-%dT%H:%M:%S%z",
        },
    },
    "handlers": {"stderr": {"class": "config.logs.WithoutTokens", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {"django": {"handlers": [], "level": LOG_LEVEL, "propagate": True}},
}
