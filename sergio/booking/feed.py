"""What a staff member's own calendar reads: their appointments, a month back and a year ahead.

It stays at services that we do not know, so it has what they need on the way and no more: no phone numbers, no notes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Row, Select, bindparam, select

from sergio.booking.busy import STARTS_AT
from sergio.booking.calendars import CalendarFeed
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.companies.models import Company
from sergio.customers.models import Customer, Property
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib import tokens
from sergio.staff.models import StaffMember

BACK, AHEAD = timedelta(days=30), timedelta(days=365)
MOST = 1000


def rows_for(company: Company, token: str, now: datetime) -> Sequence[Row] | None:
    """The appointments for the link with that token; None if it does not work, or its staff member has left."""
    staff_id = db.session.scalar(FEED, {"company_id": company.id, "digest": tokens.digest(token)})
    if staff_id is None:
        return None
    since = {"begin": now - BACK, "end": now + AHEAD}
    return db.session.execute(appointments(), {"company_id": company.id, "staff_id": staff_id, **since}).all()


FEED = (
    select(CalendarFeed.staff_id)
    .join(StaffMember, CalendarFeed.staff_id == StaffMember.id)
    .where(CalendarFeed.company_id == COMPANY, CalendarFeed.digest == bindparam("digest"))
    .where(CalendarFeed.revoked_at.is_(None), StaffMember.left_at.is_(None))
)


@cache
def appointments() -> Select:
    what = Appointment.number, Appointment.uid, Appointment.sequence, Appointment.starts_at, Appointment.ends_at
    place = Property.street, Property.city, Property.region, Property.postal_code
    rows = select(*what, Appointment.approval, Service.name.label("service"), Customer.name.label("customer"), *place)
    rows = rows.select_from(Appointment).join(Service).join(Customer, Appointment.customer_id == Customer.id)
    rows = rows.join(Property, Appointment.property_id == Property.id)
    mine = Appointment.company_id == COMPANY, Appointment.staff_id == bindparam("staff_id")
    within = Appointment.free_at > bindparam("begin", type_=Utc), bindparam("end", type_=Utc) > STARTS_AT
    rows = rows.where(*mine, *within, Appointment.canceled_at.is_(None))
    return rows.order_by(STARTS_AT, Appointment.id).limit(MOST)
