"""What is left out of the logs, whoever writes the line."""

import logging
import re

# The part of a preview's address that opens it (articles/previews/views.py).
TOKEN = re.compile(r"(?<=/preview/)[^/\s\"'<>?#\\]+")


class WithoutTokens(logging.StreamHandler):
    """Takes the tokens of preview links out of a whole line: its message, fields and traceback.

    Behind the formatter, because a token can come by many ways: Django names the path of an answer
    that is no success in the message, the JSON formatter in a field, an error in its traceback.
    """

    def format(self, record: logging.LogRecord) -> str:
        return TOKEN.sub("…", super().format(record))
