"""What a page must keep to from the small database to the large one, and which figure does not.

A busy machine makes a page slow that is not. So a figure that misses its bar is taken again, of
both databases and up to `AGAIN` times, and counts only if it misses each time: of forty figures
that are slow by chance once in twenty times, one fails a run once in 4,000. A page that has become
slow misses every time.
"""

from collections.abc import Iterator
from typing import Any

AGAIN = 3

# A page of the large database may take so many times what the small one's takes,
FACTOR = 2
BOUND = (
    "first page", "middle page", "jump to a month", "country, first page", "person",
    "single filter: ", "filters and strip",
)  # fmt: skip
# one with several filters so many milliseconds,
COMBINED = "combined: "
COMBINED_MS = 300
# and a timeline of kept cards has so many of an article's requests a second.
KEPT = 0.7

SAVING = "saving one engagement"
RENDERING = "a timeline against an article"


def missed(small: dict[str, Any], large: dict[str, Any]) -> dict[str, str]:
    """Return the figures that miss their bar, each with a sentence about it."""
    return dict(_missed(small, large))


def _missed(small: dict[str, Any], large: dict[str, Any]) -> Iterator[tuple[str, str]]:
    times = {name: (row["median_ms"], large["pages"][name]["median_ms"])
             for name, row in small["pages"].items() if name.startswith(BOUND)}  # fmt: skip
    if "save_ms" in small:
        times[SAVING] = (small["save_ms"], large["save_ms"])
    for name, (few, many) in times.items():
        if many > FACTOR * few:
            yield name, f"{many:.1f} ms is {many / few:.2f} times {few:.1f} ms, above {FACTOR}"
    for name, row in large["pages"].items():
        if name.startswith(COMBINED) and row["median_ms"] > COMBINED_MS:
            yield name, f"{row['median_ms']:.1f} ms is above {COMBINED_MS} ms"
    if "rendering" in small and small["rendering"]["ratio"] < KEPT:
        yield RENDERING, f"{small['rendering']['ratio']:.2f} of the article's, below {KEPT}"


def with_newer(figures: dict[str, Any], newer: dict[str, Any]) -> dict[str, Any]:
    """Return figures with those that were taken again in the place of the first."""
    return figures | newer | {"pages": figures["pages"] | newer["pages"]}
