"""Several invoices paid at once: choosing them, one charge, and what changed in between."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.payments import charging, checkout
from sergio.payments.bills import MOST, TotalChanged, amounts_due
from sergio.payments.models import Payment, PaymentAttempt
from tests.browser import SAME_ORIGIN, Browser
from tests.invoices import builders
from tests.payments.card_form import GOOD, CardForm
from tests.payments.saving import Saver
from tests.payments.test_races import at_once

FIRST, SECOND, THIRD = 12_000, 5_000, 700
BOTH = "/portal/pay?invoice=1&invoice=2"


@pytest.fixture
def invoices(invoice, ana, session):
    """Ana's unpaid invoices 1, 2 and 3."""
    made = [invoice, builders.invoice(ana, SECOND, title="Windows"), builders.invoice(ana, THIRD, title="Gutters")]
    session.commit()
    return made


@pytest.fixture
def saver(app, sandbox, receive_events):
    return Saver(app, sandbox, receive_events)


def by_check(invoice_id: int):
    """Somebody in the office records a check."""
    Payment.record(db.session.scalars(Invoice.locked(invoice_id)).one(), method="check", by=BY_SYSTEM, at=clock.now())
    db.session.commit()


def total_in(page: str) -> str:
    [total] = {*re.findall(r'name="total" value="(\d+)"', page)}
    return total


def press(browser, path: str, **more):
    """Press Pay on the page at a path, with what it shows."""
    return browser.post(path, data={"total": total_in(browser.get(path).text), **more})


def due(session) -> list[int]:
    session.rollback()
    return list(session.scalars(select(Invoice.due).order_by(Invoice.id)))


def test_the_list_offers_all_unpaid_invoices_and_boxes_to_choose(browser_of, ana, invoices, sandbox):
    page = browser_of(ana).get("/portal/invoices").text
    assert "3 unpaid invoices" in page
    assert '<a class="button" href="/portal/pay">Pay all $177.00</a>' in page
    assert re.findall(r'type="checkbox" name="invoice" value="(\d+)"', page) == ["1", "2", "3"]


def test_one_unpaid_invoice_is_paid_on_its_own(browser_of, ana, invoice, sandbox):
    browser = browser_of(ana)
    assert 'name="invoice"' not in browser.get("/portal/invoices").text
    assert browser.get("/portal/pay").headers["Location"] == "/portal/invoices/1/pay"
    assert browser.get("/portal/pay?invoice=1").headers["Location"] == "/portal/invoices/1/pay"


def test_two_are_paid_with_one_charge_and_one_receipt(
    browser_of, ana, invoices, sandbox, receive_events, session, outbox
):
    browser = browser_of(ana)
    page = browser.get(BOTH).text
    for words in ("2 invoices", "Spring clean", "Windows", "$170.00"):
        assert words in page
    pressed = press(browser, BOTH)
    assert pressed.headers["Location"] == BOTH
    CardForm(sandbox, browser.get(BOTH).text).pay(GOOD)
    receive_events()
    assert [entry.charged for entry in sandbox.ledger()] == [FIRST + SECOND]
    assert due(session) == [0, 0, THIRD]
    assert outbox.subjects == ["Your payment of $170.00 to Sparkle Cleaning", "Ana Ruiz paid $170.00"]
    done = browser.get("/portal/invoices/2/payment").text
    for words in ("We received your payment", "$170.00", "$120.00", "$50.00", "/portal/invoices/1"):
        assert words in done
    assert "with invoice 2" in browser.get("/portal/invoices/1").text


def test_a_saved_card_pays_all_in_two_taps(saver, ana, invoices, records, session):
    saved = saver.save(ana)
    browser = saver.browser(ana)
    paid = press(browser, "/portal/pay", saved=str(saved.id))
    assert paid.headers["Location"] == "/portal/invoices/1/payment"
    assert due(session) == [0, 0, 0]
    assert len(records.attempts) == 1
    assert records.agree()


@pytest.mark.parametrize("shown", ["16999", "17001", "", "x", "-1"])
def test_another_total_than_shown_is_asked_again(browser_of, ana, invoices, sandbox, records, shown):
    answer = browser_of(ana).post(BOTH, data={"total": shown})
    assert answer.status_code == 422
    assert "The total is now $170.00. Check it, then pay again." in answer.text
    assert total_in(answer.text) == "17000"
    assert records.attempts == []


def test_what_was_paid_meanwhile_is_said_and_the_total_asked_again(
    browser_of, ana, invoices, sandbox, records, session
):
    browser, path = browser_of(ana), "/portal/pay?invoice=1&invoice=2&invoice=3"
    total = total_in(browser.get(path).text)
    by_check(invoices[1].id)
    answer = browser.post(path, data={"total": total})
    assert answer.status_code == 422
    assert "Invoice 2 is already paid." in answer.text
    assert "The total is now $127.00" in answer.text
    assert records.attempts == []
    again = browser.post("/portal/pay?invoice=1&invoice=3", data={"total": total_in(answer.text)})
    assert again.status_code == 303


def test_one_with_a_payment_on_its_way_is_said_and_left_out(browser_of, ana, invoices, session, sandbox):
    session.scalars(Invoice.locked(invoices[0].id)).one().mark_clearing(clock.now())
    session.commit()
    page = browser_of(ana).get("/portal/pay?invoice=1&invoice=2&invoice=3").text
    assert "A payment for invoice 1 is already on its way." in page
    assert "$57.00" in page


def test_nothing_chosen_and_nothing_left_are_said(browser_of, ana, invoices, session, sandbox):
    browser = browser_of(ana)
    assert "Choose at least one unpaid invoice." in browser.get("/portal/pay?chosen=").text
    for invoice in invoices:
        by_check(invoice.id)
    page = browser.get(BOTH)
    assert "Invoice 1 is already paid." in page.text
    assert "There is nothing to pay here now." in page.text
    assert browser.post(BOTH, data={"total": "17000"}).status_code == 422


def test_each_currency_is_paid_on_its_own(browser_of, ana, invoices, session, sandbox, records):
    for number in range(2):
        builders.invoice(ana, 900, title=f"Berlin {number}", currency="EUR")
    session.commit()
    browser = browser_of(ana)
    listed = browser.get("/portal/invoices").text
    assert "/portal/pay?currency=EUR" in listed
    page = browser.get("/portal/pay").text
    assert "different currencies" in page
    assert 'href="/portal/pay?invoice=4&amp;invoice=5"' in page
    assert browser.get("/portal/pay?currency=EUR").status_code == 200
    assert browser.post("/portal/pay", data={"total": "17700"}).status_code == 422
    assert records.attempts == []


def test_fifty_invoices_fit_into_one_charge(browser_of, ana, session, sandbox, records, receive_events):
    for _invoice in range(MOST + 1):
        builders.invoice(ana, 1_000)
    ana.company.invoice_prefix = "LONG-PREFIX-"
    session.commit()
    browser = browser_of(ana)
    page = browser.get("/portal/pay").text
    assert "You can pay 50 invoices at once." in page
    path = "/portal/pay?" + "&".join(f"invoice={number}" for number in range(1, MOST + 1))
    browser.post(path, data={"total": total_in(page)})
    CardForm(sandbox, browser.get(path).text).pay(GOOD)
    receive_events()
    assert [entry.charged for entry in sandbox.ledger()] == [MOST * 1_000]
    assert sum(due(session)) == 1_000
    assert records.agree()


@pytest.mark.parametrize("number", ["99", "x", "-1", "٣", "1e3", "9" * 30, ""])
def test_what_is_no_invoice_of_theirs_does_not_exist(browser_of, ana, invoices, number):
    path = f"/portal/pay?invoice=1&invoice={number}"
    assert browser_of(ana).get(path).status_code == 404
    assert browser_of(ana).post(path, data={"total": "12000"}).status_code == 404


def test_another_customers_invoices_do_not_exist(browser_of, ana, ben, cleo, invoices, records):
    for stranger in (ben, cleo):
        browser = browser_of(stranger)
        assert browser.get(BOTH).status_code == 404
        assert browser.post(BOTH, data={"total": "17000"}).status_code == 404
    assert records.attempts == []


def test_tabs_with_overlapping_sets_make_no_second_charge(
    app, browser_of, ana, invoices, sandbox, receive_events, records
):
    """The later press withdraws the earlier form; the earlier one can no longer be paid."""
    browser = browser_of(ana)
    press(browser, BOTH)
    early = CardForm(sandbox, browser.get(BOTH).text)
    other = "/portal/pay?invoice=2&invoice=3"
    press(browser, other)
    late = CardForm(sandbox, browser.get(other).text)
    assert "error" in early.pay(GOOD)
    assert late.pay(GOOD)["status"] == "succeeded"
    assert browser.post(BOTH, data={"total": "17000"}).status_code in (303, 422)
    receive_events()
    assert [entry.charged for entry in sandbox.ledger()] == [SECOND + THIRD]
    assert browser.post(BOTH, data={"total": "17000"}).status_code == 422
    assert records.agree()


def test_sixteen_presses_from_two_tabs_make_one_charge(app, ana, saver, invoices, sandbox, records, session):
    saved_id = saver.save(ana).id
    tabs = [Browser(app, "sparkle") for _tab in range(16)]
    for tab in tabs:
        tab.be(ana)
        tab.token = tab.csrf_token()

    def pay(number):
        tab = tabs[number]
        path, total = (BOTH, 17_000) if number % 2 else ("/portal/pay?invoice=2&invoice=3", 5_700)
        form = {"csrf_token": tab.token, "saved": saved_id, "total": total}
        sent = {"data": form, "headers": SAME_ORIGIN, "base_url": tab.base_url}
        return tab.client.post(path, **sent).status_code

    statuses = at_once(16, pay)
    assert set(statuses) <= {303, 422, 503}  # 503: more than two at a time do not wait for Stripe
    charged = [entry.charged for entry in sandbox.ledger()]
    assert len(charged) == 1
    assert records.agree()
    assert sum(due(session)) == FIRST + SECOND + THIRD - charged[0]


def test_a_check_between_the_attempt_and_the_charge_stops_it(
    app, saver, ana, invoices, sandbox, records, monkeypatch, session
):
    saved_id, ids = saver.save(ana).id, [each.id for each in invoices]
    begin = checkout.begin

    def begin_then_check(*args, **more):
        begin(*args, **more)
        by_check(ids[0])

    monkeypatch.setattr(checkout, "begin", begin_then_check)
    with pytest.raises(TotalChanged):
        charging.pay(ids, ana.id, saved_id, by=BY_SYSTEM, shown=17_700)
    session.rollback()
    assert sandbox.ledger() == []
    assert due(session) == [0, SECOND, THIRD]


def test_control_without_looking_again_the_check_and_the_charge_overpay(
    app, saver, ana, invoices, sandbox, records, monkeypatch, session
):
    saved_id, ids = saver.save(ana).id, [each.id for each in invoices]
    begin = checkout.begin

    def begin_then_check(*args, **more):
        begin(*args, **more)
        by_check(ids[0])

    monkeypatch.setattr(checkout, "begin", begin_then_check)
    monkeypatch.setattr(charging, "amounts_due", lambda invoices, **_shown: dict.fromkeys(invoices, 0))
    monkeypatch.setattr(PaymentAttempt, "fits", lambda attempt, amounts=None: True)
    charging.pay(ids, ana.id, saved_id, by=BY_SYSTEM, shown=17_700)
    assert [entry.charged for entry in sandbox.ledger()] == [17_700]
    session.rollback()
    assert due(session) == [-FIRST, 0, 0]


def test_a_kill_before_the_charge_leaves_one_attempt_that_the_next_press_uses(ana, invoices, sandbox, records, session):
    ids = [each.id for each in invoices]
    checkout.start_attempt(ids, ana.id, by=BY_SYSTEM, shown=17_700)  # and nothing after it
    for _press in range(2):
        checkout.begin(ids, ana.id, by=BY_SYSTEM, shown=17_700)
    assert len(records.attempts) == 1
    assert len(sandbox.events("payment_intent.created")) == 1


def test_a_page_takes_four_statements_and_not_more_for_more_invoices(
    browser_of, ana, invoices, statements, session, sandbox
):
    browser = browser_of(ana)
    for path, more in (("/portal/invoices", 0), ("/portal/pay", 0), ("/portal/invoices", 9), ("/portal/pay", 9)):
        for _invoice in range(more):
            builders.invoice(ana, 1_000)
        session.commit()
        browser.get(path)
        with statements() as seen:
            assert browser.get(path).status_code == 200
        assert len(seen) <= (3 if path.endswith("invoices") else 4), (path, seen)


def test_parts_add_up_to_the_charge_to_the_minor_unit(ana, sandbox, session):
    """For random sets of invoices, with some paid in part before."""

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.integers(1, 90_000), st.integers(0, 100)), min_size=1, max_size=8))
    def any_set(made):
        invoices = []
        for amount, percent in made:
            invoices.append(builders.invoice(ana, amount))
            if paid := min(amount - 1, amount * percent // 100):
                Payment.record(invoices[-1], method="check", amount=paid, by=BY_SYSTEM, at=clock.now())
        expected = sum(each.due for each in invoices)
        amounts = amounts_due(invoices, shown=expected)
        if expected < 50:
            session.rollback()
            return
        attempt = PaymentAttempt.start(amounts, ana, by=BY_SYSTEM, at=clock.now())
        attempt.intent = f"pi_{attempt.id}"
        payments = Payment.from_stripe(attempt, attempt.amount, at=clock.now(), brand="visa", last4="4242")
        assert attempt.amount == expected == sum(part.amount for part in attempt.parts)
        assert sum(payment.amount for payment in payments) == expected
        entered = [e for each in invoices for e in each.entries if e.source.startswith("pi_")]
        assert -sum(entry.amount for entry in entered) == expected
        assert {each.due for each in invoices} == {0}
        session.rollback()

    any_set()
