from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from articles import demo


class Command(BaseCommand):
    help = "Fill an empty demo newsroom with visits, articles and accounts."

    def handle(self, *args, **options) -> None:
        if not settings.DEMO:
            raise CommandError(
                "The demo's accounts have well-known passwords, so they exist only where DEMO=true."
            )
        if not demo.is_loaded():
            demo.load()
            self.stdout.write("The demo newsroom is loaded.")
        names = ", ".join(f"{name} ({role})" for name, (_first, role) in demo.ACCOUNTS.items())
        self.stdout.write(f"Accounts of the desk: {names}; the password of each is {demo.PASSWORD}")
