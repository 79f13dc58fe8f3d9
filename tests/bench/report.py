"""What was measured, as a page of the documentation."""

import datetime as dt
import os
import platform
import re
from pathlib import Path
from typing import Any

from tests.bench.bars import RENDERING, SAVING

Figures = dict[str, list[dict[str, Any]]]

HEAD = """# Performance

Written by `make bench` on {day}; nothing here is typed by hand. Machine: {machine}, {cores} cores,
{memory} GB of memory, Python {python}.

The data is invented, in the shape of a real record: a few countries have most of the visits
(`tests/bench/data.py`). A page goes through the whole of Django in one process, without a server;
**nothing that an earlier page put together is kept**, so every card, filter and bar is made anew.
Times are medians in milliseconds; the ratio is the large database's to the small one's.

Queries are those of the small database, then of the large one. A row is of several addresses, whose
queries differ by what is on the page and not by how much: a page of which no entry has an outcome
does not ask for its actions, and choices of a kind that nothing has are not looked up. Of one
organisation the small database has a handful of visits, the large one a page full.

{again}
"""

MARK = "†"
AGAIN = f"""A row with {MARK} had missed its bar (`tests/bench/bars.py`) and was taken again:
these are the last figures."""


def report(figures: Figures) -> str:
    """Return the report as Markdown: `figures` has the small and the large database of each."""
    parts = [head()]
    for name, (small, large) in figures.items():
        parts.append(_pages(name, small, large))
    parts.append(_rendering(figures))
    for name, (_small, large) in figures.items():
        parts.append(_plans(name, large))
    return "\n".join(parts)


STORE = """## The page store

Measured on {day} on {machine}, {cores} cores. Requests a second, `wrk -t2 -c16`, two workers; all
three servers send the same bytes and were asked by turns. The ratio is the median of the rounds'.
*Django's cache* is its cache middleware with its memory backend, on the same server. Browsers and
feed readers ask for compressed pages; uncompressed, a long page's time is its bytes' for all three.

nginx is as it comes, with one setting for `wrk`: no end of requests on a connection. It sends none
of the nine headers about safety and caching. Django's cache has its two middlewares where its
documentation wants them. {again}
"""


def store(figures: dict[str, dict[str, Any]]) -> str:
    """Return the section about the page store: figures by database system."""
    lines = [
        STORE.format(day=_day(), machine=_processor(), cores=os.cpu_count(), again=AGAIN),
        "| | bytes | page store | nginx, static file | ratio | Django's cache | ratio |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, found in figures.items():
        for page, row in found["pages"].items():
            lines.append(
                f"| {name}, {page}{_mark(page, found)} | {row['bytes']:,} "
                f"| {row['store']:,.0f} | {row['nginx']:,.0f} "
                f"| {row['to_nginx']:.2f} | {row['cache']:,.0f} | {row['to_cache']:.1f} |"
            )
    lines += [
        "",
        "An editor publishes once a second while four people read the article, the feed and the",
        "list of articles, and `wrk` keeps the server busy. *Stale*: answers older than the last",
        "commit before their request.",
        "",
        "| | publications | answers | beside | stale | failed | median ms | p99 ms |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, found in figures.items():
        row = found["mixed"]
        lines.append(
            f"| {name} | {row['edits']} | {row['answers']:,} | {row['beside']:,} | {row['stale']} "
            f"| {row['failed']} | {row['median_ms']:.1f} | {row['p99_ms']:.1f} |"
        )
    lines += [
        "",
        "`wrk` asks for 500 articles by turns: while nobody works; while a draft of another one is",
        "saved each second; while another one is published each second. Requests a second.",
        "",
        "| | nobody | drafts | ratio | publications | ratio |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, found in figures.items():
        row = found["work"]
        lines.append(
            f"| {name} | {row['nobody']:,.0f} "
            f"| {row['drafts']:,.0f} | {row['drafts'] / row['nobody']:.2f} "
            f"| {row['publications']:,.0f} | {row['publications'] / row['nobody']:.2f} |"
        )
    lines += [
        "",
        "A stored timeline, while 16 connections ask for 5,100 of its filters by turns. p99, ms.",
        "",
        "| | alone | beside the filters |",
        "|---|--:|--:|",
    ]
    for name, found in figures.items():
        row = found["filtered"]
        lines.append(f"| {name} | {row['alone']:.1f} | {row['beside']:.1f} |")
    return "\n".join([*lines, ""])


def merged(old: str, new: str) -> str:
    """Return a report with the sections of `new`, and those of `old` that it has not got."""
    kept = _sections(old) | _sections(new)
    return "\n".join(kept.values())


def _sections(text: str) -> dict[str, str]:
    """Return what stands under each heading; what stands before the first under ""."""
    found: dict[str, str] = {}
    for part in re.split(r"\n(?=## )", text):
        if part:
            found[part.partition("\n")[0] if part.startswith("## ") else ""] = part
    return found


def head() -> str:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return HEAD.format(
        day=_day(),
        machine=_processor(),
        cores=os.cpu_count(),
        memory=round(pages * size / 2**30),
        python=platform.python_version(),
        again=AGAIN,
    )


def _day() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _processor() -> str:
    with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _pages(name: str, small: dict, large: dict) -> str:
    sizes = [f"{figures['engagements']:,}" for figures in (small, large)]
    lines = [
        f"## {name}",
        "",
        f"| page | {' | '.join(sizes)} | ratio | worst at {sizes[1]} | queries | queries |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for page, few in small["pages"].items():
        many = large["pages"][page]
        lines.append(
            f"| {page}{_mark(page, small, large)} "
            f"| {few['median_ms']:.1f} | {many['median_ms']:.1f} "
            f"| {many['median_ms'] / few['median_ms']:.2f} | {many['worst_ms']:.1f} "
            f"| {_span(few['queries'])} | {_span(many['queries'])} |"
        )
    lines.append(
        f"| {SAVING}{_mark(SAVING, small, large)} "
        f"| {small['save_ms']:.1f} | {large['save_ms']:.1f} "
        f"| {large['save_ms'] / small['save_ms']:.2f} | | | |"
    )
    return "\n".join([*lines, ""])


def _mark(row: str, *figures: dict[str, Any]) -> str:
    """Return the mark of a row that was taken again."""
    return f" {MARK}" if any(row in size.get("again", ()) for size in figures) else ""


def _span(counts: list[int]) -> str:
    """Return the queries of a row's addresses: "19", or "18–20" where they differ."""
    least, most = min(counts), max(counts)
    return str(most) if least == most else f"{least}–{most}"


def _rendering(figures: Figures) -> str:
    lines = [
        "## Pages of kept fragments",
        "",
        "Requests a second, by turns in one process, without the page store. *Kept*: with the",
        "fragments of the page before, as while nothing that it shows changes. *Cold*: nothing is",
        "kept. The timeline has 50 entries.",
        "",
        "| | article, cold | kept | ratio | timeline, cold | kept | ratio |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, (small, _large) in figures.items():
        found = small["rendering"]
        cells = [f"{name}, {small['engagements']:,}{_mark(RENDERING, small)}"]
        for page in ("article", "timeline"):
            cells += [
                f"{found[f'{page}_cold']:.0f}",
                f"{found[page]:.0f}",
                f"{found[f'{page}_ratio']:.1f}",
            ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _plans(name: str, large: dict) -> str:
    lines = [f"## How {name} reads them, at {large['engagements']:,}", ""]
    for what, plan in large["plans"].items():
        lines += [f"{what.capitalize()}:", "", "```", plan.strip(), "```", ""]
    return "\n".join(lines)
