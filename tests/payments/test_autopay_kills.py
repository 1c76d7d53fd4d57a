"""Real workers that are killed (kill -9) while they charge, beside others and a payment by hand: one charge at most."""

from contextlib import suppress

import pytest
from sqlalchemy import text, update

from sergio import jobs
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.jobs.outages import CutShort
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments import charging
from sergio.payments.autopay import AutoPay
from sergio.payments.autopay_charges import AutoPayCharge
from tests.factories import by
from tests.faults import conftest as faults
from tests.faults.program import Changed, wait_until
from tests.invoices import builders
from tests.payments.saving import Saver, mandate

start = faults.start
STEPS = {"create": "/v1/payment_intents", "confirm": "/v1/payment_intents/*/confirm"}


@pytest.fixture
def due_today(app, sandbox, sparkle, ana, receive_events, session, work):
    """The id of an automatic payment of $120.00 whose day has come, and the id of Ana's card."""
    sparkle.offers_autopay, sparkle.autopay_notice_days = True, 0
    now = clock.now()
    builders.invoice(ana, at=now, due_on=sparkle.day(now))
    session.commit()
    card = Saver(app, sandbox, receive_events).save(ana)
    row = AutoPay.start(ana, card, 20_000, mandate(ana), by=by(ana))
    db.session.flush()
    session.scalars(AutoPay.locked(row.id)).one().plan(at=now)
    session.execute(text("DELETE FROM job"))
    session.commit()
    found = session.scalars(db.select(AutoPayCharge.id)).one(), card.id
    session.rollback()
    return found


def is_charged() -> bool:
    db.session.rollback()
    invoice = db.session.scalars(db.select(Invoice)).one()
    return invoice.due <= 0


def worker(start):
    return start("work", "sergio.jobs.claims.LEASE=2", kind=Changed)


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_worker_two_others_and_a_payment_by_hand_make_one_charge(
    step,
    due_today,
    start,
    sandbox,
    ana,
    session,
    receive_events,
    records,
    app,
):
    _charge, card = due_today
    actor, ana_id, invoice_id = by(ana), ana.id, session.scalars(db.select(Invoice.id)).one()
    sandbox.fault(STEPS[step], "slow", seconds=2)
    jobs.enqueue("payments.find_automatic")
    session.commit()
    first = worker(start)
    wait_until(lambda: not sandbox.faults.waiting)  # it is asking Stripe
    first.kill()
    others = [worker(start), worker(start)]
    with app.app_context(), suppress(Refused, CutShort, charging.Rejected):
        charging.pay([invoice_id], ana_id, card, by=actor)
    wait_until(is_charged)
    for each in others:
        each.kill()
    receive_events()
    assert [entry.charged for entry in sandbox.ledger()] == [12_000]
    assert (records.invoice.due, len(records.payments), records.agree()) == (0, 1, True)


def killed_after_the_effect(monkeypatch):
    """Let the worker die once Stripe has taken the money, before it hears of it."""
    confirm = charging.Gateway.confirm

    def confirm_and_die(self, *args, **more):
        confirm(self, *args, **more)
        raise SystemExit

    monkeypatch.setattr(charging.Gateway, "confirm", confirm_and_die)


@pytest.mark.parametrize("forgotten", [False, True])
def test_the_row_of_the_attempt_is_what_prevents_a_second_charge(due_today, sandbox, session, monkeypatch, forgotten):
    """The control (`forgotten`): without it, the same kill makes two."""
    with monkeypatch.context() as patched:
        killed_after_the_effect(patched)
        with pytest.raises(SystemExit):
            charging.charge(due_today[0])
    session.rollback()
    if forgotten:
        session.execute(update(AutoPayCharge).values(status="planned", attempt_id=None, sent_at=None))
        session.execute(text("UPDATE payment_attempt_part SET closed_at = (SELECT created_at FROM payment_attempt)"))
        session.execute(text("UPDATE payment_attempt SET closed_at = created_at, intent = NULL, key = 'x'"))
        session.commit()
    charging.charge(due_today[0])
    assert len(sandbox.ledger()) == 1 + forgotten
