"""A company's two colors as a stylesheet, with text colors of enough contrast on all surfaces, light and dark."""

import re
from functools import lru_cache
from typing import NamedTuple

TEXT, SHAPE = 4.5, 3.0
"""The minimum contrast of text, and of shapes such as a focus ring: WCAG 2.2, success criteria 1.4.3 and 1.4.11."""

INK = 5.5
"""The contrast that text colors get: above the minimum, because some surfaces are tinted by a status."""

ALIKE = 28
"""Two colors look the same if all their channels differ by less than this."""

OPPOSITE = 12.0
"""The contrast that a color gets if it would otherwise be invisible."""

BLACK, WHITE = "#000000", "#ffffff"

HEX = re.compile(r"#[0-9a-fA-F]{6}")


class Scheme(NamedTuple):
    """The fixed surfaces of a color scheme, as static/css/tokens.css has them."""

    page: str
    card: str
    well: str


LIGHT = Scheme(page="#f6f7f8", card="#ffffff", well="#eef0f2")
DARK = Scheme(page="#111315", card="#1a1d20", well="#23272b")

NEUTRAL = ("#1f5f5b", "#c2410c")
"""Brand and accent without a company; tokens.css has the properties of these."""


def stylesheet(brand: str, accent: str) -> str:
    """CSS with both colors and the text colors derived from them. Colors are `#rrggbb`, else ValueError."""
    light, dark = (_root(properties(brand, accent, scheme)) for scheme in (LIGHT, DARK))
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


@lru_cache(maxsize=256)
def properties(brand: str, accent: str, scheme: Scheme) -> dict[str, str]:
    """The custom properties of one scheme, by name."""
    brand, accent = distinct(brand, *scheme), distinct(accent, *scheme)
    edge = readable(brand, *scheme, least=SHAPE)
    tint = mix(scheme.card, edge, 0.1)
    return {
        "--brand": brand,
        "--brand-hover": pressed(brand),
        "--on-brand": ink_on(brand),
        "--brand-ink": readable(brand, *scheme, tint),
        "--brand-edge": edge,
        "--brand-tint": tint,
        "--accent": accent,
        "--on-accent": ink_on(accent),
        "--accent-ink": readable(accent, *scheme, tint),
    }


def distinct(color: str, *surfaces: str) -> str:
    """The color itself, or one of strong contrast if it would be invisible on a surface."""
    for surface in surfaces:
        if max(abs(a - b) for a, b in zip(_channels(color), _channels(surface), strict=True)) < ALIKE:
            return readable(color, *surfaces, least=OPPOSITE)
    return color.lower()


def pressed(color: str) -> str:
    """The shade under the pointer: closer to the text color if that stays readable, else further from it."""
    ink = ink_on(color)
    nearer = mix(color, ink, 0.1)
    return nearer if contrast(nearer, ink) >= TEXT else mix(color, BLACK if ink == WHITE else WHITE, 0.1)


def readable(color: str, *surfaces: str, least: float = INK) -> str:
    """The color itself, or the nearest shade with that contrast on all of these surfaces; at worst black or white."""
    pole = ink_on(surfaces[0])
    near, far = 0, 255
    while near < far:
        step = (near + far) // 2
        if all(contrast(mix(color, pole, step / 255), surface) >= least for surface in surfaces):
            far = step
        else:
            near = step + 1
    return mix(color, pole, far / 255)


def ink_on(color: str) -> str:
    """White if it is readable on the color, else black, which then always is."""
    return WHITE if contrast(WHITE, color) >= TEXT else BLACK


def contrast(a: str, b: str) -> float:
    """From 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    darker, lighter = sorted((luminance(a), luminance(b)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    """From 0 to 1: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    red, green, blue = (_linear(channel / 255) for channel in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def mix(color: str, other: str, share: float) -> str:
    """The color with a share (0 to 1) of another, as CSS color-mix(in srgb)."""
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _root(named: dict[str, str]) -> str:
    declarations = "\n".join(f"  {name}: {value};" for name, value in named.items())
    return f":root {{\n{declarations}\n}}"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _channels(color: str) -> tuple[int, int, int]:
    if not HEX.fullmatch(color):
        raise ValueError(f"{color!r} is not a color like #1f5f5b")
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
