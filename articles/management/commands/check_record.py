from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from articles.models.pictures import discard
from articles.operations.record_check import files_without_rows, list_of, problems
from articles.operations.rows import snapshot
from articles.syndication import index as syndication_index


class Command(BaseCommand):
    help = (
        "Check the database, the files that it names and the indexes of timelines and feeds. "
        "Prints a sentence for each thing that is wrong, and exits with 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--repair",
            action="store_true",
            help="first discard files that no row names, which deletes them in 30 days, and "
            "rebuild the indexes",
        )

    def handle(self, *args: Any, repair: bool, **options: Any) -> None:
        if repair:
            discard(files_without_rows())
            call_command("rebuild_timelines", stdout=self.stdout, stderr=self.stderr)
        findings: list[str] = []
        try:
            with snapshot():
                findings.extend(problems())
                if articles := syndication_index.out_of_step():
                    findings.append(
                        "The index of the feeds is out of step, rebuild_timelines mends it: "
                        f"articles {list_of(sorted(articles))}."
                    )
        except DatabaseError as error:
            findings.append(f"The database cannot be read: {error}.")
        if findings:
            raise CommandError("\n".join(findings))
        self.stdout.write("Nothing is wrong with the record.")
