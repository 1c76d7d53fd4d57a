"""Whether a company comes to an address: in, out, or unknown, and why. Arithmetic without tables."""

from typing import NamedTuple

from sergio.lib import geo, places, postal
from sergio.lib.geo import Corner, Ring
from sergio.lib.places import Place, Point
from sergio.service_area.postal_codes import NO_CODES, Codes

IN, OUT, UNKNOWN = STATUSES = ("in", "out", "unknown")
EVERYWHERE, KNOWN, POSTAL_CODE, CITY, SHAPE, RADIUS = (
    *("everywhere", "known", "postal_code"),
    *("city", "shape", "radius"),
)
"""Why an address is in."""
POINT = "point"
"""How it was placed, beside POSTAL_CODE and CITY."""
OUTSIDE, NOT_FOUND, CONTRADICTION, NO_POSTAL_CODE, NO_CITY, NO_HOME = (
    *("outside", "not_found", "contradiction", "no_postal_code", "no_city"),
    "no_home",
)
"""Why it is out, or why nobody can tell."""


class Address(NamedTuple):
    """The parts of an address that decide where it is, or the point of one that was given by its coordinates.

    `is_known` is one of a customer that staff have entered or confirmed.
    """

    city: str = ""
    region: str = ""
    postal_code: str = ""
    point: Point | None = None
    is_known: bool = False

    @classmethod
    def of(cls, row) -> "Address":
        """The address of a company or a service address."""
        return cls(row.city or "", row.region or "", row.postal_code or "", is_known=getattr(row, "is_known", False))


class City(NamedTuple):
    """A city of the list; without a region, one of that name in any region."""

    name: str
    region: str

    def __str__(self) -> str:
        return ", ".join(filter(None, self))


class Shape(NamedTuple):
    """An area of the map: closed rings, or a circle around `center` of `radius` meters."""

    name: str
    rings: list[Ring]
    center: Corner | None = None
    radius: int = 0

    def contains(self, point: Point) -> bool:
        if self.center is None:
            return geo.is_within(geo.corner(*point), self.rings)
        return geo.meters_between(point, degrees(self.center)) <= self.radius


class Area(NamedTuple):
    """The rules of a company, any of which accepts an address; without any, it comes everywhere.

    `radius` is in meters around `home`, the point of the company's own address, which may not be known.
    Trips go at `speed` meters a minute and take `extra_minutes`; None where trips do not count.
    """

    country: str
    home_region: str = ""
    cities: tuple[City, ...] = ()
    codes: Codes = NO_CODES
    shapes: tuple[Shape, ...] = ()
    radius: int | None = None
    home: Point | None = None
    exempts_known: bool = False
    speed: int | None = None
    extra_minutes: int = 0
    unit: str = "km"

    @property
    def is_everywhere(self) -> bool:
        return not (self.cities or any(self.codes) or self.shapes or self.radius is not None)


class Located(NamedTuple):
    """Where we take an address to be, by the center of its ZIP code or its city; None if we do not know."""

    place: Place | None
    by: str = ""


class Verdict(NamedTuple):
    """`status` is IN, OUT or UNKNOWN. `detail` names the rule that accepts it, or what contradicts it; `meters` are
    those from the company's address, where both are known.
    """

    status: str
    reason: str
    detail: str = ""
    place: Place | None = None
    by: str = ""
    meters: int | None = None


def covers(area: Area, address: Address) -> Verdict:
    """The only judge of whether an address is in a company's area.

    Postal codes and cities are compared as they are written. Shapes and the radius need the point of the address, which
    is the center of its ZIP code or else of its city. What no rule accepts is out, if all rules could be asked.
    """
    if area.is_everywhere:
        return Verdict(IN, EVERYWHERE)
    if area.exempts_known and address.is_known:
        return Verdict(IN, KNOWN)
    place, by = located(area, address)
    meters = geo.meters_between(place.point, area.home) if place and area.home else None

    def verdict(status: str, reason: str, detail: str = "") -> Verdict:
        return Verdict(status, reason, detail, place, by, meters)

    if by == POSTAL_CODE and place and contradicts(area, address, place):
        return verdict(UNKNOWN, CONTRADICTION, str(City(place.name, place.region)))
    if accepted := accepting(area, address, place, by, meters):
        return verdict(IN, *accepted)
    missing = undecided(area, address, place)
    return verdict(UNKNOWN, missing) if missing else verdict(OUT, OUTSIDE)


def accepting(area: Area, address: Address, place: Place | None, by: str, meters: int | None) -> tuple[str, str] | None:
    """The rule that accepts an address, and its name; None if none does."""
    entry = area.codes.entry_of(address.postal_code) if address.postal_code else None
    if entry:
        return POSTAL_CODE, entry
    if city := city_of(area, address, place if by == POSTAL_CODE else None):
        return CITY, str(city)
    if place and (shape := next((each for each in area.shapes if each.contains(place.point)), None)):
        return SHAPE, shape.name
    if area.radius is not None and meters is not None and meters <= area.radius:
        return RADIUS, ""
    return None


def undecided(area: Area, address: Address, place: Place | None) -> str:
    """What is missing to say that an address is out; empty if nothing is."""
    if any(area.codes) and not address.postal_code:
        return NO_POSTAL_CODE
    if area.cities and not (address.city or (place and place.name)):
        return NO_CITY
    if place is None:
        return NOT_FOUND
    return NO_HOME if area.radius is not None and area.home is None else ""


def city_of(area: Area, address: Address, place: Place | None) -> City | None:
    """The city of the list that an address names, or that its ZIP code (`place`) belongs to."""
    region = place.region if place else region_of(address, area.country)
    names = {places.name_key(name) for name in (address.city, place.name if place else "") if name}
    for city in area.cities:
        if places.name_key(city.name) in names and (not city.region or not region or city.region == region):
            return city
    return None


def located(area: Area, address: Address) -> Located:
    if address.point:
        return Located(Place("", "", address.point), POINT)
    if place := places.of_postal_code(address.postal_code, area.country):
        return Located(place, POSTAL_CODE)
    found = named(area, places.cities(address.city, area.country), region_of(address, area.country))
    return Located(found, CITY) if found else Located(None)


def named(area: Area, found: tuple[Place, ...], region: str) -> Place | None:
    """The city of that region; without one, the one nearest to the company, or else in its region, or the largest."""
    if region and any(place.region for place in found):
        return next((place for place in found if place.region == region), None)
    home = area.home
    if home and found:
        return min(found, key=lambda place: geo.meters_between(place.point, home))
    return next((place for place in found if place.region == area.home_region), None) or next(iter(found), None)


def contradicts(area: Area, address: Address, place: Place) -> bool:
    """Whether the state that was typed is another one than that of the ZIP code."""
    region = region_of(address, area.country)
    return bool(region and region != place.region)


def region_of(address: Address, country: str) -> str:
    """The code of the region that was typed, in countries of whose cities we know the region."""
    return postal.region_code(address.region, country) if country in places.WITH_REGIONS else ""


def degrees(corner: Corner) -> Point:
    return corner[0] / geo.UNIT, corner[1] / geo.UNIT
