"""Generate outlines.json: `python -m engagements.reference.build_outlines countries-50m.json`.

Source: Natural Earth's countries at 1:50 million (public domain), as the package world-atlas 2.0.2
holds them in TopoJSON (ISC). Run by a maintainer only; the same file gives the same bytes.
docs/adr/0002-names-and-disputed-places.md says whose line is drawn where lines are disputed.
"""

import json
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from engagements import reference

PATH = reference.OUTLINES

Point = tuple[float, float]
Line = list[Point]

# Degrees: how far a point may lie off the line that leaves it out; seven kilometres are a pixel or
# two of the closest view that we draw.
TOLERANCE = 0.07
# Square degrees: islets below this are left out, except a state's largest.
SMALLEST = 0.04
# Shapes without a code of ISO 3166-1: the row that they belong to.
UNCODED = {"Kosovo": "XK", "N. Cyprus": "CY", "Somaliland": "SO"}
DISPUTED = {"CY": "N. Cyprus", "SO": "Somaliland"}


def decode(topology: dict[str, Any]) -> list[Line]:
    """Return the arcs in degrees: TopoJSON stores them quantised, each point as a difference."""
    scale_x, scale_y = topology["transform"]["scale"]
    shift_x, shift_y = topology["transform"]["translate"]
    arcs = []
    for encoded in topology["arcs"]:
        x = y = 0
        line = []
        for dx, dy in encoded:
            x, y = x + dx, y + dy
            line.append((x * scale_x + shift_x, y * scale_y + shift_y))
        arcs.append(line)
    return arcs


def simplify(line: Line) -> Line:
    """Leave out what lies within TOLERANCE of the rest (Douglas and Peucker, 1973).

    Arcs are simplified, not rings, so that neighbours keep one border.
    """
    (x1, y1), (x2, y2) = line[0], line[-1]
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5

    def distance(point: Point) -> float:
        x, y = point
        if not length:
            return ((x - x1) ** 2 + (y - y1) ** 2) ** 0.5
        return abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length

    if len(line) < 3:
        return line
    farthest = max(range(1, len(line) - 1), key=lambda index: distance(line[index]))
    if distance(line[farthest]) <= TOLERANCE:
        return [line[0], line[-1]]
    return simplify(line[: farthest + 1])[:-1] + simplify(line[farthest:])


def area(ring: Line) -> float:
    """Return the enclosed area in square degrees (the shoelace formula)."""
    closed = [*ring, ring[0]]
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(closed))) / 2


def outer_rings(geometry: dict[str, Any], arcs: list[Line], whole: list[Line]) -> Iterator[Line]:
    """Yield each polygon's outer ring; holes are other states, which lie on top.

    A ring that simplifying would reduce to a line is taken from the `whole` arcs.
    """
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    for polygon in polygons:
        ring = joined(polygon[0], arcs)
        yield ring if len(ring) > 3 else joined(polygon[0], whole)


def joined(indices: list[int], arcs: list[Line]) -> Line:
    """Return arcs as one ring that does not repeat its first point; ~i is arc i backwards.

    A ring on both sides of the antimeridian goes on beyond 180°, so that it stays in one piece.
    """
    ring: Line = []
    for index in indices:
        line = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += line[1:] if ring else line
    crosses = (
        max(x for x, _ in ring) - min(x for x, _ in ring) > 300
        and min(abs(y) for _, y in ring) < 85
    )
    return [(round(x + 360 if crosses and x < 0 else x, 2), round(y, 2)) for x, y in ring[:-1]]


def is_crimea(ring: Line) -> bool:
    """Whether a ring of Russia's is Crimea: Natural Earth draws who holds a place."""
    west, east = min(x for x, _ in ring), max(x for x, _ in ring)
    south, north = min(y for _, y in ring), max(y for _, y in ring)
    return west > 32 and east < 37 and south > 44 and north < 46.5


def visual_centre(ring: Line) -> Point:
    """Return the point farthest from the ring's edge, to a tenth of a degree or so.

    A grid over the ring, then finer grids around the best point.
    """
    west, east = min(x for x, _ in ring), max(x for x, _ in ring)
    south, north = min(y for _, y in ring), max(y for _, y in ring)
    best, half_x, half_y = ((west + east) / 2, (south + north) / 2), east - west, north - south
    for _round in range(4):
        half_x, half_y = half_x / 2, half_y / 2
        grid = [
            (best[0] + half_x * i / 6, best[1] + half_y * j / 6)
            for i in range(-6, 7)
            for j in range(-6, 7)
        ]
        best = max(grid, key=depth_in(ring))
        half_x, half_y = half_x / 2, half_y / 2
    return round(best[0], 2), round(best[1], 2)


def depth_in(ring: Line) -> Callable[[Point], float]:
    """Return a function that says how deep in the ring a point lies (negative: outside)."""
    edges = list(pairwise([*ring, ring[0]]))

    def depth(point: Point) -> float:
        x, y = point
        inside = False
        nearest = float("inf")
        for (x1, y1), (x2, y2) in edges:
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                inside = not inside
            length = (x2 - x1) ** 2 + (y2 - y1) ** 2
            along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length if length else 0.0
            along = min(1.0, max(0.0, along))
            nearest = min(
                nearest, (x - x1 - along * (x2 - x1)) ** 2 + (y - y1 - along * (y2 - y1)) ** 2
            )
        return nearest if inside else -nearest

    return depth


def build(topology: dict[str, Any]) -> str:
    """Return the text of outlines.json: one country a line."""
    whole = decode(topology)
    arcs = [simplify(line) for line in whole]
    # A former state has its successor's number.
    countries = reference.read()["countries"]
    codes = {c["numeric"]: c["code"] for c in countries if c["numeric"] and len(c["code"]) == 2}
    rings: dict[str, list[Line]] = {}
    disputed: dict[str, list[Line]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        name = geometry["properties"]["name"]
        code = codes.get(geometry.get("id"), UNCODED.get(name))
        if code is None:
            continue
        for ring in outer_rings(geometry, arcs, whole):
            if code == "RU" and is_crimea(ring):
                disputed.setdefault("UA", []).append(ring)
            elif DISPUTED.get(code) == name:
                disputed.setdefault(code, []).append(ring)
            else:
                rings.setdefault(code, []).append(ring)
    lines = []
    for code, found in sorted(rings.items()):
        by_size = sorted((ring for ring in found if len(ring) > 2), key=area, reverse=True)
        if not by_size:
            continue
        kept = [ring for n, ring in enumerate(by_size) if n == 0 or area(ring) >= SMALLEST]
        entry = {"centre": visual_centre(kept[0]), "rings": kept}
        if code in disputed:
            entry["disputed"] = [ring for ring in disputed[code] if area(ring) >= SMALLEST]
        lines.append(f'"{code}": ' + json.dumps(entry, separators=(",", ":"), sort_keys=True))
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    source = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    PATH.write_text(build(source), encoding="utf-8")
