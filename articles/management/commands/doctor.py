import json
import sys

from django.core.management.base import BaseCommand, CommandParser

from articles.operations.doctor import examine
from config import __version__


class Command(BaseCommand):
    help = (
        "Say what is wrong with this installation. The exit status is 0 if nothing is, else 1; "
        "monitoring may run it every few minutes."
    )
    requires_system_checks = ()  # they are among those that it prints

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the faults of each check")

    def handle(self, *args, **options) -> None:
        found = examine()
        if options["json"]:
            self.stdout.write(json.dumps({"version": __version__, "faults": found}, indent=2))
        else:
            self.stdout.write(f"Communiqué {__version__}")
            for name, faults in found.items():
                self.stdout.write(f"{name}: {'' if faults else 'fine'}".rstrip())
                for fault in faults:
                    self.stdout.write(f"  - {fault}")
        if any(found.values()):
            sys.exit(1)
