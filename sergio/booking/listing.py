"""Lists of appointments: one statement each, read as rows and formatted for the page."""

from datetime import date, datetime
from itertools import groupby

from sqlalchemy import Select, select

from sergio.booking import formats, labels
from sergio.booking.models import Appointment, Service, status_of
from sergio.booking.slots import days_from, instant
from sergio.companies.models import Company
from sergio.customers.models import Customer, Property
from sergio.extensions import db
from sergio.lib import language
from sergio.lib.language import lazy_gettext as _l
from sergio.staff.models import StaffMember
from sergio.web.paging import Paging

COMING, OVER = "coming", "over"
TABS = {COMING: _l("Upcoming"), OVER: _l("Past")}


def facts() -> Select:
    """The columns every list shows."""
    columns = (Appointment.number, Appointment.starts_at, Appointment.ends_at, Appointment.notes)
    ends = (Appointment.canceled_at, Appointment.completed_at)
    names = (Service.name.label("service"), StaffMember.name.label("staff"), Property)
    return select(*columns, *ends, *names).select_from(Appointment).join(Service).join(StaffMember).join(Property)


def of_customer(customer: Customer, company: Company, args, now: datetime) -> tuple[Paging, list[dict]]:
    """A page of a customer's upcoming or past appointments. `args` is the query string."""
    paging = Paging("/portal/appointments", args, TABS)
    over = paging.show == OVER
    wanted = Appointment.is_over(now) if over else Appointment.is_coming(now)
    order = Appointment.starts_at.desc() if over else Appointment.starts_at
    listed = facts().where(customer.owns(Appointment), wanted).order_by(order, Appointment.id)
    rows = paging.rows_of(listed)
    return paging, [as_row(row, company, now) | {"path": f"/portal/appointments/{row.number}"} for row in rows]


def of_week(company: Company, monday: date, now: datetime, *wanted) -> list[dict]:
    """The seven days from `monday` on, each with its appointments by staff member, without those canceled.

    `wanted` are further conditions.
    """
    days = days_from(monday, 7, company.zone)
    begin, end = instant(days[0].stretches[0].begin), instant(days[-1].stretches[-1].end)
    within = (
        Appointment.company_id == company.id,
        Appointment.starts_at >= begin,
        Appointment.starts_at < end,
        Appointment.canceled_at.is_(None),
        *wanted,
    )
    listed = facts().join(Customer, Appointment.customer_id == Customer.id).add_columns(Customer.name.label("customer"))
    rows = db.session.execute(listed.where(*within).order_by(StaffMember.name, Appointment.starts_at)).all()
    by_day = {day.on: [row for row in rows if company.day(row.starts_at) == day.on] for day in days}
    return [schedule_day(company, on, appointments, now) for on, appointments in by_day.items()]


def schedule_day(company: Company, on: date, rows: list, now: datetime) -> dict:
    return {
        "id": f"day-{on.isoformat()}",
        "name": language.written_day(on, "EEEE"),
        "date": language.short_day(on),
        "today": on == company.day(now),
        "staff": [
            (name, [as_row(row, company, now) | {"path": f"/office/schedule/{row.number}"} for row in group])
            for name, group in groupby(rows, lambda row: row.staff)
        ],
    }


def as_row(row, company: Company, now: datetime) -> dict:
    """A row as pages show it; `status` gives the badge its color."""
    status = status_of(row, now)
    return {
        "date": formats.date_parts(company, row.starts_at),
        "time": formats.span(company, row.starts_at, row.ends_at),
        "service": row.service,
        "who": "" if row.canceled_at else f"{row.staff.split()[0]} · ",
        "place": row.Property.address,
        "customer": row._mapping.get("customer", ""),
        "status": status,
        "label": labels.status_label(status),
    }
