"""What pages must keep to from the small database to the large one, and the page store.

A busy machine makes a page slow that is not. So a figure that misses its bar is taken again, of
both databases and up to `AGAIN` times, and counts only if it misses each time: of forty figures
that are slow by chance once in twenty times, one fails a run once in 4,000. A page that has become
slow misses every time. An answer that is stale or failed counts at once, since no machine makes one
by being busy.
"""

from collections.abc import Iterator
from typing import Any

AGAIN = 3

# A page of the large database may take so many times what the small one's takes,
FACTOR = 2
BOUND = (
    "first page", "middle page", "jump to a month", "country, first page", "person",
    "single filter: ", "facet panel", "feed of ", "home", "list of the ",
)  # fmt: skip
# but for what is a part of a page that is held to it: here just under 10,000 visits may be counted
# one by one, and the small database has few;
PART = ("facet panel alone, with a topic",)
# or of what its full page takes, if the small one has but a handful of visits for this one;
SCARCE = ("single filter: organisation",)
FULL = "first page"
# and so many queries more: whether it asks for outcomes or actions depends on its entries, so it
# differs between any two;
QUERIES = 3
UNFILTERED = (
    "first page", "middle page", "jump to a month", "country, first page", "person",
    "facet panel alone", "feed of ",
)  # fmt: skip
# one with several filters so many milliseconds,
COMBINED = "combined: "
COMBINED_MS = 300
# and pages of kept fragments are so many times as fast as cold ones.
KEPT = 2

SAVING = "saving one engagement"
RENDERING = "pages of kept fragments"

# The page store sends so much of what nginx sends, and so many times what Django's cache does where
TO_NGINX = 0.5
TO_CACHE = 8
# A crawl of stored articles sends so much of it while drafts, or others' articles, are saved.
WORKING = {"drafts": 0.5, "publications": 0.25}
# A stored page's p99 while somebody crawls the filters of timelines.
BESIDE_FILTERS_MS = 20
# nginx, which only sends a file, has this much room above it: what is left of a long page's time
# is its bytes', for everyone.
ROOM = 0.9


def missed(small: dict[str, Any], large: dict[str, Any]) -> dict[str, str]:
    """Return the figures that miss their bar, each with a sentence about it."""
    return dict(_missed(small, large))


def _missed(small: dict[str, Any], large: dict[str, Any]) -> Iterator[tuple[str, str]]:
    times = {
        name: (row["median_ms"], large["pages"][name]["median_ms"])
        for name, row in small["pages"].items()
        if name.startswith(BOUND) and name not in PART
    }
    for name in SCARCE:
        if name in times and FULL in small["pages"]:
            times[name] = (small["pages"][FULL]["median_ms"], times[name][1])
    if "save_ms" in small:
        times[SAVING] = (small["save_ms"], large["save_ms"])
    for name, (few, many) in times.items():
        if many > FACTOR * few:
            yield name, f"{many:.1f} ms is {many / few:.2f} times {few:.1f} ms, above {FACTOR}"
    for name, row in large["pages"].items():
        few, many = (max(size["pages"][name].get("queries", [0])) for size in (small, large))
        if name.startswith(UNFILTERED) and many > few + QUERIES:
            yield name, f"{many} queries are more than {few} and {QUERIES}"
        if name.startswith(COMBINED) and row["median_ms"] > COMBINED_MS:
            yield name, f"{row['median_ms']:.1f} ms is above {COMBINED_MS} ms"
    rendering = small.get("rendering", {})
    ratio = min((rendering[name] for name in rendering if name.endswith("_ratio")), default=KEPT)
    if ratio < KEPT:
        yield RENDERING, f"{ratio:.1f} times as many as cold, below {KEPT}"


def with_newer(figures: dict[str, Any], newer: dict[str, Any]) -> dict[str, Any]:
    """Return figures with those that were taken again in the place of the first."""
    taken = {*newer["pages"], *({SAVING} if "save_ms" in newer else ())}
    taken |= {RENDERING} if "rendering" in newer else set()
    again = {*figures.get("again", ()), *taken}
    pages = figures["pages"] | newer["pages"]
    return figures | newer | {"pages": pages, "again": sorted(again)}


def unheld(figures: dict[str, Any]) -> list[str]:
    """Return the bars that no row is held to: a row with another name would lose its own."""
    names = [*figures["pages"]]
    prefixes = dict.fromkeys((*BOUND, *UNFILTERED, *SCARCE, COMBINED))
    return [bar for bar in prefixes if not any(name.startswith(bar) for name in names)]


def missed_by_store(pages: dict[str, dict[str, float]]) -> dict[str, str]:
    """Return the rows of the page store that miss a bar, each with a sentence about it."""
    found = {}
    for name, row in pages.items():
        if row["to_nginx"] < TO_NGINX:
            found[name] = f"{row['to_nginx']:.2f} of nginx's requests, below {TO_NGINX}"
        elif row["to_cache"] < TO_CACHE and has_room(row):
            found[name] = f"{row['to_cache']:.1f} times the cache's requests, below {TO_CACHE}"
    return found


def has_room(row: dict[str, float]) -> bool:
    """Say whether a page is short enough for anyone to be so many times faster than the cache."""
    return row["nginx"] * ROOM >= TO_CACHE * row["cache"]


def missed_while_working(work: dict[str, float]) -> dict[str, str]:
    """Return the work at the desk beside which too few pages are sent."""
    return {
        f"a crawl beside {name}": f"{work[name] / work['nobody']:.2f} of it alone, below {bar}"
        for name, bar in WORKING.items()
        if work[name] < bar * work["nobody"]
    }


def missed_beside_filters(filtered: dict[str, float]) -> dict[str, str]:
    """Return the hot page's p99 if a crawler of filters keeps its readers waiting."""
    p99 = filtered["beside"]
    if p99 <= BESIDE_FILTERS_MS:
        return {}
    return {"a hot page beside filters": f"p99 {p99:.1f} ms, above {BESIDE_FILTERS_MS}"}


def missed_while_editing(mixed: dict[str, float]) -> dict[str, str]:
    """Return what an edit beside readers must not make: answers stale or failed."""
    return {
        f"{name} answers": f"{mixed[name]} of {mixed['answers']}"
        for name in ("stale", "failed")
        if mixed[name]
    }
