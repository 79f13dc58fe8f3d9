"""Draws maps from the codes of a few countries: outlines, the route between them, labels.

Plain geometry without requests or SQL. All lengths are units of a frame of 840 × 630.
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
# Outlines extend beyond the frame, so that no coast is drawn along its edge.
BLEED = 20
# The stops fill at most this part of the frame.
FILL = 0.56
SMALLEST_VIEW = math.radians(5)
# Origins within this angle are in the view; the route from others begins at the edge.
NEAR = math.radians(38)
# Rings beyond this angle from the centre would be torn, and are not drawn.
HORIZON = math.radians(140)
# Distance from the frame, across and down, at which such a route begins: pages may crop the map.
INSET = (36, 84)
# If there are more origins, their names are left out.
MOST_NAMES = 5
# A narrow island is drawn if it is so many times longer than the tolerance.
LONG = 3
# A country whose outline is smaller in both directions is marked by a dot.
SMALLEST_OUTLINE = 14

Point = tuple[float, float]
Ring = tuple[Point, ...]
# Longitude and latitude in degrees, and the weight: the error of the outline, in hundredths of a
# degree, without this point and those of less weight (Douglas and Peucker).
Vertex = tuple[float, float, int]


class MapPlace(NamedTuple):
    """A country by code, with its name for labels; `is_here`: the map is about it."""

    code: str
    name: str
    is_here: bool = True


class Mark(NamedTuple):
    """A point of the route: an origin with its `name`, or one of several stops with a `number`."""

    x: float
    y: float
    name: str = ""
    number: int | None = None

    @property
    def anchor(self) -> str:
        """Return SVG's `text-anchor` with which the name runs towards the middle."""
        return "end" if self.x > WIDTH * 0.6 else "start"


@dataclass(frozen=True, slots=True)
class Map:
    """The shapes of a map, in units of the frame."""

    land: tuple[Ring, ...]
    stops: tuple[Ring, ...]
    here: tuple[Ring, ...]
    disputed: tuple[Ring, ...]
    ways: tuple[Ring, ...]
    marks: tuple[Mark, ...]
    # Countries that the map is about and whose outline is too small.
    dots: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline of a country, and the parts of it that are disputed."""

    centre: Point
    rings: tuple[tuple[Vertex, ...], ...]
    disputed: tuple[tuple[Vertex, ...], ...]


@cache
def outlines() -> dict[str, Outline]:
    """Return the outlines by the code of ISO 3166-1; not every row of `Country` has one."""
    entries = json.loads(OUTLINES.read_text(encoding="utf-8"))

    def rings(entry: dict, key: str) -> tuple[tuple[Vertex, ...], ...]:
        return tuple(tuple(map(tuple, ring)) for ring in entry.get(key, []))

    return {
        code: Outline(tuple(entry["centre"]), rings(entry, "rings"), rings(entry, "disputed"))
        for code, entry in entries.items()
    }


class Projection:
    """Lambert's azimuthal equal-area projection, which shows all countries at the same scale.

    Equations 24-2 to 24-4 of John P. Snyder, Map Projections: A Working Manual (US Geological
    Survey, 1987), for a sphere. `scale` is in frame units per radian at the centre.
    """

    def __init__(self, centre: Point, scale: float = 1.0, shift: Point = (0.0, 0.0)) -> None:
        self.centre, self.scale, self.shift = centre, scale, shift
        self._longitude, latitude = math.radians(centre[0]), math.radians(centre[1])
        self._sin, self._cos = math.sin(latitude), math.cos(latitude)

    def angle(self, point: Point) -> float:
        """Return the distance of a point from the centre, in radians."""
        east, north = math.radians(point[0]) - self._longitude, math.radians(point[1])
        cosine = self._sin * math.sin(north) + self._cos * math.cos(north) * math.cos(east)
        return math.acos(_cosine(cosine))

    def __call__(self, point: Point) -> Point:
        east, north = math.radians(point[0]) - self._longitude, math.radians(point[1])
        cos_north, sin_north, cos_east = math.cos(north), math.sin(north), math.cos(east)
        # 1e-9: the antipode, which has no image, is put far outside the frame.
        k = math.sqrt(2 / max(1e-9, 1 + self._sin * sin_north + self._cos * cos_north * cos_east))
        x = k * cos_north * math.sin(east)
        y = k * (self._cos * sin_north - self._sin * cos_north * cos_east)
        return x * self.scale + self.shift[0], self.shift[1] - y * self.scale

    def inverse(self, point: Point) -> Point:
        """Return longitude and latitude of a point of the map (Snyder, 20-14, 20-15, 24-16)."""
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
    # Rounding can take a sine or cosine past 1.
    return max(-1.0, min(1.0, value))


@lru_cache(maxsize=512)
def draw(
    stops: tuple[MapPlace, ...],
    origins: tuple[MapPlace, ...],
    detail: float = 1.5,
    fill: float = FILL,
) -> Map | None:
    """Return the map of `stops` in their order, with routes from `origins` to the first stop.

    `detail` is the tolerance of lines, in units of the frame at its centre; in a close view the
    outlines themselves are less precise. `fill` is the part of the frame that the stops fill at
    most. `None`: no stop has an outline.
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
    areas = {kind: tuple(own) for kind, own in rings.items()}
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
    """Return the map of several countries without a route. `None`: none has an outline."""
    drawn = draw(tuple(MapPlace(code, "") for code in codes), (), detail, fill)
    return drawn and replace(drawn, marks=(), ways=())


def _mainland(outline: Outline) -> list[Point]:
    """Return the points of the largest ring and of rings near it, without overseas territories."""
    near = Projection(outline.centre)
    largest, *others = ([(x, y) for x, y, _weight in ring] for ring in outline.rings)
    reach = max(map(near.angle, largest)) * 1.15
    return largest + [point for ring in others for point in ring if near.angle(point) <= reach]


def _view(stops: Sequence[MapPlace], origins: Sequence[MapPlace], fill: float) -> Projection:
    """Return the projection in which the stops fill the frame, and near origins are in it."""
    known = outlines()
    ends = [known[place.code].centre for place in stops]
    middle = _mean(ends)
    reach = max(NEAR, *(Projection(middle).angle(end) for end in ends))
    ends += [
        known[place.code].centre
        for place in origins
        if Projection(middle).angle(known[place.code].centre) <= reach
    ]
    mainland = [point for place in stops for point in _mainland(known[place.code])]
    # Twice, because the middle of the box depends a little on the centre of the projection.
    for _round in range(2):
        flat = Projection(middle)
        inside = [point for point in mainland if flat.angle(point) < HORIZON]
        xs, ys = zip(*(flat(point) for point in (*inside, *ends)), strict=True)
        middle = flat.inverse(((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2))
    xs, ys = zip(*(Projection(middle)(point) for point in (*inside, *ends)), strict=True)
    # Around the new middle, so that no end is off the frame.
    width = max(*(2 * abs(x) for x in xs), SMALLEST_VIEW * fill) / fill
    height = max(*(2 * abs(y) for y in ys), SMALLEST_VIEW * fill * HEIGHT / WIDTH) / fill
    return Projection(middle, min(WIDTH / width, HEIGHT / height), (WIDTH / 2, HEIGHT / 2))


def _mean(points: Sequence[Point]) -> Point:
    """Return the mean of points on the sphere."""
    x = y = z = 0.0
    for longitude, latitude in points:
        east, north = math.radians(longitude), math.radians(latitude)
        x += math.cos(north) * math.cos(east)
        y += math.cos(north) * math.sin(east)
        z += math.sin(north)
    return math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))


def _drawn(rings: Iterable[Iterable[Vertex]], view: Projection, detail: float) -> list[Ring]:
    """Return the parts of rings that lie in the frame, simplified to the tolerance `detail`."""
    reach = math.hypot(WIDTH, HEIGHT) / 2 / view.scale * 1.3
    least = math.floor(math.degrees(detail / view.scale) * 100)
    drawn = []
    for ring in rings:
        points = needed(ring, least)
        if len(points) < 3:
            continue
        # A sample of the points is enough to skip rings outside the frame.
        angles = [view.angle(point) for point in points[:: max(1, len(points) // 24)]]
        if min(angles) > reach + 0.25 or max(angles) > HORIZON:
            continue
        clipped = clip([view(point) for point in points])
        if clipped:
            drawn.append(tuple(clipped))
    return drawn


def needed(ring: Iterable[Vertex], least: int) -> list[Point]:
    """Return the points of at least a weight; of a long, narrow island a triangle."""
    points = [(x, y) for x, y, weight in ring if weight >= least]
    if len(points) == 2:
        _start, length, width = sorted((weight for _x, _y, weight in ring), reverse=True)[:3]
        if length >= LONG * least:
            return [(x, y) for x, y, weight in ring if weight >= width]
    return points


def clip(ring: Sequence[Point]) -> list[Point]:
    """Return the part of a ring that lies in the frame and its bleed.

    Clips at one edge after the other (Sutherland and Hodgman, Reentrant polygon clipping, 1974).
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
    stops: Sequence[MapPlace], origins: Sequence[MapPlace], view: Projection
) -> tuple[tuple[Mark, ...], tuple[Ring, ...]]:
    """Return the marks of origins and stops, and the lines between them."""
    known = outlines()
    # A country that is visited twice has one mark, with its first number.
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
    """Return points pushed apart to at least `distance`, as far as 30 rounds achieve it."""
    moved = list(points)
    for _round in range(30):
        for i, j in combinations(range(len(moved)), 2):
            (x1, y1), (x2, y2) = moved[i], moved[j]
            length = math.hypot(x2 - x1, y2 - y1)
            if length >= distance:
                continue
            # Equal points are pushed apart sideways.
            dx, dy = ((x2 - x1) / length, (y2 - y1) / length) if length else (1.0, 0.0)
            push = (distance - length) / 2
            moved[i] = (x1 - dx * push, y1 - dy * push)
            moved[j] = (x2 + dx * push, y2 + dy * push)
    return moved


def _at_edge(start: Point, end: Point) -> Point:
    """Return `start`, or the point at which the line from it to `end` enters the inset frame."""
    (x, y), (to_x, to_y) = start, end
    part = 0.0
    for value, to, size, inset in ((x, to_x, WIDTH, INSET[0]), (y, to_y, HEIGHT, INSET[1])):
        if value < inset:
            part = max(part, (inset - value) / (to - value))
        elif value > size - inset:
            part = max(part, (value - size + inset) / (value - to))
    return x + part * (to_x - x), y + part * (to_y - y)


def _arc(start: Point, end: Point) -> Ring:
    """Return a line that bends upwards: a quadratic Bézier curve in straight pieces."""
    bend, steps = 0.16, 20
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
