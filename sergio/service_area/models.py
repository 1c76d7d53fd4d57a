"""A company's service area, as it is kept: one row, with all of its rules."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

from sqlalchemy import String, UniqueConstraint, select, true
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from sergio.audit.actor import Actor
from sergio.audit.models import changes, record
from sergio.companies.models import Company
from sergio.database.checks import at_least, one_of
from sergio.database.company_scope import COMPANY, CompanyOwned
from sergio.extensions import Model, db
from sergio.lib.geo import METERS
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.service_area import coverage
from sergio.service_area.coverage import Address, Area, City, Shape, Verdict
from sergio.service_area.postal_codes import prepared

MOST_SHAPES = 30


def new_version() -> str:
    return uuid4().hex


class ServiceArea(CompanyOwned, Model):
    """Where a company works. Any of the rules accepts an address; without any, the company comes everywhere.

    `cities` are pairs of a name and a region, `postal_codes` the entries of `postal_codes.entries_of`, `radius` meters
    around the company's address, `unit` the one that distances are written in. `shapes` are objects with a `number`, a
    `name`, and either `corners` (as they were drawn) and `rings` (the same made valid, with their `size` in square
    meters), or an `address`, its `center` and a `radius` in meters; points are in hundred-thousandths of a degree.

    Where there is a `travel_speed`, in meters a minute, free times leave time for the trips between appointments, each
    of which takes `travel_minutes` more. Where it `exempts_known`, the addresses of customers that staff have entered
    or confirmed are in. `version` is another one after each change, so that the rules can be kept in memory.
    """

    __table_args__ = (
        UniqueConstraint("company_id"),
        one_of("unit", METERS),
        at_least("radius", 1),
        at_least("last_shape", 0),
        at_least("travel_speed", 1),
        at_least("travel_minutes", 0),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cities: Mapped[list] = mapped_column(default=list)
    postal_codes: Mapped[list] = mapped_column(default=list)
    shapes: Mapped[list] = mapped_column(default=list)
    last_shape: Mapped[int] = mapped_column(default=0)
    radius: Mapped[int | None]
    unit: Mapped[str] = mapped_column(String(2), default="mi")
    travel_speed: Mapped[int | None]
    travel_minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    exempts_known: Mapped[bool] = mapped_column(default=True, server_default=true())
    version: Mapped[str] = mapped_column(String(32), default=new_version, server_default="")

    @classmethod
    def of(cls, company: Company) -> "ServiceArea":
        """The company's own; one without rules, which is not in the session, if it has never saved one."""
        found = db.session.scalar(OF_COMPANY, {"company_id": company.id})
        return found or cls(company_id=company.id, **nothing(company))

    @classmethod
    def to_change(cls, company: Company) -> "ServiceArea":
        """The same to be changed; lock the company before."""
        area = cls.of(company)
        if area.id is None:
            db.session.add(area)
            db.session.flush()
        return area

    def area_of(self, company: Company) -> Area:
        """The rules as `coverage` judges by them."""
        home = coverage.located(Area(company.country), Address.of(company)).place
        return Area(
            country=company.country,
            home_region=coverage.region_of(Address.of(company), company.country),
            cities=tuple(City(*city) for city in self.cities),
            codes=prepared(self.postal_codes),
            shapes=tuple(map(as_shape, self.shapes)),
            radius=self.radius,
            exempts_known=self.exempts_known,
            speed=self.travel_speed,
            extra_minutes=self.travel_minutes,
            unit=self.unit,
            home=home.point if home else None,
        )

    def covers(self, address: Address, company: Company) -> Verdict:
        return coverage.covers(self.area_of(company), address)

    def change(self, values: dict, *, by: Actor, at: datetime):
        """Set columns; the cities and postal codes stand in the audit trail as text."""
        before, after = changes(self, **values)
        for name, value in after.items():
            setattr(self, name, value)
        if after:
            self.version = new_version()
            kept = {"before": readable(before), "after": readable(after)}
            record(self, "changed_service_area", by=by, at=at, **kept)

    def shape(self, number: int) -> dict[str, Any] | None:
        return next((shape for shape in self.shapes if shape["number"] == number), None)

    def add_shape(self, shape: dict, *, by: Actor, at: datetime):
        if len(self.shapes) >= MOST_SHAPES:
            raise Refused(_("You have %(most)s shapes already. Remove one to add another.", most=MOST_SHAPES))
        self.last_shape += 1
        self._set_shapes([*self.shapes, {"number": self.last_shape, **shape}])
        record(self, "added_shape", by=by, at=at, after={"name": shape["name"]})

    def change_shape(self, number: int, shape: dict, *, by: Actor, at: datetime):
        before = self.shape(number)
        if before is None:
            raise Refused(_("Someone else just removed this shape."))
        changed = {"number": number, **shape}
        if changed == before:
            return
        self._set_shapes([changed if each["number"] == number else each for each in self.shapes])
        record(self, "changed_shape", by=by, at=at, before={"name": before["name"]}, after={"name": shape["name"]})

    def remove_shape(self, number: int, *, by: Actor, at: datetime):
        before = self.shape(number)
        if before is not None:
            self._set_shapes([each for each in self.shapes if each["number"] != number])
            record(self, "removed_shape", by=by, at=at, before={"name": before["name"]})

    def _set_shapes(self, shapes: list[dict]):
        self.shapes = shapes
        self.version = new_version()


OF_COMPANY = select(ServiceArea).where(ServiceArea.company_id == COMPANY)
AREA_VERSION = select(ServiceArea.version).where(ServiceArea.company_id == COMPANY).scalar_subquery()
"""The version of a company's area; NULL where it has none. For statements that read more."""


def area_at(version: str | None, company: Company) -> Area:
    """The rules of that version of the company's area, read once and then kept in memory."""
    if version is None:
        return EVERYWHERE
    return kept_area(company.id, version, (company.country, company.region, company.city, company.postal_code))


@lru_cache(256)
def kept_area(company_id: int, version: str, address: tuple[str, ...]) -> Area:
    area = db.session.scalars(OF_COMPANY.options(joinedload(ServiceArea.company)), {"company_id": company_id}).one()
    return area.area_of(area.company)


EVERYWHERE = Area("")


def nothing(company: Company) -> dict:
    """The columns of an area without rules, with the usual unit of the country."""
    unit = "mi" if company.country in ("US", "GB") else "km"
    empty = {"cities": [], "postal_codes": [], "shapes": [], "last_shape": 0, "radius": None}
    return empty | {"unit": unit, "exempts_known": True, "travel_speed": None, "travel_minutes": 0}


def as_shape(kept: dict) -> Shape:
    if "center" in kept:
        latitude, longitude = kept["center"]
        return Shape(kept["name"], [], (latitude, longitude), kept["radius"])
    return Shape(kept["name"], [[(y, x) for y, x in ring] for ring in kept["rings"]])


def readable(values: dict) -> dict:
    """Values for the audit trail: lists as text, and meters in the unit that was meant."""
    lists = {
        "cities": lambda cities: "; ".join(str(City(*city)) for city in cities),
        "postal_codes": ", ".join,
    }
    return {name: lists[name](value) if name in lists else value for name, value in values.items()}
