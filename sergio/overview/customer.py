"""One customer, for the office: contacts, service addresses and latest appointments, in one statement."""

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from flask import abort
from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from sergio.auth.models import SignIn
from sergio.booking import formats, labels
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.booking.statuses import status_of
from sergio.companies.models import Company, is_test
from sergio.customers.models import ADDRESS, Contact, Customer, Property
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib import phone
from sergio.lib.language import gettext as _
from sergio.lib.postal import address
from sergio.staff.models import StaffMember
from sergio.web.paging import ROWS

MOST = 50
"""Contacts and service addresses that are shown."""
CUSTOMER, CONTACT, PLACE, APPOINTMENT = range(4)


class ShownAppointment(NamedTuple):
    """An appointment as the page shows it; `date` has the parts of `ui.date`."""

    path: str
    date: tuple[str, str, str, str]
    title: str
    text: str
    status: str
    label: str


class ShownCustomer(NamedTuple):
    """A customer as the page shows it; `contacts` are those of `contact`."""

    company: Company
    id: int
    name: str
    number: int
    is_test: bool
    since: str
    contacts: list[dict]
    places: list[str]
    appointments: list[ShownAppointment]

    @property
    def company_id(self) -> int:
        return self.company.id


def customer_numbered(number: int, company: Company, now: datetime, staff_id: int | None = None) -> ShownCustomer:
    """The company's customer; 404 for any other.

    With a `staff_id`, only the appointments of that staff member; 404 for a customer without any.
    """
    asked = {"company_id": company.id, "number": number, "staff_id": staff_id}
    found: tuple[list[Row], ...] = ([], [], [], [])
    for row in db.session.execute(everything(own=staff_id is not None), asked):
        found[row.part].append(row)
    itself, contacts, places, booked = found
    if not itself or (staff_id and not booked):
        abort(404)
    [row] = itself
    latest = sorted(booked, key=lambda each: (each.starts_at, each.id), reverse=True)
    return ShownCustomer(
        *(company, row.id, row.name, row.number, is_test(row.number), company.short_day(row.starts_at)),
        contacts=[contact(each, company) for each in contacts],
        places=[address(each) for each in places],
        appointments=[appointment(each, company, now) for each in latest],
    )


@cache
def everything(*, own: bool) -> Select:
    """The customer with that number and what belongs to it; with `own`, only one staff member's appointments."""
    parts = customer_itself(), contacts(), places(), appointments(own=own)
    rows = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return select(rows).order_by(rows.c.part, rows.c.id)


COLUMNS = {
    "number": cast(null(), Integer),
    **dict.fromkeys(("name", "email", "phone", "street", "city", "region", "postal_code"), literal("")),
    **dict.fromkeys(("staff", "approval"), literal("")),
    **dict.fromkeys(("starts_at", "ends_at", "completed_at", "canceled_at", "seen", "left_at"), cast(null(), Utc)),
}


def facts(part: int, row: Any, **columns) -> Select:
    """A part of the statement: rows of a table by id, with all `COLUMNS`."""
    named = [column.label(name) for name, column in {**COLUMNS, **columns}.items()]
    rows = select(literal(part).label("part"), row.id.label("id"), *named).select_from(Customer)
    return rows.where(Customer.company_id == COMPANY, Customer.number == bindparam("number"))


def customer_itself() -> Select:
    return facts(CUSTOMER, Customer, name=Customer.name, number=Customer.number, starts_at=Customer.created_at)


def contacts() -> Select:
    """The contacts, with those who left, and when each last used the portal."""
    mine = SignIn.company_id == COMPANY, SignIn.contact_id == Contact.id
    seen = select(func.max(SignIn.seen_at)).where(*mine).correlate(Contact).scalar_subquery()
    columns = {"name": Contact.name, "email": Contact.email, "phone": Contact.phone, "left_at": Contact.left_at}
    rows = facts(CONTACT, Contact, **columns, seen=seen).join(Contact, of_customer(Contact))
    return rows.order_by(Contact.id).limit(MOST)


def places() -> Select:
    columns = {name: getattr(Property, name) for name in ADDRESS}
    rows = facts(PLACE, Property, **columns).join(Property, of_customer(Property))
    return rows.order_by(Property.id).limit(MOST)


def appointments(*, own: bool) -> Select:
    """The latest appointments."""
    times = {name: getattr(Appointment, name) for name in ("starts_at", "ends_at", "completed_at", "canceled_at")}
    columns = {"number": Appointment.number, "name": Service.name, "staff": StaffMember.name, **times}
    columns["approval"] = Appointment.approval
    rows = facts(APPOINTMENT, Appointment, **columns).join(Appointment, of_customer(Appointment))
    rows = rows.join(Service, Appointment.service_id == Service.id)
    rows = rows.join(StaffMember, Appointment.staff_id == StaffMember.id)
    if own:
        rows = rows.where(Appointment.staff_id == bindparam("staff_id"))
    return rows.order_by(Appointment.starts_at.desc(), Appointment.id.desc()).limit(ROWS)


def of_customer(table) -> ColumnElement[bool]:
    return and_(table.company_id == Customer.company_id, table.customer_id == Customer.id)


def contact(row: Row, company: Company) -> dict:
    """A contact as the page shows it; `seen` is empty for one who never signed in, `left` for a current one."""
    return {
        "name": row.name,
        "email": row.email,
        "phone": phone.national(row.phone, company.country) if row.phone else "",
        "seen": company.format_moment(row.seen) if row.seen else "",
        "left": company.short_day(row.left_at) if row.left_at else "",
    }


def appointment(row: Row, company: Company, now: datetime) -> ShownAppointment:
    status = status_of(row, now)
    time = formats.span(company, row.starts_at, row.ends_at)
    text = _("%(time)s with %(name)s", time=time, name=row.staff.split()[0])
    date = formats.date_parts(company, row.starts_at)
    return ShownAppointment(f"/office/schedule/{row.number}", date, row.name, text, status, labels.status_label(status))
