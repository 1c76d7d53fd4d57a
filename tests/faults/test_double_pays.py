"""Sixteen presses at once from two tabs, and replies that are cut after Stripe has acted: one charge."""

from contextlib import suppress

import pytest
from sqlalchemy import func, select

from sergio.extensions import db
from sergio.jobs.outages import CutShort
from sergio.lib.refused import Refused
from sergio.payments import charging
from sergio.payments.methods import CARD
from sergio.payments.models import Payment
from sergio.payments.stripe.errors import Rejected
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.stripe.types import PaymentRequest
from tests.factories import by
from tests.payments.saving import Saver
from tests.payments.test_races import at_once

STEPS = {"create": "/v1/payment_intents", "confirm": "/v1/payment_intents/*/confirm"}


@pytest.fixture
def card(app, sandbox, ana, receive_events):
    return Saver(app, sandbox, receive_events).save(ana)


def press_in_turns(app, action) -> int:
    """Sixteen presses of two tabs at once; how many came through."""

    def press(_number):
        with app.app_context():
            with suppress(Refused, Rejected, CutShort):
                action()
                return 1
            db.session.rollback()
        return 0

    return sum(at_once(16, press))


@pytest.mark.parametrize("step", STEPS)
def test_sixteen_presses_with_a_saved_card_and_a_cut_reply_make_one_charge(
    step, app, ana, invoice, card, sandbox, session, receive_events
):
    contact_id, card_id, actor, ids = ana.id, card.id, by(ana), [invoice.id]
    sandbox.fault(STEPS[step], "cut", times=2)
    press_in_turns(app, lambda: charging.pay(ids, contact_id, card_id, by=actor))
    with app.app_context(), suppress(Refused):  # the customer presses once more
        charging.pay(ids, contact_id, card_id, by=actor)
    receive_events()
    assert [entry.charged for entry in sandbox.ledger()] == [12_000]
    assert (session.scalar(select(func.count(Payment.id))), invoice.due) == (1, 0)


def test_control_without_the_row_of_an_attempt_each_press_charges(app, ana, invoice, card, sandbox, session):
    account, customer, method = card.account, card.stripe_customer, card.stripe_id
    keys = iter(range(100))

    def pay_without_a_row():
        wanted = PaymentRequest(f"{next(keys)}", account, 12_000, "USD", CARD, "Careless", {}, customer=customer)
        gateway = Gateway(account)
        gateway.confirm(gateway.create(wanted).id, method, off_session=False)

    press_in_turns(app, pay_without_a_row)
    assert len(sandbox.ledger()) > 1
