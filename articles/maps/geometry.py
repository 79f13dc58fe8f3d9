"""Maps drawn from a few countries' codes: outlines, the way between them, labels.

Plain geometry: no request, no SQL. All lengths are units of a frame of 840 × 630.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import combinations, pairwise
from typing import NamedTuple

from engagements.reference import OUTLINES

WIDTH, HEIGHT = 840, 630
# Outlines run on beyond the frame, so that no coast is drawn along its edge.
BLEED = 20
# The hosts fill at most this part of the frame; the smallest view is this wide (radians: 5°).
FILL = 0.56
SMALLEST_VIEW = math.radians(5)
# Origins nearer than this (radians: 38°) stand in the picture; a way from farther comes in at the
# edge.
NEAR = math.radians(38)
# Beyond this angle from the middle a ring is not drawn: it would be torn (radians: 140°).
HORIZON = math.radians(140)
# How far from the frame a way comes in: a page may cut the map above and below.
INSET = (36, 84)
# More origins than these have no room for their names.
MOST_NAMES = 5
# An island is drawn if it is this many times as long as a line may be off, however narrow it is.
LONG = 3
# A state whose outline is smaller than this in both directions is told by a dot.
SMALLEST_OUTLINE = 14

Point = tuple[float, float]
Ring = tuple[Point, ...]
# Longitude and latitude in degrees, and the weight: hundredths of a degree by which the outline is
# off without this point and those of less weight (Douglas and Peucker's order).
Vertex = tuple[float, float, int]


class Place(NamedTuple):
    """A country by its code, with the name to print; `is_here`: the one that the map is about."""

    code: str
    name: str
    is_here: bool = True


class Mark(NamedTuple):
    """A point on the way. An origin has its `name`; stops have their `number` if there are more."""

    x: float
    y: float
    name: str = ""
    number: int | None = None

    @property
    def anchor(self) -> str:
        """Where the name's own edge is, so that it runs towards the middle: SVG's `text-anchor`."""
        return "end" if self.x > WIDTH * 0.6 else "start"


@dataclass(frozen=True, slots=True)
class Map:
    land: tuple[Ring, ...]
    stops: tuple[Ring, ...]
    here: tuple[Ring, ...]
    disputed: tuple[Ring, ...]
    ways: tuple[Ring, ...]
    marks: tuple[Mark, ...]
    # Where the map is about a state too small to be seen.
    dots: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    centre: Point
    rings: tuple[tuple[Vertex, ...], ...]
    disputed: tuple[tuple[Vertex, ...], ...]


@cache
def outlines() -> dict[str, Outline]:
    """Return the outlines by the code of ISO 3166-1; not every row of `Country` has one."""
    found = json.loads(OUTLINES.read_text(encoding="utf-8"))

    def rings(entry: dict, key: str) -> tuple[tuple[Vertex, ...], ...]:
        return tuple(tuple(map(tuple, ring)) for ring in entry.get(key, []))

    return {
        code: Outline(tuple(entry["centre"]), rings(entry, "rings"), rings(entry, "disputed"))
        for code, entry in found.items()
    }


class Projection:
    """Lambert's azimuthal equal-area projection, so that no state looks larger than it is.

    Equations 24-2 to 24-4 of John P. Snyder, Map Projections: A Working Manual (US Geological
    Survey, 1987), for a sphere. `scale` is frame units a radian at the centre.
    """

    def __init__(self, centre: Point, scale: float = 1.0, shift: Point = (0.0, 0.0)) -> None:
        self.centre, self.scale, self.shift = centre, scale, shift
        self._longitude, latitude = math.radians(centre[0]), math.radians(centre[1])
        self._sin, self._cos = math.sin(latitude), math.cos(latitude)

    def angle(self, point: Point) -> float:
        """Return how far a point lies from the centre, in radians."""
        east, north = math.radians(point[0]) - self._longitude, math.radians(point[1])
        cosine = self._sin * math.sin(north) + self._cos * math.cos(north) * math.cos(east)
        return math.acos(_cosine(cosine))

    def __call__(self, point: Point) -> Point:
        east, north = math.radians(point[0]) - self._longitude, math.radians(point[1])
        cos_north, sin_north, cos_east = math.cos(north), math.sin(north), math.cos(east)
        # 1e-9: the antipode has no place on the map; it lands far outside instead.
        k = math.sqrt(2 / max(1e-9, 1 + self._sin * sin_north + self._cos * cos_north * cos_east))
        x = k * cos_north * math.sin(east)
        y = k * (self._cos * sin_north - self._sin * cos_north * cos_east)
        return x * self.scale + self.shift[0], self.shift[1] - y * self.scale

    def inverse(self, point: Point) -> Point:
        """Return longitude and latitude of a point of the map (Snyder, 20-14, 20-15 and 24-16)."""
        x = (point[0] - self.shift[0]) / self.scale
        y = (self.shift[1] - point[1]) / self.scale
        rho = math.hypot(x, y)
        if not rho:
            return self.centre
        c = 2 * math.asin(min(1.0, rho / 2))
        north = math.cos(c) * self._sin + y * math.sin(c) * self._cos / rho
        east = math.atan2(
            x * math.sin(c), rho * self._cos * math.cos(c) - y * self._sin * math.sin(c)
        )
        return math.degrees(self._longitude + east), math.degrees(math.asin(_cosine(north)))


def _cosine(value: float) -> float:
    # Rounding takes a sine or cosine past 1 now and then.
    return max(-1.0, min(1.0, value))


@lru_cache(maxsize=512)
def draw(
    stops: tuple[Place, ...], origins: tuple[Place, ...], detail: float = 1.5, fill: float = FILL
) -> Map | None:
    """Return the map of `stops`, in their order, and of the ways from the `origins` to the first.

    `detail` is how far a line may be off, in units of the frame at its middle; the outlines
    themselves may be off by more in a close view. `fill` is the part of the frame that the stops
    take up at most. `None`: no stop has an outline.
    """
    known = outlines()
    stops = tuple(place for place in stops if place.code in known)
    origins = tuple(place for place in origins if place.code in known and place not in stops)
    if not stops:
        return None
    view = _view(stops, origins, fill)
    here = {place.code for place in stops if place.is_here}
    there = {place.code for place in stops} - here
    rings: dict[str, list[Ring]] = {"land": [], "stops": [], "here": [], "disputed": []}
    dots = []
    for code, outline in known.items():
        kind = "here" if code in here else "stops" if code in there else "land"
        rings[kind] += (drawn := _drawn(outline.rings, view, detail))
        if kind == "here" and _is_tiny(drawn):
            dots += [at for at in [view(outline.centre)] if _is_inside(at)]
        rings[kind] += (torn := _drawn(outline.disputed, view, detail))
        rings["disputed"] += torn
    marks, ways = _route(stops, origins, view)
    areas = {kind: tuple(found) for kind, found in rings.items()}
    return Map(**areas, ways=ways, marks=marks, dots=tuple(dots))


def _is_inside(point: Point) -> bool:
    return 0 <= point[0] <= WIDTH and 0 <= point[1] <= HEIGHT


def _is_tiny(rings: Sequence[Ring]) -> bool:
    return all(
        max(axis) - min(axis) < SMALLEST_OUTLINE
        for ring in rings
        for axis in zip(*ring, strict=True)
    )


@lru_cache(maxsize=512)
def area(codes: tuple[str, ...], detail: float = 2, fill: float = 0.75) -> Map | None:
    """Return the map of several countries, without a way. `None`: none has an outline."""
    known = outlines()
    found = [Place(code, "") for code in codes if code in known]
    drawn = draw(tuple(found), (), detail, fill)
    return drawn and replace(drawn, marks=(), ways=())


def _mainland(outline: Outline) -> list[Point]:
    """Return the points of the largest ring and of those beside it, without lands overseas."""
    near = Projection(outline.centre)
    largest, *others = ([(x, y) for x, y, _weight in ring] for ring in outline.rings)
    reach = max(map(near.angle, largest)) * 1.15
    return largest + [point for ring in others for point in ring if near.angle(point) <= reach]


def _view(stops: Sequence[Place], origins: Sequence[Place], fill: float) -> Projection:
    """Return the projection that shows the hosts well, and the origins that are near."""
    known = outlines()
    ends = [known[place.code].centre for place in stops]
    middle = _mean(ends)
    reach = max(NEAR, *(Projection(middle).angle(end) for end in ends))
    ends += [
        known[place.code].centre
        for place in origins
        if Projection(middle).angle(known[place.code].centre) <= reach
    ]
    shown = [point for place in stops for point in _mainland(known[place.code])]
    # Twice: the middle of the box depends on the projection's centre, if only a little.
    for _round in range(2):
        flat = Projection(middle)
        inside = [point for point in shown if flat.angle(point) < HORIZON]
        xs, ys = zip(*(flat(point) for point in (*inside, *ends)), strict=True)
        middle = flat.inverse(((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2))
    xs, ys = zip(*(Projection(middle)(point) for point in (*inside, *ends)), strict=True)
    # Around the new middle, so that no end is off the frame.
    width = max(*(2 * abs(x) for x in xs), SMALLEST_VIEW * fill) / fill
    height = max(*(2 * abs(y) for y in ys), SMALLEST_VIEW * fill * HEIGHT / WIDTH) / fill
    return Projection(middle, min(WIDTH / width, HEIGHT / height), (WIDTH / 2, HEIGHT / 2))


def _mean(points: Sequence[Point]) -> Point:
    """Return the middle of points on the sphere."""
    x = y = z = 0.0
    for longitude, latitude in points:
        east, north = math.radians(longitude), math.radians(latitude)
        x += math.cos(north) * math.cos(east)
        y += math.cos(north) * math.sin(east)
        z += math.sin(north)
    return math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))


def _drawn(rings: Iterable[Iterable[Vertex]], view: Projection, detail: float) -> list[Ring]:
    """Return what of the rings lies in the frame, in as few points as `detail` allows."""
    reach = math.hypot(WIDTH, HEIGHT) / 2 / view.scale * 1.3
    least = math.floor(math.degrees(detail / view.scale) * 100)
    found = []
    for ring in rings:
        points = needed(ring, least)
        if len(points) < 3:
            continue
        # A ring none of whose points is near cannot be seen; the step keeps this cheap.
        angles = [view.angle(point) for point in points[:: max(1, len(points) // 24)]]
        if min(angles) > reach + 0.25 or max(angles) > HORIZON:
            continue
        clipped = clip([view(point) for point in points])
        if clipped:
            found.append(tuple(clipped))
    return found


def needed(ring: Iterable[Vertex], least: int) -> list[Point]:
    """Return the points of at least this weight; of a long and narrow island, a triangle."""
    points = [(x, y) for x, y, weight in ring if weight >= least]
    if len(points) == 2:
        _start, length, width = sorted((weight for _x, _y, weight in ring), reverse=True)[:3]
        if length >= LONG * least:
            return [(x, y) for x, y, weight in ring if weight >= width]
    return points


def clip(ring: Sequence[Point]) -> list[Point]:
    """Return the part of a ring that lies in the frame and its bleed.

    Sutherland and Hodgman, Reentrant polygon clipping (1974): one edge of the frame at a time.
    """
    points = list(ring)
    for axis, limit, sign in (
        (0, -BLEED, 1), (0, WIDTH + BLEED, -1), (1, -BLEED, 1), (1, HEIGHT + BLEED, -1),
    ):  # fmt: skip
        clipped: list[Point] = []
        for start, end in pairwise([points[-1], *points]) if points else ():
            start_inside = (start[axis] - limit) * sign >= 0
            end_inside = (end[axis] - limit) * sign >= 0
            if start_inside != end_inside:
                part = (limit - start[axis]) / (end[axis] - start[axis])
                clipped.append(
                    (start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1]))
                )
            if end_inside:
                clipped.append(end)
        points = clipped
    return points


def _route(
    stops: Sequence[Place], origins: Sequence[Place], view: Projection
) -> tuple[tuple[Mark, ...], tuple[Ring, ...]]:
    known = outlines()
    # A country that is visited twice keeps its first number and place.
    places = list(dict.fromkeys(place.code for place in stops))
    at = dict(zip(places, apart([view(known[code].centre) for code in places]), strict=True))
    starts = apart(
        [_at_edge(view(known[place.code].centre), at[places[0]]) for place in origins], 40
    )
    crowded = len(origins) > MOST_NAMES
    marks = [
        Mark(x, y, "" if crowded else place.name)
        for place, (x, y) in zip(origins, starts, strict=True)
    ]
    marks += [
        Mark(at[code][0], at[code][1], number=number if len(places) > 1 else None)
        for number, code in enumerate(places, start=1)
    ]
    ways = [_arc(start, at[places[0]]) for start in starts]
    ways += [_arc(at[a.code], at[b.code]) for a, b in pairwise(stops) if a.code != b.code]
    return tuple(marks), tuple(ways)


def apart(points: Sequence[Point], distance: float = 44) -> list[Point]:
    """Return the points pushed away from each other until none overlap, as far as 30 rounds do."""
    found = [list(point) for point in points]
    for _round in range(30):
        for i, j in combinations(range(len(found)), 2):
            dx, dy = found[j][0] - found[i][0], found[j][1] - found[i][1]
            length = math.hypot(dx, dy)
            if length >= distance:
                continue
            # Two at one place part sideways.
            dx, dy = (dx / length, dy / length) if length else (1.0, 0.0)
            push = (distance - length) / 2
            found[i][0], found[i][1] = found[i][0] - dx * push, found[i][1] - dy * push
            found[j][0], found[j][1] = found[j][0] + dx * push, found[j][1] + dy * push
    return [(x, y) for x, y in found]


def _at_edge(start: Point, end: Point) -> Point:
    """Return `start`, or where the line from it to `end` comes into the inset frame."""
    (x, y), (to_x, to_y) = start, end
    part = 0.0
    for value, to, size, inset in ((x, to_x, WIDTH, INSET[0]), (y, to_y, HEIGHT, INSET[1])):
        if value < inset:
            part = max(part, (inset - value) / (to - value))
        elif value > size - inset:
            part = max(part, (value - size + inset) / (value - to))
    return x + part * (to_x - x), y + part * (to_y - y)


def _arc(start: Point, end: Point, bend: float = 0.16, steps: int = 20) -> Ring:
    """Return a line that bends upwards a little: a quadratic Bézier curve in straight pieces."""
    (x1, y1), (x2, y2) = start, end
    side = 1 if x2 >= x1 else -1
    control = (
        (x1 + x2) / 2 + (y2 - y1) * bend * side,
        (y1 + y2) / 2 - (x2 - x1) * bend * side,
    )
    return tuple(
        (
            (1 - t) ** 2 * x1 + 2 * t * (1 - t) * control[0] + t**2 * x2,
            (1 - t) ** 2 * y1 + 2 * t * (1 - t) * control[1] + t**2 * y2,
        )
        for t in (step / steps for step in range(steps + 1))
    )
