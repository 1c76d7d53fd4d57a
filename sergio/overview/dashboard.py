"""The office's dashboard: how much is open, and today's appointments."""

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import BigInteger, Row, Select, and_, bindparam, case, cast, func, literal, select, union_all

from sergio.booking import formats
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.companies.models import Company
from sergio.customers.models import Customer, is_real
from sergio.customers.properties import ADDRESS, Property
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.invoices import open_sums
from sergio.invoices.models import OFFICE_PATH
from sergio.invoices.open_sums import TODAY
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.language import ngettext
from sergio.lib.postal import address
from sergio.overview.problems import SHOWN_FOR, any_problem
from sergio.quotes.models import Quote, QuoteVersion
from sergio.staff.models import StaffMember

MOST_APPOINTMENTS = 40


class Figure(NamedTuple):
    """A number at the top of the page, and the page it links to."""

    href: str
    label: str
    figure: str
    text: str


def sums(company: Company, now: datetime) -> dict[str, list[Row]]:
    """What is open, in one statement. By kind, a row for each currency with `count` and `amount`: "quotes" that wait
    for an answer, and invoices that are "unpaid", "overdue" or "overpaid". The single row of this week's "appointments"
    has no currency, and `amount` is how many are still to come. "problems" has a row if there are any.
    """
    today = company.day(now)
    monday = today - timedelta(days=today.weekday())
    week = hours(company, monday, monday + timedelta(days=7))
    asked = {"company_id": company.id, "today": today, "now": now, **week, "since": now - SHOWN_FOR}
    found = {"quotes": [], "unpaid": [], "overdue": [], "overpaid": [], "appointments": [], "problems": []}
    for row in db.session.execute(everything_open(), asked):
        found[row.kind].append(row)
    return found


@cache
def everything_open() -> Select:
    rows = union_all(open_quotes(), *open_sums.totals(), this_week(), any_problem()).subquery()
    return select(rows)


def figures(company: Company, found: dict[str, list[Row]]) -> list[Figure]:
    """The `sums`, formatted for the top of the page."""
    quoted = _("%(amount)s quoted", amount=amounts(company, found["quotes"]))
    [week] = found["appointments"]
    return [
        Figure("/office/quotes?show=open", _("Open quotes"), str(count(found["quotes"])), quoted),
        of_invoices("open", _("Unpaid"), company, found["unpaid"]),
        of_invoices("overdue", _("Overdue"), company, found["overdue"]),
        Figure(
            "/office/schedule",
            _("Appointments this week"),
            str(week.count),
            _("%(count)s remaining", count=week.amount),
        ),
    ]


def of_invoices(tab: str, label: str, company: Company, rows: list[Row]) -> Figure:
    counted = ngettext("%(num)d invoice", "%(num)d invoices", count(rows))
    return Figure(f"{OFFICE_PATH}?show={tab}", label, amounts(company, rows), counted)


def amounts(company: Company, rows: list[Row]) -> str:
    """The sum in each currency, the company's first: "$170.00", or "$170.00 + €20.00"."""
    ordered = sorted(rows, key=lambda row: (row.currency != company.currency, row.currency))
    texts = [money.format_amount(row.amount, row.currency) for row in ordered]
    return " + ".join(texts) or company.money(0)


def count(rows: list[Row]) -> int:
    return sum(row.count for row in rows)


def open_quotes() -> Select:
    """Number and total of the quotes that wait for an answer."""
    newest = QuoteVersion.company_id == Quote.company_id, QuoteVersion.quote_id == Quote.id
    rows = grouped("quotes", QuoteVersion.currency, QuoteVersion.total).select_from(Quote)
    rows = rows.join(QuoteVersion, and_(*newest, QuoteVersion.version == Quote.version))
    return rows.where(Quote.company_id == COMPANY, Quote.is_open(TODAY), is_real(Quote.number)).group_by(
        QuoteVersion.currency
    )


def grouped(kind: str, currency, amount) -> Select:
    total = cast(func.coalesce(func.sum(amount), 0), BigInteger)  # PostgreSQL sums integers to decimals
    return select(literal(kind).label("kind"), currency, func.count().label("count"), total.label("amount"))


def this_week() -> Select:
    """The number of appointments from Monday to Sunday, and how many of them are still to come."""
    upcoming = case((Appointment.starts_at > bindparam("now", type_=Utc), 1), else_=0)
    return (
        grouped("appointments", literal(""), upcoming)
        .select_from(Appointment)
        .where(*WITHIN, is_real(Appointment.number))
    )


WITHIN = (
    Appointment.company_id == COMPANY,
    Appointment.canceled_at.is_(None),
    Appointment.starts_at >= bindparam("start", type_=Utc),
    Appointment.starts_at < bindparam("stop", type_=Utc),
)
"""The condition for appointments, not canceled, that begin within `hours`."""


def hours(company: Company, first: date, end: date) -> dict[str, datetime]:
    """The parameters of `WITHIN`: from the day `first` on until before the day `end`."""
    start, stop = (datetime.combine(on, time(), company.zone) for on in (first, end))
    return {"start": start, "stop": stop}


def surplus(company: Company, found: dict[str, list[Row]]) -> str:
    """The notice about overpaid invoices, from the `sums`; "" if there are none."""
    if not found["overpaid"]:
        return ""
    return ngettext(
        "One invoice is overpaid by %(amount)s.",
        "%(num)d invoices are overpaid by a total of %(amount)s.",
        count(found["overpaid"]),
        amount=amounts(company, found["overpaid"]),
    )


class TodaysAppointment(NamedTuple):
    """An appointment of today, as the page shows it."""

    href: str
    when: str
    what: str
    where: str


def todays_appointments(company: Company, on: date, staff_id: int | None = None) -> list[TodaysAppointment]:
    """The first `MOST_APPOINTMENTS` of a day; with a `staff_id`, of that staff member."""
    asked = {"company_id": company.id, "staff_id": staff_id, **hours(company, on, on + timedelta(days=1))}
    return [
        todays_appointment(row, company) for row in db.session.execute(within_hours(own=staff_id is not None), asked)
    ]


@cache
def within_hours(*, own: bool) -> Select:
    """The appointments `WITHIN` some hours; with `own`, those of one staff member."""
    facts = (Appointment.number, Appointment.starts_at, Appointment.ends_at, Service.name.label("service"))
    names = (Customer.name.label("customer"), StaffMember.name.label("staff"))
    place = (getattr(Property, name) for name in ADDRESS)
    rows = select(*facts, *names, *place).select_from(Appointment).join(Appointment.service).join(Appointment.customer)
    rows = rows.join(Appointment.staff).join(Appointment.place).where(*WITHIN)
    if own:
        rows = rows.where(Appointment.staff_id == bindparam("staff_id"))
    return rows.order_by(Appointment.starts_at, Appointment.id).limit(MOST_APPOINTMENTS)


def todays_appointment(row: Row, company: Company) -> TodaysAppointment:
    when = f"{formats.span(company, row.starts_at, row.ends_at)} · {row.staff.split()[0]}"
    what = f"{row.service}, {row.customer}"
    return TodaysAppointment(f"/office/schedule/{row.number}", when, what, address(row))
