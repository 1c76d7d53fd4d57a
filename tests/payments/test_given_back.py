"""Refunds beside disputes beside credit: however they come together, no more is given back than was paid."""

from contextlib import suppress
from random import Random

import pytest
from sqlalchemy import select

from sergio.audit.actor import STAFF, Actor
from sergio.extensions import db
from sergio.invoices import ledger_check, open_sums, paid_sums
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments import checkout, refunding
from sergio.payments.methods import CHECK
from sergio.payments.models import Dispute, Payment
from sergio.payments.moved_credit import MovedCredit
from sergio.payments.refund_requests import RefundRequest
from sergio.payments.refundable import left_of, refunded_of
from sergio.payments.stripe.gateway import Gateway
from sergio.sandbox.stripe.errors import ApiError
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA

MINUTE = 60


class Till:
    """One charge of $170.00 for two invoices, a third invoice, and whoever moves their money."""

    def __init__(self, sandbox, receive_events, dice: Random):
        self.sandbox, self.receive_events, self.dice = sandbox, receive_events, dice

    @property
    def payments(self) -> list[Payment]:
        db.session.rollback()
        return list(db.session.scalars(select(Payment).where(Payment.attempt_id.is_not(None)).order_by(Payment.id)))

    @property
    def intent(self) -> str:
        return self.payments[0].attempt.intent or ""

    def at_stripe(self, kind: str) -> list[dict]:
        return self.sandbox.store("acct_sparkle").all(kind, payment_intent=self.intent)

    def refund_in_dashboard(self):
        self.sandbox.refund(self.intent, self.dice.randrange(1, 9_000))

    def refund_here(self, **more):
        payment, whole = self.dice.choice(self.payments), self.dice.random() < 0.2 and not more
        about = {"whole": whole, "refunded": refunded_of(payment), "reason": "duplicate", **more}
        amount = self.dice.randrange(1, 6_000)
        made = RefundRequest.make(payment, amount, due_again=self.dice.random() < 0.5, by=BY_OLGA, at=now(), **about)
        request_id, by_hand = made.id, bool(made.method)
        db.session.commit()
        if not by_hand:
            refunding.send(request_id)

    def refund_by_hand(self):
        self.refund_here(method="cash")

    def fail_refund(self):
        if made := [each for each in self.at_stripe("refund") if each["status"] == "succeeded"]:
            self.sandbox.fail_refund(self.dice.choice(made)["id"])

    def dispute(self):
        self.sandbox.open_dispute(self.intent, inquiry=self.dice.random() < 0.2)

    def decide(self):
        for each in self.at_stripe("dispute"):
            inquiry = each["status"].startswith("warning")
            self.sandbox.close_dispute(each["id"], "warning_closed" if inquiry else self.dice.choice(["won", "lost"]))

    def record_a_check(self):
        invoice = self.dice.choice(self.invoices)
        Payment.record(invoice, method=CHECK, amount=self.dice.randrange(1, 4_000), surplus=4_000, by=BY_OLGA, at=now())
        db.session.commit()

    def move_credit(self):
        source, target = self.dice.sample([invoice.id for invoice in self.invoices], 2)
        MovedCredit.move(source, target, by=BY_OLGA, at=now())
        db.session.commit()

    def undo_credit(self):
        for moved in db.session.scalars(select(MovedCredit)).all():
            moved.undo(by=BY_OLGA, at=now())
        db.session.commit()

    @property
    def invoices(self) -> list[Invoice]:
        db.session.rollback()
        return list(db.session.scalars(select(Invoice).order_by(Invoice.id).with_for_update()))

    def step(self):
        what = self.dice.choice(STEPS)
        with suppress(Refused, ApiError):
            what(self)
        db.session.rollback()
        self.sandbox.advance(MINUTE)
        if self.dice.random() < 0.5:
            self.receive_events()

    def check(self):
        """Our rows are Stripe's, and no payment gives back more than it was."""
        payments = self.payments
        refunded = [through_stripe(payment) for payment in payments]
        disputed = [sum(each.amount for each in payment.disputes if each.went_through) for payment in payments]
        [entry] = self.sandbox.ledger()
        taken = [each["amount"] for each in self.at_stripe("dispute") if each["status"] in ("needs_response", "lost")]
        assert (sum(payment.amount for payment in payments), sum(refunded)) == (entry.charged, entry.refunded)
        assert sum(disputed) == sum(taken)
        for payment, back, withdrawn in zip(payments, refunded, disputed, strict=True):
            assert back + withdrawn <= payment.amount
            assert left_of(payment) >= 0
        assert list(ledger_check.differences()) == list(open_sums.differences()) == list(paid_sums.differences()) == []


STEPS = (
    Till.refund_in_dashboard, Till.refund_in_dashboard, Till.refund_here, Till.refund_here, Till.refund_by_hand,
    Till.fail_refund, Till.dispute, Till.decide, Till.record_a_check, Till.move_credit, Till.undo_credit,
)  # fmt: skip


def now():
    return clock.now()


def through_stripe(payment: Payment) -> int:
    return sum(each.amount for each in payment.refunds if each.went_through and each.stripe_id.startswith("re_"))


@pytest.fixture
def till(session, ana, sandbox, receive_events):
    """`till(seed)`: with its charge paid."""

    def open_till(seed=0) -> Till:
        first, second = builders.invoice(ana, 12_000), builders.invoice(ana, 5_000)
        builders.invoice(ana, 9_000)
        session.commit()
        checkout.begin([first.id, second.id], ana.id, by=Actor(STAFF, "Olga"))
        [intent] = [each["id"] for each in sandbox.store("acct_sparkle").all("payment_intent")]
        Gateway("acct_sparkle").confirm(intent, "pm_card_visa", off_session=False)
        receive_events()
        return Till(sandbox, receive_events, Random(seed))

    return open_till


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_refunded_disputed_and_moved_our_books_are_stripes(till, seed, receive_events):
    opened = till(seed)
    for _step in range(12):
        opened.step()
    receive_events()
    opened.check()


def refund_and_dispute(opened: Till):
    opened.sandbox.refund(opened.intent, 6_000)
    opened.receive_events()
    opened.sandbox.advance(MINUTE)
    opened.sandbox.open_dispute(opened.intent)
    opened.receive_events()


def test_a_dispute_takes_what_refunds_have_left_of_each_invoice(till):
    opened = till()
    refund_and_dispute(opened)
    assert [sum(each.amount for each in payment.disputes) for payment in opened.payments] == [11_000, 0]
    opened.check()


def test_control_a_dispute_that_does_not_look_at_refunds_takes_an_invoice_twice(till, monkeypatch):
    monkeypatch.setattr(Dispute, "before", classmethod(lambda cls, payment, at: payment.disputes))
    opened = till()
    refund_and_dispute(opened)
    with pytest.raises(AssertionError):
        opened.check()
