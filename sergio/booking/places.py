"""What customers do with their service addresses. It stands here because appointments may be coming there."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, select

from sergio.audit.actor import Actor
from sergio.booking.models import Appointment
from sergio.customers import emails
from sergio.customers.address_changes import AddressChange
from sergio.customers.models import Contact
from sergio.customers.properties import ADDRESS, Property, address_key
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.postal import address
from sergio.lib.refused import Refused

MOST = 50
"""Service addresses of a customer, with those that are archived."""


def add(contact: Contact, values: Mapping, *, by: Actor, at: datetime) -> AddressChange | None:
    """Add a service address, or have it wait for the office where the company wants that."""
    customer = contact.customer
    customer.lock()
    if len(customer.properties) >= MOST:
        raise Refused(f"{_('You already have many service addresses.')} {customer.company.how_to_reach}")
    if customer.company.approves_addresses:
        return AddressChange.ask(contact, values, by=by, at=at)
    if address_key(values) not in {place.address_key for place in customer.properties if not place.archived_at}:
        place = customer.add_property(values, by=by, at=at)
        emails.address_changed(contact, [(_l("New address"), "", place.address)])
    return None


def correct(place: Property, contact: Contact, values: Mapping, *, by: Actor, at: datetime) -> AddressChange | None:
    """Correct a service address, or have the correction wait for the office: where the company wants that, and while
    an appointment is coming there, because somebody will drive to it. Needs the customer's lock.
    """
    before = {field: getattr(place, field) for field in ADDRESS}
    if before == {**values}:
        return None
    if place.company.approves_addresses or next_at(place, at):
        return AddressChange.ask(contact, values, place, by=by, at=at)
    was = place.address
    place.change(values, by=by, at=at)
    emails.address_changed(contact, [(_l("Service address"), was, address(place))])
    return None


def archive(place: Property, contact: Contact, *, by: Actor, at: datetime):
    """`Refused` while an appointment is coming there. Needs the customer's lock."""
    if coming := next_at(place, at):
        moment = place.company.format_moment(coming)
        raise Refused(
            _("We're coming to this address on %(moment)s. Move or cancel that appointment first.", moment=moment)
        )
    if place.archived_at is None:
        place.archive(by=by, at=at)
        emails.address_changed(contact, [(_l("Archived address"), place.address, "")])


def next_at(place: Property, at: datetime) -> datetime | None:
    """When the next appointment at a place starts; None if none is coming."""
    return db.session.scalar(COMING, {"company_id": place.company_id, "property_id": place.id, "now": at})


NOW: BindParameter[datetime] = bindparam("now", type_=Utc)
COMING = (
    select(Appointment.starts_at)
    .where(Appointment.company_id == COMPANY, Appointment.property_id == bindparam("property_id"))
    .where(Appointment.is_coming(NOW))
    .order_by(Appointment.starts_at)
    .limit(1)
)
