"""Generate outlines.json: `python -m engagements.reference.build_outlines countries-50m.json`.

Source: Natural Earth's countries at 1:50 million (public domain), as the package world-atlas 2.0.2
holds them in TopoJSON (ISC). Run by a maintainer only; the same file gives the same bytes.
docs/adr/0002-names-and-disputed-places.md says whose line is drawn where lines are disputed.
"""

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from operator import mul
from pathlib import Path
from typing import Any, NamedTuple

from engagements import reference

PATH = reference.OUTLINES

Point = tuple[float, float]
Line = list[Point]

# Hundredths of a degree: points of less weight are left out. Eight kilometres are a hundredth or so
# of the closest view that we draw, and much less of most.
TOLERANCE = 7
# The weight of what every outline needs: half a turn.
MOST = 18_000
# Square degrees: islets below this are left out, except a state's largest.
SMALLEST = 0.04
# Shapes without a code of ISO 3166-1: the row that they belong to.
UNCODED = {"Kosovo": "XK", "N. Cyprus": "CY", "Somaliland": "SO"}
DISPUTED = {"CY": "N. Cyprus", "SO": "Somaliland"}


class Vertex(NamedTuple):
    """A point in degrees; `weight` is how far the outline lies off without it: see `weigh`."""

    x: float
    y: float
    weight: int


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


def weigh(line: Line) -> list[Vertex]:
    """Return the points with their weights, in hundredths of a degree.

    Douglas and Peucker (1973) for every tolerance at once: without the points of less weight than
    a tolerance, the line lies nowhere farther off than that. Arcs are weighed, not rings, so that
    neighbours keep one border at every tolerance.
    """
    # On the sphere, so that a degree is as long in the north as in the south.
    at = [direction(point) for point in line]
    weights = [MOST] * len(line)

    def split(first: int, last: int, most: int) -> None:
        if last - first < 2:
            return
        off = [distance(at[n], at[first], at[last]) for n in range(first + 1, last)]
        farthest = max(range(len(off)), key=off.__getitem__)
        # At most the weight of the line's ends: where a point is kept, they are.
        weight = min(most, math.floor(100 * math.degrees(off[farthest])))
        weights[first + 1 + farthest] = weight
        split(first, first + 1 + farthest, weight)
        split(first + 1 + farthest, last, weight)

    split(0, len(line) - 1, MOST)
    return [Vertex(x, y, weight) for (x, y), weight in zip(line, weights, strict=True)]


def direction(point: Point) -> tuple[float, float, float]:
    """Return where a point of the unit sphere lies in space."""
    east, north = math.radians(point[0]), math.radians(point[1])
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)


def distance(point: Sequence[float], start: Sequence[float], end: Sequence[float]) -> float:
    """Return how far a point lies from the line between two others, all in space."""
    along = [b - a for a, b in zip(start, end, strict=True)]
    to = [b - a for a, b in zip(start, point, strict=True)]
    length = sum(map(mul, along, along))
    part = min(1.0, max(0.0, sum(map(mul, along, to)) / length)) if length else 0.0
    return math.dist(point, [a + part * step for a, step in zip(start, along, strict=True)])


def area(ring: list[Vertex]) -> float:
    """Return the enclosed area in square degrees (the shoelace formula)."""
    return abs(sum(a.x * b.y - b.x * a.y for a, b in pairwise([*ring, ring[0]]))) / 2


def outer_rings(geometry: dict[str, Any], arcs: list[list[Vertex]]) -> Iterator[list[Vertex]]:
    """Yield each polygon's outer ring; holes are other states, which lie on top.

    Points of little weight are left out, unless no more than a triangle would be left: the border
    of so small a state may part from its neighbours' by as much.
    """
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    for polygon in polygons:
        whole = joined(polygon[0], arcs)
        ring = [vertex for vertex in whole if vertex.weight >= TOLERANCE]
        yield ring if len(ring) > 3 else whole


def joined(indices: list[int], arcs: list[list[Vertex]]) -> list[Vertex]:
    """Return arcs as one ring that does not repeat its first point; ~i is arc i backwards.

    A ring on both sides of the antimeridian goes on beyond 180°, so that it stays in one piece.
    """
    ring: list[Vertex] = []
    for index in indices:
        line = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += line[1:] if ring else line
    west, east, _south, _north = bounds(ring)
    crosses = east - west > 300 and min(abs(vertex.y) for vertex in ring) < 85
    return [
        Vertex(round(x + 360 if crosses and x < 0 else x, 2), round(y, 2), weight)
        for x, y, weight in ring[:-1]
    ]


def bounds(ring: list[Vertex]) -> tuple[float, float, float, float]:
    """Return the least and the greatest longitude and latitude."""
    xs, ys = [vertex.x for vertex in ring], [vertex.y for vertex in ring]
    return min(xs), max(xs), min(ys), max(ys)


def is_crimea(ring: list[Vertex]) -> bool:
    """Whether a ring of Russia's is Crimea: Natural Earth draws who holds a place."""
    west, east, south, north = bounds(ring)
    return west > 32 and east < 37 and south > 44 and north < 46.5


def visual_centre(ring: list[Vertex]) -> Point:
    """Return the point farthest from the ring's edge, to a tenth of a degree or so.

    A grid over the ring, then finer grids around the best point.
    """
    west, east, south, north = bounds(ring)
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


def depth_in(ring: list[Vertex]) -> Callable[[Point], float]:
    """Return a function that says how deep in the ring a point lies (negative: outside)."""
    edges = list(pairwise([*ring, ring[0]]))

    def depth(point: Point) -> float:
        x, y = point
        inside = False
        nearest = float("inf")
        for (x1, y1, _), (x2, y2, _) in edges:
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
    arcs = [weigh(line) for line in decode(topology)]
    # A former state has its successor's number.
    countries = reference.read()["countries"]
    codes = {c["numeric"]: c["code"] for c in countries if c["numeric"] and len(c["code"]) == 2}
    rings: dict[str, list[list[Vertex]]] = {}
    disputed: dict[str, list[list[Vertex]]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        name = geometry["properties"]["name"]
        code = codes.get(geometry.get("id"), UNCODED.get(name))
        if code is None:
            continue
        for ring in outer_rings(geometry, arcs):
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
