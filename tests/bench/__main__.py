"""Benchmarks of the timelines at two sizes and of the page store, on SQLite and on PostgreSQL.

`python -m tests.bench [--small 10000] [--large 1000000] [--write]` fills the databases and measures
them in one run; `--only timelines` or `--only store` leaves the other part out; `--write` puts the
figures into docs/performance.md. SQLite's files stay in var/bench and are used again; PostgreSQL's
databases too where `--postgres` names a server of yours. `python -m tests.bench fill N` fills the
database of DATABASE_URL; `measure` and `store` time it, `measure "first page" person` just those
rows.

What misses its bar (`tests/bench/bars.py`) makes the run fail, at its end; with STRICT=1 so does
what the machine lacks the programs for.
"""

import argparse
import contextlib
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.bench import bars
from tests.bench.report import merged, report, store
from tests.postgres import private_cluster
from tests.tools import find_postgresql, find_program, is_strict

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "performance.md"
FILES = ROOT / "var" / "bench"


def main() -> int:
    if sys.argv[1:2] in (["fill"], ["measure"], ["store"]):
        return inside(sys.argv[1], sys.argv[2:])
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["timelines", "store"])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--postgres", metavar="URL", help="postgresql://me@host:5432/postgres")
    options = parser.parse_args()
    sizes = (options.small, options.large) if options.only != "store" else (options.small,)
    timelines: dict[str, list[dict[str, Any]]] = {}
    stores: dict[str, dict[str, Any]] = {}
    misses: list[str] = []
    lacking = [] if options.only == "timelines" else lacking_for_store()
    left_out = [f"the page store, because {name} was not found" for name in lacking]
    measured = set()
    with contextlib.ExitStack() as stack:
        for name, urls in databases(stack, sizes, options.postgres):
            measured.add(name)
            if options.only != "store":
                timelines[name], found = take_timelines(name, urls)
                misses += [f"{name}, {row}: {said}." for row, said in found.items()]
            if options.only != "timelines" and not lacking:
                stores[name], found = take_store(name, *urls[0])
                misses += [f"{name}, page store, {row}: {said}." for row, said in found.items()]
    if "PostgreSQL" not in measured:
        left_out.append("PostgreSQL, because its programs (initdb, pg_ctl) were not found")
    parts = [report(timelines)] if timelines else []
    parts += [store(stores)] if stores else []
    text = "\n".join(parts)
    print(text)
    if options.write and text:
        REPORT.write_text(merged(REPORT.read_text(encoding="utf-8"), text), encoding="utf-8")
    for said in misses:
        print(f"MISSED {said}", file=sys.stderr)
    for what in left_out:
        print(f"Left out: {what}.", file=sys.stderr)
    return 1 if misses or (left_out and is_strict()) else 0


def lacking_for_store() -> list[str]:
    """Return the programs that the page store is measured with and that are not here."""
    return [name for name in ("nginx", "wrk") if not find_program(name)]


def take_timelines(
    name: str, urls: list[tuple[int, str]]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the figures of each size, and what misses its bar."""
    figures = []
    for size, url in urls:
        print(f"== {name}, {size:,} engagements", file=sys.stderr, flush=True)
        step("fill", url, str(size))
        figures.append(step("measure", url))
    missed = again_where_missed(name, figures, [url for _size, url in urls])
    return figures, missed | dict.fromkeys(bars.unheld(figures[0]), "no row has this bar")


def take_store(name: str, size: int, url: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the figures of the page store, and what misses its bar."""
    step("fill", url, str(size))
    print(f"== {name}, the page store", file=sys.stderr, flush=True)
    figures = step("store", url)
    return figures, store_again_where_missed(name, figures, url)


def again_where_missed(name: str, figures: list[dict[str, Any]], urls: list[str]) -> dict[str, str]:
    """Take the figures again that miss their bar; return what still does."""

    def take(rows: Iterable[str]) -> dict[str, str]:
        figures[:] = [
            bars.with_newer(old, step("measure", url, *rows))
            for old, url in zip(figures, urls, strict=True)
        ]
        return bars.missed(*figures)

    return each_time(name, bars.missed(*figures), take)


def store_again_where_missed(name: str, figures: dict[str, Any], url: str) -> dict[str, str]:
    """Take the rows of the page store again that miss their bar; return what still does."""

    def take(rows: Iterable[str]) -> dict[str, str]:
        figures["pages"] |= step("store", url, *rows)["pages"]
        return bars.missed_by_store(figures["pages"])

    missed = bars.missed_by_store(figures["pages"])
    figures["again"] = sorted(missed)
    missed = each_time(name, missed, take) | bars.missed_while_editing(figures["mixed"])
    missed |= bars.missed_while_working(figures["work"])
    return missed | bars.missed_beside_filters(figures["filtered"])


def each_time(
    name: str, missed: dict[str, str], take: Callable[[Iterable[str]], dict[str, str]]
) -> dict[str, str]:
    """Return what misses its bar each time that it is taken again; `take` returns what does."""
    for _time in range(bars.AGAIN):
        if not missed:
            break
        print(f"== {name}, again: {'; '.join(missed)}", file=sys.stderr, flush=True)
        missed = take(missed)
    return missed


def inside(name: str, arguments: list[str]) -> int:
    """Run one step in this process, on the database of DATABASE_URL."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.settings")
    importlib.import_module("django").setup()
    importlib.import_module(f"tests.bench.{name}").main(*arguments)
    return 0


def databases(
    stack: contextlib.ExitStack, sizes: tuple[int, ...], server: str | None
) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Return the name of each database system, with an address a size."""
    FILES.mkdir(parents=True, exist_ok=True)
    yield "SQLite", [(size, f"sqlite:///{FILES}/{size}.sqlite3") for size in sizes]
    programs = find_postgresql()
    if server is None and programs is None:
        return
    server = server or stack.enter_context(private_cluster(programs))
    with psycopg.connect(server, autocommit=True) as connection:
        present = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        for name in {f"bench_{size}" for size in sizes} - present:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    base = server.rpartition("/")[0]
    yield "PostgreSQL", [(size, f"{base}/bench_{size}") for size in sizes]


def step(name: str, url: str, *arguments: str) -> Any:
    """Run one step on a database and return its figures."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.bench", name, *arguments],
        env=os.environ | {"DATABASE_URL": url},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout or "null")


if __name__ == "__main__":
    sys.exit(main())
