"""Benchmarks of the timelines at two sizes, on SQLite and on PostgreSQL.

`python -m tests.bench [--small 10000] [--large 1000000] [--write]` fills the databases and measures
them in one run; `--write` puts the figures into docs/performance.md. SQLite's files stay in
var/bench and are used again; PostgreSQL's databases too where `--postgres` names a server of yours.
`python -m tests.bench fill N` fills the database of DATABASE_URL, and `measure` times it.
"""

import argparse
import contextlib
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.bench.report import report
from tests.postgres import private_cluster
from tests.tools import find_postgresql

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "performance.md"
FILES = ROOT / "var" / "bench"


def main() -> int:
    if sys.argv[1:2] in (["fill"], ["measure"]):
        return inside(sys.argv[1], sys.argv[2:])
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--postgres", metavar="URL", help="postgresql://me@host:5432/postgres")
    options = parser.parse_args()
    sizes = (options.small, options.large)
    figures = {}
    with contextlib.ExitStack() as stack:
        for name, urls in databases(stack, sizes, options.postgres):
            figures[name] = [measured(name, size, url) for size, url in urls]
    text = report(figures)
    print(text)
    if options.write:
        REPORT.write_text(text, encoding="utf-8")
    return 0


def inside(name: str, arguments: list[str]) -> int:
    """Run one step in this process, on the database of DATABASE_URL."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.settings")
    importlib.import_module("django").setup()
    importlib.import_module(f"tests.bench.{name}").main(*arguments)
    return 0


def databases(
    stack: contextlib.ExitStack, sizes: tuple[int, int], server: str | None
) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Return the name of each database system, with an address a size."""
    FILES.mkdir(parents=True, exist_ok=True)
    yield "SQLite", [(size, f"sqlite:///{FILES}/{size}.sqlite3") for size in sizes]
    programs = find_postgresql()
    if server is None and programs is None:
        print("PostgreSQL was not found and is left out.", file=sys.stderr)
        return
    server = server or stack.enter_context(private_cluster(programs))
    with psycopg.connect(server, autocommit=True) as connection:
        present = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        for name in {f"bench_{size}" for size in sizes} - present:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    base = server.rpartition("/")[0]
    yield "PostgreSQL", [(size, f"{base}/bench_{size}") for size in sizes]


def measured(name: str, size: int, url: str) -> dict[str, Any]:
    """Fill a database and return its figures."""
    print(f"== {name}, {size:,} engagements", file=sys.stderr, flush=True)
    environment = os.environ | {"DATABASE_URL": url}
    step = [sys.executable, "-W", "ignore", "-m", "tests.bench"]
    subprocess.run([*step, "fill", str(size)], env=environment, check=True)
    done = subprocess.run(
        [*step, "measure"], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
