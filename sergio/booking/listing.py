"""Lists of appointments: one statement each, read as rows and formatted for the page."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import BindParameter, Integer, bindparam, func, select

from sergio.booking import formats, labels
from sergio.booking.availability import STARTS_AT
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.booking.slots import days_from, instant
from sergio.booking.statuses import DONE, REQUESTED, status_of
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
    since = company.history_since(now) if paging.show == OVER else None
    whose = {"company_id": company.id, "customer_id": customer.id, "now": now, "since": since}
    rows = paging.rows_of(PAGES[paging.show], ORDERS[paging.show], **whose)
    return paging, [as_row(row, company, now) | {"path": f"/portal/appointments/{row.number}"} for row in rows]


class Scheduled(NamedTuple):
    """An appointment in the schedule, as the page shows it; `status` is empty unless it is requested or completed."""

    path: str
    time: str
    what: str
    place: str
    staff: str
    status: str
    label: str


def of_week(company: Company, monday: date, now: datetime, staff_id: int | None) -> list[dict]:
    """The seven days from `monday` on, each with its appointments by staff member, without those canceled; with
    `staff_id`, only that one's.
    """
    zone = company.zone
    days = days_from(monday, 7, zone)
    within = {"begin": instant(days[0].stretches[0].begin), "end": instant(days[-1].stretches[-1].end)}
    by_day: dict[date, list[Scheduled]] = {day.on: [] for day in days}
    for row in db.session.execute(WEEK, {"company_id": company.id, **within, "staff_id": staff_id}):
        start, end = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
        by_day[start.date()].append(scheduled(row, formats.hours(start, end)))
    return [schedule_day(on, appointments, company.day(now)) for on, appointments in by_day.items()]


def requested(company: Company, now: datetime) -> list[dict]:
    """The coming appointments that wait for approval, the next first."""
    rows = db.session.execute(REQUESTS, {"company_id": company.id, "now": now}).all()
    return [
        as_row(row, company, now)
        | {"path": f"/office/schedule/{row.number}", "day": company.format_day(row.starts_at), "customer": row.customer}
        for row in rows
    ]


FACTS = (
    select(
        *(Appointment.number, Appointment.starts_at, Appointment.ends_at, Appointment.approval),
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
SINCE = Appointment.starts_at >= func.coalesce(bindparam("since", type_=Utc), Appointment.starts_at)
"""The condition for the appointments since an instant; for all of them for NULL."""
WHEN = Appointment.starts_at, Appointment.id
ORDERS = {COMING: Order("coming", *WHEN), OVER: Order("over", *WHEN, descending=True)}
PAGES = {
    tab: FACTS.add_columns(Appointment.id, Appointment.canceled_at, Appointment.completed_at)
    .where(Appointment.customer_id == bindparam("customer_id"), condition, SINCE, ORDERS[tab].after)
    .order_by(*ORDERS[tab].by)
    .limit(ROWS_AND_ONE)
    for tab, condition in ((COMING, Appointment.is_coming(NOW)), (OVER, Appointment.is_over(NOW)))
}

OF_STAFF = Appointment.staff_id == func.coalesce(bindparam("staff_id", type_=Integer), Appointment.staff_id)
"""The condition for the appointments of a staff member; of everyone for NULL."""

WEEK = (
    FACTS.join(Customer, Appointment.customer_id == Customer.id)
    .add_columns(Customer.name.label("customer"), Appointment.completed_at.is_not(None).label("done"))
    .where(Appointment.starts_at >= bindparam("begin", type_=Utc), Appointment.starts_at < bindparam("end", type_=Utc))
    .where(Appointment.canceled_at.is_(None), OF_STAFF)
    .order_by(StaffMember.name, Appointment.starts_at)
)

REQUESTS = (
    FACTS.join(Customer, Appointment.customer_id == Customer.id)
    .add_columns(Customer.name.label("customer"), Appointment.canceled_at, Appointment.completed_at)
    .where(Appointment.approval == REQUESTED, Appointment.is_coming(NOW), Appointment.free_at > NOW)
    .order_by(STARTS_AT, Appointment.id)
    .limit(MOST_REQUESTS)
)


def scheduled(row, time: str) -> Scheduled:
    what = f"{row.service} · {row.customer}"
    status = DONE if row.done else REQUESTED if row.approval == REQUESTED else ""
    label = labels.status_label(status) if status else ""
    return Scheduled(f"/office/schedule/{row.number}", time, what, address(row), row.staff, status, label)


def schedule_day(on: date, appointments: list[Scheduled], today: date) -> dict:
    return {
        "id": f"day-{on.isoformat()}",
        "name": language.written_day(on, "EEEE"),
        "date": language.short_day(on),
        "today": on == today,
        "appointments": appointments,
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
        "status": status,
        "label": labels.status_label(status),
    }
