"""What was measured, as a page of the documentation."""

import datetime as dt
import os
import platform
from pathlib import Path
from typing import Any

Figures = dict[str, list[dict[str, Any]]]

HEAD = """# Performance

Written by `make bench` on {day}; nothing here is typed by hand. Machine: {machine}, {cores} cores,
{memory} GB of memory, Python {python}.

The data is invented, in the shape of a real record: a few countries have most of the visits
(`tests/bench/data.py`). A page goes through the whole of Django in one process, without a server;
**nothing that an earlier page put together is kept**, so every card, filter and bar is made anew.
Times are medians in milliseconds; the ratio is the large database's to the small one's.
"""


def report(figures: Figures) -> str:
    """Return the report as Markdown: `figures` has the small and the large database of each."""
    parts = [head()]
    for name, (small, large) in figures.items():
        parts.append(_pages(name, small, large))
    parts.append(_rendering(figures))
    for name, (_small, large) in figures.items():
        parts.append(_plans(name, large))
    return "\n".join(parts)


def head() -> str:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return HEAD.format(
        day=dt.datetime.now(dt.UTC).date(),
        machine=_processor(),
        cores=os.cpu_count(),
        memory=round(pages * size / 2**30),
        python=platform.python_version(),
    )


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
        f"| page | {sizes[0]} | {sizes[1]} | ratio | worst at {sizes[1]} | queries |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for page, few in small["pages"].items():
        many = large["pages"][page]
        queries = sorted({*few["queries"], *many["queries"]})
        counted = str(queries[0]) if len(queries) == 1 else f"{queries[0]}–{queries[-1]}"
        lines.append(
            f"| {page} | {few['median_ms']:.1f} | {many['median_ms']:.1f} "
            f"| {many['median_ms'] / few['median_ms']:.2f} | {many['worst_ms']:.1f} | {counted} |"
        )
    lines.append(
        f"| saving one engagement | {small['save_ms']:.1f} | {large['save_ms']:.1f} "
        f"| {large['save_ms'] / small['save_ms']:.2f} | | |"
    )
    return "\n".join([*lines, ""])


def _rendering(figures: Figures) -> str:
    lines = [
        "## A timeline of 50 entries against an article",
        "",
        "Requests a second, asked for by turns in one process. *Kept*: cards, filters and strip",
        "are those of the page before, as it is while nothing changes. *Cold*: nothing is kept.",
        "",
        "| | timeline, kept | article | ratio | timeline, cold |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, (small, _large) in figures.items():
        found = small["rendering"]
        cells = [
            f"{name}, {small['engagements']:,}",
            f"{found['timeline']:.0f}",
            f"{found['article']:.0f}",
            f"{found['ratio']:.2f}",
            f"{found['timeline_cold']:.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _plans(name: str, large: dict) -> str:
    lines = [f"## How {name} reads them, at {large['engagements']:,}", ""]
    for what, plan in large["plans"].items():
        lines += [f"{what.capitalize()}:", "", "```", plan.strip(), "```", ""]
    return "\n".join(lines)
