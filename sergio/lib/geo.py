"""Points on the earth: how far apart they are, and whether one lies within a polygon, in whole numbers."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt

RADIUS = 6_371_009
"""The mean radius of the earth in meters (IUGG)."""
UNIT = 100_000
"""Corners of polygons are in hundred-thousandths of a degree, about a meter."""
METERS = {"mi": 1609.344, "km": 1000.0}

Corner = tuple[int, int]
"""Latitude and longitude in `UNIT`."""
Ring = Sequence[Corner]


def meters_between(one: tuple[float, float], other: tuple[float, float]) -> int:
    """The distance of two points in degrees, by the haversine formula."""
    latitude, other_latitude = radians(one[0]), radians(other[0])
    north, east = (other_latitude - latitude) / 2, radians(other[1] - one[1]) / 2
    half = sin(north) ** 2 + cos(latitude) * cos(other_latitude) * sin(east) ** 2
    return round(2 * RADIUS * asin(min(1.0, sqrt(half))))


def corner(latitude: float, longitude: float) -> Corner:
    return round(latitude * UNIT), round(longitude * UNIT)


def is_within(point: Corner, rings: Iterable[Ring]) -> bool:
    """Whether a point lies within the area of closed rings or on its edge. What an even number of rings contains is
    outside, so a ring inside another one is a hole.

    A ray to the north is cut by an edge when the point lies south of it; whole numbers make that exact.
    """
    inside = False
    for ring in rings:
        for (y1, x1), (y2, x2) in pairwise(ring):
            turn = (x2 - x1) * (point[0] - y1) - (y2 - y1) * (point[1] - x1)
            if turn == 0 and min(x1, x2) <= point[1] <= max(x1, x2) and min(y1, y2) <= point[0] <= max(y1, y2):
                return True
            if (x1 > point[1]) != (x2 > point[1]) and (turn < 0) == (x2 > x1):
                inside = not inside
    return inside
