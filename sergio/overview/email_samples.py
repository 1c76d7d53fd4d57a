"""A sample of each kind of email: about the company's latest quote, invoice or appointment, or about made-up ones."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from sergio import outbox
from sergio.booking import change_emails as changes
from sergio.booking import emails as booking
from sergio.booking import online_emails as online
from sergio.booking import work_emails as work
from sergio.booking.models import Appointment
from sergio.customers.roles import FULL
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices import emails as invoices
from sergio.invoices.ledger import DRAFT
from sergio.invoices.models import Invoice
from sergio.invoices.periods import Period
from sergio.invoices.statement import Account, Line
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking
from sergio.outbox import kinds
from sergio.outbox.kind import Kind
from sergio.outbox.models import OutgoingEmail
from sergio.overview.account_samples import ACCOUNT_SAMPLES
from sergio.overview.made_up import MadeUp
from sergio.payments import autopay_emails as automatic
from sergio.payments import emails as payments
from sergio.payments.autopay_statuses import DECLINED, NEEDS_CUSTOMER, OVER_CAP, PLANNED
from sergio.payments.models import Payment
from sergio.payments.returns import REASONS
from sergio.quotes import emails as quotes
from sergio.quotes.models import Quote
from sergio.quotes.statuses import ACCEPTED

TWO_WEEKS = timedelta(days=14)


class Source:
    """What the samples of a company are about. What it does not have yet is made up."""

    def __init__(self, company, now: datetime):
        self.company, self.now, self.made_up = company, now, MadeUp(company, now)

    def latest(self, statement) -> Any:
        """The row, if its customer has somebody who can be emailed about all of it."""
        row = db.session.scalar(statement.limit(1), {"company_id": self.company.id})
        customer = row and (row.invoice.customer if isinstance(row, Payment) else row.customer)
        return row if customer and customer.contact_for(None, (FULL,)) else None

    @property
    def quote(self):
        return self.latest(LATEST_QUOTE) or self.made_up.quote

    @property
    def accepted_quote(self):
        return self.latest(LATEST_ACCEPTED) or self.made_up.quote

    @property
    def invoice(self):
        return self.latest(LATEST_INVOICE) or self.made_up.invoice

    @property
    def payment(self):
        return self.latest(LATEST_PAYMENT) or self.made_up.payment

    @property
    def appointment(self):
        return self.latest(LATEST_APPOINTMENT) or self.made_up.appointment

    @property
    def contact(self):
        return self.made_up.contact


LATEST_QUOTE = select(Quote).where(Quote.company_id == COMPANY, Quote.version > 0).order_by(Quote.number.desc())
LATEST_ACCEPTED = LATEST_QUOTE.where(Quote.outcome == ACCEPTED)
LATEST_INVOICE = (
    select(Invoice).where(Invoice.company_id == COMPANY, Invoice.status != DRAFT).order_by(Invoice.number.desc())
)
LATEST_PAYMENT = select(Payment).where(Payment.company_id == COMPANY).order_by(Payment.number.desc())
LATEST_APPOINTMENT = select(Appointment).where(Appointment.company_id == COMPANY).order_by(Appointment.number.desc())


def sample_of(kind: Kind, company, now: datetime) -> OutgoingEmail:
    """The email as the company would send it, neither kept nor sent; what it links to needs a sign-in."""
    return next(email for email in composed_for(kind, company, now) if email.kind == kind.name)


def composed_for(kind: Kind, company, now: datetime) -> list[OutgoingEmail]:
    """The same, with what the office gets at the same time."""
    with speaking(company.language), outbox.emails_caught() as caught:
        SAMPLES[kind](Source(company, now))
    return caught


def sent(source: Source):
    quotes.sent(source.quote, source.quote.newest, _("Thank you for asking us. Call us if you have any questions."))


def updated(source: Source):
    quotes.revised(source.quote, source.quote.newest)


def reminder(source: Source):
    version = source.quote.newest
    day = source.company.short_day(version.valid_until)
    quotes.reminder(source.quote, version, _("This quote is open until %(day)s. Do you have any questions?", day=day))


def reopened(source: Source):
    quote = source.accepted_quote
    quotes.acceptance_undone(quote, quote.acceptance, _("You told us that the work can wait."))


def answered(source: Source):
    quote = source.made_up.quote
    question = SimpleNamespace(contact=None, at=source.now, message=_("Does that include the basement?"))
    reply = SimpleNamespace(name=_("Your team"), message=_("Yes, it includes the basement."))
    quotes.replied(quote, question, reply)


def about_invoice(kind: Kind) -> Callable[[Source], Any]:
    def compose(source: Source):
        invoice = source.invoice
        contact = invoice.customer.contact_for(None, (FULL,))
        return invoices.about(invoice, contact, kind, at=source.now)

    return compose


def statement(source: Source):
    company, today = source.company, source.company.day(source.now)
    line = Line(today - TWO_WEEKS, _("Invoice %(number)s", number=1042), "", 1042, 18_500, 18_500)
    account = Account(company.currency, 0, [line], 18_500, 0)
    invoices.statement_to(source.contact, Period(today - TWO_WEEKS * 2, today), [account])


def paid(source: Source):
    payment = source.payment
    reader = payment.invoice.customer.contact_for(None, (FULL,))
    payments.receipt_to(reader, payment, reader)


def paid_by_others(source: Source):
    payment = source.payment
    payments.receipt_to(payment.invoice.customer.contact_for(None, (FULL,)), payment, None)


def debit_returned(source: Source):
    payment = source.made_up.payment
    payments.debit_returned([payment], payment.amount, REASONS["insufficient_funds"])


def about_automatic(compose: Callable[[Any], Any], status: str) -> Callable[[Source], Any]:
    return lambda source: compose(source.made_up.automatic_payment(status))


def about_appointment(source: Source):
    asked = _("Could you come an hour later?")
    changes.replied(source.appointment, asked, _("Yes. We moved your appointment to 10:00."))


def not_booked(source: Source):
    online.given_up(source.made_up.appointment, _("The deposit was not paid in time."))


def about_series(event: str) -> Callable[[Source], Any]:
    return lambda source: changes.about_series(event, source.made_up.series, "")


SAMPLES: dict[Kind, Callable[[Source], Any]] = {
    kinds.QUOTE_SENT: sent,
    kinds.QUOTE_UPDATED: updated,
    kinds.QUOTE_REMINDER: reminder,
    kinds.QUOTE_ACCEPTED: lambda source: quotes.accepted(source.accepted_quote),
    kinds.QUOTE_REOPENED: reopened,
    kinds.QUOTE_ANSWERED: answered,
    **{
        kind: about_invoice(kind)
        for kind in (kinds.INVOICE_SENT, kinds.INVOICE_PAY_LINK, kinds.INVOICE_DUE_SOON, kinds.INVOICE_OVERDUE)
    },
    kinds.STATEMENT: statement,
    kinds.PAID: paid,
    kinds.PAID_BY_OTHERS: paid_by_others,
    kinds.PAYMENT_FAILED: lambda source: payments.debit_failed(source.made_up.attempt),
    kinds.PAYMENT_RETURNED: debit_returned,
    kinds.BANK_ACCOUNT_TO_CONFIRM: lambda source: payments.verify_bank_account(source.made_up.attempt),
    kinds.REFUNDED: lambda source: payments.refunded([source.made_up.refund]),
    kinds.AUTOPAY_ON: lambda source: automatic.turned_on(source.made_up.auto_pay),
    kinds.AUTOPAY_OFF: lambda source: automatic.turned_off(source.made_up.auto_pay, by_customer=False),
    kinds.AUTOPAY_PLANNED: about_automatic(automatic.planned, PLANNED),
    kinds.AUTOPAY_OVER_LIMIT: about_automatic(automatic.over_cap, OVER_CAP),
    kinds.AUTOPAY_TO_CONFIRM: about_automatic(automatic.declined, NEEDS_CUSTOMER),
    kinds.AUTOPAY_DECLINED: about_automatic(automatic.declined, DECLINED),
    kinds.CARD_EXPIRES: lambda source: payments.card_expires(source.made_up.saved_card),
    kinds.APPOINTMENT_BOOKED: lambda source: booking.booked(source.appointment, source.now),
    kinds.APPOINTMENT_REQUESTED: lambda source: booking.requested(source.appointment, source.now),
    kinds.APPOINTMENT_CONFIRMED: lambda source: booking.confirmed(source.appointment, source.now, None),
    kinds.APPOINTMENT_DECLINED: lambda source: booking.declined(source.appointment, ""),
    kinds.APPOINTMENT_PROPOSED: lambda source: booking.proposed(source.made_up.appointment, ""),
    kinds.APPOINTMENT_MOVED: lambda source: booking.rearranged(source.appointment, source.now, source.now, ""),
    kinds.APPOINTMENT_REASSIGNED: lambda source: booking.notify_of(
        source.appointment, kinds.APPOINTMENT_REASSIGNED, []
    ),
    kinds.APPOINTMENT_CANCELED: lambda source: booking.called_off(source.appointment),
    kinds.APPOINTMENT_NOT_BOOKED: not_booked,
    kinds.TIME_OFFERED: lambda source: online.offered(source.made_up.waiting, source.made_up.held_time),
    kinds.APPOINTMENT_ANSWERED: about_appointment,
    kinds.SERIES_BOOKED: about_series("scheduled"),
    kinds.SERIES_MOVED: about_series("rearranged"),
    kinds.SERIES_CANCELED: about_series("called_off"),
    kinds.APPOINTMENT_SOON: lambda source: booking.coming_up(source.appointment, source.now),
    kinds.ON_THE_WAY: lambda source: work.on_way(source.appointment, source.made_up.step),
    kinds.WORK_DONE: lambda source: work.summary(source.appointment, source.made_up.work),
    **ACCOUNT_SAMPLES,
}
