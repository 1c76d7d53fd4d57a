"""Where a postal code or a city is.

The files in `places/` are sorted and mapped into memory, so that looking something up reads a few lines, and nothing is
loaded or kept.
"""

import mmap
import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from sergio.lib.text import folded

FOLDER = Path(__file__).parents[1] / "places"
POSTAL_CODES, CITIES = "us_postal_codes.txt", "cities.txt"
WITH_REGIONS = ("US", "CA", "AU")
"""The countries of whose cities we know the region."""
SHORT = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount"}
UNIT = 1000
"""The files have coordinates in thousandths of a degree, about a hundred meters."""

Point = tuple[float, float]
"""Latitude and longitude in degrees."""


class Place(NamedTuple):
    """A city or the area of a postal code, by its center. `region` is the code of a state, where we know it."""

    name: str
    region: str
    point: Point
    people: int = 0


def name_key(name: str) -> str:
    """The key of a city's name, equal for "St. Paul", "saint paul" and "ST PAUL"; without accents."""
    plain = "".join(c for c in unicodedata.normalize("NFD", folded(name)) if not unicodedata.combining(c))
    words = re.findall(r"\w+", plain.replace("'", "").replace("’", ""))
    return " ".join(SHORT.get(word, word) for word in words)


@lru_cache(4096)
def of_postal_code(code: str, country: str) -> Place | None:
    """The place of a whole postal code. Only those of the US are known; of a ZIP+4, the first five digits count."""
    digits = re.fullmatch(r"\s*(\d{5})(?:[-\s]?\d{4})?\s*", code)
    if country != "US" or digits is None:
        return None
    found = lines_from(POSTAL_CODES, f"{digits[1]}|")
    return next((as_place(*fields[1:]) for fields in found), None)


@lru_cache(4096)
def cities(name: str, country: str) -> tuple[Place, ...]:
    """The cities of that name in a country (ISO 3166), the largest first."""
    key = name_key(name)
    lines = lines_from(CITIES, f"{country}|{key}|") if key else []
    found = [as_place(name or key.title(), *rest) for _country, _key, name, *rest in lines]
    return tuple(sorted(found, key=lambda place: -place.people))


def as_place(name: str, region: str, latitude: str, longitude: str, people: str = "0") -> Place:
    return Place(name, region, (int(latitude) / UNIT, int(longitude) / UNIT), int(people))


def lines_from(file: str, start: str) -> list[list[str]]:
    """The fields of all lines that begin with `start`."""
    content, wanted = mapped(file), start.encode()
    low, high = 0, len(content)
    while low < high:  # the first line that is not below `wanted` begins in low..high
        middle = content.rfind(b"\n", 0, (low + high) // 2) + 1
        end = content.find(b"\n", middle) + 1
        if content[middle:end] < wanted:
            low = end
        else:
            high = min(middle, high - 1) if middle > low else low
    return fields_at(content, low, wanted)


def fields_at(content: mmap.mmap, begin: int, wanted: bytes) -> list[list[str]]:
    found = []
    while content[begin : begin + len(wanted)] == wanted:
        end = content.find(b"\n", begin)
        found.append(content[begin:end].decode().split("|"))
        begin = end + 1
    return found


@cache
def mapped(file: str) -> mmap.mmap:
    with (FOLDER / file).open("rb") as content:
        return mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ)
