"""Lists of appointments: one statement each, read as rows and formatted for the page."""

from datetime import date, datetime
from itertools import groupby

from sqlalchemy import BindParameter, Integer, bindparam, func, select

from sergio.booking import formats, labels
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.booking.slots import days_from, instant
from sergio.booking.statuses import REQUESTED, status_of
from sergio.companies.models import Company
from sergio.customers.models import Customer, Property
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib import language
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.postal import address
from sergio.staff.models import StaffMember
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

COMING, OVER = "coming", "over"
MOST_REQUESTS = 50
TABS = {COMING: _l("Upcoming"), OVER: _l("Past")}


def of_customer(customer: Customer, company: Company, args, now: datetime) -> tuple[Paging, list[dict]]:
    """A page of a customer's upcoming or past appointments. `args` is the query string."""
    paging = Paging("/portal/appointments", args, TABS)
    whose = {"company_id": company.id, "customer_id": customer.id, "now": now}
    rows = paging.rows_of(PAGES[paging.show], ORDERS[paging.show], **whose)
    return paging, [as_row(row, company, now) | {"path": f"/portal/appointments/{row.number}"} for row in rows]


def of_week(company: Company, monday: date, now: datetime, staff_id: int | None) -> list[dict]:
    """The seven days from `monday` on, each with its appointments by staff member, without those canceled; with
    `staff_id`, only that one's.
    """
    days = days_from(monday, 7, company.zone)
    within = {"begin": instant(days[0].stretches[0].begin), "end": instant(days[-1].stretches[-1].end)}
    rows = db.session.execute(WEEK, {"company_id": company.id, **within, "staff_id": staff_id}).all()
    by_day = {day.on: [row for row in rows if company.day(row.starts_at) == day.on] for day in days}
    return [schedule_day(company, on, appointments, now) for on, appointments in by_day.items()]


def requested(company: Company, now: datetime) -> list[dict]:
    """The coming appointments that wait for approval, the next first."""
    rows = db.session.execute(REQUESTS, {"company_id": company.id, "now": now}).all()
    return [
        as_row(row, company, now) | {"path": f"/office/schedule/{row.number}", "day": company.format_day(row.starts_at)}
        for row in rows
    ]


FACTS = (
    select(
        *(Appointment.number, Appointment.starts_at, Appointment.ends_at, Appointment.id),
        *(Appointment.canceled_at, Appointment.completed_at, Appointment.approval),
        *(Service.name.label("service"), StaffMember.name.label("staff")),
        *(Property.street, Property.city, Property.region, Property.postal_code),
    )
    .select_from(Appointment)
    .join(Service)
    .join(StaffMember)
    .join(Property)
    .where(Appointment.company_id == COMPANY)
)
"""The columns every list shows."""

NOW: BindParameter[datetime] = bindparam("now", type_=Utc)
WHEN = Appointment.starts_at, Appointment.id
ORDERS = {COMING: Order("coming", *WHEN), OVER: Order("over", *WHEN, descending=True)}
PAGES = {
    tab: FACTS.where(Appointment.customer_id == bindparam("customer_id"), condition, ORDERS[tab].after)
    .order_by(*ORDERS[tab].by)
    .limit(ROWS_AND_ONE)
    for tab, condition in ((COMING, Appointment.is_coming(NOW)), (OVER, Appointment.is_over(NOW)))
}

OF_STAFF = Appointment.staff_id == func.coalesce(bindparam("staff_id", type_=Integer), Appointment.staff_id)
"""The condition for the appointments of a staff member; of everyone for NULL."""

WEEK = (
    FACTS.join(Customer, Appointment.customer_id == Customer.id)
    .add_columns(Customer.name.label("customer"))
    .where(Appointment.starts_at >= bindparam("begin", type_=Utc), Appointment.starts_at < bindparam("end", type_=Utc))
    .where(Appointment.canceled_at.is_(None), OF_STAFF)
    .order_by(StaffMember.name, Appointment.starts_at)
)

REQUESTS = (
    FACTS.join(Customer, Appointment.customer_id == Customer.id)
    .add_columns(Customer.name.label("customer"))
    .where(Appointment.approval == REQUESTED, Appointment.canceled_at.is_(None), Appointment.ends_at > NOW)
    .order_by(*WHEN)
    .limit(MOST_REQUESTS)
)


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
        "place": address(row),
        "customer": row._mapping.get("customer", ""),
        "status": status,
        "label": labels.status_label(status),
    }
