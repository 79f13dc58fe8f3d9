"""The tests of the packages that have changed: `python -m tests.changed [pytest's arguments]`.

Changed is what differs from the last commit; if nothing does, what the last commit changed. Tests
with a browser, and all others that a change may concern, are left to `make test`.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# The package that renders a template, by the beginning of its path.
RENDERED_BY = {
    "templates/admin/articles/picture/": "articles/pictures",
    "templates/admin/articles/": "articles/authoring",
    "templates/admin/engagements/": "engagements",
    "templates/admin/": "articles/desk",
    "templates/account/": "config/staff",
    "templates/allauth/": "config/staff",
    "templates/feeds/": "articles/syndication",
    "templates/": "articles/pages",
}


def main() -> int:
    """Run the tests and return the exit status."""
    tests = sorted({str(path) for name in changed() for path in find_tests(name)})
    if not tests:
        print("== No package has changed")
        return 0
    print("== The tests in", *tests, flush=True)
    spread = ["--numprocesses=auto", "--dist=loadgroup"]
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not browser", *spread]
    status = subprocess.run([*command, *sys.argv[1:], *tests], cwd=ROOT, check=False).returncode
    return 0 if status == pytest.ExitCode.NO_TESTS_COLLECTED else status


def changed() -> list[str]:
    """Return the names of the files that have changed, new ones included."""
    new = git("ls-files", "--others", "--exclude-standard")
    return git("diff", "--name-only", "HEAD") + new or git("show", "--name-only", "--format=")


def git(*arguments: str) -> list[str]:
    command = ["git", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def find_tests(name: str) -> list[Path]:
    """Return the test modules or the directory of tests of a file, none if it has none."""
    path = Path(name)
    app, part = path.parts[0], Path(*path.parts[1:2]).stem
    for beginning, package in RENDERED_BY.items():
        if name.startswith(beginning):
            return [Path("tests", package)]
    if app == "tests":
        return [path] if path.match("test_*.py") and (ROOT / path).exists() else []
    if path.suffix != ".py" or not (ROOT / "tests" / app).is_dir():
        return []
    if (ROOT / "tests" / app / part).is_dir():
        return [Path("tests", app, part)]
    # What belongs to no package of the articles is tested beside the packages.
    beside = sorted((ROOT / "tests" / app).glob("test_*.py")) if app == "articles" else []
    return [path.relative_to(ROOT) for path in beside] or [Path("tests", app)]


if __name__ == "__main__":
    sys.exit(main())
