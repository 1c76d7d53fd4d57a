"""Saved payment methods for tests."""

import re

from sergio.extensions import db
from sergio.lib import clock
from sergio.payments.consents import TO_CHARGE, TO_SAVE, Consent
from sergio.payments.saved import SavedMethod
from tests.browser import Browser
from tests.factories import by
from tests.payments.card_form import GOOD, CardForm

IP, BROWSER = "203.0.113.7", "A browser"


def consent(contact, version=TO_SAVE) -> Consent:
    return Consent(version, "I allow it.", contact.name, clock.now(), IP, BROWSER)


def mandate(contact) -> Consent:
    return consent(contact, TO_CHARGE)


class Saver:
    """Saves methods as a customer does in the portal, with the card form, and lets Stripe's events come."""

    def __init__(self, app, sandbox, receive_events):
        self.app, self.sandbox, self.receive_events = app, sandbox, receive_events

    def browser(self, contact) -> Browser:
        browser = Browser(self.app, contact.company.subdomain)
        browser.be(contact)
        return browser

    def open_form(self, contact) -> CardForm:
        browser = self.browser(contact)
        pressed = browser.post("/portal/payment-methods", data={"agreed": "y", "method": "card"})
        assert pressed.status_code == 303, pressed.text
        return CardForm(self.sandbox, browser.get(pressed.headers["Location"]).text)

    def save(self, contact, number=GOOD) -> SavedMethod:
        form = self.open_form(contact)
        assert form.pay(number)["status"] == "succeeded"
        self.receive_events()
        return newest()


def kept(contact, **more) -> SavedMethod:
    """A card that Stripe keeps, as far as our rows say."""
    row = SavedMethod.begin(contact, "card", consent(contact), by=by(contact))
    facts = {"stripe_id": f"pm_{row.id}", "stripe_customer": "cus_1", "brand": "visa", "last4": "4242"}
    for name, value in {**facts, "saved_at": clock.now(), **more}.items():
        setattr(row, name, value)
    db.session.flush()
    return row


def newest() -> SavedMethod:
    db.session.rollback()
    return db.session.scalars(db.select(SavedMethod).order_by(SavedMethod.id.desc())).first()


def links(html: str) -> list[str]:
    return re.findall(r'href="([^"]+)"', html)
