"""Emails about payments, refunds and disputes."""

from sergio import outbox
from sergio.customers.emails import to_contact
from sergio.customers.roles import BILLING_FIRST
from sergio.lib.language import gettext as _

RECEIPT = "payments/email/receipt"


def receipt(payment):
    """To the contact whose attempt was paid (an automatic one and a recorded payment have none: then to who pays the
    bills), and to the customer's contacts who get all receipts.
    """
    customer, payer = payment.invoice.customer, payment.attempt and payment.attempt.contact
    facts = {"amount": payment.money(payment.amount), "company": payment.company.name}
    for contact in dict.fromkeys([customer.contact_for(payer, BILLING_FIRST), *customer.receipt_contacts]):
        yours, other = _("Your payment of %(amount)s to %(company)s"), _("Payment of %(amount)s to %(company)s")
        subject = (yours if contact and contact == payer else other) % facts
        to_contact(customer, contact, RECEIPT, subject, BILLING_FIRST, payment=payment, payer=payer)


def paid_to_office(payment):
    """To the office: a customer paid."""
    company, invoice = payment.company, payment.invoice
    amount = payment.money(payment.amount)
    subject = _("%(name)s paid %(amount)s", name=invoice.customer.name, amount=amount)
    rows = {"payment": payment, "invoice": payment.invoice}
    outbox.to_office(company, "payments/email/paid_to_office", subject, **rows)


def debit_failed(attempt):
    """To the customer: the bank did not pay a debit that was on its way, so the invoice is open again."""
    customer, number = attempt.invoice.customer, attempt.invoice.reference
    subject = _("Your bank payment for invoice %(number)s did not go through", number=number)
    facts = {"attempt": attempt, "invoice": attempt.invoice}
    to_contact(customer, attempt.contact, "payments/email/debit_failed", subject, BILLING_FIRST, **facts)


def debit_failed_to_office(attempt):
    """To the office: a debit that was on its way was not paid."""
    company, name, number = attempt.company, attempt.invoice.customer.name, attempt.invoice.reference
    subject = _("The bank payment from %(name)s for invoice %(number)s did not go through", name=name, number=number)
    outbox.to_office(
        company, "payments/email/debit_failed_to_office", subject, attempt=attempt, invoice=attempt.invoice
    )


def refunded_to_office(refund):
    """To the office: money went back to a customer."""
    company, payment = refund.company, refund.payment
    amount = payment.money(refund.amount)
    name = payment.invoice.customer.name
    subject = _("%(amount)s refunded to %(name)s", amount=amount, name=name)
    outbox.to_office(
        company, "payments/email/refunded_to_office", subject, refund=refund, invoice=refund.payment.invoice
    )


def disputed_to_office(dispute):
    """To the office: a customer's bank opened or decided a dispute."""
    company, payment = dispute.company, dispute.payment
    amount = payment.money(dispute.amount)
    name = payment.invoice.customer.name
    subject = _("%(name)s disputed a payment of %(amount)s", name=name, amount=amount)
    outbox.to_office(
        company, "payments/email/disputed_to_office", subject, dispute=dispute, invoice=dispute.payment.invoice
    )


def overpaid_to_office(payment):
    """To the office: an invoice was overpaid, and what to do."""
    company, invoice = payment.company, payment.invoice
    amount = invoice.money(invoice.surplus)
    name = invoice.customer.name
    subject = _("%(name)s overpaid by %(amount)s", name=name, amount=amount)
    rows = {"payment": payment, "invoice": payment.invoice}
    outbox.to_office(company, "payments/email/overpaid_to_office", subject, **rows)


def card_expires(saved):
    """To the contact who saved a card: it expires soon."""
    subject = _("Your %(card)s expires soon", card=saved.label)
    to_contact(saved.customer, saved.contact, "payments/email/card_expires", subject, BILLING_FIRST, saved=saved)
