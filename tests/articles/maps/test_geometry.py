"""The map beneath a drawing: what is in the frame, and where."""

import math
import re
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.maps import geometry
from articles.maps.geometry import (
    BLEED,
    HEIGHT,
    WIDTH,
    MapPlace,
    Projection,
    apart,
    clip,
    draw,
    outlines,
)
from articles.templatetags.public_pages import as_areas, as_lines
from engagements import reference

CODES = sorted(outlines())


def place(code: str, *, here: bool = True) -> MapPlace:
    return MapPlace(code, f"Name of {code}", here)


def inside(x: float, y: float, margin: float = 0.0) -> bool:
    return -margin <= x <= WIDTH + margin and -margin <= y <= HEIGHT + margin


def test_outlines_belong_to_present_countries():
    """Every outline is one of a country of ISO 3166-1, and nearly every such country has one."""
    present = {c["code"] for c in reference.read()["countries"] if len(c["code"]) == 2}
    assert set(outlines()) <= present
    # Dependencies that Natural Earth draws as a part of their state, and atolls too small for it.
    assert present - set(outlines()) == {
        "BQ", "BV", "CC", "CX", "GF", "GI", "GP", "MQ", "RE", "SJ", "TK", "TV", "UM", "YT",
    }  # fmt: skip


def test_disputed_shapes_are_drawn_with_the_row_that_the_decision_names():
    """Crimea with Ukraine, the north of Cyprus with Cyprus, Somaliland with Somalia, all marked."""
    assert [code for code in CODES if outlines()[code].disputed] == ["CY", "SO", "UA"]
    west, south = -180, 44.3
    for ring in outlines()["RU"].rings:
        assert not all(32 < x < 37 and south < y < 46.5 for x, y, _weight in ring), west


@pytest.mark.parametrize("code", CODES)
def test_every_country_can_be_the_place(code):
    """Its outline and its mark are in the picture, whatever its size."""
    drawn = draw((place(code),), ())
    assert drawn is not None
    [mark] = drawn.marks
    assert inside(mark.x, mark.y)
    # Only a state of a few square kilometres is less than its own mark.
    if code not in {"VA", "MC", "SM", "NR", "BL", "NF", "MV", "MO", "WF", "PN", "MF", "IO"}:
        assert drawn.here


def test_tiny_states_of_a_region_are_told_by_dots():
    """An archipelago across an ocean is not an empty sea."""
    drawn = geometry.area(("PG", "NR", "TO", "WS"))
    assert drawn is not None
    assert len(drawn.dots) == 3
    assert all(inside(*dot) for dot in drawn.dots)


@given(st.lists(st.sampled_from(CODES), min_size=1, max_size=8), st.sets(st.sampled_from(CODES)))
def test_any_journey_can_be_drawn(stops, origins):
    """Whoever goes wherever: all marks are in the frame and nothing is drawn far beyond it."""
    drawn = draw(tuple(map(place, stops)), tuple(place(c, here=False) for c in sorted(origins)[:4]))
    assert drawn is not None
    numbers = [mark.number for mark in drawn.marks if mark.number]
    assert numbers == (list(range(1, len(set(stops)) + 1)) if len(set(stops)) > 1 else [])
    for ring in (*drawn.land, *drawn.stops, *drawn.here):
        assert all(inside(x, y, BLEED + 0.01) for x, y in ring)
    for mark in drawn.marks:
        assert math.isfinite(mark.x)
        assert inside(mark.x, mark.y, 60)


def test_country_without_an_outline_is_left_out():
    """A former state has no outline of its own, so nothing is drawn for it."""
    assert draw((place("SUHH"),), (place("US"),)) is None
    drawn = draw((place("SUHH"), place("UA")), ())
    assert drawn is not None
    assert len(drawn.marks) == 1


def test_far_origin_comes_in_at_the_edge():
    """The way from a country that is out of the picture begins just inside the frame."""
    drawn = draw((place("DZ"),), (place("US", here=False),))
    assert drawn is not None
    origin, host = drawn.marks
    assert (origin.name, host.name) == ("Name of US", "")
    assert inside(origin.x, origin.y)
    assert origin.x < host.x
    assert drawn.ways[0][0] == pytest.approx((origin.x, origin.y))
    assert drawn.ways[0][-1] == pytest.approx((host.x, host.y))


def test_many_origins_are_not_named():
    """A summit's thirty guests would write over each other."""
    guests = tuple(place(code, here=False) for code in ("DZ", "MA", "TN", "EG", "LY", "MR"))
    drawn = draw((place("US"),), guests)
    assert drawn is not None
    assert not any(mark.name for mark in drawn.marks)


@given(st.floats(-179, 179), st.floats(-80, 80), st.floats(-40, 40), st.floats(-40, 40))
def test_projection_comes_back(longitude, latitude, east, north):
    """A point projected and projected back is where it was."""
    projection = Projection((longitude, latitude), 500, (WIDTH / 2, HEIGHT / 2))
    point = (longitude + east / 2, max(-89.0, min(89.0, latitude + north / 2)))
    back = projection.inverse(projection(point))
    assert math.isclose((back[0] - point[0] + 180) % 360 - 180, 0, abs_tol=1e-6)
    assert math.isclose(back[1], point[1], abs_tol=1e-6)


def test_projection_keeps_areas():
    """A degree's square covers as much of the map far from the centre as near it."""
    projection = Projection((10, 50), 1000)

    def area(west: float, south: float) -> float:
        corners = [
            (west, south),
            (west + 0.1, south),
            (west + 0.1, south + 0.1),
            (west, south + 0.1),
        ]
        points = [projection(corner) for corner in corners]
        sides = zip(points, [*points[1:], points[0]], strict=True)
        size = abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides)) / 2
        return size / math.cos(math.radians(south + 0.05))

    assert area(60, 20) == pytest.approx(area(10, 50), rel=1e-3)


def test_clipping_keeps_what_is_inside():
    """A square across a corner loses what lies beyond the frame; one outside loses all."""
    corner = clip([(-100, -100), (100, -100), (100, 100), (-100, 100)])
    assert sorted(corner) == [(-BLEED, -BLEED), (-BLEED, 100), (100, -BLEED), (100, 100)]
    assert clip([(-900, -900), (-800, -900), (-800, -800)]) == []


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)), max_size=6))
def test_marks_do_not_cover_each_other(points):
    """Stops that lie close together are pushed apart."""
    found = apart(points, 44)
    assert len(found) == len(points)
    for index, (x, y) in enumerate(found):
        for other_x, other_y in found[index + 1 :]:
            assert math.hypot(x - other_x, y - other_y) > 20


def test_coarser_map_has_fewer_points_of_the_same_coast():
    """A card's picture leaves points out of the page's, and moves none."""
    fine, coarse = (draw((place("NO"),), (), detail=detail) for detail in (1, 6))
    assert fine is not None
    assert coarse is not None
    points = {point for ring in fine.here for point in ring}
    fewer = {point for ring in coarse.here for point in ring}
    assert fewer < points
    assert len(fewer) < len(points) / 2


@given(st.lists(st.lists(st.tuples(st.floats(-20, 860), st.floats(-20, 650)), min_size=3)))
def test_path_of_areas_leads_through_their_points(rings):
    """Read as SVG reads it, each ring begins relative to the one before and visits its points."""
    path = as_areas(tuple(map(tuple, rings)))
    read, pen = [], (0, 0)
    for part in path.split("z")[:-1]:
        assert part.startswith("m")
        numbers = list(map(int, re.findall(r"-?\d+", part)))
        found = []
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            pen = pen[0] + dx, pen[1] + dy
            found.append(pen)
        read.append(found)
        pen = found[0]
    whole = [[(round(x), round(y)) for x, y in ring] for ring in rings]
    wanted = [[point for point, _same in groupby(ring)] for ring in whole]
    # One that is no more than a line in whole units cannot be seen.
    assert read == [ring for ring in wanted if len(ring) > 2]


def test_way_as_short_as_a_point_is_left_out():
    """In a path, a line to nowhere would be an error, and all behind it would be lost."""
    assert as_lines((((1, 1), (1.2, 1)), ((5, 5), (8, 4)))) == "M5 5l3-1"


def test_narrow_island_is_drawn_if_it_is_long():
    """Of a long and narrow one its ends and its widest part are left; a speck is left out."""
    island = ((0.0, 0.0, 18_000), (0.1, 0.05, 3), (1.0, 0.0, 100), (0.5, 0.06, 6))
    assert geometry.needed(island, 3) == [(0.0, 0.0), (0.1, 0.05), (1.0, 0.0), (0.5, 0.06)]
    assert geometry.needed(island, 30) == [(0.0, 0.0), (1.0, 0.0), (0.5, 0.06)]
    assert len(geometry.needed(island, 60)) < 3


def test_same_journey_is_drawn_once():
    """The picture is kept: a page's cards ask for it again and again."""
    geometry.draw.cache_clear()
    for _time in range(3):
        draw((place("MT"),), ())
    assert geometry.draw.cache_info().misses == 1
