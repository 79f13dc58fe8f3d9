"""Draws maps of a few countries: outlines, cities, the routes between them, labels.

Plain geometry without requests or SQL. All lengths are units of a frame of 840 × 630.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

from articles.maps.sphere import Point, Projection, great_circle, mean
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
# The length of an arrow's head.
ARROW = 22
# The size of a name on a phone, where it is largest, and the mean width of a letter in sizes.
NAME_SIZE, LETTER = 36, 0.56
# The radius of a stop's number, and of a pin.
NUMBER, PIN = 20, 9
# Where a label may stand, in the order of preference, and how far from its point.
AROUND = (
    (1, 0), (-1, 0), (0, -1), (0, 1), (0.8, -0.8), (-0.8, -0.8), (0.8, 0.8), (-0.8, 0.8),
)  # fmt: skip
FARTHEST_LABEL = 120
# A narrow island is drawn if it is so many times longer than the tolerance.
LONG = 3
# A country whose outline is smaller in both directions is marked by a dot.
SMALLEST_OUTLINE = 14

Ring = tuple[Point, ...]
# Longitude and latitude in degrees, and the weight: the error of the outline, in hundredths of a
# degree, without this point and those of less weight (Douglas and Peucker).
Vertex = tuple[float, float, int]


class MapPlace(NamedTuple):
    """A country by code, with its name for labels; `is_here`: the map is about it.

    `city` has longitude and latitude in degrees; without it no pin is set.
    """

    code: str
    name: str
    is_here: bool = True
    city: Point | None = None

    @property
    def point(self) -> Point:
        """Return where a way to it ends: the city, else the middle of the country."""
        return self.city or outlines()[self.code].centre


class Label(NamedTuple):
    """A text and the middle of its place: an origin's name, or a stop's number.

    `is_on_pin`: it covers the pin of its stop, so it is drawn as one.
    """

    x: float
    y: float
    text: str
    is_number: bool = False
    is_on_pin: bool = False

    @property
    def size(self) -> Point:
        """Return its width and height at the most."""
        if self.is_number:
            return 2.2 * NUMBER, 2.2 * NUMBER
        return len(self.text) * NAME_SIZE * LETTER, NAME_SIZE * 1.1

    def overlaps(self, other: "Label") -> bool:
        (width, height), (other_width, other_height) = self.size, other.size
        return (
            abs(self.x - other.x) * 2 < width + other_width
            and abs(self.y - other.y) * 2 < height + other_height
        )

    @property
    def is_inside(self) -> bool:
        """Return whether all of it lies in the part of the frame that every page shows."""
        width, height = self.size
        return (
            INSET[0] / 2 <= self.x - width / 2
            and self.x + width / 2 <= WIDTH - INSET[0] / 2
            and INSET[1] / 2 <= self.y - height / 2
            and self.y + height / 2 <= HEIGHT - INSET[1] / 2
        )


@dataclass(frozen=True, slots=True)
class Map:
    """The shapes of a map, in units of the frame."""

    land: tuple[Ring, ...]
    stops: tuple[Ring, ...]
    here: tuple[Ring, ...]
    disputed: tuple[Ring, ...]
    ways: tuple[Ring, ...]
    # Points out of the frame, to an origin that lies beyond it.
    arrows: tuple[Ring, ...]
    # The cities of stops.
    pins: tuple[Point, ...]
    labels: tuple[Label, ...]
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
    codes = {place.code for place in stops}
    origins = tuple(place for place in origins if place.code in known and place.code not in codes)
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
    ways, arrows, pins, labels = _route(stops, origins, view)
    areas = {kind: tuple(own) for kind, own in rings.items()}
    return Map(**areas, ways=ways, arrows=arrows, pins=pins, labels=labels, dots=tuple(dots))


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
    return drawn and replace(drawn, pins=(), labels=(), ways=())


def _mainland(outline: Outline) -> list[Point]:
    """Return the points of the largest ring and of rings near it, without overseas territories."""
    near = Projection(outline.centre)
    largest, *others = ([(x, y) for x, y, _weight in ring] for ring in outline.rings)
    reach = max(map(near.angle, largest)) * 1.15
    return largest + [point for ring in others for point in ring if near.angle(point) <= reach]


def _view(stops: Sequence[MapPlace], origins: Sequence[MapPlace], fill: float) -> Projection:
    """Return the projection in which the stops fill the frame, and near origins are in it."""
    known = outlines()
    ends = [place.point for place in stops]
    middle = mean(ends)
    reach = max(NEAR, *(Projection(middle).angle(end) for end in ends))
    ends += [place.point for place in origins if Projection(middle).angle(place.point) <= reach]
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
) -> tuple[tuple[Ring, ...], tuple[Ring, ...], tuple[Point, ...], tuple[Label, ...]]:
    """Return the ways from stop to stop and to the origins, their arrows, the pins, the labels."""
    # A place that is visited twice has one number, its first.
    places = list(dict.fromkeys((place.code, place.point, place.city) for place in stops))
    pins = [view(city) for _code, _point, city in places if city]
    ways = [_way(a.point, b.point, view) for a, b in pairwise(stops) if a.point != b.point]
    incoming = [_way(stops[0].point, origin.point, view) for origin in origins]
    is_far = [not _is_in_view(view(origin.point)) for origin in origins]
    arrows = [_arrow(way) for way, far in zip(incoming, is_far, strict=True) if far]
    taken = [Label(*point, "", is_number=True) for point in pins]
    taken += [Label(*arrow[0], "", is_number=True) for arrow in arrows]
    labels: list[Label] = []
    if len(places) > 1:
        for number, (_code, point, city) in enumerate(places, start=1):
            pin = Label(*view(point), str(number), is_number=True, is_on_pin=bool(city))
            labels += _place(pin, [*taken, *labels], on_point=True)
    for origin, way, far in zip(origins, incoming, is_far, strict=True):
        labels += _place(Label(*way[-1], origin.name), [*taken, *labels], on_point=not far)
    return (*ways, *incoming), tuple(arrows), tuple(pins), tuple(labels)


def _is_in_view(point: Point) -> bool:
    """Return whether a point lies in the part of the frame that every page shows."""
    return all(
        inset <= value <= size - inset
        for value, size, inset in zip(point, (WIDTH, HEIGHT), INSET, strict=True)
    )


def _way(start: Point, end: Point, view: Projection) -> Ring:
    """Return the great circle from `start` in degrees to `end`, or to where it leaves the view."""
    points = [view(start)]
    for point in great_circle(start, end)[1:]:
        inside, outside = points[-1], view(point)
        if not _is_in_view(outside):
            return (*points, _exit(inside, outside))
        points.append(outside)
    return tuple(points)


def _exit(inside: Point, outside: Point) -> Point:
    """Return the point at which the line between two points leaves the view."""
    part = 1.0
    for value, to, size, inset in zip(inside, outside, (WIDTH, HEIGHT), INSET, strict=True):
        if to < inset:
            part = min(part, (value - inset) / (value - to))
        elif to > size - inset:
            part = min(part, (size - inset - value) / (to - value))
    part = max(0.0, part)
    (x1, y1), (x2, y2) = inside, outside
    return x1 + part * (x2 - x1), y1 + part * (y2 - y1)


def _arrow(way: Ring) -> Ring:
    """Return the head of an arrow at the end of a way, in its direction."""
    (x1, y1), (x, y) = way[-2:]
    length = math.hypot(x - x1, y - y1) or 1.0
    along, across = (x - x1) / length * ARROW, (y - y1) / length * ARROW
    return (
        (x + along, y + across),
        (x - across / 2, y + along / 2),
        (x + across / 2, y - along / 2),
    )


def _place(label: Label, taken: Sequence[Label], *, on_point: bool) -> list[Label]:
    """Return a label at its point (if `on_point`) or beside it, where it covers none of `taken`.

    Nothing, where there is no room within `FARTHEST_LABEL`: the words beside a map name all.
    """
    # Its own pin may be covered.
    others = [other for other in taken if other[:2] != label[:2] or other.text]
    if on_point and label.is_inside and not any(map(label.overlaps, others)):
        return [label]
    width, height = label.size
    for gap in range(NUMBER, FARTHEST_LABEL, 12):
        for across, down in AROUND:
            x = label.x + across * (gap + width / 2)
            y = label.y + down * (gap + height / 2)
            beside = label._replace(x=x, y=y, is_on_pin=False)
            if beside.is_inside and not any(map(beside.overlaps, taken)):
                return [beside]
    return []
