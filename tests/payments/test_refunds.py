"""Refunds and disputes that were made at Stripe."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.payments.card_form import GOOD

DISPUTED = "4000000000000259"


@pytest.fixture
def paid(card_form, receive_events, ana, invoice):
    """The intent of a payment of Ana's."""
    form = card_form(ana)
    form.pay(GOOD)
    receive_events()
    return form.intent


def test_a_refund_is_recorded_shown_and_not_due_again(
    paid, sandbox, receive_events, records, outbox, browser_of, ana, olga
):
    sandbox.refund(paid, 2_000)
    receive_events()
    assert (records.invoice.balance, records.invoice.due, records.invoice.refunded) == (2_000, 0, 2_000)
    assert records.agree()
    assert outbox.subjects[-1] == "$20.00 was refunded to Ana Ruiz"
    assert "Partially refunded" in browser_of(ana).get("/portal/invoices").text
    assert "re_" in browser_of(olga).get("/office/invoices/1").text
    receipt = browser_of(ana).get("/portal/payments/1/receipt.pdf").data
    text = PdfReader(BytesIO(receipt)).pages[0].extract_text()
    assert "Partially refunded" in text
    assert "$100.00" in text


def test_several_refunds_add_up(paid, sandbox, receive_events, records):
    for amount in (2_000, 3_000, None):
        sandbox.refund(paid, amount)
    receive_events()
    assert (records.invoice.refunded, len(records.payments[0].refunds)) == (12_000, 3)
    assert records.agree()


def test_a_refund_the_bank_returns_is_reversed(paid, sandbox, receive_events, records):
    refund = sandbox.refund(paid, 2_000)
    receive_events()
    sandbox.fail_refund(refund["id"])
    receive_events()
    assert (records.invoice.balance, records.invoice.status_on(records.invoice.due_on)) == (0, "paid")
    assert records.agree()


@pytest.mark.parametrize(("outcome", "balance", "status"), [("won", 0, "paid"), ("lost", 12_000, "disputed")])
def test_a_dispute_withdraws_the_money_until_the_bank_has_decided(
    paid, sandbox, receive_events, records, outbox, outcome, balance, status
):
    dispute = sandbox.open_dispute(paid)
    receive_events()
    assert (records.invoice.balance, records.invoice.due) == (12_000, 0)
    sandbox.close_dispute(dispute["id"], outcome)
    receive_events()
    assert (records.invoice.balance, records.invoice.status_on(records.invoice.due_on)) == (balance, status)
    assert outbox.subjects.count("Ana Ruiz disputed a payment of $120.00") == 2


def test_a_card_that_is_disputed_at_once(card_form, receive_events, ana, invoice, records):
    card_form(ana).pay(DISPUTED)
    receive_events()
    assert records.invoice.status_on(records.invoice.due_on) == "disputed"
    assert records.invoice.balance == 12_000


def test_the_customer_sees_the_status_of_a_disputed_invoice(paid, sandbox, receive_events, browser_of, ana):
    sandbox.open_dispute(paid)
    receive_events()
    page = browser_of(ana).get("/portal/invoices/1")
    assert "disputed this payment with your bank" in page.text
    assert "Pay by card" not in page.text
