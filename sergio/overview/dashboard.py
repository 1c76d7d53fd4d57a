"""The office's dashboard: how much is open, and today's appointments."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import BigInteger, Row, Select, case, cast, func, literal, select, union_all

from sergio.booking import formats
from sergio.booking.models import Appointment, Service
from sergio.companies.models import Company
from sergio.customers.models import Customer, Property
from sergio.extensions import db
from sergio.invoices.models import OFFICE_PATH, Invoice
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.language import ngettext
from sergio.quotes.models import Quote, QuoteVersion
from sergio.quotes.statuses import OPEN
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
    has no currency, and `amount` is how many are still to come.
    """
    on = company.day(now)
    beyond = -(Invoice.due + Invoice.refunded + Invoice.disputed)
    parts = [
        open_quotes(company, on),
        invoices(company, "unpaid", Invoice.due, Invoice.unpaid()),
        invoices(company, "overdue", Invoice.due, Invoice.overdue(on)),
        invoices(company, "overpaid", beyond, Invoice.overpaid()),
        this_week(company, now),
    ]
    found = {"quotes": [], "unpaid": [], "overdue": [], "overpaid": [], "appointments": []}
    for row in db.session.execute(union_all(*parts)):
        found[row.kind].append(row)
    return found


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


def open_quotes(company: Company, on: date) -> Select:
    """Number and total of the quotes that wait for an answer."""
    rows = grouped("quotes", QuoteVersion.currency, QuoteVersion.total).select_from(Quote).join(Quote.newest)
    return rows.where(Quote.company_id == company.id, Quote.status(on).in_(OPEN)).group_by(QuoteVersion.currency)


def invoices(company: Company, kind: str, amount, conditions: tuple) -> Select:
    """Number and total `amount` of the invoices that meet the conditions."""
    rows = grouped(kind, Invoice.currency, amount)
    return rows.where(Invoice.company_id == company.id, *conditions).group_by(Invoice.currency)


def grouped(kind: str, currency, amount) -> Select:
    total = cast(func.coalesce(func.sum(amount), 0), BigInteger)  # PostgreSQL sums integers to decimals
    return select(literal(kind).label("kind"), currency, func.count().label("count"), total.label("amount"))


def this_week(company: Company, now: datetime) -> Select:
    """The number of appointments from Monday to Sunday, and how many of them are still to come."""
    today = company.day(now)
    monday = today - timedelta(days=today.weekday())
    upcoming = case((Appointment.starts_at > now, 1), else_=0)
    rows = grouped("appointments", literal(""), upcoming).select_from(Appointment)
    return rows.where(Appointment.company_id == company.id, *between(company, monday, monday + timedelta(days=7)))


def between(company: Company, first: date, end: date) -> tuple:
    """The condition for appointments, not canceled, that begin on or after the day `first` and before the day `end`."""
    start, stop = (datetime.combine(on, time(), company.zone) for on in (first, end))
    return Appointment.canceled_at.is_(None), Appointment.starts_at >= start, Appointment.starts_at < stop


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


def todays_appointments(company: Company, on: date, *wanted) -> list[TodaysAppointment]:
    """The first `MOST_APPOINTMENTS` of a day; `wanted` are further conditions."""
    facts = (Appointment.number, Appointment.starts_at, Appointment.ends_at, Service.name.label("service"))
    names = (Customer.name.label("customer"), StaffMember.name.label("staff"), Property)
    rows = select(*facts, *names).select_from(Appointment).join(Appointment.service).join(Appointment.customer)
    rows = (
        rows.join(Appointment.staff)
        .join(Appointment.place)
        .where(Appointment.company_id == company.id, *between(company, on, on + timedelta(days=1)), *wanted)
    )
    found = db.session.execute(rows.order_by(Appointment.starts_at, Appointment.id).limit(MOST_APPOINTMENTS))
    return [todays_appointment(row, company) for row in found]


def todays_appointment(row: Row, company: Company) -> TodaysAppointment:
    when = f"{formats.span(company, row.starts_at, row.ends_at)} · {row.staff.split()[0]}"
    what = f"{row.service}, {row.customer}"
    return TodaysAppointment(f"/office/schedule/{row.number}", when, what, row.Property.address)
