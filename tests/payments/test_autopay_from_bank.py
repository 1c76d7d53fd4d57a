"""Automatic payments from a bank account: on their way for days, paid, failed, or returned later."""

import pytest
from sqlalchemy import select

from sergio.lib.refused import Refused
from sergio.payments import charging
from sergio.payments.autopay import AutoPay
from sergio.payments.payable import refuse_second_payment
from sergio.payments.saved import SavedMethod
from tests.factories import by
from tests.invoices import builders
from tests.payments.card_form import CardForm
from tests.payments.saving import Saver
from tests.payments.test_autopay import DAY, DUE, charge, clocked, on, start  # noqa: F401 - fixtures

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


@pytest.fixture
def taken_back(auto_pay, on, sandbox, receive_events):  # noqa: F811
    """`taken_back(reason)`: an automatic payment that arrived, and that the bank took back after that."""

    def take_back(reason="insufficient_funds"):
        on(DUE - 3 * DAY)
        on(DUE)
        sandbox.settle()
        receive_events()
        assert charge().status == "paid"
        [entry] = sandbox.ledger()
        sandbox.take_back(entry.payment_intent, reason)
        receive_events()

    return take_back


def test_one_that_comes_back_is_due_again_and_both_are_told(
    taken_back,
    on,  # noqa: F811
    records,
    outbox,
    browser_of,
    ana,
    olga,
):
    taken_back()
    assert (records.invoice.due, records.invoice.status, charge().status) == (12_000, "open", "returned")
    assert {"Your bank returned your payment for invoice 1", "The bank payment from Ana Ruiz came back"} <= set(
        outbox.subjects
    )
    assert "We removed this bank account" in next(each.text for each in outbox.emails if "returned" in each.subject)
    on(DUE + 9 * DAY)
    assert (len(records.attempts), charge().status) == (1, "returned")
    page = browser_of(ana).get("/portal/automatic-payments").text
    assert "Sent back" in page
    assert "Pay $120.00" in page
    assert "Sent back" in browser_of(olga).get(f"/office/customers/{ana.customer.number}/automatic-payments").text


@pytest.mark.parametrize("reason", ["insufficient_funds", "debit_not_authorized"])
def test_an_account_that_took_money_back_is_not_debited_again(taken_back, outbox, session, ana, reason):
    taken_back(reason)
    assert session.scalar(AutoPay.of(ana.customer)) is None
    assert session.scalars(SavedMethod.of(ana.customer, "acct_sparkle")).all() == []
    off = next(each for each in outbox.emails if each.subject == "Automatic payments are off")
    assert "Your bank took back a payment from this account." in off.text


def test_the_reason_is_kept_in_english_for_readers_of_every_language(taken_back, session, ana):
    ana.company.language = "es"
    session.commit()
    taken_back()
    assert session.scalars(select(AutoPay)).one().ended_reason == "Your bank took back a payment from this account."


def test_control_stripe_refuses_to_debit_it_again(taken_back, sandbox, session, ana, monkeypatch):
    monkeypatch.setattr("sergio.payments.saving.end_authorization", lambda saved_id: None)
    taken_back("debit_not_authorized")
    saved = session.scalars(SavedMethod.of(ana.customer, "acct_sparkle")).one()
    second, saved_id, actor = builders.invoice(ana).id, saved.id, by(ana)
    session.commit()
    with pytest.raises(Refused, match="can no longer be charged"):
        charging.pay([second], ana.id, saved_id, by=actor)
    assert len(sandbox.ledger()) == 1
