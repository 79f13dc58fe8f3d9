"""The site's settings for a server that is reloaded, with a file of the test's in .env's place."""

import os

import environ

environ.Env.read_env(os.environ["ENV_FILE"])

from config.settings import *  # noqa: E402, F403 - the file must be read first
from config.settings import STORAGES  # noqa: E402

STORAGES = {
    **STORAGES,
    # No collectstatic before a test run.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
