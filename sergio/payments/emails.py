"""Emails about payments, refunds and disputes."""

from babel.support import LazyProxy

from sergio import outbox
from sergio.auth.document_links import INVOICE, DocumentLink
from sergio.companies.payment_settings import BILLING_TOO
from sergio.customers.emails import notify
from sergio.customers.roles import BILLING, BILLING_FIRST
from sergio.lib.language import OFFICE, ngettext, speaking
from sergio.lib.language import gettext as _
from sergio.outbox.kinds import (
    BANK_ACCOUNT_TO_CONFIRM,
    CARD_EXPIRES,
    PAID,
    PAID_BY_OTHERS,
    PAYMENT_FAILED,
    PAYMENT_RETURNED,
    REFUNDED,
)
from sergio.payments.methods import BANK_ACCOUNT, METHODS, when_it_arrives
from sergio.payments.parts import deposit_note, named
from sergio.payments.statuses import REFUND_BOUNCED
from sergio.payments.stripe import declines


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
        receipt_to(contact, payment, payer)
    if company.copies_receipts:
        copy_to_office(payment, payer)


def receipt_to(contact, payment, payer):
    """To one of those contacts; `payer` is the one whose attempt was paid, if any."""
    customer = payment.invoice.customer
    with speaking(customer.language_for(contact, BILLING_FIRST)):
        about = charge_of(payment)
        values = {"amount": payment.money(about["total"]), "documents": about["invoices"]}
        values["what"] = what_was_paid(payment, payer, values["amount"], values["documents"])
        kind = PAID if contact and contact == payer else PAID_BY_OTHERS
        notify(customer, contact, kind, values, BILLING_FIRST, url=receipt_url(payment, contact), **about)


@speaking(OFFICE)
def copy_to_office(payment, payer):
    about, name = charge_of(payment), payment.invoice.customer.name
    facts = {"name": name, "amount": payment.money(about["total"]), "invoices": about["invoices"]}
    subject = _("Copy of a receipt: %(amount)s from %(name)s") % facts
    if not payment.attempt:
        what = _("A payment of %(amount)s from %(name)s for %(invoices)s was recorded.") % facts
    elif payer is None:
        what = _("%(name)s's automatic payment of %(amount)s for %(invoices)s went through.") % facts
    else:
        what = _("%(payer)s paid %(amount)s for %(invoices)s.", payer=payer.name, **facts)
    outbox.to_office(payment.company, "payments/email/receipt_to_office", subject, what=what, **about)


def what_was_paid(payment, payer, amount: str, invoices: str) -> str:
    """The sentence of a receipt, for the customer's contacts but the payer."""
    about = {"amount": amount, "invoices": invoices}
    if not payment.attempt:
        return _("We received a payment of %(amount)s for %(invoices)s. Thank you.", **about)
    if payer is None:
        return _("Your automatic payment of %(amount)s for %(invoices)s went through.", **about)
    return _("%(payer)s paid %(amount)s for %(invoices)s.", payer=payer.name, **about)


def receipt_url(payment, contact) -> str:
    """The link to the paid invoice; of several, to the first."""
    return DocumentLink.issue(contact, INVOICE, payment.charge[0].invoice.number)


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
        values = {"amount": attempt.money(attempt.amount), "documents": named(attempt.invoices)}
        open_again = ngettext(
            "Your bank did not pay the %(amount)s for %(documents)s, so the invoice is open again. You can pay it "
            "another way.",
            "Your bank did not pay the %(amount)s for %(documents)s, so the invoices are open again. You can pay them "
            "another way.",
            len(attempt.invoices),
            **values,
        )
        values["what"] = f"{open_again} {declines.sentence_for(attempt.decline, BANK_ACCOUNT)}".strip()
        first = attempt.invoices[0]
        url = DocumentLink.for_email(attempt.customer, attempt.contact, INVOICE, first.number, BILLING_FIRST)
        about = {"attempt": attempt, "invoice": first, "url": url}
        notify(attempt.customer, attempt.contact, PAYMENT_FAILED, values, BILLING_FIRST, **about)


def verify_bank_account(attempt):
    """To the customer: what to do when the small deposit has arrived."""
    with speaking(attempt.customer.language_for(attempt.contact, BILLING_FIRST)):
        values = {"amount": attempt.money(attempt.amount), "documents": named(attempt.invoices)}
        about = {"attempt": attempt, "named": values["documents"]}
        notify(attempt.customer, attempt.contact, BANK_ACCOUNT_TO_CONFIRM, values, BILLING_FIRST, **about)


def debit_returned(payments, amount: int, reason: LazyProxy):
    """To the customer: the bank took back a debit that had arrived, so the invoices are due again."""
    payment = payments[0]
    invoice, payer = payment.invoice, payment.attempt.contact
    with speaking(invoice.customer.language_for(payer, BILLING_FIRST)):
        facts = charge_of(payment)
        values = {"amount": payment.money(amount), "documents": facts["invoices"], "reason": str(reason)}
        url = DocumentLink.for_email(invoice.customer, payer, INVOICE, invoice.number, BILLING_FIRST)
        notify(invoice.customer, payer, PAYMENT_RETURNED, values, BILLING_FIRST, invoice=invoice, url=url, **facts)


@speaking(OFFICE)
def debit_returned_to_office(payments, amount: int, reason: LazyProxy):
    """To the office: a debit that had arrived came back."""
    payment, facts = payments[0], charge_of(payments[0]) | {"total": amount, "reason": reason}
    subject = _("The bank payment from %(name)s came back", name=payment.invoice.customer.name)
    facts |= {"invoice": payment.invoice, "deposit_note": deposit_note(each.invoice for each in payments)}
    outbox.to_office(payment.company, "payments/email/debit_returned_to_office", subject, **facts)


@speaking(OFFICE)
def debit_failed_to_office(attempt):
    """To the office: a debit that was on its way was not paid."""
    facts = {"name": attempt.customer.name, "invoices": named(attempt.invoices)}
    subject = _("The bank payment from %(name)s for %(invoices)s did not go through", **facts)
    rows = {"attempt": attempt, "invoices": attempt.invoices, "deposit_note": deposit_note(attempt.invoices)}
    rows["reason"] = declines.sentence_for(attempt.decline, BANK_ACCOUNT)
    outbox.to_office(attempt.company, "payments/email/debit_failed_to_office", subject, **rows)


def refunded(refunds, request=None):
    """To the customer: money is on its way back. `refunds` are the shares of one refund, `request` that of the person
    who made it here.
    """
    if refunds[0].status in REFUND_BOUNCED:
        return
    payment = refunds[0].payment
    invoice, payer = payment.invoice, payment.attempt and payment.attempt.contact
    with speaking(invoice.customer.language_for(payer, BILLING_FIRST)):
        values = {"amount": deducted(refunds)["amount"], "number": invoice.reference}
        url = DocumentLink.for_email(invoice.customer, payer, INVOICE, invoice.number, BILLING_FIRST)
        about = {"payment": payment, "refund": refunds[0], "invoice": invoice, "url": url, **returns(payment, request)}
        notify(invoice.customer, payer, REFUNDED, values, BILLING_FIRST, **about)


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
    subject = _("%(amount)s was refunded to %(name)s") % facts
    about = {"refund": refunds[0], "request": request, "methods": METHODS}
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
        values = {"title": saved.label, "day": saved.company.format_day(saved.expires_on)}
        url = saved.company.url("/portal/payment-methods")
        notify(saved.customer, saved.contact, CARD_EXPIRES, values, BILLING_FIRST, saved=saved, url=url)


@speaking(OFFICE)
def payments_paused_to_office(lock):
    """To the office: the pay page was locked after many declined cards, once a lock."""
    who = lock.contact.name if lock.contact else _("a network")
    subject = _("Online payments are paused for %(who)s", who=who)
    outbox.to_office(lock.company, "payments/email/paused_to_office", subject, lock=lock, who=who)
