"""The forms of Settings -> Service area."""

from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from sergio.companies.forms import SettingsForm, as_json
from sergio.companies.models import Company
from sergio.lib import geo, places, polygons
from sergio.lib.geo import METERS, UNIT
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.numbers import number_of
from sergio.lib.places import Place
from sergio.service_area import addresses
from sergio.service_area.coverage import Area, City
from sergio.service_area.models import ServiceArea
from sergio.service_area.postal_codes import entries_of
from sergio.web.forms import Form, Whole, add_error, between

MOST_CITIES, MOST_CODES, MOST_CORNERS = 300, 2000, 300
LONGEST_RADIUS = 2000
POLYGON, CIRCLE = "polygon", "circle"
UNITS = [("mi", _l("miles")), ("km", _l("kilometers"))]


class Distance(StringField):
    """A distance as it was typed; `meters_in(unit)` after it was validated."""

    def validate_number(self, *, least: Decimal, most: int = LONGEST_RADIUS):
        """Raises `ValidationError` for what is no distance."""
        try:
            amount = number_of(self.data or "", most_decimals=1)
        except InvalidOperation:
            raise ValidationError(_("Enter a number, such as 25.")) from None
        except ValueError as error:
            raise ValidationError(str(error)) from None
        if not least <= amount <= most:
            raise ValidationError(_("Enter a number from %(least)s to %(most)s.", least=least, most=most))

    def meters_in(self, unit: str) -> int:
        return round(number_of(self.data or "", most_decimals=1) * Decimal(METERS[unit]))


class AreaForm(SettingsForm):
    """Cities one a line, postal codes, and the travel radius."""

    cities = TextAreaField(_l("Cities"), [Length(max=20_000)])
    postal_codes = TextAreaField(_l("ZIP or postal codes"), [Length(max=20_000)])
    radius = Distance(_l("Maximum travel radius"))
    unit = SelectField(_l("Unit"), [InputRequired()])
    speed = Distance(_l("Average speed, per hour"))
    travel_minutes = Whole(_l("Extra minutes for each trip"), [between(0, 120)])
    exempts_known = BooleanField(_l("Customers can always book at addresses that you have entered or confirmed"))

    def __init__(self, area: ServiceArea, company: Company, **more):
        self.country, self.home_region = company.country, company.region
        super().__init__(stored(area), **more)
        self.unit.choices = UNITS

    def validate_cities(self, field):
        self.listed = [self.city_of(line) for line in field.data.splitlines() if line.strip()] if field.data else []
        if len(self.listed) > MOST_CITIES:
            raise ValidationError(_("Enter up to %(most)s cities.", most=MOST_CITIES))

    def validate_postal_codes(self, field):
        self.entries, wrong = entries_of(field.data or "")
        if wrong:
            example = _("Enter codes such as 04101, ranges such as 04101-04109, or beginnings such as 041*.")
            raise ValidationError(f"{_('We cannot read “%(part)s”.', part=wrong[0][:40])} {example}")
        if len(self.entries) > MOST_CODES:
            raise ValidationError(_("Enter up to %(most)s postal codes. Use ranges or * for more.", most=MOST_CODES))

    def validate_radius(self, field):
        if field.data:
            field.validate_number(least=Decimal("0.1"))

    def validate_speed(self, field):
        if field.data:
            field.validate_number(least=Decimal(3), most=200)

    @property
    def columns(self) -> dict[str, Any]:
        """The values by column of `ServiceArea`; a radius that was not touched keeps its meters."""
        unit = str(self.unit.data)
        return {
            "cities": [list(city) for city in dict.fromkeys(self.listed)],
            "postal_codes": self.entries,
            "radius": self.radius.meters_in(unit) if self.radius.data else None,
            "unit": unit,
            "travel_speed": self.speed.meters_in(unit) // 60 if self.speed.data else None,
            "travel_minutes": self.travel_minutes.data,
            "exempts_known": self.exempts_known.data,
        }

    def city_of(self, line: str) -> City:
        """A city as its list names it, in the company's own region where another is not given and it is there."""
        typed = addresses.address_in(line, self.country)
        area = Area(self.country, self.home_region)
        place = addresses.place_in(f"{typed.city}, {typed.region}" if typed.region else typed.city, area)
        if place:
            return City(place.name, place.region)
        return City(typed.city[:120] or line.strip()[:120], typed.region.upper())

    @property
    def unknown_cities(self) -> list[str]:
        """Those that we do not know: addresses in them are found by their name alone."""
        return [str(city) for city in self.listed if not places.cities(city.name, self.country)]


def stored(area: ServiceArea) -> dict[str, Any]:
    radius = "" if area.radius is None else plain(area.radius / METERS[area.unit])
    return {
        "cities": "\n".join(str(City(*city)) for city in area.cities),
        "postal_codes": ", ".join(area.postal_codes),
        "radius": radius,
        "unit": area.unit,
        "speed": "" if area.travel_speed is None else plain(area.travel_speed * 60 / METERS[area.unit]),
        "travel_minutes": area.travel_minutes,
        "exempts_known": area.exempts_known,
    }


def plain(amount: float) -> str:
    """A number for a field, with one decimal where it needs one."""
    return f"{round(amount, 1):g}"


class OfItsKind:
    """Marks a field as required that only one kind of shape has; the form checks it."""

    field_flags: ClassVar = {"required": True}

    def __call__(self, form, field):
        """Accepts everything."""


class ShapeForm(Form):
    """A shape on the map: a polygon by its corners, one a line, or a circle around an address."""

    name = StringField(_l("Name"), [DataRequired(_l("Enter a name.")), Length(max=60)])
    kind = RadioField(_l("Shape"), [InputRequired()], choices=[])
    corners = TextAreaField(_l("Corners, one per line"), [OfItsKind(), Length(max=20_000)])
    address = StringField(_l("Center of the circle"), [OfItsKind(), Length(max=200)])
    radius = Distance(_l("Radius"), [OfItsKind()])

    def __init__(self, area: ServiceArea, company: Company, shape: dict | None = None, **more):
        self.unit, self.area = area.unit, Area(company.country, company.region)
        super().__init__(data=stored_shape(shape, area), **more)
        self.points: list[tuple[float, float]] = []
        self.place: Place | None = None
        self.polygon: polygons.Polygon | None = None
        self.kind.choices = [(POLYGON, _("A polygon")), (CIRCLE, _("A circle"))]

    def validate_corners(self, field):
        if self.kind.data != POLYGON:
            return
        self.points = [self.point_of(line) for line in (field.data or "").splitlines() if line.strip()]
        if not 3 <= len(self.points) <= MOST_CORNERS:
            raise ValidationError(_("Draw the shape on the map, or enter 3 to %(most)s corners.", most=MOST_CORNERS))

    def point_of(self, line: str) -> tuple[float, float]:
        point = addresses.point_in(line)
        if point is None:
            example = _("Enter latitude and longitude, such as 43.6591, -70.2568.")
            raise ValidationError(f"{_('We cannot read “%(part)s”.', part=line[:40])} {example}")
        return point

    def validate_address(self, field):
        if self.kind.data != CIRCLE:
            return
        self.place = addresses.place_in(field.data or "", self.area)
        if self.place is None:
            raise ValidationError(_("We don't know this address. Enter a city, a ZIP code, or coordinates."))

    def validate_radius(self, field):
        if self.kind.data == CIRCLE:
            field.validate_number(least=Decimal("0.1"))

    def encloses(self) -> bool:
        """Make the polygon of a valid form, in another process, so without a transaction. If its corners enclose no
        area, there is an error in the form.
        """
        if self.kind.data != POLYGON:
            return True
        try:
            self.polygon = polygons.repaired(self.points)
        except polygons.Unusable:
            add_error(self.corners, _("These corners enclose no area. Move them apart."))
        return self.polygon is not None

    @property
    def shape(self) -> dict:
        """The shape as `ServiceArea` keeps it, once it `encloses` an area."""
        if self.kind.data == CIRCLE and self.place:
            where = {"address": self.address.data, "center": as_json(geo.corner(*self.place.point))}
            return {"name": self.name.data, **where, "radius": self.radius.meters_in(self.unit)}
        rings, size = self.polygon or ([], 0)
        corners = [geo.corner(*point) for point in self.points]
        return {"name": self.name.data, "corners": as_json(corners), "rings": as_json(rings), "size": size}


def stored_shape(shape: dict | None, area: ServiceArea) -> dict[str, str]:
    """The values of the fields; a new shape is a polygon, and has the first name that is free."""
    if shape is None:
        name = _("Area %(number)s", number=(area.last_shape or 0) + 1)
        return {"name": name, "kind": POLYGON, "corners": "", "address": "", "radius": ""}
    if "center" in shape:
        radius = plain(shape["radius"] / METERS[area.unit])
        return {"name": shape["name"], "kind": CIRCLE, "corners": "", "address": shape["address"], "radius": radius}
    corners = "\n".join(f"{latitude / UNIT:.5f}, {longitude / UNIT:.5f}" for latitude, longitude in shape["corners"])
    return {"name": shape["name"], "kind": POLYGON, "corners": corners, "address": "", "radius": ""}


class TesterForm(Form):
    """An address to ask about."""

    address = StringField(_l("Address, city, or ZIP code"), [InputRequired(_l("Enter an address.")), Length(max=300)])
