"""Distances, and points within polygons, compared with slower ways to find them."""

from fractions import Fraction
from itertools import pairwise
from math import atan2, cos, dist, hypot, radians, sin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sergio.lib import geo

SMALL = st.integers(-12, 12)
CORNERS = st.lists(st.tuples(SMALL, SMALL), min_size=3, max_size=9)
POINTS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def by_vectors(one, other) -> float:
    """The distance by the angle between two vectors, which is exact at every distance."""
    a, b = ([cos(y) * cos(x), cos(y) * sin(x), sin(y)] for y, x in (map(radians, point) for point in (one, other)))
    cross = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    return geo.RADIUS * atan2(hypot(*cross), sum(map(float.__mul__, a, b)))


def by_casting(point, rings) -> bool:
    """Whether a point is inside, by the edges that a ray crosses which meets no corner; or on an edge."""
    y, x = map(Fraction, point)
    slope = Fraction(1, 1009)
    crossed = 0
    for ring in rings:
        for (y1, x1), (y2, x2) in pairwise(ring):
            if abs(dist((y1, x1), point) + dist(point, (y2, x2)) - dist((y1, x1), (y2, x2))) < 1e-9:
                return True
            along = (y2 - y1) - slope * (x2 - x1)
            if along == 0:
                continue
            part = (y - y1 - slope * (x - x1)) / along
            crossed += 0 <= part < 1 and x1 + part * (x2 - x1) > x
    return crossed % 2 == 1


@UNHURRIED
@given(POINTS, POINTS)
def test_a_distance_is_that_between_vectors(one, other):
    assert geo.meters_between(one, other) == pytest.approx(by_vectors(one, other), abs=2)


def test_a_known_distance():
    portland, bangor = (43.661, -70.259), (44.801, -68.778)
    assert 172_000 < geo.meters_between(portland, bangor) < 175_000


@UNHURRIED
@given(st.lists(CORNERS, min_size=1, max_size=3), st.tuples(SMALL, SMALL))
def test_a_point_is_within_as_a_ray_says(shapes, point):
    rings = [[*corners, corners[0]] for corners in shapes]
    assert geo.is_within(point, rings) == by_casting(point, rings)


def test_a_ring_inside_another_is_a_hole_whose_edge_belongs_to_the_area():
    rings = [[(0, 0), (0, 9), (9, 9), (9, 0), (0, 0)], [(3, 3), (3, 6), (6, 6), (6, 3), (3, 3)]]
    assert [geo.is_within(point, rings) for point in ((1, 1), (4, 4), (3, 4), (0, 0), (9, 10))] == [
        *(True, False, True, True, False)
    ]
