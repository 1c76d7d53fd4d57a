"""Paying by the link in an email: with the contact's own saved card, in the browser that pressed, within the brakes."""

import re

import pytest

from sergio.auth.document_links import INVOICE, DocumentLink
from sergio.customers.models import Contact
from sergio.payments.tries import PayLock
from tests.invoices import builders
from tests.payments.saving import Saver

OPEN = {"open": "yes"}


@pytest.fixture
def saver(app, sandbox, receive_events):
    return Saver(app, sandbox, receive_events)


@pytest.fixture
def carla(ana, session):
    """Another contact of Ana's customer."""
    row = Contact(company=ana.company, customer=ana.customer, name="Carla Ruiz", email="carla@example.com")
    session.add(row)
    session.commit()
    return row


@pytest.fixture
def guest(visitor, session, invoice):
    """`guest(contact)`: a browser in which the link to the invoice was opened that this contact has in their email."""

    def opened(contact):
        path = DocumentLink.issue(contact, INVOICE, invoice.number).removeprefix("https://sparkle.sergio.test")
        session.commit()
        browser = visitor(contact.company)
        browser.post(path, OPEN)
        return browser

    return opened


def test_the_invoice_is_paid_by_one_press_and_the_receipt_is_emailed(
    saver, guest, ana, records, receive_events, outbox
):
    saved = saver.save(ana)
    browser = guest(ana)
    page = browser.get("/portal/invoices/1").text
    assert "Pay $120.00 with Visa ending in 4242" in page
    fields = dict(re.findall(r'name="(total|saved)" value="(\d+)"', page))
    assert fields == {"total": "12000", "saved": str(saved.id)}
    assert browser.post("/portal/invoices/1/pay", fields).location == "/portal/invoices/1/payment"
    assert records.invoice.due == 0
    receive_events()
    assert records.agree()
    for path in ("/portal/invoices/1/payment", "/portal/invoices/1"):
        page = browser.get(path).text
        assert "$120.00" in page
        assert not re.search(r'"/portal/(payments[^"]*)?"', page), "they ask for a sign-in"
    assert [email.to for email in outbox.emails if email.subject.startswith("Your payment")] == ["ana@example.com"]


def test_of_several_invoices_paid_at_once_a_link_shows_only_its_own(saver, guest, ana, session, receive_events):
    builders.invoice(ana, 5_000, title="Windows")
    session.commit()
    saved = saver.save(ana)
    assert saver.browser(ana).post("/portal/pay", {"total": "17000", "saved": str(saved.id)}).status_code == 303
    receive_events()
    page = guest(ana).get("/portal/invoices/1/payment").text
    assert "We received your payment" in page
    assert "a***@example.com" in page
    for words in ("ana@example.com", "Windows", "/portal/invoices/2", "receipt.pdf", ">Home</a>"):
        assert words not in page


def test_another_contacts_card_is_neither_shown_nor_charged(saver, guest, ana, carla, records):
    saved = saver.save(ana)
    browser = guest(carla)
    for path in ("/portal/invoices/1", "/portal/invoices/1/pay", "/portal/invoices/1/pay?other="):
        assert "4242" not in browser.get(path).text
    assert browser.get(f"/portal/invoices/1/pay?with={saved.id}").status_code == 404
    assert browser.post("/portal/invoices/1/pay", {"saved": str(saved.id)}).status_code == 404
    assert records.invoice.due == 12_000
    assert "4242" in saver.browser(carla).get("/portal/invoices/1").text


def test_a_browser_that_did_not_press_charges_nothing(saver, visitor, guest, ana, records):
    saved = saver.save(ana)
    guest(ana)
    assert visitor(ana.company).post("/portal/invoices/1/pay", {"saved": str(saved.id)}).status_code == 401
    assert records.invoice.due == 12_000


def test_a_total_that_changed_is_shown_again_first(saver, guest, ana, records):
    saved = saver.save(ana)
    answer = guest(ana).post("/portal/invoices/1/pay", {"saved": str(saved.id), "total": "11999"})
    assert answer.status_code == 422
    assert "The total is now $120.00." in answer.text
    assert records.invoice.due == 12_000


def test_the_brakes_hold_here_too(saver, guest, ana, records, session, monkeypatch):
    saved = saver.save(ana)
    monkeypatch.setattr("sergio.payments.brakes.STARTS_OF_ONE_PERSON", 1)
    answer = guest(ana).post("/portal/invoices/1/pay", {"saved": str(saved.id)}, follow_redirects=True)
    assert "Online payments are paused" in answer.text
    assert records.invoice.due == 12_000
    assert session.query(PayLock).filter_by(company_id=ana.company_id).count() == 0
