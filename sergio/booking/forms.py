"""The forms of booking: a new place, and notes for an appointment."""

from datetime import datetime

from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.customers.models import Customer, Property
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.refused import Refused
from sergio.web.forms import Form

ADDRESS = ("street", "city", "region", "postal_code")
MOST_PLACES = 50


class PlaceForm(Form):
    """The address of a new place."""

    street = StringField(_l("Street address"), [DataRequired(_l("Enter the street address.")), Length(max=200)])
    city = StringField(_l("City"), [DataRequired(_l("Enter the city.")), Length(max=120)])
    region = StringField(_l("State or region"), [Length(max=60)])
    postal_code = StringField(_l("ZIP or postal code"), [Length(max=20)])

    def place_of(self, customer: Customer, *, by: Actor, now: datetime) -> Property:
        """The customer's existing place with this address, else a new one, added to the session."""
        typed = {name: " ".join((text or "").split()) for name, text in self.data.items() if name in ADDRESS}
        known = (place for place in customer.properties if same(place, typed))
        return next(known, None) or self._new(customer, typed, by=by, now=now)

    def _new(self, customer: Customer, typed: dict, *, by: Actor, now: datetime) -> Property:
        if len(customer.properties) >= MOST_PLACES:
            raise Refused(_("You have reached the limit for service addresses. Call us to add another one."))
        number = customer.next_number("property")
        place = Property(company=customer.company, number=number, **typed)
        customer.properties.append(place)
        record(place, "created", by=by, at=now, after={"customer": customer.name, **typed})
        return place


class BookingForm(Form):
    """The customer's notes. The time is checked by `Availability`."""

    notes = TextAreaField(_l("Is there anything we should know?"), [Length(max=2000)])

    @property
    def text(self) -> str:
        return self.notes.data or ""


def same(place: Property, typed: dict) -> bool:
    """Whether a place has the typed address, ignoring case."""
    return all(getattr(place, name).casefold() == text.casefold() for name, text in typed.items())
