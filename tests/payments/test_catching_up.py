"""Events that never came: each account's are read once a day."""

from datetime import timedelta

import pytest
import time_machine

from sergio import jobs
from sergio.extensions import db
from sergio.jobs import worker
from sergio.jobs.models import Job
from sergio.lib import clock
from sergio.payments.stripe import accounts, gateway
from sergio.payments.stripe.events import EventCursor, StripeEvent


@pytest.fixture
def paid(card_form, receive_events, ana, invoice):
    """The intent of a payment of Ana's that we know of."""
    form = card_form(ana)
    form.pay()
    receive_events()
    return form.intent


@pytest.fixture
def daily(session, work):
    """`daily()`: what happens every day; `days` from now if given."""

    def run(days=0):
        session.rollback()
        with time_machine.travel(clock.now() + timedelta(days=days), tick=True):
            jobs.enqueue("payments.catch_up")
            session.commit()
            return work()

    return run


def cursor(session):
    session.rollback()
    return session.scalar(db.select(EventCursor.read_until))


def test_refunds_and_disputes_without_events_reach_the_ledger(paid, sandbox, daily, records):
    sandbox.refund(paid, 2_000)
    dispute = sandbox.open_dispute(paid)
    daily()
    assert (records.invoice.refunded, records.invoice.disputed) == (2_000, 10_000)
    assert records.agree()
    sandbox.close_dispute(dispute["id"], "won")
    daily()
    assert (records.invoice.refunded, records.invoice.disputed) == (2_000, 0)


def test_control_without_the_daily_job_they_do_not(paid, sandbox, records, session, work):
    sandbox.refund(paid, 2_000)
    with time_machine.travel(clock.now() + timedelta(days=20), tick=True):
        jobs.enqueue("payments.reconcile")
        session.commit()
        work()
    assert records.invoice.refunded == 0
    assert not records.agree()


def test_late_repeated_and_listed_events_are_recorded_once(paid, sandbox, daily, records, webhooks, work, outbox):
    sandbox.refund(paid, 2_000)
    daily()
    events = sandbox.events()
    webhooks.send(*reversed(events), *events)
    work()
    daily()
    assert records.invoice.refunded == 2_000
    assert records.agree()
    assert outbox.subjects.count("$20.00 was refunded to Ana Ruiz") == 1


def test_events_are_read_page_by_page(paid, sandbox, daily, records, session, monkeypatch):
    monkeypatch.setattr(gateway, "MOST", 2)
    for _time in range(5):
        sandbox.refund(paid, 1_000)
    daily()
    assert records.invoice.refunded == 5_000
    assert cursor(session) is not None


def test_after_a_crash_the_next_page_is_read(paid, sandbox, records, session, work, monkeypatch):
    monkeypatch.setattr(gateway, "MOST", 2)
    for _time in range(5):
        sandbox.refund(paid, 1_000)
    jobs.enqueue("payments.catch_up")
    session.commit()
    keep, kept = accounts.store_event, []

    def die_on_the_third(payload):
        kept.append(payload)
        if len(kept) == 3:
            raise SystemError("killed")
        keep(payload)

    monkeypatch.setattr(accounts, "store_event", die_on_the_third)
    with time_machine.travel(clock.now(), tick=False):  # or the next try is due before this one ends on a busy machine
        work()
    assert cursor(session) is None
    monkeypatch.setattr(accounts, "store_event", keep)
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=True):
        work()
    assert records.invoice.refunded == 5_000
    assert cursor(session) is not None
    assert records.agree()


def test_a_broken_account_stops_no_other(
    paid, sandbox, daily, records, session, rival, cleo, card_form, receive_events
):
    from tests.invoices import builders

    builders.invoice(cleo)
    session.commit()
    card_form(cleo).pay()
    receive_events()
    sandbox.refund(paid, 2_000)
    sandbox.disconnect_account("acct_rival")
    daily()
    assert records.invoice.refunded == 2_000
    assert session.scalars(db.select(EventCursor.account)).all() == ["acct_sparkle"]


def test_a_missing_account_is_not_read_again(paid, sandbox, daily, session):
    sandbox.disconnect_account("acct_sparkle")
    daily()
    session.rollback()
    jobs_run = session.scalars(db.select(Job).where(Job.name == "payments.read_events")).all()
    assert [(job.attempts, job.error) for job in jobs_run] == [(1, "")]


def test_an_unavailable_account_is_read_when_it_is_back(
    paid, sandbox, daily, records, receive_events, session, sparkle
):
    sandbox.disconnect_account("acct_sparkle")
    daily()
    sandbox.connect_account("acct_sparkle")
    sandbox.refund(paid, 2_000)
    daily()
    assert records.invoice.refunded == 2_000
    session.refresh(sparkle)
    assert sparkle.charges_enabled


def test_an_event_processed_while_its_account_was_unavailable_is_processed_again(
    paid, sandbox, daily, records, receive_events, session
):
    sandbox.refund(paid, 2_000)
    sandbox.disconnect_account("acct_sparkle")
    receive_events()
    assert records.invoice.refunded == 0
    assert "missing" in {event.set_aside for event in session.scalars(db.select(StripeEvent))}
    sandbox.connect_account("acct_sparkle")
    daily()
    assert records.invoice.refunded == 2_000
    assert "missing" not in {event.set_aside for event in session.scalars(db.select(StripeEvent))}


def test_an_event_whose_job_was_given_up_is_processed_again(paid, sandbox, daily, records, webhooks, session):
    sandbox.refund(paid, 2_000)
    webhooks.send_new()
    session.execute(db.update(Job).where(Job.name == "payments.process_event").values(failed_at=clock.now()))
    session.commit()
    daily(days=0.5)
    assert records.invoice.refunded == 2_000


def test_the_next_reading_begins_a_day_before_the_end_of_the_last(paid, daily, session, monkeypatch):
    readings = []
    ask = accounts.enqueue_page

    def note(company_id, account, since, until, after=None):
        readings.append((since, until))
        ask(company_id, account, since, until, after)

    monkeypatch.setattr(accounts, "enqueue_page", note)
    daily()
    daily(days=1)
    daily(days=60)
    (first, second, third), day = readings, 86_400
    assert first[1] - first[0] == 30 * day + 1
    assert first[1] - second[0] == day
    assert third[1] - third[0] == 30 * day + 1


def test_an_event_that_cannot_be_read_is_skipped(paid, sandbox, daily, records):
    sandbox.refund(paid, 2_000)
    for store in sandbox.stores.values():
        for event in store.all("event"):
            if event["type"] == "payment_intent.succeeded":
                event["data"]["object"]["id"] = {"not": "an id"}
    daily()
    assert records.invoice.refunded == 2_000


def test_without_keys_stripe_is_not_called(app, sparkle, session, work):
    from dataclasses import replace

    config = app.config["SERGIO"]
    app.config["SERGIO"] = replace(config, stripe_secret_key="")
    jobs.enqueue("payments.catch_up")
    session.commit()
    assert work() == 1
    app.config["SERGIO"] = config


def test_it_is_a_daily_job(app):
    from sergio.jobs.schedule import RECURRING

    assert RECURRING["payments.catch_up"] == timedelta(days=1)
    assert "payments.catch_up" in worker.REGISTRY
