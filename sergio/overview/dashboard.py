"""The office's dashboard: how much is open, what was paid, and today's appointments."""

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Date,
    Row,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from sergio.booking import formats
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.companies.models import Company
from sergio.customers.models import Customer, is_real
from sergio.customers.properties import ADDRESS, Property
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.invoices import open_sums, paid_sums
from sergio.invoices.models import OFFICE_PATH
from sergio.invoices.open_sums import TODAY
from sergio.lib import money
from sergio.lib.language import day_parts, ngettext
from sergio.lib.language import gettext as _
from sergio.lib.postal import address
from sergio.overview import chart, to_do
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
    """What is open, and what was paid, in one statement. By kind, rows with `count`, `amount`, `currency` and `month`.

    "quotes" that wait for an answer and invoices that are "unpaid", "overdue" or "overpaid" have a row for each
    currency, "paid" has one for each of the last twelve months, too. Today's "appointments" are a single row without a
    currency, whose `amount` is how many are still to come. `to_do` has the other kinds.
    """
    today = company.day(now)
    asked = {"company_id": company.id, "today": today, "now": now, "first_month": chart.first_month(today)}
    asked |= hours(company, today, today + timedelta(days=1)) | to_do.limits(today, now)
    found = {kind: [] for kind in ("quotes", "unpaid", "overdue", "overpaid", "paid", "appointments", *to_do.KINDS)}
    for row in db.rows(everything_open(), asked):
        found[row.kind].append(row)
    return found


@cache
def everything_open() -> Select:
    parts = open_quotes(), *open_sums.totals(), appointments_today(), *to_do.parts()
    rows = [part.add_columns(cast(null(), Date).label("month")) for part in parts]
    return select(union_all(*rows, paid_sums.monthly()).subquery())


def figures(company: Company, found: dict[str, list[Row]], today: date) -> list[Figure]:
    """The `sums`, formatted for the top of the page."""
    paid = [row for row in found["paid"] if row.month == today.replace(day=1)]
    quoted = _("%(amount)s quoted", amount=amounts(company, found["quotes"]))
    [appointments] = found["appointments"]
    return [
        of_invoices("open", _("Unpaid"), company, found["unpaid"]),
        of_invoices("overdue", _("Overdue"), company, found["overdue"]),
        Figure("/office/payments", _("Paid this month"), amounts(company, paid), day_parts(today, "yMMMM")),
        Figure("/office/quotes?show=open", _("Open quotes"), str(count(found["quotes"])), quoted),
        Figure(
            "/office/schedule",
            _("Appointments today"),
            str(appointments.count),
            _("%(count)s remaining", count=appointments.amount),
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


def appointments_today() -> Select:
    """The number of today's appointments, and how many of them are still to come."""
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


class TodaysAppointment(NamedTuple):
    """An appointment of today, as the page shows it."""

    href: str
    when: str
    what: str
    where: str


def todays_appointments(company: Company, on: date, staff_id: int | None = None) -> list[TodaysAppointment]:
    """The first `MOST_APPOINTMENTS` of a day; with a `staff_id`, of that staff member."""
    asked = {"company_id": company.id, "staff_id": staff_id, **hours(company, on, on + timedelta(days=1))}
    return [todays_appointment(row, company) for row in db.rows(within_hours(own=staff_id is not None), asked)]


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
