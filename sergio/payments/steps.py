"""What happened to a payment so far, in words for the customer: the timeline of its page."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sergio.lib import bank_days, clock
from sergio.lib.language import day_parts, kept
from sergio.lib.language import gettext as _
from sergio.payments.methods import when_it_arrives
from sergio.payments.models import Dispute, Payment, PaymentAttempt, Refund
from sergio.payments.statuses import CANCELED, FAILED, GONE, INQUIRIES, OPEN, PROCESSING, REFUND_BOUNCED, WON
from sergio.payments.stripe import declines


class Step(NamedTuple):
    """One line: when, what, more about it, and a status for its color. A step that is still to come has no `at`."""

    at: datetime | None
    text: str
    more: str = ""
    status: str = "info"


def of_attempt(attempt: PaymentAttempt) -> list[Step]:
    """All that happened to an attempt and what was paid by it, the oldest first."""
    amount = attempt.money(attempt.amount)
    started = (
        _("Automatic payment of %(amount)s started") if attempt.off_session else _("Payment of %(amount)s started")
    )
    steps = [Step(attempt.created_at, started % {"amount": amount})]
    if attempt.payments:
        return [*steps, *of_payments(attempt.payments)]
    return [*steps, *outcome(attempt)]


def outcome(attempt: PaymentAttempt) -> list[Step]:
    """Where an attempt stands that took no money, at least not yet."""
    if attempt.status == PROCESSING and attempt.processing_since:
        until = bank_days.debit_arrives(attempt.company.day(attempt.processing_since))
        waiting = _("Waiting for your bank until %(day)s", day=day_parts(until, "EEEEMMMMd"))
        more = _("Banks usually take up to 4 business days. You don't need to do anything.")
        if until < attempt.company.day(clock.now()):
            waiting, more = _("Still waiting for your bank"), _("This is taking longer than usual. We keep checking.")
        return [Step(attempt.processing_since, _("Sent to your bank")), Step(None, waiting, more, "processing")]
    if attempt.status == OPEN and attempt.verify_by:
        until = day_parts(attempt.company.day(attempt.verify_by), "EEEEMMMMd")
        waiting = _("Waiting for you to confirm your bank account until %(day)s", day=until)
        return [Step(None, waiting, _("We sent you an email about it."), "open")]
    if attempt.status == OPEN:
        return [Step(None, _("Not finished yet"), _("Enter your card, or confirm the payment with your bank."), "open")]
    if attempt.status == GONE:
        return [Step(attempt.closed_at, _("Not completed"), _("Contact us before you pay again."), "void")]
    if attempt.status in (FAILED, CANCELED):
        why = declines.sentence_for(attempt.decline, attempt.method)
        return [Step(attempt.closed_at, _("Did not go through"), why or _("You haven't been charged."), "void")]
    return []


def of_payments(payments: Sequence[Payment]) -> list[Step]:
    """What was paid together, and what was sent back or disputed of it, in order."""
    first = payments[0]
    paid = first.money(sum(payment.amount for payment in payments))
    receipt = _("Receipt %(number)s", number=first.number)
    steps = [Step(first.at, _("Paid %(amount)s with %(method)s", amount=paid, method=first.paid_with), receipt, "paid")]
    for payment in payments:
        steps += [of_refund(refund, payment) for refund in payment.refunds]
        steps += [step for dispute in payment.disputes for step in of_dispute(dispute, payment)]
    if back := next((payment for payment in payments if payment.undone_at), None):
        undone = _("This payment was recorded by mistake, and does not count.")
        if back.attempt_id:
            undone = _("Your bank sent it back. %(reason)s", reason=kept(back.undone_reason))
        steps.append(Step(back.undone_at, undone, "", "void"))
    return sorted(steps, key=lambda step: step.at or first.at)


def of_refund(refund: Refund, payment: Payment) -> Step:
    amount = payment.money(refund.amount)
    if refund.status in REFUND_BOUNCED:
        failed = refund.status == "failed"
        more = _("Your bank could not accept it. We'll find another way to pay you back.") if failed else ""
        return Step(refund.at, _("Refund of %(amount)s did not arrive", amount=amount), more, "void")
    by_hand = refund.stripe_id.startswith("by hand")
    more = "" if by_hand else when_it_arrives(payment.method)
    return Step(refund.at, _("%(amount)s sent back to you", amount=amount), more, "refunded")


def of_dispute(dispute: Dispute, payment: Payment) -> list[Step]:
    """Plain words: the customer did nothing wrong, and need not do anything."""
    if dispute.status in INQUIRIES:
        return []  # the bank only asks us; nothing has changed for the customer
    amount = payment.money(dispute.amount)
    begun = _("Your bank is checking %(amount)s of this payment for you", amount=amount)
    steps = [Step(dispute.at, begun, _("You don't need to do anything here."), "disputed")]
    if dispute.status == WON:
        steps.append(Step(dispute.at, _("Your bank decided that the payment stands"), "", "paid"))
    elif dispute.status == "lost":
        steps.append(Step(dispute.at, _("Your bank gave you %(amount)s back", amount=amount), "", "refunded"))
    return steps
