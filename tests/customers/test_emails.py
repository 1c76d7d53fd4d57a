"""Emails to a customer go to a current contact, or the office is told that there is none."""

import pytest

from sergio.audit.actor import BY_SYSTEM
from sergio.customers.emails import notify
from sergio.customers.models import Contact
from sergio.lib import clock
from sergio.outbox.kinds import INVOICE_PAY_LINK
from tests.booking.builders import MONDAY, actor, at
from tests.overview import builders
from tests.quotes import builders as quotes


@pytest.fixture
def carla(ana, session):
    """Ana's colleague at the same customer."""
    carla = Contact(company=ana.company, customer=ana.customer, name="Carla Ruiz", email="carla@example.com")
    session.add(carla)
    session.flush()
    return carla


@pytest.fixture
def write(ana, session):
    """`write(contact)`: an email that concerns that contact."""
    values = {"number": "1", "title": "Windows", "amount": "$5.00", "day": "Nov 30"}

    def send(person):
        notify(ana.customer, person, INVOICE_PAY_LINK, values, invoice=builders.invoice(ana), message="", url="")
        session.commit()

    return send


def test_it_goes_to_the_contact_it_concerns(write, carla, outbox):
    write(carla)
    assert [message.to for message in outbox.emails] == ["carla@example.com"]


def test_after_they_left_it_goes_to_the_first_contact(write, carla, outbox):
    carla.left_at = clock.now()
    write(carla)
    assert [message.to for message in outbox.emails] == ["ana@example.com"]


def test_without_a_contact_the_office_is_told_what_was_not_sent(write, ana, carla, outbox):
    ana.left_at = carla.left_at = clock.now()
    write(carla)
    (message,) = outbox.emails
    assert (message.to, message.subject) == ("hello@sparkle.example", "Ana Ruiz has no contact to email")
    assert "Pay invoice 1 from Sparkle Cleaning" in message.text


def test_a_change_of_an_appointment_goes_to_a_current_contact(ana, carla, theo, outbox, session):
    appointment = builders.appointment(ana, theo, at(25, 9))
    ana.left_at = MONDAY
    session.flush()
    appointment.cancel(by=actor(theo), now=MONDAY)
    session.commit()
    assert [message.to for message in outbox.emails] == ["carla@example.com"]


def test_a_new_version_of_a_quote_greets_the_current_contact(ana, carla, outbox, session):
    quote = quotes.draft(ana)
    quote.contact, ana.left_at = ana, MONDAY
    session.flush()
    quote.send(by=BY_SYSTEM, at=MONDAY)
    session.commit()
    (message,) = outbox.emails
    assert message.to == "carla@example.com"
    assert "Hello Carla," in message.text
