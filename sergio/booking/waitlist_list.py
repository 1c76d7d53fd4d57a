"""The office's list of who waits for which times."""

from datetime import datetime
from typing import NamedTuple

from flask import Blueprint, g, request
from sqlalchemy import Row, select

from sergio.booking import labels
from sergio.booking.holds import BookingHold
from sergio.booking.services import Service
from sergio.booking.waitlist import WaitlistEntry
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer
from sergio.database.company_scope import COMPANY
from sergio.lib import clock
from sergio.web.pages import page
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

bp = Blueprint("waitlist", __name__)


class Waiting(NamedTuple):
    """A row of the list; `offered` is the time that is held for them now, else empty."""

    number: int
    customer: str
    contact: str
    service: str
    since: str
    wishes: str
    offered: str


@bp.get("/waitlist")
def index():
    """Those who have waited longest first."""
    paging = Paging("/office/schedule/waitlist", request.args, {"": ""})
    now = clock.now()
    rows = paging.rows_of(ENTRIES, OLDEST, company_id=g.company.id)
    shown = [as_row(row, g.company, now) for row in rows]
    return page("booking/office/waitlist.html", "waitlist", paging=paging, rows=shown)


def as_row(row: Row, company: Company, now: datetime) -> Waiting:
    live = row.held_until and now < row.held_until
    offered = company.format_moment(row.starts_at) if live else ""
    since = company.format_moment(row.created_at)
    return Waiting(row.number, row.customer, row.contact, row.service, since, labels.wishes(row), offered)


OLDEST = Order("oldest", WaitlistEntry.created_at, WaitlistEntry.id)
FACTS = (
    WaitlistEntry.id,
    WaitlistEntry.created_at,
    WaitlistEntry.weekdays,
    WaitlistEntry.day_part,
    WaitlistEntry.until_on,
)
NAMES = (Customer.number, Customer.name.label("customer"), Contact.name.label("contact"), Service.name.label("service"))
ENTRIES = (
    select(*FACTS, *NAMES, BookingHold.starts_at, BookingHold.held_until)
    .select_from(WaitlistEntry)
    .join(Customer, WaitlistEntry.customer_id == Customer.id)
    .join(Contact, WaitlistEntry.contact_id == Contact.id)
    .join(Service, WaitlistEntry.service_id == Service.id)
    .outerjoin(BookingHold, BookingHold.entry_id == WaitlistEntry.id)
    .where(WaitlistEntry.company_id == COMPANY, WaitlistEntry.ended_at.is_(None), OLDEST.after)
    .order_by(*OLDEST.by)
    .limit(ROWS_AND_ONE)
)
