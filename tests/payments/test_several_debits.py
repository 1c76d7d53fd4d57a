"""Several invoices paid from a bank account at once: on its way, arrived, failed, taken back."""

import pytest
from sqlalchemy import select

from sergio.audit.actor import CONTACT, Actor
from sergio.extensions import db
from sergio.invoices import ledger_check
from sergio.invoices.ledger import MONEY_MOVED
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.payments import checkout, refunding
from sergio.payments.methods import BANK_ACCOUNT
from sergio.payments.refund_requests import RefundRequest
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA
from tests.payments.card_form import CardForm

BOTH = "/portal/pay?invoice=1&invoice=2"
GOOD_ACCOUNT, EMPTY_ACCOUNT = "000123456789", "000222222227"


@pytest.fixture
def bank_form(app, sandbox, sparkle, session, browser_of, ana, invoice):
    """The form of a debit for Ana's invoices of $120.00 and $50.00."""
    sparkle.accepts_bank_debits = sparkle.bank_debits_enabled = True
    second = builders.invoice(ana, 5_000, title="Windows")
    session.commit()
    ids, ana_id, browser = [invoice.id, second.id], ana.id, browser_of(ana)
    with app.app_context():
        checkout.begin(ids, ana_id, by=Actor(CONTACT, "Ana Ruiz", ana_id), method=BANK_ACCOUNT)
    return CardForm(sandbox, browser.get(BOTH).text)


@pytest.fixture
def arrived(bank_form, sandbox, receive_events):
    """The intent of a debit that has arrived."""
    bank_form.pay(GOOD_ACCOUNT)
    receive_events()
    sandbox.settle()
    receive_events()
    return bank_form.intent


def standing() -> list[tuple[int, str]]:
    """What is due on each invoice, and its status."""
    db.session.rollback()
    invoices = db.session.scalars(select(Invoice).order_by(Invoice.id)).all()
    assert list(ledger_check.differences()) == []
    return [(invoice.due, invoice.status_on(invoice.due_on)) for invoice in invoices]


def test_both_wait_together_and_are_paid_with_one_receipt(
    bank_form, sandbox, receive_events, outbox, browser_of, ana, records
):
    bank_form.pay(GOOD_ACCOUNT)
    receive_events()
    assert standing() == [(12_000, "processing"), (5_000, "processing")]
    assert outbox.subjects == []
    for number in (1, 2):
        assert "Your payment is on its way" in browser_of(ana).get(f"/portal/invoices/{number}").text
    sandbox.settle()
    receive_events()
    assert standing() == [(0, "paid"), (0, "paid")]
    assert outbox.subjects == ["Your payment of $170.00 to Sparkle Cleaning", "Ana Ruiz paid $170.00"]
    assert records.agree()


def test_one_that_fails_opens_both_and_tells_each_side_once(bank_form, sandbox, receive_events, outbox, records):
    bank_form.pay(EMPTY_ACCOUNT)
    receive_events()
    sandbox.settle()
    receive_events()
    assert standing() == [(12_000, "open"), (5_000, "open")]
    assert outbox.subjects == [
        "Your bank payment for invoices 1, 2 did not go through",
        "The bank payment from Ana Ruiz for invoices 1, 2 did not go through",
    ]
    assert records.payments == []


@pytest.mark.parametrize("newest_first", [False, True])
def test_one_that_is_taken_back_is_due_again_on_both(
    arrived, sandbox, webhooks, work, outbox, records, browser_of, ana, olga, newest_first
):
    told = len(outbox.emails)
    sandbox.take_back(arrived)
    events = [event for event in sandbox.events() if event["type"].startswith("charge.dispute")]
    webhooks.send(*(reversed(events) if newest_first else events), *events)
    work()
    assert standing() == [(12_000, "open"), (5_000, "open")]
    assert outbox.subjects[told:] == [
        "Your bank returned your payment for invoices 1, 2",
        "The bank payment from Ana Ruiz came back",
    ]
    assert all(payment.undone_at for payment in records.payments)
    assert "$170.00" in outbox.emails[told].text
    assert "Pay all $170.00" in browser_of(ana).get("/portal/invoices").text
    page = browser_of(olga).get("/office/payments/1/refund", follow_redirects=True).text
    assert "This payment was undone, so there is nothing to refund." in page


@pytest.mark.parametrize(("of_first", "taken"), [(0, [11_000, 0]), (6_000, [6_000, 5_000])])
@pytest.mark.parametrize("reason", ["insufficient_funds", "debit_not_authorized"])
def test_of_what_was_refunded_in_part_the_rest_is_taken_back(
    arrived, sandbox, receive_events, records, outbox, session, of_first, taken, reason
):
    """Of $170.00, $60.00 went back: in Stripe's dashboard, from the last invoice first, or here, of the first one."""
    if of_first:
        about = {"whole": False, "refunded": 0, "reason": "duplicate"}
        made = RefundRequest.make(records.payments[0], of_first, by=BY_OLGA, at=clock.now(), **about)
        session.commit()
        refunding.send(made.id)
    else:
        sandbox.refund(arrived, 6_000)
    receive_events()
    sandbox.take_back(arrived, reason)
    receive_events()
    again = [due for due, _status in standing()]
    withdrawn = [invoice.disputed for invoice in all_()]
    assert (again, withdrawn) == ((taken, [0, 0]) if reason == "insufficient_funds" else ([0, 0], taken))
    kept = [-sum(entry.amount for entry in invoice.entries if entry.kind in MONEY_MOVED) for invoice in all_()]
    assert kept == [0, 0]
    assert "$110.00" in outbox.emails[-1].text + outbox.emails[-1].subject


def all_() -> list[Invoice]:
    db.session.rollback()
    return list(db.session.scalars(select(Invoice).order_by(Invoice.id)))


def test_what_the_customer_denies_at_the_bank_is_a_dispute_of_both(arrived, sandbox, receive_events, browser_of, olga):
    sandbox.take_back(arrived, "debit_not_authorized")
    receive_events()
    assert [status for _due, status in standing()] == ["disputed", "disputed"]
    office = browser_of(olga)
    assert "No disputes" in office.get("/office/payments/disputes").text
    page = office.get("/office/payments/disputes/1").text
    assert "is final, so there is nothing to send" in page
