"""Whether emails to customers arrived: those about a quote, an invoice or an appointment, and those of a customer."""

from datetime import datetime
from typing import Any, NamedTuple

from flask import Blueprint, flash, g, url_for
from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, func, select

from sergio.auth.document_links import APPOINTMENT, INVOICE, QUOTE
from sergio.booking.models import Appointment
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.jobs.models import Job
from sergio.lib import clock, phone
from sergio.lib.language import gettext as _
from sergio.outbox.models import OutgoingEmail
from sergio.outbox.paused import PausedAddress
from sergio.quotes.models import Quote
from sergio.web.pages import go, part

bp = Blueprint("deliveries", __name__, url_prefix="/emails")
MOST, MOST_MISSED = 20, 3
TABLES: dict[str, Any] = {QUOTE: Quote, INVOICE: Invoice, APPOINTMENT: Appointment}
MISSED, WAITING, GONE, SEEN = "missed", "waiting", "gone", "seen"


class Delivery(NamedTuple):
    """The last email to somebody about something: one of the outcomes above, and sentences for staff. `contact_url`
    is where their address is corrected, `tel` their phone number as E.164; both may be empty.
    """

    outcome: str
    sentence: str
    why: str
    contact_url: str
    tel: str
    phone: str


@bp.get("/about/quote/<int:number>", defaults={"kind": QUOTE})
@bp.get("/about/invoice/<int:number>", defaults={"kind": INVOICE})
@bp.get("/about/appointment/<int:number>", defaults={"kind": APPOINTMENT})
def about(kind, number):
    """Who has got the last email about a document of the company, and who has not."""
    table = TABLES[kind]
    document = db.one_or_404(select(table).where(table.company_id == g.company.id, table.number == number))
    rows = db.session.execute(LAST_ABOUT, {"company_id": g.company.id, "kind": kind, "number": number})
    deliveries = [delivery(row, g.company) for row in rows]
    return part("overview/office/deliveries.html", "deliveries", deliveries=deliveries, back=document.office_path)


@bp.get("/of-customer/<int:number>")
def of_customer(number):
    """The customer's addresses that are paused, and the last emails that they have not got."""
    asked = {"company_id": g.company.id, "number": number}
    customer = db.one_or_404(select(Customer).where(Customer.company_id == g.company.id, Customer.number == number))
    paused = db.session.scalars(PAUSED_OF, asked).all()
    missed = [delivery(row, g.company) for row in db.session.execute(MISSED_BY, asked)]
    facts: dict[str, Any] = {"paused": paused, "deliveries": missed, "back": customer.office_path}
    return part("overview/office/missed_emails.html", "missed", **facts)


@bp.post("/paused/<int:pause_id>/lift")
def lift(pause_id):
    """Send emails to an address again."""
    mine = PausedAddress.company_id == g.company.id, PausedAddress.id == pause_id
    pause = db.one_or_404(select(PausedAddress).where(*mine).with_for_update())
    pause.lift(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Emails to %(email)s are sent again.", email=pause.email_key), "success")
    return go(customer_path(pause) or url_for("office.problems.index"))


def customer_path(pause: PausedAddress) -> str:
    owner = Customer.company_id == pause.company_id, Customer.id == pause.customer_id
    customer = db.session.scalar(select(Customer).where(*owner))
    return customer.office_path if customer else ""


def facts(*conditions) -> Select:
    """Emails with their contact, customer, and when the worker tries them next."""
    email = OutgoingEmail
    when = (email.id, email.to, email.subject, email.created_at, email.sent_at, email.seen_at)
    trouble = (email.refused_at, email.refusal, email.deferred_at, email.deferral, email.is_unknown_address)
    who = (Contact.name, Contact.id.label("contact_id"), Contact.phone, Customer.number)
    rows = select(*when, *trouble, *who, next_try().label("next_at")).select_from(email)
    rows = rows.outerjoin(Contact, and_(Contact.company_id == email.company_id, Contact.id == email.contact_id))
    rows = rows.outerjoin(Customer, and_(Customer.company_id == email.company_id, Customer.id == email.customer_id))
    return rows.where(email.company_id == COMPANY, *conditions)


def next_try() -> ColumnElement[datetime | None]:
    """When the worker tries an email again that was put off; asked of no other, because the jobs are read for that."""
    waiting = Job.finished_at.is_(None), Job.failed_at.is_(None), Job.company_id == COMPANY
    of_email = Job.name == "outbox.deliver", Job.args["email_id"].as_integer() == OutgoingEmail.id
    is_put_off = OutgoingEmail.deferred_at.is_not(None), OutgoingEmail.sent_at.is_(None)
    return case((and_(*is_put_off), select(func.max(Job.run_at)).where(*waiting, *of_email).scalar_subquery()))


LAST_OF_EACH = (
    select(func.max(OutgoingEmail.id))
    .where(OutgoingEmail.company_id == COMPANY, OutgoingEmail.about == bindparam("kind"))
    .where(OutgoingEmail.about_number == bindparam("number"), OutgoingEmail.contact_id.is_not(None))
    .group_by(OutgoingEmail.to)
)
LAST_ABOUT = facts(OutgoingEmail.id.in_(LAST_OF_EACH)).order_by(OutgoingEmail.id.desc()).limit(MOST)
MISSED_BY = (
    facts(
        OutgoingEmail.refused_at.is_not(None),
        OutgoingEmail.discarded_at.is_(None),
        Customer.number == bindparam("number"),
    )
    .order_by(OutgoingEmail.id.desc())
    .limit(MOST_MISSED)
)
PAUSED_OF = (
    select(PausedAddress)
    .join(Contact, and_(Contact.company_id == PausedAddress.company_id, Contact.email_key == PausedAddress.email_key))
    .join(Customer, and_(Customer.company_id == Contact.company_id, Customer.id == Contact.customer_id))
    .where(PausedAddress.company_id == COMPANY, PausedAddress.lifted_at.is_(None), Contact.left_at.is_(None))
    .where(Customer.number == bindparam("number"))
)


def delivery(row: Row, company: Company) -> Delivery:
    outcome, sentence, why = what_became(row, company)
    number = phone.national(row.phone, company.country) if row.phone else ""
    contact_url = f"/office/customers/{row.number}/contacts/{row.contact_id}" if row.contact_id and row.number else ""
    return Delivery(outcome, sentence, why, contact_url, row.phone or "", number)


def what_became(row: Row, company: Company) -> tuple[str, str, str]:
    """The outcome of an email, a sentence about it, and the words of the mail server or the next try."""
    who: dict[str, Any] = {"name": row.name or row.to, "email": row.to, "subject": row.subject}
    moment = company.format_moment
    if row.refused_at:
        return MISSED, _("“%(subject)s” didn't reach %(name)s at %(email)s.", **who), row.refusal
    if row.seen_at:
        return SEEN, _("%(name)s opened it on %(moment)s.", moment=moment(row.seen_at), **who), ""
    if row.sent_at:
        return GONE, _("Sent to %(name)s at %(email)s on %(moment)s.", moment=moment(row.sent_at), **who), ""
    if row.deferred_at:
        tries = _("We'll try again on %(moment)s.", moment=moment(row.next_at)) if row.next_at else ""
        return WAITING, _("“%(subject)s” hasn't reached %(name)s yet.", **who), f"{row.deferral} {tries}".strip()
    return WAITING, _("The email to %(name)s at %(email)s is about to be sent.", **who), ""
