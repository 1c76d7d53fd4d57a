"""A customer's open tasks in one statement, and their next appointment in another."""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Date,
    Row,
    Select,
    and_,
    bindparam,
    case,
    cast,
    literal,
    null,
    select,
    union_all,
)

from sergio.auth.viewer import Viewer
from sergio.booking import formats, labels
from sergio.booking.holds import BookingHold
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.booking.statuses import REQUESTED, UPCOMING
from sergio.booking.waitlist import WaitlistEntry
from sergio.companies.models import Company
from sergio.customers.models import Customer, Property
from sergio.customers.roles import BOOK, DECIDE, PAY
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.invoices.models import PORTAL_PATH, Invoice
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.language import ngettext
from sergio.lib.postal import address
from sergio.quotes.models import Quote, QuoteVersion
from sergio.quotes.statuses import CHANGES_REQUESTED
from sergio.staff.models import StaffMember

MOST = 12
SOON = 7
OFFERED, OVERDUE, TO_PAY, TO_ANSWER, WITH_US = range(5)


class Task(NamedTuple):
    """One row of the list; `status` is the color of its badge, `badge` the text."""

    status: str
    badge: str
    icon: str
    href: str
    title: str
    text: str
    amount: str


class NextAppointment(NamedTuple):
    """The next appointment as the page shows it; `date` has the parts of `ui.date`, `badge` says when, or that it is
    only requested.
    """

    portal_path: str
    date: tuple[str, str, str, str]
    status: str
    badge: str
    title: str
    text: str
    place: str


def open_tasks(viewer: Viewer, now: datetime) -> tuple[list[Task], list[Task]]:
    """The customer's tasks that the contact who asks can do, the most urgent first, and those that wait for the
    company: `MOST` in all.
    """
    company = viewer.company
    today = company.day(now)
    sections = {
        invoices_to_pay: company.shows_invoices and viewer.may(PAY),
        quotes_to_answer: company.shows_quotes and viewer.may(DECIDE),
        offered_times: company.booking_open and viewer.may(BOOK),
    }
    shown = tuple(section for section, is_shown in sections.items() if is_shown)
    whose = viewer.whose | {"contact_id": viewer.shown.id, "today": today, "now": now}
    waiting, with_us = [], []
    for row in db.rows(most_urgent(shown), whose) if shown else ():
        tasks = with_us if row.urgency == WITH_US else waiting
        tasks.append(TASKS[row.urgency](row, company, (row.by - today).days))
    return waiting, with_us


CUSTOMER = bindparam("customer_id")
TODAY: BindParameter[date] = bindparam("today", type_=Date)
NOW: BindParameter[datetime] = bindparam("now", type_=Utc)
NO_TIMES = [cast(null(), Utc).label(name) for name in ("starts_at", "held_until")]


@cache
def most_urgent(sections: tuple[Callable[[], Select], ...]) -> CompoundSelect:
    return union_all(*(tasks() for tasks in sections)).order_by("urgency", "by", "number").limit(MOST)


def invoices_to_pay() -> Select:
    """Unpaid invoices without a payment that is processing."""
    urgency = case((and_(*Invoice.overdue(TODAY)), OVERDUE), else_=TO_PAY)
    columns = (urgency.label("urgency"), Invoice.due_on.label("by"), Invoice.number, Invoice.title)
    wanted = select(*columns, Invoice.due.label("amount"), Invoice.currency, Invoice.prefix, *NO_TIMES)
    mine = Invoice.company_id == COMPANY, Invoice.customer_id == CUSTOMER
    return wanted.where(*mine, *Invoice.unpaid(), Invoice.clearing_since.is_(None))


def quotes_to_answer() -> Select:
    """Open quotes, with those whose changes were requested."""
    urgency = case((Quote.outcome == CHANGES_REQUESTED, WITH_US), else_=TO_ANSWER)
    columns = (urgency.label("urgency"), Quote.open_until.label("by"), Quote.number, QuoteVersion.title)
    rows = select(*columns, QuoteVersion.total.label("amount"), QuoteVersion.currency, literal(""), *NO_TIMES)
    rows = rows.select_from(Quote).join(Quote.newest)
    return rows.where(Quote.company_id == COMPANY, Quote.customer_id == CUSTOMER, Quote.is_open(TODAY))


def offered_times() -> Select:
    """The time that is held for the contact from the waitlist."""
    columns = (literal(OFFERED).label("urgency"), WaitlistEntry.until_on.label("by"), WaitlistEntry.id.label("number"))
    no_amount = literal(0).label("amount"), literal("").label("currency"), literal("").label("prefix")
    times = BookingHold.starts_at, BookingHold.held_until
    rows = select(*columns, Service.name.label("title"), *no_amount, *times).select_from(WaitlistEntry)
    held = and_(BookingHold.company_id == COMPANY, BookingHold.entry_id == WaitlistEntry.id)
    rows = rows.join(BookingHold, held).join(Service, WaitlistEntry.service_id == Service.id)
    mine = WaitlistEntry.company_id == COMPANY, WaitlistEntry.contact_id == bindparam("contact_id")
    return rows.where(*mine, WaitlistEntry.ended_at.is_(None), BookingHold.held_until > NOW)


def offered_time(row: Row, company: Company, _days: int) -> Task:
    badge = _("Held until %(time)s", time=company.format_time(row.held_until))
    text = f"{row.title} · {company.format_moment(row.starts_at)}"
    return Task("expiring", badge, "calendar", f"/portal/waitlist/{row.number}", _("A time is free for you"), text, "")


def overdue_invoice(row: Row, company: Company, days: int) -> Task:
    badge = ngettext("%(num)d day overdue", "%(num)d days overdue", -days)
    return invoice(row, company, "overdue", badge, _("was due %(day)s", day=company.short_day(row.by)))


def invoice_to_pay(row: Row, company: Company, days: int) -> Task:
    status, badge = ("due", _("Due in %(when)s", when=counted(days))) if days <= SOON else ("open", _("Unpaid"))
    badge = _("Due today") if days == 0 else badge
    return invoice(row, company, status, badge, _("due %(day)s", day=company.short_day(row.by)))


def quote_to_answer(row: Row, company: Company, days: int) -> Task:
    status, badge = ("expiring", _("%(when)s left", when=counted(days))) if days <= SOON else ("open", _("Open"))
    badge = _("Expires today") if days == 0 else badge
    title = _("Review quote %(number)s", number=row.number)
    return quote(row, company, status, badge, title, _("valid until %(day)s", day=company.short_day(row.by)))


def quote_with_us(row: Row, company: Company, days: int) -> Task:
    title = _("Quote %(number)s", number=row.number)
    return quote(row, company, CHANGES_REQUESTED, _("Changes requested"), title, _("you requested changes"))


TASKS = {
    OFFERED: offered_time,
    OVERDUE: overdue_invoice,
    TO_PAY: invoice_to_pay,
    TO_ANSWER: quote_to_answer,
    WITH_US: quote_with_us,
}


def invoice(row: Row, company: Company, status: str, badge: str, when: str) -> Task:
    title = _("Pay invoice %(number)s", number=f"{row.prefix}{row.number}")
    text = f"{row.title} · {when}"
    return Task(status, badge, "invoice", f"{PORTAL_PATH}/{row.number}", title, text, amount(row))


def quote(row: Row, company: Company, status: str, badge: str, title: str, when: str) -> Task:
    text = f"{row.title} · {when}"
    return Task(status, badge, "quote", f"/portal/quotes/{row.number}", title, text, amount(row))


def amount(row: Row) -> str:
    return money.format_amount(row.amount, row.currency)


def counted(days: int) -> str:
    return ngettext("%(num)d day", "%(num)d days", days)


NEXT = (
    select(
        *(Appointment.number, Appointment.starts_at, Appointment.ends_at, Appointment.approval),
        *(Service.name.label("service"), StaffMember.name.label("staff")),
        *(Property.street, Property.city, Property.region, Property.postal_code),
    )
    .select_from(Appointment)
    .join(Service)
    .join(StaffMember, Appointment.staff_id == StaffMember.id)
    .join(Property)
    .where(Appointment.company_id == COMPANY, Appointment.customer_id == CUSTOMER)
    .where(Appointment.is_coming(NOW))
    .order_by(Appointment.starts_at, Appointment.id)
    .limit(1)
)


def next_appointment(customer: Customer, company: Company, now: datetime) -> NextAppointment | None:
    """The next appointment, or the one under way."""
    whose = {"company_id": company.id, "customer_id": customer.id, "now": now}
    row = db.session.execute(NEXT, whose).first()
    if row is None:
        return None
    status = REQUESTED if row.approval == REQUESTED else UPCOMING
    badge = days_away((company.day(row.starts_at) - company.day(now)).days)
    badge = labels.status_label(REQUESTED) if status == REQUESTED else badge
    time = formats.span(company, row.starts_at, row.ends_at)
    with_whom = _("%(time)s with %(name)s", time=time, name=row.staff.split()[0])
    text = with_whom if company.shows_technician else time
    path = f"/portal/appointments/{row.number}"
    date = formats.date_parts(company, row.starts_at)
    return NextAppointment(path, date, status, badge, row.service, text, address(row))


def days_away(days: int) -> str:
    if days <= 0:
        return _("Today")
    return _("Tomorrow") if days == 1 else _("In %(when)s", when=counted(days))
