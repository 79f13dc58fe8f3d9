"""The map beneath a drawing: what is in the frame, and where."""

import json
import math
import re
from itertools import chain, combinations, groupby

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
    clip,
    draw,
    outlines,
)
from articles.maps.sphere import great_circle
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
    """Its outline is in the picture, whatever its size; a pin only where a city is known."""
    drawn = draw((place(code),), ())
    assert drawn is not None
    assert (drawn.pins, drawn.labels) == ((), ())
    # Only a state of a few square kilometres is less than its own mark.
    if code not in {"VA", "MC", "SM", "NR", "BL", "NF", "MV", "MO", "WF", "PN", "MF", "IO"}:
        assert drawn.here


def test_tiny_states_of_a_region_are_told_by_dots():
    """An archipelago across an ocean is not an empty sea."""
    drawn = geometry.area(("PG", "NR", "TO", "WS"))
    assert drawn is not None
    assert len(drawn.dots) == 3
    assert all(inside(*dot) for dot in drawn.dots)


def ray_crosses(ring, x: float, y: float) -> bool:
    """Return whether a point is in a ring: a ray to the east crosses it an odd number of times."""
    edges = zip(ring, [*ring[1:], ring[0]], strict=True)
    return (
        sum(
            (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1
            for (x1, y1, *_), (x2, y2, *_) in edges
        )
        % 2
        == 1
    )


CITIES = {
    code: [tuple(map(float, line.split("|")[0].split())) for line in lines.split("\n")]
    for code, lines in json.loads(reference.CITIES.read_text(encoding="utf-8")).items()
}
places = st.sampled_from(CODES).flatmap(
    lambda code: st.builds(
        MapPlace, st.just(code), st.text(max_size=30), st.booleans(),
        st.sampled_from([None, *CITIES.get(code, [])]),
    )
)  # fmt: skip


def test_every_city_lies_in_its_country():
    """Where a coast is simplified, its cities have been moved onto the land."""
    for code, cities in CITIES.items():
        rings = [*outlines()[code].rings, *outlines()[code].disputed]
        # A sample of the large countries; a ring may go on beyond 180°.
        for x, y in cities[:: len(cities) // 100 + 1]:
            assert any(ray_crosses(ring, x + turn, y) for turn in (0, 360) for ring in rings), code


@given(st.lists(places, min_size=1, max_size=8), st.lists(places, max_size=12))
def test_any_journey_can_be_drawn(stops, origins):
    """Whoever goes wherever: pins lie at their cities, each label in the frame and on no other."""
    drawn = draw(tuple(stops), tuple(origins))
    assert drawn is not None
    assert len(drawn.pins) == len({(stop.code, stop.city) for stop in stops if stop.city})
    numbers = [int(label.text) for label in drawn.labels if label.is_number]
    assert numbers == sorted(set(numbers))
    for label in drawn.labels:
        width, height = label.size
        assert inside(label.x - width / 2, label.y - height / 2)
        assert inside(label.x + width / 2, label.y + height / 2)
        if label.is_on_pin:
            assert (label.x, label.y) in drawn.pins
    for one, other in combinations(drawn.labels, 2):
        assert not one.overlaps(other)
    for ring in (*drawn.land, *drawn.stops, *drawn.here):
        assert all(inside(x, y, BLEED + 0.01) for x, y in ring)
    for x, y in chain(drawn.pins, *drawn.ways, *drawn.arrows):
        assert inside(x, y)


def test_country_without_an_outline_is_left_out():
    """A former state has no outline of its own, so nothing is drawn for it."""
    assert draw((place("SUHH"),), (place("US"),)) is None
    drawn = draw((place("SUHH"), place("UA")), ())
    assert drawn is not None
    assert drawn.here


def test_far_origin_is_an_arrow_in_its_direction():
    """The United States lie north of Kyiv on the shortest way, and on no foreign soil."""
    kyiv = MapPlace("UA", "Ukraine", city=(30.523, 50.45))
    drawn = draw((kyiv,), (place("US", here=False),))
    assert drawn is not None
    [pin], [arrow], [way], [name] = drawn.pins, drawn.arrows, drawn.ways, drawn.labels
    assert way[0] == pytest.approx(pin)
    (tip_x, tip_y), *_feet = arrow
    assert tip_y < way[-1][1] < pin[1]
    assert tip_x < way[-1][0] < pin[0]
    assert way[-1][1] == pytest.approx(geometry.INSET[1])
    assert name.text == "Name of US"


def test_near_origin_is_named_on_its_country_without_a_pin():
    """The map does not know the city from which anyone came."""
    drawn = draw((MapPlace("MA", "Morocco", city=(-7.611, 33.588)),), (place("FR", here=False),))
    assert drawn is not None
    assert len(drawn.pins) == 1
    assert drawn.arrows == ()
    [name] = drawn.labels
    assert (name.x, name.y) == pytest.approx(drawn.ways[0][-1])


def test_visitor_of_its_own_country_has_no_way():
    """Who meets at home has come from nowhere."""
    drawn = draw((place("DZ"),), (place("DZ", here=False),))
    assert drawn is not None
    assert drawn.ways == ()


def test_numbers_of_near_stops_stand_beside_their_pins():
    """Brussels and Luxembourg lie closer than their numbers are wide."""
    cities = {"IT": (12.51, 41.89), "BE": (4.35, 50.85), "LU": (6.13, 49.61)}
    drawn = draw(tuple(MapPlace(code, "", city=city) for code, city in cities.items()), ())
    assert drawn is not None
    assert [label.text for label in drawn.labels] == ["1", "2", "3"]
    assert [label.is_on_pin for label in drawn.labels].count(True) < 3
    assert len(drawn.pins) == 3


def test_way_is_a_great_circle():
    """From Algiers to Tokyo it runs through the north; to the antipode no way is the shortest."""
    points = great_circle((3.09, 36.73), (139.69, 35.69))
    assert max(y for _x, y in points) > 60
    assert points[0] == pytest.approx((3.09, 36.73))
    assert points[-1] == pytest.approx((139.69, 35.69))
    assert great_circle((0, 0), (180, 0)) == [(0, 0), (180, 0)]


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
