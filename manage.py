#!/usr/bin/env python
"""Django's command line for this site."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import Error


def main() -> None:
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except Error:
        from config import serve  # noqa: PLC0415 - needs the settings

        serve.check_database()
        raise


if __name__ == "__main__":
    main()
