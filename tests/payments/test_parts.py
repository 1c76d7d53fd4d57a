"""One charge for several invoices: its parts, payments, refunds and the one receipt."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from sergio.audit.actor import BY_SYSTEM
from sergio.extensions import db
from sergio.lib.refused import Refused
from sergio.payments import checkout, pdf, sync
from sergio.payments.models import PaymentAttempt, Refund
from sergio.payments.stripe.types import Disputed, Intent, Refunded
from tests.overview import builders

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
FIRST, SECOND, THIRD = 12_000, 5_000, 700
TOTAL = FIRST + SECOND + THIRD


@pytest.fixture
def invoices(invoice, ana, session):
    made = [invoice, builders.invoice(ana, amount=SECOND), builders.invoice(ana, amount=THIRD)]
    session.commit()
    return made


@pytest.fixture
def attempt(invoices, ana, session):
    attempt = PaymentAttempt.start({each: each.due for each in reversed(invoices)}, ana, by=BY_SYSTEM, at=AT)
    attempt.intent = "pi_1"
    session.commit()
    return attempt


def paid(**more) -> Intent:
    return Intent(
        id="pi_1", account="acct_sparkle", status="succeeded", amount=TOTAL, received=TOTAL, currency="USD",
        livemode=False, metadata={}, secret="s", decline="", paid_at=AT, brand="visa", last4="4242", **more,
    )  # fmt: skip


def refund(number: int, amount: int, status: str = "succeeded", payment: str = "") -> Refunded:
    return Refunded(f"re_{number}", amount, status, AT + timedelta(number), payment)


def sums(attempt) -> list[tuple[int, int, int]]:
    """What is due, refunded and disputed of each invoice."""
    return [(each.due, each.refunded, each.disputed) for each in attempt.invoices]


def test_a_charge_is_one_payment_an_invoice_and_one_receipt(attempt, session, outbox):
    for _twice in range(2):
        sync.apply(paid())
        session.commit()
    assert [(each.number, each.amount) for each in attempt.payments] == [(1, FIRST), (2, SECOND), (3, THIRD)]
    assert sums(attempt) == [(0, 0, 0)] * 3
    assert outbox.subjects == ["Your payment of $177.00 to Sparkle Cleaning", "Ana Ruiz paid $177.00"]
    assert "for invoices 1, 2, 3" in outbox.emails[0].text
    receipts = [pdf.pdf_of(payment) for payment in attempt.payments]
    assert {receipt.name for receipt in receipts} == {"receipts/1"}
    words = PdfReader(BytesIO(receipts[2].content())).pages[0].extract_text()
    for amount in ("$177.00", "$120.00", "$50.00", "$7.00"):
        assert amount in words


def test_refunds_and_disputes_are_split_the_same_in_any_order(attempt):
    """From Stripe's dashboard from the last payment to the first; the office names the payment."""
    small, failed = refund(1, 1_000), refund(2, 5_000, "pending")
    bounced, named = failed._replace(status="failed"), refund(3, 300, payment="1")
    lost = Disputed("du_1", TOTAL, "needs_response", "fraudulent", AT, AT, AT)
    won = lost._replace(status="won")
    story = [
        paid(),
        paid(refunds=(small,)),
        paid(refunds=(failed, small)),
        paid(refunds=(bounced, small)),
        paid(refunds=(named, bounced, small)),
        paid(refunds=(named, bounced, small), disputes=(lost,)),
        paid(refunds=(named, bounced, small), disputes=(won,)),
    ]

    def after(snapshots):
        for snapshot in snapshots:
            assert sync.apply(snapshot) == ""
            db.session.flush()
        rows = sorted((e.kind, e.amount, e.source, e.at, e.payment_number) for i in attempt.invoices for e in i.entries)
        refunds = sorted((r.stripe_id, r.payment.number, r.amount, r.status) for r in db.session.query(Refund))
        outcome = rows, refunds, sums(attempt)
        db.session.rollback()
        return outcome

    in_order = after(story)
    assert in_order[1:] == (
        [
            ("re_1", 2, 300, "succeeded"), ("re_1", 3, 700, "succeeded"), ("re_2", 1, 300, "failed"),
            ("re_2", 2, 4_700, "failed"), ("re_3", 1, 300, "succeeded"),
        ],
        [(0, 300, 0), (0, 300, 0), (0, 700, 0)],
    )  # fmt: skip

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from(story), max_size=6), st.permutations(story))
    def any_order(some, all_of_them):
        assert after([*some, *all_of_them]) == in_order

    any_order()


def test_a_refund_after_a_failed_one_goes_where_money_is_left(attempt):
    sync.apply(paid(refunds=(refund(2, TOTAL), refund(1, TOTAL, "failed"))))
    assert sums(attempt) == [(0, FIRST, 0), (0, SECOND, 0), (0, THIRD, 0)]


def test_an_attempt_for_other_invoices_takes_the_place_of_those_it_overlaps(attempt, invoices, ana, session, sandbox):
    attempt.intent = None
    session.commit()
    checkout.begin([invoices[0].id, invoices[2].id], ana.id, by=BY_SYSTEM)
    checkout.begin([invoices[1].id], ana.id, by=BY_SYSTEM)
    checkout.begin([each.id for each in invoices], ana.id, by=BY_SYSTEM)
    session.rollback()
    made = session.scalars(db.select(PaymentAttempt).order_by(PaymentAttempt.id)).all()
    assert [each.status for each in made] == ["canceled", "canceled", "canceled", "open"]
    assert [part.amount for part in made[-1].parts] == [FIRST, SECOND, THIRD]


def test_invoices_of_two_currencies_are_not_one_charge(invoices, ana):
    invoices[1].currency = "EUR"
    with db.session.no_autoflush, pytest.raises(Refused, match="different currencies"):
        PaymentAttempt.start({each: each.due for each in invoices}, ana, by=BY_SYSTEM, at=AT)
    db.session.rollback()
