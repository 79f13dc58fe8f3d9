import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from articles.operations.backup import BackupError
from articles.operations.restore import restore


class Command(BaseCommand):
    help = "Restore a backup into an empty database, of either kind, and check the record."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path, help="the backup")
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="delete the record that the database has now; nothing brings it back",
        )
        parser.add_argument(
            "--to", metavar="URL", help="another database than that of DATABASE_URL"
        )

    def handle(
        self, *args: Any, directory: Path, overwrite: bool, to: str | None, **options: Any
    ) -> None:
        if to:
            # Settings are read once, so with others the program begins again.
            manage = settings.BASE_DIR / "manage.py"
            program: list[str | Path] = [sys.executable, manage, "restore", directory]
            again = subprocess.run(  # noqa: S603 - this program
                [*program, *["--overwrite"] * overwrite],
                env=os.environ | {"DATABASE_URL": to},
                check=False,
            )
            sys.exit(again.returncode)
        with tqdm(unit=" rows and files", file=self.stderr) as bar:
            try:
                manifest = restore(directory.resolve(), overwrite=overwrite, report=bar.update)
            except BackupError as error:
                raise CommandError(str(error)) from None
        rows = sum(table["rows"] for table in manifest["tables"].values())
        self.stdout.write(
            f"Restored {rows:,} rows and {len(manifest['files']):,} files "
            f"of {manifest['created_at']}."
        )
        call_command("check_record", stdout=self.stdout, stderr=self.stderr)
