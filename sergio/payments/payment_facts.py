"""A payment's page for staff: each fact with its source, which is a person, an event of Stripe, or our own check."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import joinedload

from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.payments.charge_outcomes import ChargeOutcome
from sergio.payments.methods import METHODS
from sergio.payments.models import Dispute, Payment, PaymentAttempt, Refund
from sergio.payments.refund_requests import RefundRequest
from sergio.payments.statuses import BY_HAND, REFUSED, REQUESTED
from sergio.payments.stripe.events import StripeEvent

PAID = "payment_intent.succeeded"


class Fact(NamedTuple):
    """A line of the page; `status` colors it."""

    when: str
    title: str
    source: str
    status: str | None = None


class PaymentPage(NamedTuple):
    """A payment of the company, and what is known about it."""

    payment: Payment
    requests: Sequence[RefundRequest]
    outcome: ChargeOutcome | None
    events: Sequence[StripeEvent]


def page_of(company_id: int, number: int) -> PaymentPage | None:
    """At most three statements; None if the company has no such payment."""
    found = db.session.execute(with_outcome(), {"company_id": company_id, "number": number}).unique().first()
    if found is None:
        return None
    payment, outcome = found
    requests = RefundRequest.of_charge(payment)
    attempt = payment.attempt
    if attempt is None:
        return PaymentPage(payment, requests, None, [])
    whose = {"company_id": company_id, "account": attempt.account, "intent": attempt.intent}
    return PaymentPage(payment, requests, outcome, db.session.scalars(events_of_intent(), whose).all())


@cache
def events_of_intent() -> Select:
    mine = StripeEvent.company_id == COMPANY, StripeEvent.account == bindparam("account")
    of_intent = select(StripeEvent).where(*mine, StripeEvent.intent == bindparam("intent"))
    return of_intent.order_by(StripeEvent.id).limit(50)


@cache
def with_outcome() -> Select:
    """The payment with its charge, refunds and disputes, and what Stripe says of the charge, in one statement."""
    outcome = ChargeOutcome.company_id == COMPANY, ChargeOutcome.attempt_id == Payment.attempt_id
    query = select(Payment, ChargeOutcome).outerjoin(ChargeOutcome, and_(*outcome))
    invoice = joinedload(Payment.invoice, innerjoin=True)
    charge = joinedload(Payment.attempt).joinedload(PaymentAttempt.payments)
    return query.where(Payment.company_id == COMPANY, Payment.number == bindparam("number")).options(
        invoice.joinedload(Invoice.customer, innerjoin=True),
        joinedload(Payment.refunds),
        joinedload(Payment.disputes),
        charge.joinedload(Payment.invoice),
    )


def facts(page: PaymentPage) -> list[Fact]:
    """What happened to the payment, the newest first."""
    payment, moment = page.payment, page.payment.company.format_moment
    by_refund = {each.stripe_id or f"by hand {each.id}": each for each in page.requests}
    found = [(payment.at, of_payment(page))]
    if payment.attempt:
        found.append((payment.attempt.created_at, of_attempt(payment.attempt)))
    for refund in payment.refunds:
        found.append((refund.at, of_refund(refund, by_refund.get(refund.stripe_id))))
    for request in page.requests:
        if request.status in (REQUESTED, REFUSED) and (request.whole or request.payment_id == payment.id):
            found.append((request.at, of_request(request)))
    for dispute in payment.disputes:
        found.append((dispute.at, of_dispute(dispute)))
    if payment.undone_at:
        undone = _("Undone: %(reason)s", reason=payment.undone_reason)
        source = _("The customer's bank") if payment.attempt_id else _("Recorded by your team")
        found.append((payment.undone_at, Fact(moment(payment.undone_at), undone, source, "void")))
    found.sort(key=lambda each: each[0], reverse=True)
    return [fact for _at, fact in found]


def of_attempt(attempt: PaymentAttempt) -> Fact:
    amount, by = attempt.money(attempt.amount), attempt.started_by_name
    title = _("Payment of %(amount)s started", amount=amount)
    source = _("Automatic payment") if attempt.off_session else by
    return Fact(attempt.company.format_moment(attempt.created_at), title, source)


def of_payment(page: PaymentPage) -> Fact:
    payment = page.payment
    if payment.attempt_id is None:
        source = _("Recorded by your team")
    elif event := next((each for each in page.events if each.type == PAID and each.processed_at), None):
        source = _("Stripe event %(id)s", id=event.event)
    else:
        source = _("Read from Stripe by our own check")
    title = _("Paid %(amount)s with %(method)s", amount=payment.money(payment.amount), method=payment.paid_with)
    return Fact(payment.company.format_moment(payment.at), title, source, "paid")


def of_refund(refund: Refund, request: RefundRequest | None) -> Fact:
    payment = refund.payment
    amount = payment.money(refund.amount)
    title = f"{_('Refund of %(amount)s', amount=amount)}: {refund.status_label}. {refund.failure_sentence}".strip()
    if request is None:
        source = _("Made in Stripe")
    elif request.status == BY_HAND:
        source = _("%(name)s, given back by: %(method)s", name=request.by_name, method=METHODS[request.method])
    else:
        source = request.by_name
    if request:
        source = ". ".join(part for part in (source, request.reason_label, request.note) if part)
    return Fact(payment.company.format_moment(refund.at), title, source, refund_tone(refund))


def refund_tone(refund: Refund) -> str:
    return "overdue" if refund.status == "failed" else "refunded"


def of_request(request: RefundRequest) -> Fact:
    amount = request.money(request.amount)
    if request.status == REFUSED:
        title = _("Refund of %(amount)s refused. %(reason)s", amount=amount, reason=request.trouble)
    else:
        title = _("Refund of %(amount)s is being sent to Stripe", amount=amount)
    return Fact(request.company.format_moment(request.at), title, request.by_name, "open")


def of_dispute(dispute: Dispute) -> Fact:
    amount = dispute.payment.money(dispute.amount)
    title = f"{_('Dispute of %(amount)s', amount=amount)}: {dispute.status_label}"
    return Fact(dispute.company.format_moment(dispute.at), title, _("The customer's bank"), "disputed")
