"""Geometry on the sphere: a projection, the mean of points, the shortest way between two.

Points have longitude and latitude in degrees.
"""

import math
import operator
from collections.abc import Sequence

Point = tuple[float, float]

# Parts of a great circle.
STEPS = 48


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


def mean(points: Sequence[Point]) -> Point:
    """Return the mean of points on the sphere."""
    x, y, z = map(sum, zip(*map(_vector, points), strict=True))
    return math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))


def _vector(point: Point) -> tuple[float, float, float]:
    """Return a point in degrees as a unit vector."""
    east, north = map(math.radians, point)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)


def great_circle(start: Point, end: Point) -> list[Point]:
    """Return points in degrees along the shortest way, by spherical linear interpolation."""
    a, b = _vector(start), _vector(end)
    angle = math.acos(_cosine(sum(map(operator.mul, a, b))))
    # Of the ways to the antipode none is the shortest.
    if math.sin(angle) < 1e-9:
        return [start, end]
    points = []
    for step in range(STEPS + 1):
        part = step / STEPS
        f, g = (math.sin(share * angle) / math.sin(angle) for share in (1 - part, part))
        x, y, z = (f * m + g * n for m, n in zip(a, b, strict=True))
        points.append((math.degrees(math.atan2(y, x)), math.degrees(math.asin(_cosine(z)))))
    return points
