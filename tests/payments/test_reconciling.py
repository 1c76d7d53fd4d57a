"""Lost events: the reconciler reads from Stripe."""

from datetime import timedelta

import pytest
import time_machine

from sergio import jobs
from sergio.extensions import db
from sergio.jobs.models import Job
from sergio.lib import clock
from sergio.payments import jobs as payments
from tests.payments.card_form import EMPTY


@pytest.fixture
def reconcile(session, work):
    """`reconcile()`: what happens every five minutes, `hours` from now if given; how many jobs of payments ran."""

    def run(hours=0):
        session.rollback()
        before = finished()
        with time_machine.travel(clock.now() + timedelta(hours=hours), tick=True):
            jobs.enqueue("payments.reconcile")
            session.commit()
            work()
        return finished() - before

    def finished() -> int:
        ended = Job.lane == jobs.PAYMENTS, Job.finished_at.is_not(None)
        return session.scalar(db.select(db.func.count(Job.id)).where(*ended))

    return run


def test_the_records_agree_with_all_events_lost(card_form, ana, invoice, records, reconcile, outbox):
    card_form(ana).pay()
    reconcile()
    assert records.invoice.due == 0
    assert records.agree()
    assert len(outbox.emails) == 2
    assert reconcile() == 1


def test_an_attempt_is_checked_by_one_job_at_a_time(card_form, ana, invoice, session, work):
    card_form(ana)
    for _ in range(3):
        payments.reconcile()
        session.commit()
    checks = db.select(Job.name).where(Job.lane == jobs.PAYMENTS)
    assert session.scalars(checks).all() == ["payments.check"]
    work()
    payments.reconcile()
    session.commit()
    assert session.scalars(checks).all() == ["payments.check"] * 2


def test_control_without_the_reconciler_nothing_is_recorded(card_form, ana, invoice, records, work):
    card_form(ana).pay()
    work()
    assert records.invoice.due == 12_000


def test_an_open_attempt_is_left_open(card_form, ana, invoice, records, reconcile):
    card_form(ana).pay(EMPTY)
    reconcile()
    assert (records.attempts[0].status, records.attempts[0].decline) == ("open", "insufficient_funds")


def test_an_unfinished_attempt_is_canceled_after_a_day_and_can_be_started_again(
    card_form, ana, invoice, records, reconcile, receive_events
):
    form = card_form(ana)
    reconcile(hours=25)
    assert records.attempts[0].status == "canceled"
    assert form.pay()["error"]["code"] == "payment_intent_unexpected_state"
    card_form(ana).pay()
    receive_events()
    assert records.agree()


def test_an_attempt_that_never_reached_stripe_is_closed_after_a_day(
    card_form, ana, invoice, records, reconcile, sandbox, browser_of
):
    sandbox.fault("/v1/payment_intents", "refuse", times=2)
    browser_of(ana).post("/portal/invoices/1/pay")
    reconcile()
    assert records.attempts[0].status == "creating"
    reconcile(hours=25)
    assert records.attempts[0].status == "canceled"


def test_new_attempts_are_checked_each_time_and_old_ones_every_few_hours(card_form, ana, invoice, reconcile):
    card_form(ana)
    assert reconcile() == 2
    assert reconcile(hours=0.5) == 2
    assert reconcile(hours=2) == 1
    assert reconcile(hours=7) == 2
    assert reconcile(hours=8) == 1


def test_an_attempt_that_could_not_be_checked_is_checked_when_stripe_is_back(
    card_form, ana, invoice, records, reconcile, work, sandbox
):
    card_form(ana).pay()
    sandbox.fault("/v1/payment_intents/*", "refuse", method="GET", times=2)
    reconcile()
    assert (records.invoice.due, work()) == (12_000, 0)
    with time_machine.travel(clock.now() + timedelta(seconds=6)):
        assert work() == 5  # the check, then an email to each side, and the PDFs of invoice and receipt
    assert records.invoice.due == 0
