"""Drawn polygons are made valid, in a process of their own."""

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon, get_parts, make_valid, unary_union

from sergio.lib import geo, polygon_repair, polygons

DEGREES = st.integers(-8, 8)
CORNERS = st.lists(st.tuples(DEGREES, DEGREES), min_size=3, max_size=8)
BOW_TIE = [(43.0, -70.0), (44.0, -69.0), (44.0, -70.0), (43.0, -69.0)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CORNERS, st.tuples(DEGREES, DEGREES))
def test_what_is_enclosed_is_what_shapely_says(corners, point):
    rings, _size = polygon_repair.enclosed(corners)
    valid, here = make_valid(Polygon([(x, y) for y, x in corners])), Point(point[1], point[0])
    areas = unary_union([part for part in get_parts(valid) if part.geom_type == "Polygon"])
    if not areas.touches(here):
        assert geo.is_within(geo.corner(*point), rings) == areas.contains(here)


def test_a_bow_tie_is_two_triangles():
    found = polygons.repaired(BOW_TIE)
    assert sorted(map(len, found.rings)) == [4, 4]
    assert geo.is_within(geo.corner(43.9, -69.5), found.rings)
    assert not geo.is_within(geo.corner(43.5, -69.1), found.rings)
    assert found.size == pytest.approx(4_480_000_000, rel=0.01)


@pytest.mark.parametrize("corners", [[(43, -70)] * 3, [(43, -70), (44, -70), (45, -70)], [(43, -70), (43, -69)]])
def test_what_encloses_nothing_is_unusable(corners):
    with pytest.raises(polygons.Unusable):
        polygons.repaired(corners)


def test_a_web_worker_never_loads_shapely_or_numpy():
    program = "import sys, sergio, sergio.office; sergio.create_app; print({'shapely', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
