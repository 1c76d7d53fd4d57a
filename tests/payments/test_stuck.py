"""Stuck attempts: the payment or account is missing at Stripe, or does not match; staff close them."""

from datetime import timedelta

import pytest
import time_machine

from sergio import jobs
from sergio.audit.actor import STAFF, Actor
from sergio.extensions import db
from sergio.lib import clock
from sergio.payments import closing
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment
from sergio.payments.stripe.gateway import Gateway
from tests.browser import SAME_ORIGIN
from tests.payments.card_form import SECURE
from tests.payments.test_races import at_once

OLGA = Actor(STAFF, "Olga")
PAY = "/portal/invoices/1/pay"
CLOSING = "/office/payments/of-invoice/1/closing"


@pytest.fixture
def reconcile(session, work):
    def run(days=0):
        session.rollback()
        with time_machine.travel(clock.now() + timedelta(days=days), tick=True):
            jobs.enqueue("payments.reconcile")
            session.commit()
            return work()

    return run


@pytest.fixture
def close(browser_of, olga, records):
    """`close()`: Olga closes the newest attempt; the resulting page."""

    def press(reason="Paid in cash", person=olga, key=None):
        form = {"attempt": key or records.attempts[-1].key, "reason": reason}
        browser = browser_of(person)
        return browser.post(CLOSING, form, follow_redirects=True, headers=SAME_ORIGIN)

    return press


@pytest.fixture
def mismatched(card_form, receive_events, ana, invoice, records, session):
    """The form of a payment that was made and does not match our request."""
    form = card_form(ana)
    form.pay()
    records.attempts[0].amount = 100
    session.commit()
    receive_events()
    assert records.attempts[0].mismatch == "amount"
    return form


def statuses(records):
    return [attempt.status for attempt in records.attempts]


def test_a_missing_intent_ends_the_attempt_and_the_invoice_can_be_paid(
    card_form, receive_events, ana, invoice, records, sandbox, browser_of
):
    sandbox.lose(card_form(ana).intent)
    page = browser_of(ana).get(PAY)
    assert (page.status_code, "Pay by card" in page.text) == (200, True)
    card_form(ana).pay()
    receive_events()
    assert statuses(records) == ["gone", "succeeded"]
    assert "No such payment_intent" in records.attempts[0].trouble
    assert records.invoice.due == 0
    assert records.agree()


def test_the_reconciler_ends_it_too(card_form, ana, invoice, records, sandbox, reconcile):
    sandbox.lose(card_form(ana).intent)
    reconcile()
    assert statuses(records) == ["gone"]


def test_after_a_canceled_intent_the_invoice_can_be_paid(card_form, receive_events, ana, invoice, records, sandbox):
    Gateway("acct_sparkle").cancel(card_form(ana).intent)
    card_form(ana).pay()
    assert statuses(records) == ["canceled", "open"]
    receive_events()
    assert records.invoice.due == 0


def test_a_missing_account_ends_the_attempt_and_the_invoice_says_how_to_pay(
    card_form, ana, invoice, records, sandbox, browser_of, work
):
    card_form(ana)
    sandbox.disconnect_account("acct_sparkle")
    browser = browser_of(ana)
    assert browser.get(PAY).status_code == 200
    assert browser.post(PAY).status_code == 303
    assert "can&#39;t be paid online right now. Call" in browser.get("/portal/invoices/1").text
    work()
    assert statuses(records) == ["gone", "failed"]
    assert "does not have access" in records.attempts[0].trouble
    page = browser.get("/portal/invoices/1").text
    assert "You can't pay online right now" in page


def test_a_payment_made_just_before_the_account_was_lost_is_recorded_when_it_is_back(
    card_form, ana, invoice, records, sandbox, reconcile, session, work
):
    card_form(ana).pay()
    sandbox.disconnect_account("acct_sparkle")
    reconcile()
    assert statuses(records) == ["gone"]
    sandbox.connect_account("acct_sparkle")
    jobs.enqueue("payments.catch_up")
    session.commit()
    work()
    assert records.invoice.due == 0
    assert records.agree()


@pytest.mark.parametrize("times", [2, 40])
def test_an_outage_of_stripe_ends_no_attempt(card_form, ana, invoice, records, sandbox, reconcile, browser_of, times):
    form = card_form(ana)
    sandbox.fault("/v1/*", "refuse", status=503, method="GET", times=times)
    page = browser_of(ana).get(PAY)
    assert page.status_code == 503
    assert 'href="/portal/invoices/1/pay"' in page.text
    reconcile()
    assert statuses(records) == ["open"]
    sandbox.faults.waiting.clear()
    form.pay()
    reconcile(days=0.01)
    assert records.invoice.due == 0


def test_staff_see_stuck_attempts_with_a_sentence(
    card_form, ana, invoice, records, sandbox, reconcile, browser_of, olga, nora
):
    sandbox.fault("/v1/payment_intents/*/cancel", "refuse", method="POST", status=503, times=99)
    card_form(ana)
    assert "stuck" not in browser_of(olga).get("/office/payments").text
    reconcile(days=3)
    with time_machine.travel(clock.now() + timedelta(days=3), tick=True):
        page = browser_of(olga).get("/office/payments").text
        assert "never finished, and Stripe has not canceled it" in page
        assert "Stripe says: APIError" in page
        assert f'href="{CLOSING}"' in page
        assert CLOSING not in browser_of(nora).get("/office/payments").text


def test_staff_see_missing_payments_for_two_weeks(card_form, ana, invoice, sandbox, reconcile, browser_of, olga):
    sandbox.lose(card_form(ana).intent)
    reconcile()
    page = browser_of(olga).get("/office/payments").text
    assert "Stripe no longer has this payment. The invoice can be paid again." in page
    assert "No such payment_intent" in page
    with time_machine.travel(clock.now() + timedelta(days=15), tick=True):
        assert "Stripe no longer has" not in browser_of(olga).get("/office/payments").text


def test_an_owner_closes_an_attempt_and_who_when_and_why_is_kept(
    card_form, ana, invoice, records, close, browser_of, olga
):
    form = card_form(ana)
    page = browser_of(olga).get(CLOSING)
    assert records.attempts[0].key in page.text
    assert "The card payment is closed" in close("Paid in cash").text
    attempt = records.attempts[0]
    assert (attempt.status, attempt.closed_by, attempt.closing_reason) == ("canceled", "Olga Petrova", "Paid in cash")
    assert attempt.closed_at
    assert "error" in form.pay()
    assert "Closed by Olga Petrova" in browser_of(olga).get("/office/payments/of-invoice/1").text
    assert card_form(ana).intent != form.intent


def test_a_reason_is_needed(card_form, ana, invoice, records, close):
    card_form(ana)
    page = close(" ")
    assert (page.status_code, "Enter a reason." in page.text) == (422, True)
    assert statuses(records) == ["open"]


def test_only_an_owner_can_close(card_form, ana, invoice, records, close, nora, theo):
    card_form(ana)
    for person in (nora, theo):
        assert close(person=person).status_code == 403
    assert "Only an owner can do this" in close(person=nora).text
    assert statuses(records) == ["open"]


def test_a_payment_made_meanwhile_is_recorded_instead(card_form, ana, invoice, records, close):
    card_form(ana).pay()
    assert "recorded instead of closed" in close().text
    assert (statuses(records), records.invoice.due, records.attempts[0].closed_by) == (["succeeded"], 0, "")
    assert records.agree()


def test_closing_twice_closes_once(card_form, ana, invoice, records, close):
    card_form(ana)
    close("first")
    assert "just changed" in close("second").text
    assert records.attempts[0].closing_reason == "first"


def test_the_attempt_on_an_old_page_is_not_mistaken_for_the_new_one(card_form, ana, invoice, records, close):
    card_form(ana)
    old = records.attempts[0].key
    close()
    card_form(ana)
    assert "just changed" in close(key=old).text
    assert statuses(records) == ["canceled", "open"]


def test_while_stripe_is_unavailable_nothing_is_closed(card_form, ana, invoice, records, close, sandbox):
    card_form(ana)
    sandbox.fault("/v1/payment_intents/*/cancel", "refuse", method="POST", status=503, times=2)
    assert "nothing was changed" in close().text
    assert statuses(records) == ["open"]


def test_an_attempt_with_a_missing_intent_is_closed_as_gone(card_form, ana, invoice, records, close, sandbox):
    sandbox.lose(card_form(ana).intent)
    close()
    assert (statuses(records), records.attempts[0].closed_by) == (["gone"], "Olga Petrova")


def test_a_mismatch_that_was_paid_is_recorded_as_paid(
    mismatched, records, close, ana, card_form, receive_events, sandbox
):
    assert "recorded instead of closed" in close().text
    assert (records.invoice.due, records.payments[0].amount) == (0, 12_000)
    assert records.agree()
    sandbox.refund(mismatched.intent, 2_000)
    receive_events()
    assert records.invoice.refunded == 2_000
    assert records.agree()


def test_a_mismatch_that_was_not_paid_is_canceled_and_the_invoice_can_be_paid(
    card_form, receive_events, ana, invoice, records, close, session
):
    card_form(ana)
    records.attempts[0].amount = 100
    session.commit()
    close()
    card_form(ana).pay()
    receive_events()
    assert (statuses(records), records.invoice.due) == (["canceled", "succeeded"], 0)


def test_money_in_another_currency_is_refunded_before_its_attempt_is_closed(
    card_form, receive_events, ana, invoice, records, close, session, sandbox, browser_of, olga
):
    form = card_form(ana)
    form.pay()
    records.attempts[0].currency = "EUR"
    session.commit()
    receive_events()
    assert "The currency is different from what we requested" in browser_of(olga).get("/office/payments").text
    assert "Stripe collected $120.00 for this" in close().text
    assert records.attempts[0].closed_at is None
    sandbox.refund(form.intent)
    assert "The card payment is closed" in close().text
    card_form(ana).pay()
    receive_events()
    assert records.invoice.due == 0


def test_a_payment_the_bank_is_processing_cannot_be_closed(
    card_form, receive_events, ana, invoice, records, close, sandbox
):
    form = card_form(ana)
    form.pay(SECURE)
    with sandbox.change():
        _store, intent = sandbox.find(form.intent)
        intent["status"] = "processing"
    assert "Stripe cannot cancel this payment right now (processing)" in close().text
    assert records.attempts[0].closed_at is None


@pytest.mark.parametrize("round_", range(3))
def test_paying_while_staff_close_the_attempt(app, card_form, ana, invoice, records, receive_events, round_):
    form = card_form(ana)
    attempt_id = records.attempts[0].id
    records.session.rollback()

    def act(who):
        if who == 0:
            return form.pay()
        with app.app_context():
            closing.close(attempt_id, by=OLGA, reason="Cash")
            db.session.remove()
        return None

    response, _none = at_once(2, act)
    receive_events()
    paid = "error" not in response
    assert (statuses(records), records.invoice.due) == ((["succeeded"], 0) if paid else (["canceled"], 12_000))
    assert records.agree()


def test_control_closing_without_canceling_at_stripe_lets_the_customer_pay_what_is_closed(
    card_form, ana, invoice, records, receive_events, session, monkeypatch, app
):
    form = card_form(ana)
    attempt_id = records.attempts[0].id
    session.rollback()
    monkeypatch.setattr(closing, "canceled", lambda claimed: None)
    closing.close(attempt_id, by=OLGA, reason="Cash")
    assert "error" not in form.pay()
    assert not records.agree()


def test_of_six_people_who_close_at_once_one_succeeds(app, card_form, ana, invoice, records):
    from sergio.lib.refused import Refused

    card_form(ana)
    attempt_id = records.attempts[0].id
    records.session.rollback()

    def act(person):
        with app.app_context():
            try:
                return closing.close(attempt_id, by=Actor(STAFF, f"P{person}"), reason="Cash").closed_by
            except Refused:
                return ""

    names = [name for name in at_once(6, act) if name]
    assert names == [records.attempts[0].closed_by]


def test_the_account_changes_during_an_open_attempt(
    card_form, receive_events, ana, sparkle, invoice, records, sandbox, session
):
    form = card_form(ana)
    form.pay()
    sparkle.stripe_account = sandbox.connect_account()
    sparkle.charges_enabled = True
    session.commit()
    receive_events()
    assert records.invoice.due == 0
    sandbox.refund(form.intent, 500)
    receive_events()
    assert records.invoice.refunded == 500
    assert records.agree()


@pytest.mark.parametrize("amount", [0, -1, 12_001])
def test_a_check_over_an_invalid_amount_is_refused(ana, invoice, records, amount):
    from sergio.lib.refused import Refused

    with pytest.raises(Refused, match=r"\$120\.00 is due"):
        Payment.record(records.invoice, method=CHECK, by=OLGA, amount=amount, at=clock.now())
    assert records.payments == []
