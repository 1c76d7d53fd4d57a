"""The eight steps of trying the portal. Each is done when rows say so, not when somebody ticks it."""

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, bindparam, exists, select

from sergio.audit.models import AuditEntry
from sergio.auth.models import MagicLink, SignIn
from sergio.auth.previews import Preview
from sergio.booking.models import Appointment
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.quotes.models import Quote
from sergio.quotes.statuses import ACCEPTED


class Step(NamedTuple):
    """`key` is "previewed", "created", "added", "linked", "signed_in", "accepted", "paid" or "booked"."""

    key: str
    title: str
    text: str
    done: bool


def steps_of(company: Company, test: Customer | None) -> list[Step]:
    """The steps in their order, in one statement."""
    whose = {"company_id": company.id, "customer_id": test.id if test else 0}
    contact = test.contacts[0] if test else None
    mailbox = MagicLink.mailbox_of(company, "portal", contact.email) if contact else ""
    done = db.session.execute(facts(), whose | {"mailbox": mailbox}).one()
    texts = labels(company, contact.email if contact else "")
    return [Step(key, *texts[key], done=is_done(key, done)) for key in texts]


def is_done(key: str, done: Row) -> bool:
    """A link that was used was sent, even if its row has been deleted since."""
    return bool(getattr(done, key) or (key == "linked" and done.signed_in))


def labels(company: Company, email: str) -> dict[str, tuple[str, str]]:
    """The title and the text of each step."""
    real = company.takes_payments and not company.takes_payments_for(TEST_INVOICE)
    if real:
        paying = _("A test invoice is never charged to a real card, so the page tells your customer how to reach you.")
    elif company.takes_payments:
        paying = _(
            "Use the card number 4242 4242 4242 4242 with any future expiration date and any CVC. No money moves."
        )
    else:
        paying = _("Connect Stripe first. Until then, the page tells your customer how to reach you.")
    to = (
        _("It goes to %(email)s and works for 15 minutes.", email=email) if email else _("It goes to your own address.")
    )
    return {
        "previewed": (_("Preview the portal"), _("See it as a customer does. Nothing is saved or sent.")),
        "created": (
            _("Create a test customer"),
            _("A customer under your own email address. Your figures leave it out."),
        ),
        "added": (_("Add a quote and an invoice"), _("We add samples, one with items the customer can choose.")),
        "linked": (_("Send yourself a sign-in link"), to),
        "signed_in": (_("Sign in with the link"), _("Customers need no password: the link in the email is enough.")),
        "accepted": (
            _("Accept the quote"),
            _("Choose optional items, then check the emails you and your office get."),
        ),
        "paid": (_("Pay the invoice"), paying),
        "booked": (_("Book an appointment"), _("Choose a service, an address, and a time, as a customer would.")),
    }


TEST_INVOICE = 2**31 - 1
"""A number that only an invoice of a test customer has."""
CUSTOMER = bindparam("customer_id")


@cache
def facts() -> Select:
    """Which steps are done, as one row."""
    of_preview = AuditEntry.company_id == COMPANY, AuditEntry.subject == Preview.__tablename__
    linked = MagicLink.company_id == COMPANY, MagicLink.mailbox == bindparam("mailbox")
    signed_in = SignIn.company_id == COMPANY, SignIn.contact_id.in_(contact_ids())
    booked = of_customer(Appointment, Appointment.booked_online)
    added = of_customer(Quote, Quote.version > 0) & of_customer(Invoice, Invoice.number.is_not(None))
    found = {
        "previewed": exists().where(*of_preview),
        "created": exists().where(Customer.company_id == COMPANY, Customer.is_test),
        "added": added,
        "linked": exists().where(*linked, MagicLink.digest.is_not(None)),
        "signed_in": exists().where(*signed_in),
        "accepted": of_customer(Quote, Quote.outcome == ACCEPTED),
        "paid": of_customer(Invoice, Invoice.paid_at.is_not(None), *Invoice.paid_in_full()),
        "booked": booked,
    }
    return select(*(condition.label(key) for key, condition in found.items()))


def of_customer(table, *wanted: Any) -> ColumnElement[bool]:
    return exists().where(table.company_id == COMPANY, table.customer_id == CUSTOMER, *wanted)


def contact_ids() -> Select:
    return select(Contact.id).where(Contact.company_id == COMPANY, Contact.customer_id == CUSTOMER)
