"""The program that repairs a drawn polygon for `polygons`. It runs alone, as a file, and loads nothing of Sergio:
Shapely and numpy take 29 MB of memory, which no web worker has to spare.

The corners come by stdin, as JSON. The answer is JSON: the rings of the area, and its size in square meters.
"""

import json
import resource
import sys
from math import cos, radians

import shapely
from shapely.affinity import scale

UNIT = 100_000  # as in lib/geo
METERS = 111_195  # a degree of latitude
SMALLEST = 100
"""Square meters: what is left of a line or a point is no area."""


def main():
    resource.setrlimit(resource.RLIMIT_CPU, (4, 4))
    json.dump(enclosed(json.load(sys.stdin)), sys.stdout)


def enclosed(corners: list) -> tuple[list, int]:
    """The rings of the area within these corners, and its size; no rings if there is none."""
    drawn = shapely.Polygon([(longitude, latitude) for latitude, longitude in corners])
    valid = shapely.set_precision(shapely.make_valid(drawn), 1 / UNIT)
    parts = [part for part in shapely.get_parts(valid) if part.geom_type == "Polygon" and size(part) >= SMALLEST]
    rings = [whole(ring) for part in parts for ring in (part.exterior, *part.interiors)]
    return rings, round(sum(map(size, parts)))


def size(part) -> float:
    """Square meters: a degree of longitude is as long as the latitude lets it be."""
    flat = scale(part, xfact=cos(radians(part.centroid.y)) * METERS, yfact=METERS)
    return flat.area


def whole(ring) -> list[list[int]]:
    return [[round(latitude * UNIT), round(longitude * UNIT)] for longitude, latitude in ring.coords]


if __name__ == "__main__":
    main()
