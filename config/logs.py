"""Removes secrets from the logs."""

import logging
import re

# The part of a preview's address that opens it (articles/previews/views.py).
TOKEN = re.compile(r"(?<=/preview/)[^/\s\"'<>?#\\]+")


class WithoutTokens(logging.StreamHandler):
    """Removes the tokens of preview links from formatted lines.

    A token may be in a message (Django logs the paths of 4xx answers), a field of the JSON
    formatter, or a traceback.
    """

    def format(self, record: logging.LogRecord) -> str:
        return TOKEN.sub("…", super().format(record))
