"""Lists of visits: one statement each, read as rows and worded for the page."""

from datetime import date, datetime
from itertools import groupby

from babel.dates import format_date
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from sergio.booking import formats
from sergio.booking.models import Appointment, Service, standing
from sergio.booking.slots import days_from, instant
from sergio.companies.models import Company
from sergio.customers.models import Customer, Property
from sergio.extensions import db
from sergio.staff.models import StaffMember
from sergio.web.paging import Paging

COMING, OVER = "coming", "over"
TABS = {COMING: _l("Coming"), OVER: _l("Past")}


def facts() -> Select:
    """What every list shows of a visit."""
    columns = (Appointment.number, Appointment.starts_at, Appointment.ends_at, Appointment.notes)
    ends = (Appointment.canceled_at, Appointment.completed_at)
    names = (Service.name.label("service"), StaffMember.name.label("staff"), Property)
    return select(*columns, *ends, *names).select_from(Appointment).join(Service).join(StaffMember).join(Property)


def of_customer(customer: Customer, asked, at: datetime) -> tuple[Paging, list[dict]]:
    """A page of a customer's visits, those to come or those that were. `asked` is the query string."""
    paging = Paging("/portal/appointments", asked, TABS)
    over = paging.show == OVER
    wanted = Appointment.is_over(at) if over else Appointment.is_coming(at)
    order = Appointment.starts_at.desc() if over else Appointment.starts_at
    listed = facts().where(Appointment.customer_id == customer.id, wanted).order_by(order, Appointment.id)
    return paging, [as_row(row, customer.company, at) for row in paging.rows_of(listed)]


def of_week(company: Company, monday: date, at: datetime, *wanted) -> list[dict]:
    """The seven days from `monday` on, each with its appointments by staff member; canceled ones are left out.

    `wanted` are further conditions.
    """
    days = days_from(monday, 7, company.zone)
    begin, end = instant(days[0].stretches[0].begin), instant(days[-1].stretches[-1].end)
    within = (Appointment.starts_at >= begin, Appointment.starts_at < end, Appointment.canceled_at.is_(None), *wanted)
    listed = facts().join(Customer, Appointment.customer_id == Customer.id).add_columns(Customer.name.label("customer"))
    rows = db.session.execute(listed.where(*within).order_by(StaffMember.name, Appointment.starts_at)).all()
    by_day = {day.on: [row for row in rows if company.day(row.starts_at) == day.on] for day in days}
    return [sheet(company, on, appointments, at) for on, appointments in by_day.items()]


def sheet(company: Company, on: date, rows: list, at: datetime) -> dict:
    """One day of the schedule."""
    return {
        "id": f"day-{on.isoformat()}",
        "name": format_date(on, "EEEE", locale=company.language),
        "date": format_date(on, "medium", locale=company.language),
        "today": on == company.day(at),
        "staff": [
            (name, [as_row(row, company, at) for row in group]) for name, group in groupby(rows, lambda row: row.staff)
        ],
    }


def as_row(row, company: Company, at: datetime) -> dict:
    """A row as pages show it; `status` gives the badge its color."""
    status = standing(row, at)
    return {
        "number": row.number,
        "leaf": formats.leaf(company, row.starts_at),
        "time": formats.span(company, row.starts_at, row.ends_at),
        "service": row.service,
        "who": "" if row.canceled_at else f"{row.staff.split()[0]} · ",
        "place": row.Property.address,
        "customer": row._mapping.get("customer", ""),
        "status": status,
        "label": formats.label(status),
    }
