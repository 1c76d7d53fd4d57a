"""How long it takes from one address to another: the distance as the crow flies, at the company's usual speed."""

from typing import NamedTuple

from sergio.lib import geo
from sergio.service_area import coverage
from sergio.service_area.coverage import Address, Area

MOST = 4 * 60
"""Minutes that a trip counts at most, so that free times only depend on appointments of the days around."""


class Trips(NamedTuple):
    """The trips to one address, which may be the service address `property_id`."""

    area: Area
    to: Address
    property_id: int | None = None

    def minutes(self, start: Address, property_id: int) -> int:
        """How long it takes from there: none at the same service address. Where we do not know how far it is, only the
        minutes that every trip takes are counted.
        """
        if property_id == self.property_id:
            return 0
        one, other = (coverage.located(self.area, address).place for address in (start, self.to))
        speed = self.area.speed or 1
        way = -(-geo.meters_between(one.point, other.point) // speed) if one and other else 0
        return min(way + self.area.extra_minutes, MOST)


def trips_to(area: Area, to: Address, property_id: int | None = None) -> Trips | None:
    """None where the company does not count the time of its trips."""
    return Trips(area, to, property_id) if area.speed else None
