"""What a customer reads about a payment, and the list of their payments."""

import pytest

from sergio.lib import clock
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA
from tests.payments.card_form import EMPTY

PAYMENT = "/portal/payments/1"


@pytest.fixture
def paid(card_form, receive_events, ana, invoice):
    form = card_form(ana)
    form.pay()
    receive_events()
    return form.intent


def test_it_was_started_paid_and_sent_back(paid, sandbox, receive_events, browser_of, ana):
    sandbox.refund(paid, 2_000)
    receive_events()
    browser = browser_of(ana)
    for path in (PAYMENT, "/portal/invoices/1/payment"):
        page = browser.get(path).text
        places = [
            page.index(text)
            for text in (
                "Payment of $120.00 started",
                "Paid $120.00 with Visa ending in 4242",
                "$20.00 sent back to you",
                "within 5 to 10 business days",
            )
        ]
        assert places == sorted(places)
    assert PAYMENT in browser.get("/portal/payments").text
    assert PAYMENT in browser.get("/portal/invoices/1").text
    assert "/portal/payments/1/receipt.pdf" in browser.get(PAYMENT).text


def test_a_refund_that_failed_is_not_left_unsaid(paid, sandbox, receive_events, browser_of, ana):
    refund = sandbox.refund(paid, 2_000)
    receive_events()
    sandbox.fail_refund(refund["id"])
    receive_events()
    page = browser_of(ana).get(PAYMENT).text
    assert "Refund of $20.00 did not arrive" in page
    assert "find another way to pay you back" in page


def test_one_that_is_not_finished_says_what_is_next(card_form, ana, invoice, browser_of):
    card_form(ana).pay(EMPTY)
    page = browser_of(ana).get("/portal/invoices/1/payment").text
    assert "Not finished yet" in page
    assert "confirm the payment with your bank" in page


def test_a_check_has_its_own_page(session, ana, invoice, browser_of):
    Payment.record(invoice, method=CHECK, reference="1042", by=BY_OLGA, at=clock.now())
    session.commit()
    assert "Paid $120.00 with Check 1042" in browser_of(ana).get(PAYMENT).text


def test_a_neighbor_and_a_rival_find_nothing(paid, browser_of, ben, cleo):
    for contact in (ben, cleo):
        browser = browser_of(contact)
        assert browser.get(PAYMENT).status_code == 404
        assert "No payments yet" in browser.get("/portal/payments").text


def test_the_list_goes_on_page_by_page(session, ana, browser_of):
    for _n in range(25):
        Payment.record(builders.invoice(ana, 1_000), method=CHECK, by=BY_OLGA, at=clock.now())
    session.commit()
    browser = browser_of(ana)
    first = browser.get("/portal/payments").text
    assert first.count("/portal/payments/") >= 20
    assert 'href="/portal/payments/1"' not in first


def test_the_pages_take_few_statements(paid, browser_of, ana, statements):
    browser = browser_of(ana)
    for path, most in (("/portal/payments", 3), (PAYMENT, 4), ("/portal/invoices/1/payment", 4)):
        browser.get(path)
        with statements() as seen:
            assert browser.get(path).status_code == 200
        assert len(seen) <= most, (path, seen)
