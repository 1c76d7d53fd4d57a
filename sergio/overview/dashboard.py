"""The office's dashboard: how much is open, and today's appointments."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import BigInteger, Row, and_, case, cast, func, or_, select, true

from sergio.booking import formats
from sergio.booking.models import Appointment, Service
from sergio.companies.models import Company
from sergio.customers.models import Customer, Property
from sergio.extensions import db
from sergio.invoices.models import BALANCE, Invoice
from sergio.quotes.models import OPEN, Quote
from sergio.staff.models import StaffMember

MOST_APPOINTMENTS = 40


class Figure(NamedTuple):
    """A number at the head of the page, and the page it comes from."""

    href: str
    label: str
    figure: str
    text: str


def sums(company: Company, now: datetime) -> Row:
    """Open quotes, what is to be paid, overdue and overpaid, and the appointments of this week, in one statement."""
    on = company.day(now)
    quotes, invoices, appointments = open_quotes(company, on), unsettled_invoices(company, on), this_week(company, now)
    rows = select(quotes, invoices, appointments).select_from(quotes.join(invoices, true()).join(appointments, true()))
    return db.session.execute(rows).one()


def figures(company: Company, row: Row) -> list[Figure]:
    """The figures at the head of the page, from the `sums`."""
    offered = _("%(amount)s offered", amount=company.money(row.offered))
    left = _("%(count)s still to come", count=row.to_come)
    return [
        Figure("/office/quotes?show=open", _("Open quotes"), str(row.quotes), offered),
        Figure("/office/invoices?show=open", _("To be paid"), company.money(row.unpaid), counted(row.unpaid_invoices)),
        Figure(
            "/office/invoices?show=overdue", _("Overdue"), company.money(row.overdue), counted(row.overdue_invoices)
        ),
        Figure("/office/schedule", _("Visits this week"), str(row.appointments), left),
    ]


def open_quotes(company: Company, on: date):
    """How many quotes wait for an answer, and what they offer."""
    offered = func.coalesce(func.sum(Quote.total), 0)
    rows = select(func.count().label("quotes"), offered.label("offered"))
    return rows.where(Quote.state(on).in_(OPEN), Quote.currency == company.currency).subquery()


def unsettled_invoices(company: Company, on: date):
    """How much is asked for, how much of it is late, how much came in beyond it, and on how many invoices."""
    unpaid, late, overpaid = (
        case((and_(*having), 1), else_=0).label(name)
        for name, having in (
            ("unpaid", Invoice.unpaid()),
            ("late", Invoice.overdue(on)),
            ("overpaid", Invoice.overpaid()),
        )
    )
    unsettled = or_(and_(*Invoice.unpaid()), *Invoice.overpaid())
    rows = Invoice.rows().where(Invoice.currency == company.currency).having(unsettled)
    found = rows.add_columns(unpaid, late, overpaid, BALANCE.label("balance")).subquery().c
    sums = {
        "unpaid": func.sum(found.due * found.unpaid),
        "unpaid_invoices": func.sum(found.unpaid),
        "overdue": func.sum(found.due * found.late),
        "overdue_invoices": func.sum(found.late),
        "overpaid": func.sum(-found.balance * found.overpaid),
        "overpaid_invoices": func.sum(found.overpaid),
    }
    return select(*(cast(func.coalesce(value, 0), BigInteger).label(name) for name, value in sums.items())).subquery()


def this_week(company: Company, now: datetime):
    """How many appointments there are from Monday to Sunday, and how many of them are still to come."""
    today = company.day(now)
    monday = today - timedelta(days=today.weekday())
    upcoming = func.sum(case((Appointment.starts_at > now, 1), else_=0))
    rows = select(func.count().label("appointments"), func.coalesce(upcoming, 0).label("to_come"))
    return rows.where(*between(company, monday, monday + timedelta(days=7))).subquery()


def between(company: Company, first: date, end: date) -> tuple:
    """The condition for appointments, not canceled, that begin on or after the day `first` and before the day `end`."""
    start, stop = (datetime.combine(on, time(), company.zone) for on in (first, end))
    return Appointment.canceled_at.is_(None), Appointment.starts_at >= start, Appointment.starts_at < stop


def counted(invoices: int) -> str:
    return ngettext("%(num)d invoice", "%(num)d invoices", invoices)


def surplus(company: Company, row: Row) -> str:
    """The notice about money that has to go back, from the `sums`; "" when there is none."""
    if not row.overpaid_invoices:
        return ""
    return ngettext(
        "One invoice is overpaid by %(amount)s.",
        "%(num)d invoices are overpaid by %(amount)s in all.",
        row.overpaid_invoices,
        amount=company.money(row.overpaid),
    )


class TodaysAppointment(NamedTuple):
    """An appointment of today, as the page shows it."""

    href: str
    when: str
    what: str
    where: str


def todays_appointments(company: Company, on: date) -> list[TodaysAppointment]:
    """The first `MOST_APPOINTMENTS` of a day."""
    facts = (Appointment.number, Appointment.starts_at, Appointment.ends_at, Service.name.label("service"))
    names = (Customer.name.label("customer"), StaffMember.name.label("staff"), Property)
    rows = select(*facts, *names).select_from(Appointment).join(Appointment.service).join(Appointment.customer)
    rows = rows.join(Appointment.staff).join(Appointment.place).where(*between(company, on, on + timedelta(days=1)))
    found = db.session.execute(rows.order_by(Appointment.starts_at, Appointment.id).limit(MOST_APPOINTMENTS))
    return [todays_appointment(row, company) for row in found]


def todays_appointment(row: Row, company: Company) -> TodaysAppointment:
    when = f"{formats.span(company, row.starts_at, row.ends_at)} · {row.staff.split()[0]}"
    what = f"{row.service}, {row.customer}"
    return TodaysAppointment(f"/office/schedule/{row.number}", when, what, row.Property.address)
