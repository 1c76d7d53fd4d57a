"""Paying from a bank account in the portal: the mandate, the way of the money, deposits, and debits that come back."""

from datetime import timedelta

import pytest
import time_machine

from sergio import jobs
from sergio.extensions import db
from sergio.lib import clock
from sergio.payments.mandates import DebitMandate
from sergio.sandbox.stripe import verifying
from tests.payments.card_form import CardForm

INVOICE, PAY, PAYMENT = "/portal/invoices/1", "/portal/invoices/1/pay", "/portal/invoices/1/payment"
BY_BANK = f"{PAY}?by=us_bank_account"
GOOD, EMPTY, BY_DEPOSIT = "000123456789", "000222222227", "000000000002"
AGREED = {"method": "us_bank_account", "agreed": "y", "total": "12000"}


@pytest.fixture(autouse=True)
def accepted(sparkle, session):
    sparkle.accepts_bank_debits = sparkle.bank_debits_enabled = True
    session.commit()


@pytest.fixture
def browser(browser_of, ana, invoice):
    return browser_of(ana)


@pytest.fixture
def bank_form(sandbox, browser):
    """Stripe's form for a bank account, after the mandate."""
    assert browser.post(PAY, AGREED).status_code == 303
    return CardForm(sandbox, browser.get(PAY).text)


@pytest.fixture
def waiting(bank_form, receive_events):
    """A bank account that has to be confirmed by a deposit; the intent."""
    assert bank_form.pay(BY_DEPOSIT)["status"] == "requires_action"
    receive_events()
    return bank_form.intent


@pytest.fixture
def later(session, work):
    def run(days):
        session.rollback()
        with time_machine.travel(clock.now() + timedelta(days=days), tick=True):
            jobs.enqueue("payments.reconcile")
            session.commit()
            work()

    return run


def mandates(session) -> list[DebitMandate]:
    session.rollback()
    return session.scalars(db.select(DebitMandate)).all()


def test_a_customer_authorizes_the_debit_and_sees_it_on_its_way(
    browser, bank_form, receive_events, session, browser_of, olga, sandbox, records
):
    (mandate,) = mandates(session)
    assert (mandate.consent_version, mandate.consent_name) == ("debit-2026-11", "Ana Ruiz")
    assert "debit $120.00 once from the bank account" in mandate.consent_text
    assert "for invoice 1" in mandate.consent_text
    with time_machine.travel("2026-12-01T15:00:00Z", tick=True):
        bank_form.pay(GOOD)
        receive_events()
        assert "it should arrive by Mon, Dec 7, 2026" in browser.get(PAYMENT).text
        assert "usually arrives by Dec 7, 2026" in browser.get(INVOICE).text
    office = browser_of(olga)
    assert "usually arrives by Dec 7, 2026" in office.get("/office/invoices/1").text
    assert "It usually arrives by Mon, Dec 7, 2026" in office.get("/office/payments/of-invoice/1").text
    sandbox.settle()
    receive_events()
    assert "We received your payment" in browser.get(PAYMENT).text
    assert records.agree()


def test_without_the_authorization_nothing_is_begun(browser, records, session):
    refused = browser.post(PAY, {**AGREED, "agreed": ""})
    assert refused.status_code == 422
    assert "Tick the box to authorize this payment." in refused.text
    assert (records.attempts, mandates(session)) == ([], [])


def test_pressing_twice_keeps_the_first_mandate(browser, bank_form, session, records):
    first = mandates(session)[0].consented_at
    assert browser.post(PAY, AGREED).status_code == 303
    assert [mandate.consented_at for mandate in mandates(session)] == [first]
    assert len(records.attempts) == 1


def test_neighbors_and_rivals_do_not_see_the_page(browser, browser_of, ben, cleo):
    assert browser.get(BY_BANK).status_code == 200
    for other in (ben, cleo):
        assert browser_of(other).get(BY_BANK).status_code == 404
        assert browser_of(other).post(PAY, AGREED).status_code == 404


@pytest.mark.parametrize("setting", ["accepts_bank_debits", "bank_debits_enabled"])
def test_where_bank_accounts_are_not_taken_they_are_not_offered(browser, sparkle, session, setting, records):
    assert "Pay from a bank account" in browser.get(INVOICE).text
    setattr(sparkle, setting, False)
    session.commit()
    assert "Pay from a bank account" not in browser.get(INVOICE).text
    assert browser.get(BY_BANK).status_code == 404
    browser.post(PAY, AGREED)
    assert "Bank payments are not available right now" in browser.get(INVOICE).text
    assert records.attempts == []


def test_where_only_bank_accounts_are_taken_cards_are_not_offered(browser, sparkle, session, records):
    sparkle.accepts_cards = False
    session.commit()
    for path in (INVOICE, f"{PAY}?other="):
        page = browser.get(path).text
        assert ("Pay by card" in page, "Pay from a bank account" in page) == (False, True)
    browser.post(PAY)
    assert "Card payments are not available right now" in browser.get(INVOICE).text
    assert records.attempts == []


def test_of_a_bank_form_and_a_card_form_only_the_last_can_be_paid(
    bank_form, card_form, ana, receive_events, records, sandbox
):
    card = card_form(ana)
    assert bank_form.pay(GOOD)["error"]["code"] == "payment_intent_unexpected_state"
    card.pay()
    receive_events()
    assert [attempt.status for attempt in records.attempts] == ["canceled", "succeeded"]
    assert records.agree()


def test_a_second_payment_is_refused_before_and_after_the_event_came(
    bank_form, browser, receive_events, records, sandbox
):
    bank_form.pay(GOOD)
    for _time in range(2):
        for form in ({}, AGREED):
            browser.post(PAY, form)
            assert "already processing. It should arrive by" in browser.get(INVOICE).text
        receive_events()
    assert len(records.attempts) == 1
    assert len(sandbox.events("payment_intent.created")) == 1


@pytest.mark.parametrize("newest_first", [False, True])
def test_events_in_both_orders_lead_to_one_ledger(bank_form, sandbox, webhooks, work, records, newest_first, outbox):
    bank_form.pay(GOOD)
    sandbox.settle()
    events = sandbox.events(account="acct_sparkle")
    webhooks.send(*(reversed(events) if newest_first else events))
    work()
    assert [kind for kind, _amount, _source in records.facts] == ["charge", "payment"]
    assert records.invoice.due == 0
    assert outbox.subjects == ["Your payment of $120.00 to Sparkle Cleaning", "Ana Ruiz paid $120.00"]


def test_the_reason_of_a_failed_debit_is_told(bank_form, receive_events, sandbox, outbox, browser):
    bank_form.pay(EMPTY)
    receive_events()
    sandbox.settle()
    receive_events()
    assert [message.to for message in outbox.emails] == ["ana@example.com", "hello@sparkle.example"]
    assert all("There was not enough money in the bank account." in message.text for message in outbox.emails)
    assert "Pay by card" in browser.get(INVOICE).text


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_debit_that_comes_back_is_due_again_and_both_are_told(
    bank_form, receive_events, sandbox, webhooks, work, records, outbox, browser, newest_first, card_form, ana
):
    bank_form.pay(GOOD)
    sandbox.settle()
    receive_events()
    told = len(outbox.emails)
    sandbox.take_back(bank_form.intent)
    events = [event for event in sandbox.events() if event["type"].startswith("charge.dispute")]
    webhooks.send(*(reversed(events) if newest_first else events), events[0])
    work()
    assert (records.invoice.due, records.invoice.status) == (12_000, "open")
    assert [message.subject for message in outbox.emails[told:]] == [
        "Your bank returned your payment for invoice 1",
        "The bank payment from Ana Ruiz came back",
    ]
    assert "Your bank returned this payment" in browser.get(PAYMENT).text
    assert "There was not enough money in the bank account." in browser.get(PAYMENT).text
    card_form(ana).pay()
    receive_events()
    assert records.invoice.due == 0
    assert len(outbox.emails) == told + 4


def test_a_disputed_debit_is_no_return(bank_form, receive_events, sandbox, records):
    bank_form.pay(GOOD)
    sandbox.settle()
    receive_events()
    sandbox.take_back(bank_form.intent, "debit_not_authorized")
    receive_events()
    assert records.invoice.status == "disputed"


def test_the_customer_is_told_how_to_confirm_the_account(waiting, browser, outbox, records):
    for path in (PAY, PAYMENT):
        page = browser.get(path).text
        assert "a code of six characters that begins with SM" in page
        assert "/verify/acct_sparkle/" in page
    assert "Waiting for you to confirm your bank account until" in browser.get(PAYMENT).text
    (message,) = outbox.emails
    assert (message.to, message.subject) == ("ana@example.com", "Confirm your bank account to pay $120.00")
    assert "/verify/acct_sparkle/" in message.text
    assert records.invoice.status == "open"


def test_a_deposit_survives_its_days(waiting, later, records, receive_events, sandbox, browser_of, olga, outbox):
    for days in (1.5, 4, 9.5):
        later(days)
        with time_machine.travel(clock.now() + timedelta(days=days), tick=True):
            assert "stuck" not in browser_of(olga).get("/office/payments").text
    assert records.attempts[0].status == "open"
    sandbox.verify_bank_account(waiting)
    receive_events()
    assert (records.attempts[0].status, records.attempts[0].verify_url) == ("processing", "")
    sandbox.settle()
    receive_events()
    assert records.invoice.due == 0
    assert outbox.subjects[0] == "Confirm your bank account to pay $120.00"
    assert len(outbox.subjects) == 3


def test_after_ten_days_it_ends_and_the_customer_is_told(waiting, later, sandbox, receive_events, records, outbox):
    sandbox.advance(10 * 86_400)
    receive_events()
    assert outbox.subjects[1] == "Your bank payment for invoice 1 did not go through"
    assert "was not confirmed within ten days" in outbox.emails[1].text
    later(11)
    assert (records.attempts[0].status, records.invoice.status_on(records.invoice.due_on)) == ("canceled", "open")
    assert len(outbox.subjects) == 3


def test_without_any_event_it_ends_a_day_later(waiting, later, records, sandbox):
    later(11.1)
    assert records.attempts[0].status == "canceled"


def test_too_many_wrong_codes_end_it(waiting, sandbox, receive_events, records, outbox):
    sandbox.verify_bank_account(waiting, verifying.TOO_OFTEN)
    receive_events()
    assert records.attempts[0].verify_url == ""
    assert "The code was wrong too often." in outbox.emails[1].text


def test_whoever_pays_by_card_instead_is_not_debited(waiting, card_form, ana, receive_events, records, sandbox):
    card_form(ana).pay()
    receive_events()
    assert [attempt.status for attempt in records.attempts] == ["canceled", "succeeded"]
    assert records.agree()


def test_a_bank_account_is_saved_while_paying_and_pays_the_next_time(
    sandbox, browser, receive_events, records, session
):
    browser.post(PAY, {**AGREED, "save": "y"})
    CardForm(sandbox, browser.get(PAY).text).pay(GOOD)
    receive_events()
    sandbox.settle()
    receive_events()
    assert "Bank account ending in 6789" in browser.get("/portal/payment-methods").text


def test_a_saved_bank_account_waits_for_its_deposit(sandbox, browser, receive_events):
    pressed = browser.post("/portal/payment-methods", data={"agreed": "y", "method": "us_bank_account"})
    form = CardForm(sandbox, browser.get(pressed.headers["Location"]).text)
    form.pay(BY_DEPOSIT)
    assert "Confirm your bank account" in browser.get(pressed.headers["Location"]).text
    sandbox.verify_bank_account(form.intent)
    receive_events()
    assert "Bank account ending in 0002" in browser.get("/portal/payment-methods").text


def test_the_mandate_takes_three_statements(browser, statements):
    browser.get(BY_BANK)
    with statements() as seen:
        browser.get(BY_BANK)
    assert len(seen) <= 3, seen
