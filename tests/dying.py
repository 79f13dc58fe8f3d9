"""The suite's settings for a server that is killed in the middle of a save."""

from tests.settings import *  # noqa: F403
from tests.settings import MIDDLEWARE

MIDDLEWARE = [*MIDDLEWARE, "tests.middleware.KilledMidway"]
