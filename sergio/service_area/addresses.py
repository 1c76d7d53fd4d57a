"""An address as people type it in one line: "12 Elm Street, Portland, ME 04101", "04101", "Portland", "43.66, -70.26"."""

import re
from typing import NamedTuple

from sergio.lib import geo, places, postal
from sergio.lib.places import Place
from sergio.service_area import coverage
from sergio.service_area.coverage import Area, Verdict

ZIP = re.compile(r"\d{5}(-\d{4})?")
REGION = re.compile(r"^(.*\S)[\s,]+([A-Za-z]{2,3})$")
NUMBER = r"([-+]?\d{1,3}(?:\.\d{1,15})?)"
POINT = re.compile(rf"\s*{NUMBER}\s*[,;\s]\s*{NUMBER}\s*")


class TypedAddress(NamedTuple):
    """The parts of an address that decide where it is."""

    city: str = ""
    region: str = ""
    postal_code: str = ""


def address_in(text: str, country: str) -> TypedAddress:
    """The city, region and postal code of one line, which are in its last parts."""
    *names, last = [" ".join(part.split()) for part in text.split(",") if part.strip()] or [""]
    code = " ".join(word for word in last.split() if is_code(word, country))
    if rest := " ".join(word for word in last.split() if not is_code(word, country)):
        names.append(rest)
    region = ""
    if country in places.WITH_REGIONS and names:
        names, region = without_region(names, country)
    return TypedAddress(names[-1] if names else "", region, code)


def is_code(word: str, country: str) -> bool:
    """Whether a word is a postal code or a part of one."""
    return bool(ZIP.fullmatch(word)) if country == "US" else any(letter.isdigit() for letter in word)


def without_region(parts: list[str], country: str) -> tuple[list[str], str]:
    """The parts before the region, which is the last one of several or the last word: "Portland, ME", "Portland ME"."""
    if len(parts) > 1 and postal.is_region(postal.region_code(parts[-1], country), country):
        return parts[:-1], parts[-1]
    found = REGION.match(parts[-1])
    if found and postal.is_region(found[2], country):
        return [*parts[:-1], found[1]], found[2]
    return parts, ""


def point_in(text: str) -> tuple[float, float] | None:
    """Latitude and longitude, as maps write them."""
    found = POINT.fullmatch(text)
    if not found:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def place_in(text: str, area: Area) -> Place | None:
    """The place of a line that is an address or a point."""
    if point := point_in(text):
        return Place(text, "", point)
    return coverage.located(area, address_in(text, area.country)).place



def asked(text: str, area: Area) -> Verdict:
    """Whether an address is in that was typed in one line, or a point, to which only shapes and the radius apply."""
    point = point_in(text)
    return coverage.covers_point(area, point) if point else coverage.covers(area, address_in(text, area.country))
