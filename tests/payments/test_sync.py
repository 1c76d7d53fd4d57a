"""Applying snapshots of a payment at Stripe in any order, even an old one after a new one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sergio.audit.actor import BY_SYSTEM
from sergio.extensions import db
from sergio.payments import sync
from sergio.payments.models import PaymentAttempt
from sergio.payments.stripe.types import Disputed, Intent, Refunded

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
LATER = AT + timedelta(days=3)


@pytest.fixture
def attempt(invoice, ana, session):
    attempt = PaymentAttempt.start({invoice: invoice.due}, ana, by=BY_SYSTEM, at=AT)
    attempt.intent = "pi_1"
    session.commit()
    return attempt


def snapshots():
    """Successive snapshots of one payment at Stripe."""
    requested = Intent(
        id="pi_1", account="acct_sparkle", status="requires_payment_method", amount=12_000, received=0, currency="USD",
        livemode=False, metadata={}, secret="s", decline="",
    )  # fmt: skip
    pending = Refunded("re_1", 2_000, "pending", AT)
    lost = Disputed("du_1", 10_000, "needs_response", "fraudulent", AT, AT, LATER)
    won = lost._replace(status="won", closed_at=LATER)
    paid = requested._replace(status="succeeded", received=12_000, paid_at=AT, brand="visa", last4="4242")
    return [
        requested._replace(decline="insufficient_funds"),
        requested._replace(status="processing"),
        paid,
        paid._replace(refunds=(pending,)),
        paid._replace(refunds=(pending._replace(status="failed"),)),
        paid._replace(
            refunds=(pending._replace(status="failed"),),
            disputes=(lost._replace(status="warning_needs_response"),),
        ),
        paid._replace(refunds=(pending._replace(status="failed"),), disputes=(lost,)),
        paid._replace(refunds=(pending._replace(status="failed"),), disputes=(won,)),
    ]


def ledger_after(attempt, seen):
    """The ledger after applying these in this order; rolled back."""
    for snapshot in seen:
        assert sync.apply(snapshot) == ""
        db.session.flush()
    (invoice,) = attempt.invoices
    facts = sorted((e.kind, e.amount, e.source, e.at, e.payment_number) for e in invoice.entries)
    outcome = facts, invoice.due, invoice.clearing_since, attempt.status, attempt.payments[0].disputes[0].status
    db.session.rollback()
    return outcome


def test_an_older_response_changes_nothing(attempt):
    story = snapshots()
    told_in_order = ledger_after(attempt, story)
    assert [fact[:2] for fact in told_in_order[0]] == [
        ("charge", 12_000), ("dispute", -10_000), ("dispute", 10_000), ("payment", -12_000), ("refund", -2_000),
        ("refund", 2_000),
    ]  # fmt: skip

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from(story), max_size=8), st.permutations(story))
    def any_order(some, all_of_them):
        assert ledger_after(attempt, [*some, *all_of_them]) == told_in_order

    any_order()


def test_a_processing_payment_blocks_another_until_the_bank_returns_it(attempt, invoice, ana, session):
    from sergio.lib.refused import Refused

    requested, processing, *_rest = snapshots()
    sync.apply(processing)
    session.commit()
    assert invoice.status_on(AT.date()) == "processing"
    with pytest.raises(Refused, match="already processing"):
        PaymentAttempt.start({invoice: invoice.due}, ana, by=BY_SYSTEM, at=AT)
    sync.apply(requested)
    session.commit()
    assert invoice.status_on(AT.date()) == "open"
    assert PaymentAttempt.start({invoice: invoice.due}, ana, by=BY_SYSTEM, at=AT) is attempt


def test_emails_are_sent_once(attempt, outbox, session):
    for snapshot in snapshots() * 2:
        sync.apply(snapshot)
        session.commit()
    assert outbox.subjects == [
        "Your payment of $120.00 to Sparkle Cleaning",
        "Ana Ruiz paid $120.00",
        "Your refund of $20.00 from Sparkle Cleaning",
        "$20.00 was refunded to Ana Ruiz",
        "The refund of $20.00 to Ana Ruiz failed",
        "Ana Ruiz disputed a payment of $100.00",
        "Ana Ruiz disputed a payment of $100.00",
    ]


def test_a_canceled_attempt_that_was_paid_is_recorded(attempt, session):
    requested, _processing, paid, *_rest = snapshots()
    sync.apply(requested._replace(status="canceled"))
    session.commit()
    assert attempt.status == "canceled"
    sync.apply(paid)
    session.commit()
    assert (attempt.status, attempt.invoices[0].due) == ("succeeded", 0)
    sync.apply(requested)
    session.commit()
    assert attempt.status == "succeeded"
