"""Upgrades the last release while people use it, and goes back: `python -m tests.upgrade`.

On each database: the last release's code makes its schema and loads the demo newsroom; it is used
while `migrate` of the present code runs; then both are used at once, as during a restart, and the
old one again on what the new one has written. No answer may be a 5xx, and no row may be lost.
"""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.postgres import private_cluster
from tests.tools import find_postgresql, is_strict
from tests.upgrade import ARCHIVE

CHECKOUT = Path(__file__).resolve().parents[2]


class Site:
    """One installation: a database and a directory, used by the code of two releases."""

    def __init__(self, name: str, home: Path, url: str) -> None:
        self.name = name
        self.old = home / "old"
        self.running = home / "running"
        self.running.touch()
        self.answers = 0
        self.failures: list[str] = []
        self.environment = os.environ | {
            "ALLOWED_HOSTS": "testserver",
            "DATABASE_URL": url,
            "DATA_DIR": str(home / "data"),
            "DEBUG": "false",
            "DEMO": "true",
            "DJANGO_SETTINGS_MODULE": "tests.upgrade.settings",
            "DJANGO_SUPERUSER_PASSWORD": secrets.token_urlsafe(),
            "HTTPS": "false",
            "LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(CHECKOUT),
            "SECRET_KEY": secrets.token_urlsafe(50),
            "TAG_AUTHORITY": "communique.example,2025",
        }
        with tarfile.open(ARCHIVE) as archive:
            # Python 3.11 has had filters since 3.11.4 only; the archive is our own.
            archive.extraction_filter = getattr(tarfile, "data_filter", None)
            archive.extractall(self.old)  # noqa: S202

    def upgrade(self) -> None:
        """Do all of it, and note what failed."""
        self.manage(self.old, "migrate", "-v0")
        self.manage(self.old, "load_demo", "-v0")
        self.manage(self.old, "createsuperuser", "--no-input", "--username=upgrade", "--email=")
        with self.used(self.old) as old:
            self.round(old)
            before = self.rows(self.old)
            started = time.monotonic()
            self.manage(CHECKOUT, "migrate", "-v0")
            self.note(f"migrated in {time.monotonic() - started:.1f} s while it was used")
            with self.used(CHECKOUT) as new:
                self.round(new)
                new.terminate()
            self.round(old)  # the one in which the new code ended
            self.running.unlink()
            self.round(old)
        after = self.rows(self.old)
        self.failures += [
            f"{table} had {count} rows and has {after[table]}"
            for table, count in before.items()
            if after[table] < count
        ]

    def manage(self, code: Path, *arguments: str) -> str:
        """Run a command of manage.py with the code of a directory; return what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=code, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{self.name}: {' '.join(arguments)} failed:\n{done.stderr}")
        return done.stdout

    @contextlib.contextmanager
    def used(self, code: Path) -> Iterator[subprocess.Popen[str]]:
        """Have the site used by a process with the code of a directory."""
        command = [sys.executable, "-m", "tests.upgrade.use", str(self.running)]
        with subprocess.Popen(
            command, cwd=code, env=self.environment, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                yield process
                for line in process.stdout or ():
                    self.add(line)
            finally:
                process.kill()

    def round(self, process: subprocess.Popen[str]) -> None:
        """Wait for the end of a round."""
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name}: the process that uses the site ended.")
        self.add(line)

    def add(self, line: str) -> None:
        found = json.loads(line)
        self.answers += found["answers"]
        self.failures += found["failures"]

    def rows(self, code: Path) -> dict[str, int]:
        """Return the number of rows of each table that the code of a directory knows."""
        script = (
            "import json; from django.apps import apps; print(json.dumps({model._meta.db_table: "
            "model._base_manager.count() for model in apps.get_models(include_auto_created=True) "
            "if model._meta.app_label in ('articles', 'engagements', 'auth', 'reversion')}))"
        )
        return json.loads(self.manage(code, "shell", "-v0", "-c", script))

    def note(self, words: str) -> None:
        print(f"{self.name}: {words}", flush=True)


def main() -> int:
    """Upgrade on each database at once, and return the exit status."""
    with contextlib.ExitStack() as stack:
        homes = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2)]
        sites = [Site("SQLite", homes[0], f"sqlite:///{homes[0]}/db.sqlite3")]
        programs = find_postgresql()
        if programs:
            url = stack.enter_context(private_cluster(programs))
            sites.append(Site("PostgreSQL", homes[1], url))
        with ThreadPoolExecutor() as pool:
            list(pool.map(Site.upgrade, sites))
    for site in sites:
        site.note(f"{site.answers} answers, {len(site.failures)} failures")
        print("\n".join(site.failures[:20]))
    if not programs:
        print("Left out: PostgreSQL, because its programs (initdb, pg_ctl) were not found.")
    return 1 if any(site.failures for site in sites) or (not programs and is_strict()) else 0


if __name__ == "__main__":
    sys.exit(main())
