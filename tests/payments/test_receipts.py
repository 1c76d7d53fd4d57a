"""Receipts go to the payer and to contacts who get all receipts; to nobody twice."""

import pytest

from sergio.customers.models import Contact
from sergio.lib import clock
from tests.browser import Browser

ACCOUNT = "/portal/account"


@pytest.fixture
def carla(ana, session):
    """Ana's colleague at the same customer."""
    carla = Contact(company=ana.company, customer=ana.customer, name="Carla Ruiz", email="carla@example.com")
    session.add(carla)
    session.commit()
    return carla


def receipts(outbox) -> list[str]:
    return [message.to for message in outbox.emails if message.to != "hello@sparkle.example"]


def test_a_contact_who_pays_after_another_started_gets_the_receipt(
    card_form, ana, carla, invoice, receive_events, outbox
):
    card_form(ana)
    card_form(carla).pay()
    receive_events()
    assert receipts(outbox) == ["carla@example.com"]
    assert outbox.emails[0].text.startswith("Hello Carla,\n\nThank you. We received your payment")


def test_of_two_open_forms_only_the_last_can_be_paid_so_the_receipt_goes_to_the_payer(
    card_form, ana, carla, invoice, receive_events, outbox, records
):
    anas, carlas = card_form(ana), card_form(carla)
    assert anas.pay()["error"]["code"] == "payment_intent_unexpected_state"
    carlas.pay()
    receive_events()
    assert receipts(outbox) == ["carla@example.com"]
    assert [(attempt.contact.name, attempt.status) for attempt in records.attempts] == [
        ("Ana Ruiz", "canceled"),
        ("Carla Ruiz", "succeeded"),
    ]
    assert records.agree()


def test_a_contact_who_paid_before_the_other_pressed_gets_the_receipt(
    app, card_form, ana, carla, invoice, receive_events, outbox, records
):
    card_form(ana).pay()
    browser = Browser(app, "sparkle")
    browser.be(carla)
    browser.post("/portal/invoices/1/pay")
    assert "already paid" in browser.get("/portal/invoices/1").text
    assert receipts(outbox) == ["ana@example.com"]
    assert "We sent your receipt to ana@example.com" in browser.get("/portal/invoices/1/payment").text
    assert records.agree()


def test_the_card_form_is_only_for_the_contact_who_pressed_pay(app, card_form, ana, carla, invoice):
    card_form(ana)
    browser = Browser(app, "sparkle")
    browser.be(carla)
    page = browser.get("/portal/invoices/1/pay").text
    assert "card-form" not in page
    assert "Pay by card" in page


def test_the_billing_contact_gets_one_too(card_form, ana, carla, invoice, receive_events, outbox):
    carla.gets_receipts = True
    card_form(ana).pay()
    receive_events()
    assert receipts(outbox) == ["ana@example.com", "carla@example.com"]
    assert "Ana Ruiz paid $120.00 for invoice 1." in outbox.emails[1].text
    assert outbox.emails[1].subject == "Payment of $120.00 to Sparkle Cleaning"


def test_nobody_gets_two_receipts(card_form, ana, invoice, receive_events, outbox):
    ana.gets_receipts = True
    card_form(ana).pay()
    receive_events()
    assert receipts(outbox) == ["ana@example.com"]


def test_after_the_payer_left_the_next_contact_gets_it_without_thanks(
    card_form, ana, carla, invoice, receive_events, outbox
):
    card_form(ana).pay()
    ana.left_at = clock.now()
    receive_events()
    assert receipts(outbox) == ["carla@example.com"]
    assert "Thank you" not in outbox.emails[0].text


def test_a_contact_who_left_gets_none(card_form, ana, carla, invoice, receive_events, outbox):
    carla.gets_receipts = True
    carla.left_at = clock.now()
    card_form(ana).pay()
    receive_events()
    assert receipts(outbox) == ["ana@example.com"]


def test_it_is_chosen_on_the_account_page(app, carla, session):
    browser = Browser(app, "sparkle")
    browser.be(carla)
    assert "Email me a receipt for every payment" in browser.get(ACCOUNT).text
    for ticked in (True, False):
        form = {"name": "Carla Ruiz", "phone": "", **({"gets_receipts": "y"} if ticked else {})}
        assert browser.post(ACCOUNT, form).status_code == 303
        session.rollback()
        assert carla.gets_receipts is ticked


def test_billing_contacts_get_receipts_too_where_the_company_wants_that(
    card_form, ana, carla, invoice, receive_events, outbox, session
):
    carla.role, carla.company.receipts_to = "billing", "billing"
    session.commit()
    card_form(ana).pay()
    receive_events()
    assert receipts(outbox) == ["ana@example.com", "carla@example.com"]
    assert "Ana Ruiz paid $120.00 for invoice 1." in outbox.emails[1].text


def test_the_office_gets_a_copy_where_it_wants_one(card_form, ana, invoice, receive_events, outbox, session):
    ana.company.copies_receipts = True
    session.commit()
    card_form(ana).pay()
    receive_events()
    copies = [each for each in outbox.emails if each.subject == "Copy of a receipt: $120.00 from Ana Ruiz"]
    assert [each.to for each in copies] == ["hello@sparkle.example"]
    assert "Ana Ruiz paid $120.00 for invoice 1." in copies[0].text


def test_a_page_and_its_card_form_speak_the_readers_language(card_form, ana, invoice, monkeypatch, app):
    """No language is kept with a contact yet; a viewer has one."""
    from dataclasses import replace

    from sergio import portal
    from tests.browser import Browser

    signed_in = portal.signed_in_viewer
    monkeypatch.setattr(portal, "signed_in_viewer", lambda *args: replace(signed_in(*args), language="de"))
    browser = Browser(app, "sparkle")
    browser.be(ana)
    browser.post("/portal/invoices/1/pay")
    page = browser.get("/portal/invoices/1/pay").text
    assert '<html lang="de"' in page
    assert 'data-locale="de"' in page
    assert "120,00\xa0$" in page
