"""Archiving a customer, which is refused while an appointment is coming or a quote is open."""

from datetime import date, datetime

from sqlalchemy import BindParameter, Date, bindparam, select

from sergio.audit.actor import Actor
from sergio.booking.models import Appointment
from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib.language import gettext as _
from sergio.lib.language import ngettext
from sergio.lib.refused import Refused
from sergio.quotes.models import Quote

MOST_NAMED = 5
"""Appointments and quotes that a refusal names."""


def archive(customer: Customer, *, by: Actor, at: datetime):
    """Take a customer off the lists; `Refused` with what still goes on. Paying and looking in the portal go on."""
    customer.lock()
    if going_on := what_goes_on(customer, at):
        reasons = " ".join(going_on)
        raise Refused(_("%(name)s can't be archived yet. %(reasons)s", name=customer.name, reasons=reasons))
    customer.put_away(by=by, at=at)


def what_goes_on(customer: Customer, at: datetime) -> list[str]:
    """Sentences about coming appointments and open quotes."""
    company = customer.company
    asked = {"company_id": company.id, "customer_id": customer.id, "now": at, "today": company.day(at)}
    coming = db.session.execute(COMING, asked).all()
    quotes = db.session.scalars(OPEN, asked).all()
    days = [_("%(day)s (%(number)s)", day=company.short_day(row.starts_at), number=row.number) for row in coming]
    return [*appointments(days), *open_quotes([str(number) for number in quotes])]


def appointments(days: list[str]) -> list[str]:
    one, many = "An appointment is coming: %(which)s.", "Appointments are coming: %(which)s."
    return [ngettext(one, many, len(days), which=", ".join(days))] if days else []


def open_quotes(numbers: list[str]) -> list[str]:
    one, many = "Quote %(which)s is open.", "Quotes %(which)s are open."
    return [ngettext(one, many, len(numbers), which=", ".join(numbers))] if numbers else []


NOW: BindParameter[datetime] = bindparam("now", type_=Utc)
TODAY: BindParameter[date] = bindparam("today", type_=Date)
COMING = (
    select(Appointment.number, Appointment.starts_at)
    .where(Appointment.company_id == COMPANY, Appointment.customer_id == bindparam("customer_id"))
    .where(Appointment.is_coming(NOW))
    .order_by(Appointment.starts_at)
    .limit(MOST_NAMED)
)
OPEN = (
    select(Quote.number)
    .where(Quote.company_id == COMPANY, Quote.customer_id == bindparam("customer_id"), Quote.is_open(TODAY))
    .order_by(Quote.number)
    .limit(MOST_NAMED)
)
