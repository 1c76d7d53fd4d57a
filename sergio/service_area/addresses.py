"""An address in one line: "12 Elm Street, Portland, ME 04101", "04101", "Portland", "43.66, -70.26"."""

import re

from sergio.lib import places, postal
from sergio.lib.places import Place
from sergio.service_area import coverage
from sergio.service_area.coverage import Address, Area

ZIP = re.compile(r"\d{5}(-\d{4})?")
REGION = re.compile(r"^(.*\S)[\s,]+([A-Za-z]{2,3})$")
NUMBER = r"([-+]?\d{1,3}(?:\.\d{1,15})?)"
POINT = re.compile(rf"\s*{NUMBER}\s*[,;\s]\s*{NUMBER}\s*")


def address_in(text: str, country: str) -> Address:
    """The city, region and postal code of one line, which are in its last parts."""
    *names, last = [" ".join(part.split()) for part in text.split(",") if part.strip()] or [""]
    code = " ".join(word for word in last.split() if is_code(word, country))
    if rest := " ".join(word for word in last.split() if not is_code(word, country)):
        names.append(rest)
    region = ""
    if country in places.WITH_REGIONS and names:
        names, region = without_region(names, country)
    return Address(names[-1] if names else "", region, code)


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


def typed(text: str, country: str) -> Address:
    """What a line names: a point, or an address."""
    point = point_in(text)
    return Address(point=point) if point else address_in(text, country)


def place_in(text: str, area: Area) -> Place | None:
    return coverage.located(area, typed(text, area.country)).place
