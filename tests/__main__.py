"""The whole suite, on SQLite and then on PostgreSQL: `python -m tests [pytest's arguments]`.

What the machine lacks is left out and named at the end; with STRICT=1 that is a failure.
"""

import os
import signal
import subprocess
import sys

from tests.postgres import private_cluster
from tests.tools import find_chromium, find_postgresql, is_strict

# By it coverage reaches the processes that pytest starts.
MEASURING = "COVERAGE_PROCESS_CONFIG"
NONE_FOUND = 5  # pytest's status where its arguments leave no test


def main() -> int:
    """Run the suite on each database and return the exit status."""
    # Ended from outside, the run still takes its PostgreSQL with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = sys.argv[1:]
    left_out = []
    print("== The suite on SQLite", flush=True)
    results = {"SQLite": pytest(arguments)}
    programs = find_postgresql()
    if programs:
        print("\n== The suite on PostgreSQL", flush=True)
        measuring = os.environ.pop(MEASURING, None)
        with private_cluster(programs) as url:
            if measuring:
                # All else was measured with SQLite, and measuring makes of each second two.
                own = [*arguments, "-m", "postgresql", "--numprocesses=1"]
                status = pytest(own, TEST_DATABASE_URL=url, **{MEASURING: measuring})
                results["PostgreSQL, its own tests"] = 0 if status == NONE_FOUND else status
            results["PostgreSQL"] = pytest(arguments, TEST_DATABASE_URL=url)
    else:
        left_out.append(
            "the suite on PostgreSQL, because its programs (initdb, pg_ctl) were not found"
        )
    if not find_chromium():
        left_out.append("the browser tests, because no Chromium was found")
    print()
    for database, status in results.items():
        print(f"On {database}: {'passed' if status == 0 else f'FAILED (exit status {status})'}.")
    print(
        "\n".join(f"Left out: {what}." for what in left_out)
        or "Nothing was left out for want of a program."
    )
    failed = any(results.values()) or (left_out and is_strict())
    return 1 if failed else 0


def pytest(arguments: list[str], **environment: str) -> int:
    """Run pytest on every core and return its exit status."""
    # A test at a time, in their order: one that commits empties the tables, so it comes behind
    # those that do not. Those of one xdist_group share what it takes seconds to make, so they come
    # first and one process has them all.
    spread = ["--numprocesses=auto", "--dist=loadgroup"]
    command = [sys.executable, "-m", "pytest", *spread, *arguments]
    inherited = {name: value for name, value in os.environ.items() if name != "TEST_DATABASE_URL"}
    return subprocess.run(command, env=inherited | environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
