"""The weights of outlines' points: what a map of any scale may leave out."""

import json
from collections import defaultdict
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engagements.reference import OUTLINES
from engagements.reference.build_outlines import MOST, TOLERANCE, direction, distance, weigh

POINTS = st.tuples(st.floats(-180, 180), st.floats(-89, 89))
LINES = st.lists(st.tuples(st.floats(0, 20), st.floats(50, 65)), min_size=2, max_size=40)
# An island is one line that ends where it began.
ISLANDS = LINES.map(lambda line: [*line, line[0]])


@given(LINES | ISLANDS, st.integers(0, 1_500))
def test_line_without_light_points_is_off_by_no_more_than_their_weight(line, tolerance):
    """At any tolerance the ends stay, and what is left out lies near what stays."""
    weighed = weigh(line)
    assert [(x, y) for x, y, _weight in weighed] == line
    assert weighed[0].weight == weighed[-1].weight == MOST
    kept = [n for n, vertex in enumerate(weighed) if vertex.weight >= tolerance]
    at = [direction(point) for point in line]
    for start, end in pairwise(kept):
        for between in range(start + 1, end):
            degrees = distance(at[between], at[start], at[end]) * 57.29578
            assert degrees < tolerance / 100 + 1e-6


@given(POINTS, POINTS, POINTS)
def test_distance_is_to_the_line_not_to_its_prolongation(point, start, end):
    """It is at most that to either end, and none at the ends themselves."""
    at, a, b = direction(point), direction(start), direction(end)
    assert distance(at, a, b) <= min(distance(at, a, a), distance(at, b, b)) + 1e-9
    assert distance(a, a, b) < 1e-9
    assert distance(b, a, b) < 1e-9


def test_degree_is_as_long_in_the_north_as_in_the_south():
    """A degree to the east is half as far at 60° as at the equator."""
    north = distance(direction((1, 60)), direction((0, 60)), direction((0, 60)))
    south = distance(direction((1, 0)), direction((0, 0)), direction((0, 0)))
    assert round(north / south, 3) == 0.5


def test_neighbours_keep_one_border():
    """A point that two outlines share has one weight, so a map leaves it out of both or of none."""
    weights = defaultdict(list)
    for entry in json.loads(OUTLINES.read_text(encoding="utf-8")).values():
        for ring in entry["rings"]:
            for x, y, weight in ring:
                if weight >= TOLERANCE:
                    weights[x, y].append(weight)
    shared = [found for found in weights.values() if len(found) > 1]
    assert len(shared) > 3_000
    assert all(len(set(found)) == 1 for found in shared)
