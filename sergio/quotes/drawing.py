"""A signature drawn by hand: the data of signature_pad, checked and scaled to strokes on a small grid."""

import json
from math import isfinite

WIDTH, HEIGHT = 600, 200
LONGEST = 300_000
MOST_POINTS = 2_000
FARTHEST = 100_000
SMALLEST_BOX = 150, 50

Strokes = list[list[list[int]]]


class Unreadable(ValueError):
    """The data is not a drawing or is too large; the message, for developers, says which."""


def strokes(drawn: str) -> Strokes:
    """Strokes of `[x, y]` points on the grid, from the JSON of signature_pad's `toData()`.

    Anything else raises `Unreadable`. The drawing is moved and scaled to fill the grid, whatever the canvas size.
    """
    if len(drawn) > LONGEST:
        raise Unreadable("longer than a signature")
    try:
        lines = [[_point(point) for point in stroke["points"]] for stroke in json.loads(drawn)]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Unreadable("not a drawing") from error
    on_grid = _fit([line for line in lines if line])
    if sum(map(len, on_grid)) > MOST_POINTS:
        raise Unreadable("more points than a signature has")
    return on_grid


def path(strokes: Strokes) -> str:
    """The strokes as the `d` of an SVG path, for a `viewBox` of the grid; a single point becomes a dot."""
    return "".join("M" + "L".join(f"{x} {y}" for x, y in [*stroke, stroke[-1]]) for stroke in strokes)


def _point(point: dict) -> tuple[float, float]:
    x, y = point["x"], point["y"]
    if not all(type(n) in (int, float) and isfinite(n) and abs(n) <= FARTHEST for n in (x, y)):
        raise ValueError("not a point")
    return x, y


def _fit(lines: list) -> Strokes:
    if not lines:
        return []
    across, down = ([point[axis] for line in lines for point in line] for axis in (0, 1))
    width = max(across) - min(across)
    height = max(down) - min(down)
    scale = min(WIDTH / max(width, SMALLEST_BOX[0]), HEIGHT / max(height, SMALLEST_BOX[1]))
    left = (WIDTH - width * scale) / 2 - min(across) * scale
    top = (HEIGHT - height * scale) / 2 - min(down) * scale
    return [_without_repeats([[round(x * scale + left), round(y * scale + top)] for x, y in line]) for line in lines]


def _without_repeats(line: list) -> list:
    """The line without points that equal the one before."""
    return [point for before, point in zip([None, *line], line, strict=False) if point != before]
