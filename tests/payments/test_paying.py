"""Paying an invoice by card, from the button to the receipt."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.payments.card_form import EMPTY, GOOD, SECURE, CardForm


def test_a_customer_pays_and_both_sides_get_an_email(
    card_form, receive_events, ana, invoice, records, outbox, browser_of
):
    assert card_form(ana).pay(GOOD)["status"] == "succeeded"
    assert records.invoice.due == 12_000
    receive_events()
    assert records.invoice.due == 0
    assert records.agree()
    assert outbox.subjects == ["Your payment of $120.00 to Sparkle Cleaning", "Ana Ruiz paid $120.00"]
    assert outbox.emails[0].to == "ana@example.com"
    page = browser_of(ana).get("/portal/invoices/1/payment")
    assert "We received your payment" in page.text
    assert "Visa ending in 4242" in page.text


def test_a_receipt_names_company_and_customer_as_they_were_when_the_invoice_was_issued(
    card_form, receive_events, ana, invoice, browser_of, session
):
    card_form(ana).pay()
    receive_events()
    browser = browser_of(ana)
    before = browser.get("/portal/payments/1/receipt.pdf").data
    invoice.company.name = invoice.company.street = ana.customer.name = "Renamed"
    session.commit()
    assert browser.get("/portal/payments/1/receipt.pdf").data == before


def test_the_receipt_is_the_same_bytes_each_time(card_form, receive_events, ana, invoice, browser_of):
    card_form(ana).pay()
    receive_events()
    browser = browser_of(ana)
    receipts = [browser.get("/portal/payments/1/receipt.pdf") for _time in range(2)]
    assert receipts[0].mimetype == "application/pdf"
    assert receipts[0].data == receipts[1].data
    text = PdfReader(BytesIO(receipts[0].data)).pages[0].extract_text()
    for words in ("Receipt", "$120.00", "Visa ending in 4242", "Ana Ruiz"):
        assert words in text


def test_a_declined_card_gets_a_sentence_and_the_next_one_pays_the_same_intent(
    card_form, receive_events, ana, invoice, records
):
    form = card_form(ana)
    error = form.pay(EMPTY)["error"]
    assert form.words[error["decline_code"]] == "This card has insufficient funds. Use another card."
    receive_events()
    assert (records.invoice.due, records.attempts[0].decline) == (12_000, "insufficient_funds")
    again = card_form(ana)
    assert again.intent == form.intent
    again.pay(GOOD)
    receive_events()
    assert records.invoice.due == 0
    assert len(records.payments) == 1
    assert records.agree()


def test_the_page_says_why_the_last_card_was_declined(card_form, ana, invoice, browser_of, receive_events):
    card_form(ana).pay(EMPTY)
    receive_events()
    assert "This card has insufficient funds" in browser_of(ana).get("/portal/invoices/1/pay").text


def test_after_a_decline_and_a_success_the_status_page_waits_for_the_success(
    card_form, ana, invoice, browser_of, receive_events, webhooks
):
    form = card_form(ana)
    form.pay(EMPTY)
    receive_events()
    form.pay(GOOD)
    page = browser_of(ana).get("/portal/invoices/1/payment")
    assert "We're checking your payment" in page.text
    assert "Try again" not in page.text


@pytest.mark.parametrize(("outcome", "due"), [("complete", 0), ("fail", 12_000)])
def test_a_card_pays_with_3d_secure(card_form, receive_events, ana, invoice, records, outcome, due):
    form = card_form(ana)
    assert form.pay(SECURE)["status"] == "requires_action"
    receive_events()
    assert records.invoice.due == 12_000
    form.authenticate(outcome)
    receive_events()
    assert records.invoice.due == due
    assert records.agree()


def test_a_failed_3d_secure_gets_a_sentence(card_form, receive_events, ana, invoice, records, browser_of):
    form = card_form(ana)
    form.pay(SECURE)
    form.authenticate("fail")
    receive_events()
    assert records.attempts[0].decline == "payment_intent_authentication_failure"
    assert "could not verify your identity" in browser_of(ana).get("/portal/invoices/1/pay").text


def test_an_abandoned_3d_secure_can_be_tried_again(card_form, receive_events, ana, invoice, records):
    form = card_form(ana)
    form.pay(SECURE)
    again = card_form(ana)
    assert again.intent == form.intent
    again.pay(GOOD)
    receive_events()
    assert records.invoice.due == 0
    assert records.agree()


def test_the_connected_account_of_the_company_gets_the_money(
    card_form, receive_events, ana, sparkle, invoice, records, sandbox, session
):
    sparkle.stripe_account = sandbox.connect_account()
    sparkle.charges_enabled = True
    session.commit()
    form = card_form(ana)
    assert form.account == sparkle.stripe_account
    form.pay()
    receive_events()
    assert records.invoice.due == 0
    assert [entry.account for entry in sandbox.ledger()] == [form.account]
    assert records.agree()


def test_a_paid_invoice_cannot_be_paid_again(card_form, receive_events, ana, invoice, browser_of, records):
    card_form(ana).pay()
    receive_events()
    browser = browser_of(ana)
    assert browser.get("/portal/invoices/1/pay").headers["Location"] == "/portal/invoices/1"
    browser.post("/portal/invoices/1/pay")
    assert "already paid" in browser.get("/portal/invoices/1").text
    assert len(records.attempts) == 1


def test_a_page_left_open_after_paying_shows_no_second_form(card_form, ana, invoice, browser_of):
    card_form(ana).pay()
    page = browser_of(ana).get("/portal/invoices/1/pay")
    assert page.headers["Location"] == "/portal/invoices/1/payment"


TAMPERED = ["-1", "0", "1", "1e9", "1,00", "٣", "NaN", "Infinity", "99999999999999999999", "'; DROP TABLE invoice; --"]


@pytest.mark.parametrize("amount", TAMPERED)
def test_amounts_in_a_form_are_ignored(browser_of, ana, invoice, sandbox, amount):
    fields = ("amount", "currency", "invoice", "customer", "discount", "status", "due", "account", "paid", "intent")
    browser = browser_of(ana)
    browser.post("/portal/invoices/1/pay", dict.fromkeys(fields, amount))
    CardForm(sandbox, browser.get("/portal/invoices/1/pay").text).pay()
    assert [(entry.charged, entry.currency) for entry in sandbox.ledger()] == [(12_000, "usd")]


def test_an_amount_below_stripes_minimum_is_refused_with_a_sentence(browser_of, ana, sandbox, session):
    from tests.invoices import builders

    builders.invoice(ana, 49)
    browser = browser_of(ana)
    browser.post("/portal/invoices/1/pay")
    assert "$0.49 cannot be paid online" in browser.get("/portal/invoices/1").text
    assert sandbox.events("payment_intent.created") == []


@pytest.mark.parametrize(
    "path", ["/portal/invoices/1/pay", "/portal/invoices/1/payment", "/portal/payments/1/receipt.pdf"]
)
def test_another_customers_pages_are_not_found(card_form, receive_events, ana, ben, cleo, invoice, browser_of, path):
    card_form(ana).pay()
    receive_events()
    for stranger in (ben, cleo):
        assert browser_of(stranger).get(path).status_code == 404
    assert browser_of(ben).post("/portal/invoices/1/pay").status_code == 404
    assert browser_of(ana).get(path).status_code in (200, 303)


@pytest.mark.parametrize(
    "path", ["/portal/invoices/1/pay", "/portal/invoices/1/payment", "/portal/payments/1/receipt.pdf"]
)
def test_the_pages_need_a_sign_in(visitor, sparkle, invoice, path):
    assert "sign-in" in visitor(sparkle).get(path).headers["Location"]


def test_a_post_from_another_site_starts_nothing(browser_of, ana, invoice, sandbox, records):
    browser = browser_of(ana)
    response = browser.post("/portal/invoices/1/pay", headers={"Sec-Fetch-Site": "same-site"})
    assert response.status_code == 403
    assert records.attempts == []


def test_only_the_card_form_may_load_stripes_script(card_form, ana, invoice, browser_of, sandbox):
    card_form(ana)
    browser = browser_of(ana)
    form, list_ = browser.get("/portal/invoices/1/pay"), browser.get("/portal/invoices")
    assert f"frame-src {sandbox.base_url}" in form.headers["Content-Security-Policy"]
    assert sandbox.base_url not in list_.headers["Content-Security-Policy"]
    assert "unsafe" not in form.headers["Content-Security-Policy"]


def test_the_client_secret_is_removed_from_the_return_url(card_form, ana, invoice, browser_of):
    card_form(ana)
    browser = browser_of(ana)
    back = "/portal/invoices/1/payment?payment_intent=pi_1&payment_intent_client_secret=s&redirect_status="
    assert browser.get(f"{back}succeeded").headers["Location"] == "/portal/invoices/1/payment"
    assert browser.get(f"{back}failed").headers["Location"] == "/portal/invoices/1/pay"


def test_the_status_page_polls_for_a_limited_time(card_form, ana, invoice, browser_of):
    card_form(ana)
    browser = browser_of(ana)
    first, last = (browser.get(f"/portal/invoices/1/payment?polls={n}", htmx=True) for n in (0, 30))
    assert 'hx-get="/portal/invoices/1/payment?polls=1"' in first.text
    assert "hx-trigger" not in last.text
    assert "Refresh" in last.text


def test_without_keys_no_card_form_is_shown(app, browser_of, ana, invoice, records):
    from dataclasses import replace

    config = app.config["SERGIO"]
    app.config["SERGIO"] = replace(config, stripe_secret_key="")
    browser = browser_of(ana)
    assert "Pay by card" not in browser.get("/portal/invoices/1").text
    browser.post("/portal/invoices/1/pay")
    assert "Card payments are not available right now" in browser.get("/portal/invoices/1").text
    assert records.attempts == []
    app.config["SERGIO"] = config


@pytest.mark.parametrize(("path", "count"), [("/portal/invoices/1/pay", 4), ("/portal/invoices/1/payment", 3)])
def test_a_page_takes_few_statements(card_form, ana, invoice, browser_of, statements, path, count):
    card_form(ana)
    browser = browser_of(ana)
    browser.get(path)
    with statements() as seen:
        assert browser.get(path).status_code == 200
    assert len(seen) == count


def test_no_card_number_reaches_us(card_form, receive_events, ana, invoice, app, session, caplog, sandbox):
    card_form(ana).pay(EMPTY)
    form = card_form(ana)
    form.pay(GOOD)
    receive_events()
    session.rollback()
    from sergio.extensions import db

    rows = [str(row) for table in db.metadata.sorted_tables for row in session.execute(table.select())]
    for kept in (*rows, *(record.getMessage() for record in caplog.records)):
        assert GOOD not in kept
        assert EMPTY not in kept
        assert form.secret not in kept
