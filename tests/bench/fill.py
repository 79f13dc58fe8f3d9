"""Make a database and fill it."""

import sys
import time

from django.core.management import call_command
from django.db import connection

from engagements.models import Engagement
from tests.bench.data import fill


def main(number: str) -> None:
    call_command("migrate", verbosity=0)
    present = Engagement.objects.count()
    if present == int(number):
        print("This database is filled already.", file=sys.stderr)
        return
    if present:
        sys.exit("This database holds other engagements: name an empty one.")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # What is made here can be made again.
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -1000000")
    began = time.monotonic()
    fill(int(number))
    print(f"{int(number):,} engagements in {time.monotonic() - began:.0f} s", file=sys.stderr)
