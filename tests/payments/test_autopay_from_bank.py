"""Automatic payments from a bank account: on their way for days, paid, failed, or returned later."""

import pytest

from sergio.lib.refused import Refused
from sergio.payments.payable import refuse_second_payment
from tests.payments.card_form import CardForm
from tests.payments.saving import Saver
from tests.payments.test_autopay import DAY, DUE, clocked, on, start  # noqa: F401 - fixtures

GOOD = "000123456789"


@pytest.fixture
def auto_pay(clocked, app, sandbox, sparkle, ana, receive_events, session, invoice, work):  # noqa: F811
    """Ana's consent to debit the bank account she saved; her invoice of $120.00 is due on March 16."""
    sparkle.offers_autopay = sparkle.accepts_bank_debits = sparkle.bank_debits_enabled = True
    session.commit()
    browser = Saver(app, sandbox, receive_events).browser(ana)
    pressed = browser.post("/portal/payment-methods", data={"agreed": "y", "method": "us_bank_account"})
    CardForm(sandbox, browser.get(pressed.headers["Location"]).text).pay(GOOD)
    receive_events()
    row = start(ana)
    work()
    session.rollback()
    return row


def test_it_is_on_its_way_for_days_and_paid_when_it_arrives(auto_pay, on, sandbox, receive_events, records, outbox):  # noqa: F811
    on(DUE - 3 * DAY)
    assert on(DUE).status == "processing"
    with pytest.raises(Refused, match="already processing"):
        refuse_second_payment(records.invoice)
    assert on(DUE + DAY).status == "processing"
    sandbox.settle()
    receive_events()
    assert on(DUE + 4 * DAY).status == "paid"
    assert (records.invoice.due, len(sandbox.ledger())) == (0, 1)
    assert records.agree()


def test_settings_that_change_later_do_not_stop_what_was_agreed(auto_pay, on, sparkle, session, sandbox, records):  # noqa: F811
    on(DUE - 3 * DAY)
    sparkle.accepts_bank_debits = False
    session.commit()
    assert on(DUE).status == "processing"


def test_one_that_comes_back_is_due_again_and_both_are_told(auto_pay, on, sandbox, receive_events, records, outbox):  # noqa: F811
    on(DUE - 3 * DAY)
    on(DUE)
    sandbox.settle()
    receive_events()
    sandbox.take_back(records.attempts[0].intent)
    receive_events()
    assert (records.invoice.due, records.invoice.status) == (12_000, "open")
    assert {"Your bank returned your payment for invoice 1", "The bank payment from Ana Ruiz came back"} <= set(
        outbox.subjects
    )
    on(DUE + 9 * DAY)
    assert len(records.attempts) == 1
