"""Emails about payments, refunds and disputes."""

from babel.support import LazyProxy

from sergio import outbox
from sergio.auth.document_links import INVOICE, DocumentLink
from sergio.companies.payment_settings import BILLING_TOO
from sergio.customers.emails import to_contact
from sergio.customers.roles import BILLING, BILLING_FIRST
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.payments.methods import BANK_ACCOUNT, METHODS, when_it_arrives
from sergio.payments.parts import named
from sergio.payments.statuses import REFUND_BOUNCED
from sergio.payments.stripe import declines

RECEIPT = "payments/email/receipt"


def receipt(payment):
    """The receipt of a charge, once for all its payments. To the contact whose attempt was paid (an automatic one and a
    recorded payment have none: then to who pays the bills), and to the customer's contacts who get all receipts, which
    the company may want for billing contacts, too. The company may want a copy.
    """
    company, customer = payment.company, payment.invoice.customer
    payer = payment.attempt and payment.attempt.contact
    billing = [each for each in customer.present_contacts if each.role == BILLING and each.email]
    others = [*customer.receipt_contacts, *(billing if company.receipts_to == BILLING_TOO else ())]
    for contact in dict.fromkeys([customer.contact_for(payer, BILLING_FIRST), *others]):
        with speaking(customer.language_for(contact, BILLING_FIRST)):
            yours, other = _("Your payment of %(amount)s to %(company)s"), _("Payment of %(amount)s to %(company)s")
            facts = {"amount": payment.money(total_of(payment)), "company": company.name}
            subject = (yours if contact and contact == payer else other) % facts
            to_contact(customer, contact, RECEIPT, subject, BILLING_FIRST, payer=payer, **charge_of(payment))
    if company.copies_receipts:
        copy_to_office(payment, payer)


@speaking(OFFICE)
def copy_to_office(payment, payer):
    amount, name = payment.money(total_of(payment)), payment.invoice.customer.name
    subject = _("Copy of a receipt: %(amount)s from %(name)s", amount=amount, name=name)
    outbox.to_office(payment.company, RECEIPT, subject, contact=None, payer=payer, **charge_of(payment))


def charge_of(payment) -> dict:
    """The values of a template about a whole charge."""
    invoices = [each.invoice for each in payment.charge]
    return {"payment": payment, "payments": payment.charge, "total": total_of(payment), "invoices": named(invoices)}


def total_of(payment) -> int:
    return sum(each.amount for each in payment.charge)


@speaking(OFFICE)
def paid_to_office(payment):
    """To the office: a customer paid, once for all payments of a charge."""
    company, invoice = payment.company, payment.invoice
    amount = payment.money(total_of(payment))
    subject = _("%(name)s paid %(amount)s", name=invoice.customer.name, amount=amount)
    outbox.to_office(company, "payments/email/paid_to_office", subject, invoice=invoice, **charge_of(payment))


def debit_failed(attempt):
    """To the customer: the bank did not pay a debit that was on its way, so the invoices are open again."""
    with speaking(attempt.customer.language_for(attempt.contact, BILLING_FIRST)):
        subject = _("Your bank payment for %(invoices)s did not go through", invoices=named(attempt.invoices))
        facts = {"attempt": attempt, "invoices": attempt.invoices, "named": named(attempt.invoices)}
        first = attempt.invoices[0].number
        facts["url"] = DocumentLink.for_email(attempt.customer, attempt.contact, INVOICE, first, BILLING_FIRST)
        facts["reason"] = declines.sentence_for(attempt.decline, BANK_ACCOUNT)
        to_contact(attempt.customer, attempt.contact, "payments/email/debit_failed", subject, BILLING_FIRST, **facts)


def verify_bank_account(attempt):
    """To the customer: what to do when the small deposit has arrived."""
    with speaking(attempt.customer.language_for(attempt.contact, BILLING_FIRST)):
        subject = _("Confirm your bank account to pay %(amount)s", amount=attempt.money(attempt.amount))
        facts = {"attempt": attempt, "named": named(attempt.invoices)}
        to_contact(attempt.customer, attempt.contact, "payments/email/verify", subject, BILLING_FIRST, **facts)


def debit_returned(payments, reason: LazyProxy):
    """To the customer: the bank took back a debit that had arrived, so the invoices are due again."""
    customer, payer = payments[0].invoice.customer, payments[0].attempt.contact
    with speaking(customer.language_for(payer, BILLING_FIRST)):
        facts = charge_of(payments[0])
        subject = _("Your bank returned your payment for %(invoices)s", invoices=facts["invoices"])
        to_contact(customer, payer, "payments/email/debit_returned", subject, BILLING_FIRST, reason=reason, **facts)


@speaking(OFFICE)
def debit_returned_to_office(payments, reason: LazyProxy):
    """To the office: a debit that had arrived came back."""
    payment, facts = payments[0], charge_of(payments[0])
    subject = _("The bank payment from %(name)s came back", name=payment.invoice.customer.name)
    template = "payments/email/debit_returned_to_office"
    outbox.to_office(payment.company, template, subject, reason=reason, invoice=payment.invoice, **facts)


@speaking(OFFICE)
def debit_failed_to_office(attempt):
    """To the office: a debit that was on its way was not paid."""
    facts = {"name": attempt.customer.name, "invoices": named(attempt.invoices)}
    subject = _("The bank payment from %(name)s for %(invoices)s did not go through", **facts)
    reason = declines.sentence_for(attempt.decline, BANK_ACCOUNT)
    rows = {"attempt": attempt, "invoices": attempt.invoices, "reason": reason}
    outbox.to_office(attempt.company, "payments/email/debit_failed_to_office", subject, **rows)


def refunded(refunds, request=None):
    """To the customer: money is on its way back. `refunds` are the shares of one refund, `request` that of the person
    who made it here.
    """
    if refunds[0].status in REFUND_BOUNCED:
        return
    payment = refunds[0].payment
    customer, payer = payment.invoice.customer, payment.attempt and payment.attempt.contact
    with speaking(customer.language_for(payer, BILLING_FIRST)):
        facts = deducted(refunds)
        subject = _("Your refund of %(amount)s from %(company)s", company=payment.company.name, amount=facts["amount"])
        about = {"payment": payment, "refund": refunds[0], **returns(payment, request), **facts}
        to_contact(customer, payer, "payments/email/refunded", subject, BILLING_FIRST, **about)


def returns(payment, request) -> dict:
    """`returns_to`: what it goes back to, or how it was given back; `arrives`: when."""
    if request and request.method:
        return {"returns_to": _("We gave it back by: %(method)s.", method=METHODS[request.method]), "arrives": ""}
    to = _("It goes back to what you paid with: %(method)s.", method=payment.paid_with)
    return {"returns_to": to, "arrives": when_it_arrives(payment.method)}


@speaking(OFFICE)
def refunded_to_office(refunds, request=None):
    """To the office: money went back to a customer. `refunds` are the shares of one refund, `request` that of the
    person who made it here; None for one that was made in Stripe.
    """
    facts = deducted(refunds)
    subject = _("%(amount)s refunded to %(name)s") % facts
    about = {"refund": refunds[0], "request": request}
    outbox.to_office(refunds[0].company, "payments/email/refunded_to_office", subject, **about, **facts)


@speaking(OFFICE)
def refund_refused_to_office(request):
    """To the office: Stripe did not make a refund that somebody asked for here."""
    payment, amount = request.payment, request.money(request.amount)
    name = payment.invoice.customer.name
    subject = _("The refund of %(amount)s to %(name)s was not made", amount=amount, name=name)
    about = {"request": request, "payment": payment, "name": name, "amount": amount}
    outbox.to_office(payment.company, "payments/email/refund_refused_to_office", subject, **about)


@speaking(OFFICE)
def refund_failed_to_office(refunds):
    """To the office: a refund came back, and what to do."""
    facts = deducted(refunds)
    subject = _("The refund of %(amount)s to %(name)s failed") % facts
    outbox.to_office(refunds[0].company, "payments/email/refund_failed_to_office", subject, refund=refunds[0], **facts)


@speaking(OFFICE)
def disputed_to_office(disputes):
    """To the office: a customer's bank opened or decided a dispute, of which these are the shares."""
    facts = deducted(disputes)
    subject = _("%(name)s disputed a payment of %(amount)s") % facts
    outbox.to_office(disputes[0].company, "payments/email/disputed_to_office", subject, dispute=disputes[0], **facts)


def deducted(shares) -> dict:
    """Whose payments these deductions were taken from, how much, the payments' numbers, and the first one's invoice."""
    payment = shares[0].payment
    numbers = ", ".join(str(number) for number in sorted(share.payment.number for share in shares))
    amount = payment.money(sum(share.amount for share in shares))
    return {"name": payment.invoice.customer.name, "amount": amount, "numbers": numbers, "invoice": payment.invoice}


@speaking(OFFICE)
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
    with speaking(saved.customer.language_for(saved.contact, BILLING_FIRST)):
        subject = _("Your %(card)s expires soon", card=saved.label)
        to_contact(saved.customer, saved.contact, "payments/email/card_expires", subject, BILLING_FIRST, saved=saved)


@speaking(OFFICE)
def payments_paused_to_office(lock):
    """To the office: the pay page was locked after many declined cards, once a lock."""
    who = lock.contact.name if lock.contact else _("a network")
    subject = _("Online payments are paused for %(who)s", who=who)
    outbox.to_office(lock.company, "payments/email/paused_to_office", subject, lock=lock, who=who)
