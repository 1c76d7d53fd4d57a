"""Refunds and disputes, made at Stripe behind our back."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.payments.card_form import GOOD

DISPUTED = "4000000000000259"


@pytest.fixture
def paid(card_form, hear, ana, invoice):
    """The intent of a payment of Ana's."""
    form = card_form(ana)
    form.pay(GOOD)
    hear()
    return form.intent


def test_a_refund_is_recorded_shown_and_not_due_again(paid, sandbox, hear, books, outbox, browser_of, ana, olga):
    sandbox.refund(paid, 2_000)
    hear()
    assert (books.invoice.balance, books.invoice.due, books.invoice.refunded) == (2_000, 0, 2_000)
    assert books.agree()
    assert outbox.subjects[-1] == "$20.00 refunded to Ana Ruiz"
    assert "Partially refunded" in browser_of(ana).get("/portal/invoices").text
    assert "re_" in browser_of(olga).get("/office/invoices/1").text
    receipt = browser_of(ana).get("/portal/payments/1/receipt.pdf").data
    text = PdfReader(BytesIO(receipt)).pages[0].extract_text()
    assert "Partially refunded" in text
    assert "$100.00" in text


def test_several_refunds_add_up(paid, sandbox, hear, books):
    for amount in (2_000, 3_000, None):
        sandbox.refund(paid, amount)
    hear()
    assert (books.invoice.refunded, len(books.payments[0].refunds)) == (12_000, 3)
    assert books.agree()


def test_a_refund_the_bank_returns_is_reversed(paid, sandbox, hear, books):
    refund = sandbox.refund(paid, 2_000)
    hear()
    sandbox.fail_refund(refund["id"])
    hear()
    assert (books.invoice.balance, books.invoice.status_on(books.invoice.due_on)) == (0, "paid")
    assert books.agree()


@pytest.mark.parametrize(("outcome", "balance", "status"), [("won", 0, "paid"), ("lost", 12_000, "disputed")])
def test_a_dispute_withdraws_the_money_until_the_bank_has_decided(
    paid, sandbox, hear, books, outbox, outcome, balance, status
):
    dispute = sandbox.open_dispute(paid)
    hear()
    assert (books.invoice.balance, books.invoice.due) == (12_000, 0)
    sandbox.close_dispute(dispute["id"], outcome)
    hear()
    assert (books.invoice.balance, books.invoice.status_on(books.invoice.due_on)) == (balance, status)
    assert outbox.subjects.count("Ana Ruiz disputed a payment of $120.00") == 2


def test_a_card_that_is_disputed_at_once(card_form, hear, ana, invoice, books):
    card_form(ana).pay(DISPUTED)
    hear()
    assert books.invoice.status_on(books.invoice.due_on) == "disputed"
    assert books.invoice.balance == 12_000


def test_the_customer_sees_the_status_of_a_disputed_invoice(paid, sandbox, hear, browser_of, ana):
    sandbox.open_dispute(paid)
    hear()
    page = browser_of(ana).get("/portal/invoices/1")
    assert "disputed this payment with your bank" in page.text
    assert "Pay by card" not in page.text
