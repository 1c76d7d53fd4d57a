"""A sample of every email that the product can send: those of `outbox.kinds`, and those to staff and to visitors."""

from datetime import timedelta
from types import SimpleNamespace

from sergio import outbox
from sergio.auth import emails as auth
from sergio.billing import emails as billing
from sergio.booking import change_emails, online_emails
from sergio.booking import emails as booking
from sergio.customers import emails as customers
from sergio.lib.language import ENGLISH, speaking
from sergio.lib.language import lazy_gettext as _l
from sergio.outbox.kinds import INVOICE_SENT, KINDS
from sergio.outbox.models import OutgoingEmail
from sergio.overview.email_samples import Source, composed_for
from sergio.payments import autopay_emails
from sergio.payments import emails as payments
from sergio.payments.returns import REASONS
from sergio.quotes import emails as quotes
from sergio.sign_up import emails as sign_up
from sergio.staff import emails as staff
from sergio.support import emails as support

WEEK = timedelta(days=7)
CHANGES = [(_l("Phone"), "", "(207) 555-0142"), (_l("Email"), "ana@example.com", "ana.ruiz@example.com")]


def every_sample(company, now) -> dict[str, OutgoingEmail]:
    """All of them in the company's language, neither kept nor sent, by a name of each: the kind, or the one below."""
    found = {}
    for kind in KINDS.values():
        for number, email in enumerate(composed_for(kind, company, now)):
            found[email.kind or f"{kind.name} {number}"] = email
    with speaking(company.language):
        for name, compose in OTHERS.items():
            with outbox.emails_caught() as caught:
                compose(Source(company, now))
            found |= {f"{name} {number}": email for number, email in enumerate(caught)}
    return found


def answered(source, email):
    email(
        source.made_up.quote,
        source.made_up.quote.newest,
        SimpleNamespace(name="Ana", reason=TOO_LATE, message=TOO_LATE),
    )


TOO_LATE = "We need it before Easter.\nCan you come earlier?"


def asked_to_move(source):
    appointment = source.made_up.appointment
    appointment.wanted_starts_at = appointment.starts_at + WEEK
    booking.time_requested(appointment, source.now)


def deposit_left(source):
    appointment = source.made_up.appointment
    appointment.guarantee = SimpleNamespace(invoice=source.made_up.invoice)
    online_emails.deposit_left(appointment)


def to_nobody(source):
    customer = source.made_up.customer
    customer.contacts = []
    customers.notify(customer, None, INVOICE_SENT, {"number": "1042"})


def address_waits(source):
    change = source.made_up.address_change("")
    change.place = SimpleNamespace(address="7 Pine Road, Portland, ME 04101")
    customers.address_waits(change)


def overpaid(source):
    payment = source.made_up.payment
    payment.invoice.due = -payment.amount
    payments.overpaid_to_office(payment)


def debit_returned(source):
    payments.debit_returned_to_office([source.made_up.payment], 18_500, REASONS["insufficient_funds"])


def refund_request(source):
    by = {
        "by_name": "Olga",
        "reason_label": "Goodwill",
        "note": "",
        "method": "",
        "trouble": "Your balance is too low.",
    }
    return SimpleNamespace(payment=source.made_up.payment, amount=5_000, money=source.made_up.invoice.money, **by)


def refund_failed(source):
    refund = source.made_up.refund
    refund.failure_sentence = "The card was closed."
    payments.refund_failed_to_office([refund])


def disputed(source):
    dispute = source.made_up.refund
    dispute.status_label, dispute.answer_by = "Needs a response", source.now + WEEK
    payments.disputed_to_office([dispute])


def paused(source):
    counts = {"declines": 9, "cards": 5, "network": "203.0.113.7", "ends_at": source.now + timedelta(hours=1)}
    payments.payments_paused_to_office(SimpleNamespace(company=source.company, contact=None, **counts))


def billed(email):
    def compose(source):
        facts = {"offer": SimpleNamespace(name="Starter"), "price": "$29.00"}
        days = {"grace_ends_at": source.now + WEEK, "period_ends_at": source.now + WEEK}
        email(SimpleNamespace(company=source.company, **facts, **days))

    return compose


def invited(source):
    facts = {"email": "nora@sparkle.example", "first_name": "Nora", "invited_until": source.now + WEEK}
    staff.invited(SimpleNamespace(company=source.company, **facts), "Olga")


def support_requested(source):
    who = {"name": "Olga", "email": "olga@sparkle.example", "role": "Owner", "error": "1a2b3c", "build": "1.0"}
    asked = support.SupportRequest("A page is empty", "The list of quotes is empty.\nIt was full yesterday.", **who)
    support.requested(source.company, "help@sergio.example", asked)


def signed_up(source):
    about = {"message_id": "<sample@sergio.example>", "created_at": source.now}
    with speaking(ENGLISH):
        sign_up.confirm("sam@example.com", url="https://sergio.example/sign-up/x", host="sam.sergio.example", **about)


OTHERS = {
    "quote declined": lambda source: answered(source, quotes.declined),
    "quote change requested": lambda source: answered(source, quotes.change_requested),
    "appointment move requested": asked_to_move,
    "appointment move declined": lambda source: booking.time_declined(
        source.made_up.appointment, source.now, source.now + WEEK, "We are closed on that day."
    ),
    "appointment moved": lambda source: booking.moved(source.made_up.appointment, source.now, source.now + WEEK),
    "appointment canceled": lambda source: booking.canceled(source.made_up.appointment, source.now),
    "appointment scheduled": lambda source: booking.scheduled(source.made_up.appointment, source.now, "See you soon."),
    "appointment reassigned": lambda source: booking.reassigned(source.made_up.appointment, source.now),
    "appointment change asked": lambda source: change_emails.asked(
        source.made_up.appointment, "An hour later, please."
    ),
    "series left out": lambda source: change_emails.series_left_out(source.made_up.series[0], ["Thu, Dec 3: taken"]),
    "series ended": lambda source: change_emails.series_ended(source.made_up.series[0]),
    "deposit left": deposit_left,
    "new customer": lambda source: online_emails.new_customer(source.contact, "7 Pine Road, Portland, ME 04101"),
    "to nobody": to_nobody,
    "address waits": address_waits,
    "address changed": lambda source: customers.address_changed(source.contact, CHANGES),
    "details changed": lambda source: customers.details_changed(source.contact, CHANGES),
    "people changed": lambda source: auth.people_changed(source.contact, "Ana Ruiz invited Ben Okafor.", "Ana Ruiz"),
    "receipt copied": lambda source: payments.copy_to_office(source.made_up.payment, source.contact),
    "receipt": lambda source: payments.receipt(source.payment),
    "paid": lambda source: payments.paid_to_office(source.made_up.payment),
    "debit failed": lambda source: payments.debit_failed_to_office(source.made_up.attempt),
    "debit returned": debit_returned,
    "refunded": lambda source: payments.refunded_to_office([source.made_up.refund], refund_request(source)),
    "refund refused": lambda source: payments.refund_refused_to_office(refund_request(source)),
    "refund failed": refund_failed,
    "disputed": disputed,
    "overpaid": overpaid,
    "payments paused": paused,
    "automatic payments off": lambda source: autopay_emails.turned_off_to_office(source.made_up.auto_pay),
    "plan started": billed(billing.started),
    "plan not paid": billed(billing.payment_failed),
    "plan ended": billed(billing.ended),
    "staff invited": invited,
    "support requested": support_requested,
    "signed up": signed_up,
}
"""Each composes the emails for a `Source`. That none is missing is what `test_every_email` finds."""
