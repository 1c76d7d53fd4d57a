"""Polygons that people draw, made valid: edges that cross each other, corners on a line, corners named twice."""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from sergio.lib.geo import Corner, Ring

PROGRAM = Path(__file__).with_name("polygon_repair.py")
PATIENCE = 10
"""Seconds; the program limits its own time on the processor to less."""


class Unusable(Exception):
    """The corners enclose no area."""


class Polygon(NamedTuple):
    """Closed rings for `geo.is_within`, and their size in square meters."""

    rings: list[Ring]
    size: int


def repaired(corners: list[tuple[float, float]]) -> Polygon:
    """The area that these corners (latitude, longitude) enclose. Raises `Unusable`.

    Shapely does it in a process of its own (`polygon_repair`), when a shape is saved; to judge an address takes none.
    """
    command = [sys.executable, "-I", str(PROGRAM)]
    text = json.dumps(corners)
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=PATIENCE, env={}, cwd="/")
    except subprocess.TimeoutExpired:
        raise Unusable from None
    if done.returncode:
        raise Unusable
    rings, size = json.loads(done.stdout)
    if not rings:
        raise Unusable
    return Polygon([[as_corner(point) for point in ring] for ring in rings], size)


def as_corner(point: list[int]) -> Corner:
    return point[0], point[1]
