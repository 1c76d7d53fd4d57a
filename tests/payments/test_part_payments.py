"""A part of an invoice: how much, in the reader's own notation, and never leaving what cannot be paid."""

import re
from datetime import timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sergio.audit.actor import BY_SYSTEM
from sergio.customers.models import Contact
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments import checkout, part_payments
from sergio.payments.bills import Part
from sergio.payments.methods import CASH
from sergio.payments.models import Payment
from sergio.payments.stripe import currencies
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA
from tests.payments.card_form import GOOD, CardForm
from tests.payments.saving import Saver

PAY = "/portal/invoices/1/pay"


@pytest.fixture
def parts(sparkle, invoice, session):
    """Sparkle takes parts of at least 20 dollars."""
    sparkle.allows_part_payments, sparkle.part_payment_minimum = True, 2_000
    session.commit()


def test_a_part_is_paid_and_the_rest_later(browser_of, ana, parts, sandbox, receive_events, records, outbox):
    browser = browser_of(ana)
    assert "Pay another amount" in browser.get("/portal/invoices/1").text
    page = browser.get(f"{PAY}?amount=50").text
    for words in ("$50.00", "$70.00 will still be due", "Pay the full amount"):
        assert words in page
    pressed = browser.post(f"{PAY}?amount=50", data={"total": "5000", "due": "12000"})
    assert pressed.headers["Location"] == f"{PAY}?amount=50"
    CardForm(sandbox, browser.get(f"{PAY}?amount=50").text).pay(GOOD)
    receive_events()
    assert records.invoice.due == 7_000
    assert "Still due on this invoice: $70.00" in outbox.emails[0].text
    assert "$70.00 is still due on this invoice." in browser.get("/portal/invoices/1/payment").text
    assert "$50.00 of $120.00 is paid." in browser.get("/portal/invoices/1").text
    assert browser.post(PAY, data={"total": "7000"}).status_code == 303
    CardForm(sandbox, browser.get(PAY).text).pay(GOOD)
    receive_events()
    assert [entry.charged for entry in sandbox.ledger()] == [5_000, 7_000]
    assert records.invoice.due == 0
    assert records.agree()


def test_a_saved_card_pays_a_part(app, sandbox, receive_events, ana, parts, records):
    saver = Saver(app, sandbox, receive_events)
    saved_id, browser = saver.save(ana).id, saver.browser(ana)
    paid = browser.post(f"{PAY}?amount=20", data={"total": "2000", "due": "12000", "saved": str(saved_id)})
    assert paid.headers["Location"] == "/portal/invoices/1/payment"
    assert records.invoice.due == 10_000
    assert records.agree()


@pytest.mark.parametrize("due", ["12000", "", "7000x"])
def test_the_same_press_again_pays_no_second_part(app, sandbox, receive_events, ana, parts, records, due):
    """A double click, or a form sent again because no response came: its button said what was due then."""
    saver = Saver(app, sandbox, receive_events)
    saved_id, browser = saver.save(ana).id, saver.browser(ana)
    pressed = {"total": "2000", "due": "12000", "saved": str(saved_id)}
    assert browser.post(f"{PAY}?amount=20", data=pressed).status_code == 303
    again = browser.post(f"{PAY}?amount=20", data={**pressed, "due": due})
    assert again.headers["Location"] == "/portal/invoices/1/payment"
    assert [entry.charged for entry in sandbox.ledger()] == [2_000]
    fields = dict(re.findall(r'name="(total|due)" value="(\d+)"', browser.get(f"{PAY}?amount=20").text))
    assert fields == {"total": "2000", "due": "10000"}
    browser.post(f"{PAY}?amount=20", data={**fields, "saved": str(saved_id)})
    assert [entry.charged for entry in sandbox.ledger()] == [2_000, 2_000]
    assert records.agree()


@pytest.mark.parametrize(("amount", "later"), [("30", timedelta(0)), ("20", timedelta(minutes=11))])
def test_a_payment_of_another_amount_or_time_is_not_taken_for_the_press(
    app, sandbox, receive_events, ana, parts, records, session, amount, later
):
    """A part was paid, the office entered cash, and then the customer presses a button that was shown before."""
    saver = Saver(app, sandbox, receive_events)
    saved_id, browser = saver.save(ana).id, saver.browser(ana)
    browser.post(f"{PAY}?amount=20", data={"total": "2000", "due": "12000", "saved": str(saved_id)})
    Payment.record(records.invoice, method=CASH, amount=2_000, by=BY_OLGA, at=clock.now())
    session.commit()
    pressed = {"total": f"{amount}00", "due": "10000", "saved": str(saved_id)}
    with time_machine.travel(clock.now() + later, tick=False):
        answer = browser.post(f"{PAY}?amount={amount}", data=pressed)
    assert answer.status_code == 422
    assert "Check it, then pay again." in answer.text
    assert [entry.charged for entry in sandbox.ledger()] == [2_000]


def test_a_colleagues_payment_of_as_much_is_not_taken_for_the_press(app, sandbox, receive_events, ana, parts, records):
    saver = Saver(app, sandbox, receive_events)
    saved_id, browser = saver.save(ana).id, saver.browser(ana)
    browser.post(f"{PAY}?amount=20", data={"total": "2000", "due": "12000", "saved": str(saved_id)})
    eve = Contact(company=ana.company, customer=ana.customer, name="Eve Ruiz", email="eve@example.com")
    db.session.add(eve)
    db.session.commit()
    answer = saver.browser(eve).post(f"{PAY}?amount=20", data={"total": "2000", "due": "12000"})
    assert answer.status_code == 422


def test_a_part_of_what_is_no_longer_due_is_asked_again(browser_of, ana, parts, records, sandbox):
    answer = browser_of(ana).post(f"{PAY}?amount=50", data={"total": "5000", "due": "13000"})
    assert answer.status_code == 422
    assert records.attempts == []


REFUSED = {
    "19.99": "Pay at least $20.00, or all of $120.00.",
    "119.51": "That leaves $0.49",
    "120.01": "Only $120.00 is due.",
    "0": "Pay at least $20.00",
    "": "Enter an amount above zero.",
    "-5": "Enter an amount, such as",
    "1e2": "Enter an amount, such as",
    "NaN": "Enter an amount, such as",
    "9" * 40: "Enter an amount, such as",
}


@pytest.mark.parametrize("amount", REFUSED)
def test_an_amount_that_cannot_be_paid_gets_a_sentence(browser_of, ana, parts, records, amount):
    browser = browser_of(ana)
    for answer in (browser.get(f"{PAY}?amount={amount}"), browser.post(f"{PAY}?amount={amount}", data={"total": "1"})):
        assert answer.status_code == 422
        assert REFUSED[amount] in answer.text
    assert records.attempts == []


@pytest.mark.parametrize(("amount", "status"), [("20", 200), ("119.50", 200), ("120", 200)])
def test_the_bounds_themselves_can_be_paid(browser_of, ana, parts, amount, status):
    assert browser_of(ana).get(f"{PAY}?amount={amount}").status_code == status


def test_the_amount_is_read_as_the_reader_writes_it(browser_of, ana, sparkle, parts, session):
    sparkle.language = "de"
    builders.invoice(ana, 300_000)
    session.commit()
    page = browser_of(ana).get("/portal/invoices/2/pay?amount=1.234,50").text
    assert 'name="total" value="123450"' in page
    assert 'value="1.234,50"' in page


def test_an_amount_in_yen_is_not_read_as_cents(browser_of, ana, parts, session):
    builders.invoice(ana, 12_000, currency="JPY")
    session.commit()
    assert 'name="total" value="5000"' in browser_of(ana).get("/portal/invoices/2/pay?amount=5000").text


def test_where_parts_are_not_allowed_all_is_due(browser_of, ana, invoice, records):
    browser = browser_of(ana)
    assert "Pay another amount" not in browser.get("/portal/invoices/1").text
    assert 'name="total" value="12000"' in browser.get(f"{PAY}?amount=50").text
    answer = browser.post(f"{PAY}?amount=50", data={"total": "5000", "due": "12000"})
    assert answer.status_code == 422
    assert "The total is now $120.00" in answer.text
    with pytest.raises(Refused, match="only be paid in full"):
        checkout.begin([invoice.id], ana.id, by=BY_SYSTEM, shown=5_000, part=Part(5_000, 12_000))
    db.session.rollback()
    assert records.attempts == []


@pytest.mark.parametrize(
    ("paid", "words"),
    [
        (2_000, "$100.00 is now due, and you are paying $50.00 of it. Check it, then pay again."),
        (9_000, "Only $30.00 is due."),
    ],
)
def test_a_part_is_checked_against_what_is_due_when_it_is_paid(browser_of, ana, invoice, parts, records, paid, words):
    Payment.record(
        db.session.scalars(Invoice.locked(invoice.id)).one(), method="check", amount=paid, by=BY_SYSTEM, at=clock.now()
    )
    db.session.commit()
    answer = browser_of(ana).post(f"{PAY}?amount=50", data={"total": "5000", "due": "12000"})
    assert answer.status_code == 422
    assert words in answer.text
    assert records.attempts == []


def test_a_form_for_a_part_is_not_shown_for_another_amount(browser_of, ana, parts, sandbox):
    browser = browser_of(ana)
    browser.post(f"{PAY}?amount=50", data={"total": "5000", "due": "12000"})
    assert 'id="card-form"' in browser.get(f"{PAY}?amount=50").text
    for other in (PAY, f"{PAY}?amount=60"):
        assert 'id="card-form"' not in browser.get(other).text
    browser.post(f"{PAY}?amount=60", data={"total": "6000", "due": "12000"})
    CardForm(sandbox, browser.get(f"{PAY}?amount=60").text).pay(GOOD)
    assert [entry.charged for entry in sandbox.ledger()] == [6_000]


def test_any_part_leaves_nothing_or_what_can_be_paid(ana, parts, session):
    invoice = session.scalars(db.select(Invoice)).one()

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.integers(1, 20_000), st.integers(-10, 20_100), st.integers(0, 20_000), st.sampled_from(["USD", "JPY", "KWD"])
    )
    def any_amount(due, amount, minimum, currency):
        with session.no_autoflush:
            invoice.due, invoice.currency = due, currency
            invoice.company.part_payment_minimum = minimum
            allowed = not part_payments.why_not(invoice, amount)
            rest = due - amount
            if allowed and rest:
                assert currencies.chargeable(amount, currency)
                assert currencies.chargeable(rest, currency)
                assert currency != "USD" or amount >= minimum
            if part_payments.is_offered(invoice) and currency == "USD":
                bounds = part_payments.bounds(invoice)
                assert not part_payments.why_not(invoice, bounds["least"])
                assert not part_payments.why_not(invoice, bounds["most"])

    any_amount()
    session.rollback()


def test_the_page_takes_three_statements(browser_of, ana, parts, sandbox, statements):
    browser = browser_of(ana)
    for path in (PAY, f"{PAY}?amount=50"):
        browser.get(path)
        with statements() as seen:
            assert browser.get(path).status_code == 200
        assert len(seen) <= 4, (path, seen)
