"""Overpaid invoices: both sides see the surplus until it is refunded."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from sergio.audit.actor import BY_SYSTEM
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA
from tests.payments.test_races import at_once

SORRY = "You overpaid this invoice by $120.00. We will refund it or credit it to you."


def status(records) -> str:
    return records.invoice.status_on(records.invoice.due_on)


@pytest.fixture
def by_check_then_card(card_form, receive_events, ana, invoice, records, session):
    """The form of a payment that was made just before a check was recorded."""
    form = card_form(ana)
    form.pay()
    Payment.record(records.invoice, method=CHECK, by=BY_SYSTEM, at=invoice.entries[0].at)
    session.commit()
    receive_events()
    return form


@pytest.fixture
def voided_then_paid(card_form, receive_events, ana, invoice, records, session):
    """The form of a payment that was made just before its invoice was voided."""
    form = card_form(ana)
    form.pay()
    records.invoice.void(at=invoice.entries[0].at, by=BY_OLGA)
    session.commit()
    receive_events()
    return form


@pytest.mark.parametrize(("how", "in_the_end"), [("by_check_then_card", "paid"), ("voided_then_paid", "void")])
def test_both_sides_see_the_surplus_and_what_happens_next(
    request, how, in_the_end, records, outbox, browser_of, ana, olga, sandbox, receive_events
):
    form = request.getfixturevalue(how)
    assert (status(records), records.invoice.surplus) == ("overpaid", 12_000)
    assert records.agree()

    assert outbox.subjects.count("Ana Ruiz overpaid by $120.00") == 1
    (receipt,) = (message for message in outbox.emails if message.to == "ana@example.com")
    for written in (receipt.text, receipt.html):
        assert SORRY in written
        assert "Call (207) 555-0100 or email hello@sparkle.example." in written
        assert "Still due" not in written
    page = browser_of(ana).get("/portal/invoices/1").text
    assert SORRY in page
    assert "Overpaid" in page
    assert "No payment is due" not in page
    assert "mailto:hello@sparkle.example" in page
    pdf = PdfReader(BytesIO(browser_of(ana).get("/portal/invoices/1.pdf").data)).pages[0].extract_text()
    assert "Overpaid by $120.00" in pdf
    assert "refund the overpayment or credit it to you" in " ".join(pdf.split())
    office = browser_of(olga)
    assert "Ana Ruiz overpaid by $120.00" in office.get("/office/invoices/1").text
    assert "Use it for another invoice of this customer, or refund it" in office.get("/office/invoices/1").text
    assert "overpaid by $120.00" in office.get("/office/invoices?show=overpaid").text
    assert "One invoice is overpaid" in office.get("/office/").text

    sandbox.refund(form.intent)
    receive_events()
    assert status(records) == in_the_end
    assert records.agree()
    assert "overpaid" not in office.get("/office/").text
    assert "Spring clean" not in office.get("/office/invoices?show=overpaid").text
    assert "You overpaid this invoice" not in browser_of(ana).get("/portal/invoices/1").text
    assert "Overpaid" not in browser_of(ana).get("/portal/invoices/1").text


def test_money_refunded_beyond_the_surplus_is_a_refund(by_check_then_card, sandbox, receive_events, records, session):
    check = records.payments[0]
    assert check.method == "check"
    sandbox.refund(by_check_then_card.intent)
    receive_events()
    assert status(records) == "paid"
    from sergio.invoices.ledger import REFUND, refunded_of_total

    records.invoice.enter(REFUND, 1_000, at=clock.now(), source="more")
    session.commit()
    assert status(records) == "refunded"
    assert refunded_of_total(records.invoice) == 1_000


def test_a_refund_of_a_part_leaves_the_rest_overpaid(by_check_then_card, sandbox, receive_events, records, outbox):
    sandbox.refund(by_check_then_card.intent, 5_000)
    receive_events()
    assert (status(records), records.invoice.surplus) == ("overpaid", 7_000)
    assert outbox.subjects.count("Ana Ruiz overpaid by $120.00") == 1


def test_a_refund_the_bank_returns_makes_it_overpaid_again(
    by_check_then_card, sandbox, receive_events, records, outbox
):
    refund = sandbox.refund(by_check_then_card.intent)
    receive_events()
    assert status(records) == "paid"
    sandbox.fail_refund(refund["id"])
    receive_events()
    assert status(records) == "overpaid"
    assert outbox.subjects.count("Ana Ruiz overpaid by $120.00") == 2


def test_a_dispute_withdraws_the_surplus_until_it_is_won(by_check_then_card, sandbox, receive_events, records):
    dispute = sandbox.open_dispute(by_check_then_card.intent)
    receive_events()
    assert status(records) == "disputed"
    sandbox.close_dispute(dispute["id"], "won")
    receive_events()
    assert status(records) == "overpaid"
    assert records.agree()


def test_a_surplus_does_not_reduce_another_invoice(by_check_then_card, ana, olga, browser_of, session):
    builders.invoice(ana, 5_000)
    session.commit()
    assert "$50.00" in browser_of(olga).get("/office/customers").text


def test_events_in_any_order_and_repeated_give_the_same_result(
    card_form, ana, invoice, records, session, webhooks, work, sandbox, outbox
):
    form = card_form(ana)
    form.pay()
    Payment.record(records.invoice, method=CHECK, by=BY_SYSTEM, at=invoice.entries[0].at)
    session.commit()
    sandbox.refund(form.intent, 2_000)
    events = sandbox.events()
    webhooks.send(*reversed(events), *events)
    work()
    assert (status(records), records.invoice.surplus) == ("overpaid", 10_000)
    assert outbox.subjects.count("Ana Ruiz overpaid by $100.00") == 1
    assert records.agree()


@pytest.mark.parametrize("round_", range(3))
def test_voiding_while_the_customer_pays(app, card_form, ana, invoice, records, receive_events, work, session, round_):
    from sergio.extensions import db

    form = card_form(ana)
    invoice_id = invoice.id
    session.rollback()

    def act(who):
        if who == 0:
            return form.pay()
        with app.app_context():
            try:
                db.session.scalars(Invoice.locked(invoice_id)).one().void(at=clock.now(), by=BY_OLGA)
                db.session.commit()
            except Refused:
                db.session.rollback()
            db.session.remove()
        work()
        return None

    response, _none = at_once(2, act)
    receive_events()
    assert status(records) == ("void" if "error" in response else "overpaid")
    assert records.agree()


def test_the_dashboard_takes_no_more_statements(by_check_then_card, olga, browser_of, statements):
    browser = browser_of(olga)
    with statements() as seen:
        assert browser.get("/office/").status_code == 200
    assert len(seen) == 4
