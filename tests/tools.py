"""The programs that some tests need and a machine may lack."""

import os
import shutil
from pathlib import Path

# The first has no windows, so the browser tests take a fifth less time.
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def is_strict() -> bool:
    """Say whether leaving a test out is a failure (STRICT=1)."""
    return os.environ.get("STRICT", "") not in ("", "0")


def find_chromium() -> str | None:
    """Return the path of a Chromium, or None."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def find_program(name: str) -> str | None:
    """Return the path of a program; Debian keeps servers where only root looks."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin")


def find_postgresql() -> Path | None:
    """Return the directory with PostgreSQL's server programs, or None.

    Debian keeps them off the path, one directory a version; the newest wins.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=version, reverse=True)
    on_path = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    for directory in [*debian, *on_path]:
        if all((directory / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
            return directory
    return None


def version(path: Path) -> float:
    """Return the version in a path such as /usr/lib/postgresql/15/bin."""
    try:
        return float(path.parent.name)
    except ValueError:
        return 0
