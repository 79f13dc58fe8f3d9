"""Make a database and fill it: `python -m tests.bench.fill N`, on DATABASE_URL."""

import os
import sys
import time

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.settings")
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from engagements.models import Engagement
    from tests.bench.data import fill

    number = int(sys.argv[1])
    call_command("migrate", verbosity=0)
    if Engagement.objects.exists():
        sys.exit("This database holds engagements already: name an empty one.")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # What is made here can be made again.
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -1000000")
    began = time.monotonic()
    fill(number)
    print(f"{number:,} engagements in {time.monotonic() - began:.0f} s")
