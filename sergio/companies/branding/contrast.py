"""What the page of the colors says of a color: whether text in it can be read, and the nearest shade that can."""

from typing import NamedTuple

from sergio.companies.colors import DARK, LIGHT, TEXT, contrast, ink_on, readable


class Contrast(NamedTuple):
    """Contrasts of a color as texts, such as "4.6": of text on it, of text in it on light and on dark pages.

    `shade` is the nearest color that can be read on light pages, None if the color itself can.
    """

    color: str
    ink: str
    on_it: str
    on_light: str
    on_dark: str
    shade: str | None


def contrast_of(color: str) -> Contrast:
    ink = ink_on(color)
    on_light, on_dark = (least(color, scheme) for scheme in (LIGHT, DARK))
    shade = None if on_light >= TEXT else readable(color, *LIGHT, least=TEXT)
    return Contrast(color, ink, shown(contrast(ink, color)), shown(on_light), shown(on_dark), shade)


def least(color: str, scheme) -> float:
    return min(contrast(color, surface) for surface in scheme)


def shown(ratio: float) -> str:
    """Rounded down, so that 4.49 is not shown as a passing 4.5."""
    return f"{int(ratio * 10) / 10:.1f}"
