"""The icons of a company's portal as an app on a phone: its logo, or the first letter of its name, on a square."""

import base64
import hashlib
from functools import lru_cache
from html import escape
from typing import NamedTuple

from sergio.companies import colors, logos
from sergio.companies.models import Company
from sergio.lib import images

WHITE, DARK = "#ffffff", "#1a1d20"
DRAWN_ANEW = "1"
"""To be raised when the same logo is to look different, so that browsers ask again."""


class Shape(NamedTuple):
    """The side of an icon in pixels, and how much of it the logo may fill. `round` cuts the corners of the square. Of a
    maskable icon phones show a circle of four fifths only (w3.org/TR/appmanifest/#icon-masks).
    """

    size: int
    filled: float
    round: int
    purpose: str = "any"


SHAPES = {
    "icon-192": Shape(192, 0.8, 96),
    "icon-512": Shape(512, 0.8, 96),
    "maskable-192": Shape(192, 0.54, 0, "maskable"),
    "maskable-512": Shape(512, 0.54, 0, "maskable"),
    "touch-180": Shape(180, 0.7, 0),
}
"""By the name of the file. Android asks for the first four, iOS for the last one and cuts its corners itself."""
IN_MANIFEST = [name for name in SHAPES if not name.startswith("touch")]


def version(company: Company) -> str:
    """Changes when the icons do."""
    facts = DRAWN_ANEW, company.brand, company.accent, company.logo, company.logo_ground, letter(company)
    return hashlib.sha256(" ".join(facts).encode()).hexdigest()[:16]


def icon(company: Company, name: str) -> bytes:
    """A PNG; raises `images.Unusable` while the machine is busy."""
    picture = logos.read(company.id, company.logo, logos.PICTURE) if company.logo else None
    shape = SHAPES[name]
    return drawn(with_logo(company, picture, shape) if picture else with_letter(company, shape), shape.size)


@lru_cache(maxsize=32)
def drawn(svg: str, size: int) -> bytes:
    return images.app_icon_of(svg.encode(), size)


def with_logo(company: Company, picture: bytes, shape: Shape) -> str:
    side = round(512 * shape.filled)
    place = f'x="{(512 - side) // 2}" y="{(512 - side) // 2}" width="{side}" height="{side}"'
    content = base64.b64encode(picture).decode()
    image = f'<image {place} preserveAspectRatio="xMidYMid meet" href="data:image/png;base64,{content}"/>'
    return square(DARK if company.logo_ground == "dark" else WHITE, image, shape)


def with_letter(company: Company, shape: Shape) -> str:
    inks = colors.properties(company.brand, company.accent, colors.LIGHT)
    size = round(512 * shape.filled * 0.8)
    about = f'x="256" y="{256 + size * 0.36:.0f}" font-size="{size}" font-weight="600" text-anchor="middle"'
    text = f'<text {about} font-family="Inter" fill="{inks["--on-brand"]}">{escape(letter(company))}</text>'
    return square(inks["--brand"], text, shape)


def square(ground: str, content: str, shape: Shape) -> str:
    plate = f'<rect width="512" height="512" rx="{shape.round}" fill="{ground}"/>'
    size = 'width="512" height="512" viewBox="0 0 512 512"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{plate}{content}</svg>'


def letter(company: Company) -> str:
    return next((each for each in company.name if each.isalnum()), "?").upper()
