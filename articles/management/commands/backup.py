from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from articles.operations.backup import BackupError, create
from articles.operations.proof import back_up_nightly, path_of_night
from articles.operations.record_check import list_of


class Command(BaseCommand):
    help = (
        "Back up the database and the pictures that it names, while people work. Without a "
        "directory: today's backup in BACKUP_DIR, which is then restored into a scratch database "
        "to prove it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", nargs="?", type=Path, help="a directory to be made")

    def handle(self, *args: Any, directory: Path | None, **options: Any) -> None:
        # Nobody watches a bar in the worker's log.
        with tqdm(unit=" rows and files", file=self.stderr, disable=None) as bar:
            if directory is None:
                return self._nightly(bar)
            try:
                manifest = create(directory.resolve(), bar.update)
            except BackupError as error:
                raise CommandError(str(error)) from None
        rows = sum(table["rows"] for table in manifest["tables"].values())
        self.stdout.write(f"{rows:,} rows and {len(manifest['files']):,} files are in {directory}.")
        if manifest["missing"]:
            self.stderr.write(f"Missing from the record: {list_of(manifest['missing'])}.")
        return None

    def _nightly(self, bar: tqdm) -> None:
        now = timezone.now()
        path = path_of_night(now)
        if path is None:
            raise CommandError("Name a directory, or set BACKUP_DIR.")
        proof = back_up_nightly(now, bar.update)
        if proof is None:
            self.stdout.write(f"{path} is proven, or another process is at it.")
        elif proof.error:
            raise CommandError(f"The backup of {proof.backup} is not proven: {proof.error}")
        else:
            self.stdout.write(
                f"{path} was restored and compared: {proof.rows:,} rows, {proof.files:,} files."
            )
