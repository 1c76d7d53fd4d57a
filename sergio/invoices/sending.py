"""Emails of an invoice to its customer: sending it, and reminding of it. Part of the models of invoices."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import Select, String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.auth.document_links import ENDS, INVOICE, DocumentLink
from sergio.customers.emails import unwanted
from sergio.customers.models import Contact
from sergio.customers.roles import BILLING_FIRST
from sergio.database.checks import one_of
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.invoices import emails
from sergio.invoices.ledger import OPEN
from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.outbox.kind import Kind
from sergio.outbox.kinds import INVOICE_DUE_SOON, INVOICE_OVERDUE, INVOICE_PAY_LINK, INVOICE_SENT

SENT, REMINDER, PAY_LINK = "invoice", "reminder", "pay_link"
AFTER_PAYMENT = timedelta(days=30)
"""How long the link in an email still opens the invoice once it is paid."""
KINDS = (SENT, REMINDER, PAY_LINK)
RECORDED = {SENT: "sent", REMINDER: "reminded", PAY_LINK: "sent_pay_link"}
"""The action in the audit trail."""


class InvoiceEmail(CompanyOwned, Model):
    """An invoice, a reminder of it, or a link to pay it, that was emailed: to whom, when, and by whom.

    `occasion` is unique within the invoice: an automatic reminder names how many days after the due day it is sent, one
    that staff send names the day, and what else is sent has none. `email_id` is of the email, which may be deleted.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "invoice_id", "occasion"),
        *within_company(invoice_id="invoice"),
        one_of("kind", KINDS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(String(20))
    occasion: Mapped[str | None] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    to: Mapped[str] = mapped_column(String(254))
    at: Mapped[datetime]
    sent_by: Mapped[str] = mapped_column(String(120))
    email_id: Mapped[int | None]

    @classmethod
    def of(cls, invoice: Invoice) -> Sequence["InvoiceEmail"]:
        """The emails of an invoice, the newest first."""
        whose = {"company_id": invoice.company_id, "invoice_id": invoice.id}
        return db.session.scalars(emails_of_invoice(), whose).all()

    @classmethod
    def send(
        cls, invoice: Invoice, contact: Contact | None, message: str, *, by: Actor, at: datetime
    ) -> "InvoiceEmail":
        """Email an issued invoice to a contact of its customer, with a message that may be empty."""
        if invoice.number is None:
            raise Refused(_("Issue the invoice before you send it."))
        contact = reachable(invoice, contact)
        return cls._email(invoice, contact, SENT, None, by=by, at=at, message=message)

    @classmethod
    def remind(cls, invoice: Invoice, occasion: str, *, by: Actor, at: datetime) -> "InvoiceEmail":
        """Remind the customer of an unpaid invoice, once for an occasion. Needs the invoice `locked`."""
        refuse_reminder(invoice)
        if any(email.occasion == occasion for email in cls.of(invoice)):
            raise Refused(_("A reminder was already sent today. You can send another tomorrow."))
        contact = reachable(invoice, None)
        refuse_unwanted(contact, kind_of_email(REMINDER, invoice, at))
        return cls._email(invoice, contact, REMINDER, occasion, by=by, at=at)

    @classmethod
    def send_pay_link(
        cls, invoice: Invoice, contact: Contact, message: str, *, by: Actor, at: datetime
    ) -> "InvoiceEmail":
        """Email a contact who may pay the link that opens an unpaid invoice to pay it, without a sign-in."""
        refuse_pay_link(invoice)
        return cls._email(invoice, reachable(invoice, contact), PAY_LINK, None, by=by, at=at, message=message)

    @classmethod
    def _email(
        cls,
        invoice: Invoice,
        contact: Contact,
        kind: str,
        occasion: str | None,
        *,
        by: Actor,
        at: datetime,
        message: str = "",
    ) -> "InvoiceEmail":
        email = emails.about(invoice, contact, kind_of_email(kind, invoice, at), message, at=at)
        sent = cls(company=invoice.company, invoice_id=invoice.id, kind=kind, occasion=occasion, email_id=email.id)
        sent.name, sent.to, sent.at, sent.sent_by = contact.name, contact.email, at, by.name[:120]
        db.session.add(sent)
        record(invoice, RECORDED[kind], by=by, at=at, after={"to": contact.email})
        return sent


@cache
def emails_of_invoice() -> Select:
    mine = InvoiceEmail.company_id == COMPANY, InvoiceEmail.invoice_id == bindparam("invoice_id")
    return select(InvoiceEmail).where(*mine).order_by(InvoiceEmail.id.desc())


def reachable(invoice: Invoice, contact: Contact | None) -> Contact:
    """The contact, or else who pays the bills; `Refused` where there is none with an email address."""
    contact = invoice.customer.contact_for(contact, BILLING_FIRST)
    if contact is None:
        raise Refused(_("%(name)s has no email address. Add one, then send it.", name=invoice.customer.name))
    return contact


def refuse_reminder(invoice: Invoice):
    """Raise `Refused` for an invoice that is not simply unpaid: drafts, paid, processing, disputed, voided."""
    if invoice.clearing_since:
        raise Refused(_("A payment for this invoice is already processing."))
    if invoice.status != OPEN:
        raise Refused(_("Nothing is due on this invoice, so no reminder was sent."))


def refuse_unwanted(contact: Contact, kind: Kind):
    if unwanted(contact, kind):
        raise Refused(_("%(name)s chose not to get reminders before an invoice is due.", name=contact.name))


def refuse_pay_link(invoice: Invoice):
    """Raise `Refused` for an invoice that nobody can pay in the portal now."""
    company = invoice.company
    if invoice.clearing_since:
        raise Refused(_("A payment for this invoice is already processing."))
    if invoice.status != OPEN:
        raise Refused(_("Nothing is due on this invoice."))
    if not (company.has_portal and company.shows_invoices and company.takes_payments_for(invoice.number)):
        raise Refused(_("Customers can't pay in your portal right now. Check your settings for payments."))


def kind_of_email(kind: str, invoice: Invoice, at: datetime) -> Kind:
    if kind == REMINDER:
        return INVOICE_OVERDUE if invoice.due_on < invoice.company.day(at) else INVOICE_DUE_SOON
    return {SENT: INVOICE_SENT, PAY_LINK: INVOICE_PAY_LINK}[kind]


def occasion_of(days: int) -> str:
    """The occasion of the automatic reminder so many days after the due day: "due -3", "due +7"."""
    return f"due {days:+d}"


def occasion_by_hand(on: date) -> str:
    """The occasion of a reminder that staff send: one a day."""
    return f"by hand {on.isoformat()}"


def link_ends(link: DocumentLink) -> datetime | None:
    """When the link to an invoice ends: not while it is unpaid."""
    mine = Invoice.company_id == link.company_id, Invoice.number == link.number
    row = db.session.execute(select(Invoice.status, Invoice.paid_at).where(*mine)).first()
    if row is None or row.status == OPEN:
        return None if row else link.sent_at
    return (row.paid_at or link.sent_at) + AFTER_PAYMENT


ENDS[INVOICE] = link_ends
