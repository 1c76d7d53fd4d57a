"""The audit entries about attempts, payments, refunds and disputes."""

import pytest

from sergio.audit.actor import STAFF, Actor
from sergio.audit.models import AuditEntry
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments import closing
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment

ABOUT_PAYMENTS = AuditEntry.subject.in_(["payment_attempt", "payment", "refund", "dispute"])
OLGA = Actor(STAFF, "Olga Petrova", 1, ip_address="203.0.113.7", request_id="r1")


@pytest.fixture
def trail(session):
    """`trail()`: actor, subject, action and status of every entry about payments, oldest first."""

    def read():
        session.rollback()
        entries = session.scalars(db.select(AuditEntry).where(ABOUT_PAYMENTS).order_by(AuditEntry.id))
        return [(e.actor_name, e.subject, e.action, e.after.get("status", "")) for e in entries]

    return read


STARTED = ("Ana Ruiz", "payment_attempt", "started", "")
PAID = [("Stripe", "payment_attempt", "closed", "succeeded"), ("Stripe", "payment", "recorded", "")]


def test_a_card_payment_a_refund_that_comes_back_and_a_dispute(card_form, receive_events, ana, invoice, sandbox, trail):
    form = card_form(ana)
    form.pay()
    receive_events()
    assert trail() == [STARTED, *PAID]
    sandbox.fail_refund(sandbox.refund(form.intent, 2_000)["id"])
    receive_events()
    dispute = sandbox.open_dispute(form.intent)
    receive_events()
    sandbox.close_dispute(dispute["id"], "won")
    receive_events()
    assert trail()[3:] == [
        ("Stripe", "refund", "refunded", "failed"),
        ("Stripe", "dispute", "disputed", "needs_response"),
        ("Stripe", "dispute", "disputed", "won"),
    ]


def test_a_payment_recorded_by_staff_names_them(invoice, session):
    Payment.record(invoice, method=CHECK, by=OLGA, at=clock.now(), amount=5_000)
    session.commit()
    (entry,) = session.scalars(db.select(AuditEntry).where(ABOUT_PAYMENTS))
    assert (entry.actor_kind, entry.actor_name, entry.action, entry.number) == ("staff", "Olga Petrova", "recorded", 1)
    assert entry.after == {"invoice": 1, "amount": 5_000, "currency": "USD", "method": "check"}
    assert (entry.ip_address, entry.request_id) == ("203.0.113.7", "r1")


def test_a_refused_action_leaves_no_entry(invoice, session, trail):
    with pytest.raises(Refused):
        Payment.record(invoice, method=CHECK, by=OLGA, at=clock.now(), amount=99_999)
    session.commit()
    assert trail() == []


def test_closing_names_the_owner_and_the_reason(card_form, ana, invoice, records, session, trail):
    card_form(ana)
    attempt_id = records.attempts[0].id
    session.rollback()
    closing.close(attempt_id, by=OLGA, reason="Paid in cash")
    assert trail() == [STARTED, ("Olga Petrova", "payment_attempt", "closed", "canceled")]
    entry = session.scalars(db.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.before, entry.after["reason"]) == ({"status": "open"}, "Paid in cash")


def test_a_cancellation_by_the_reconciler_names_the_system(card_form, ana, invoice, records, session, work, trail):
    card_form(ana)
    records.invoice.void(by=OLGA, at=clock.now())
    session.commit()
    work()
    assert trail()[1:] == [("Sergio", "payment_attempt", "closed", "canceled")]


def test_ending_another_contacts_attempt_names_who_did_it(card_form, ana, ben, invoice, session, trail):
    ben.customer_id = invoice.customer_id
    session.commit()
    card_form(ana)
    card_form(ben)
    assert trail()[1:] == [
        ("Ben Okafor", "payment_attempt", "closed", "canceled"),
        ("Ben Okafor", "payment_attempt", "started", ""),
    ]
