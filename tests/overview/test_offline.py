"""The page that phones keep for when there is no network, and who gets it."""

import re

import pytest
import time_machine

from sergio.auth.document_links import INVOICE, DocumentLink
from sergio.customers.roles import BILLING
from tests.booking.builders import MONDAY, at
from tests.overview import builders

OFFLINE = "/portal/offline"


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def appointment(ana, theo, session):
    row = builders.appointment(ana, theo, at(30, 10))
    session.commit()
    return row


def test_it_has_the_phone_number_and_the_next_appointment_of_whoever_is_signed_in(browser_of, ana, ben, appointment):
    page = browser_of(ana).get(OFFLINE).text
    assert "(207) 555-0100" in page
    assert "Deep clean" in page
    assert "7 Pine Road" in page
    assert "Deep clean" not in browser_of(ben).get(OFFLINE).text


def test_without_a_sign_in_it_has_only_the_phone_number(visitor, sparkle, appointment):
    response = visitor(sparkle).get(OFFLINE)
    assert response.status_code == 200
    assert "(207) 555-0100" in response.text
    assert "Next appointment" not in response.text


def test_neither_a_preview_nor_a_link_nor_a_role_without_appointments_puts_one_in(
    browser_of, visitor, olga, ana, sparkle, appointment, session
):
    office = browser_of(olga)
    office.post("/office/preview", {"customer": ana.customer.number})
    assert "Next appointment" not in office.get(OFFLINE).text
    number = builders.invoice(ana).number
    path = DocumentLink.issue(ana, INVOICE, number).removeprefix("https://sparkle.sergio.test")
    carla = ana.customer.add_contact("Carla", email="carla@example.com", role=BILLING, by=builders.BY_SYSTEM, at=MONDAY)
    session.commit()
    guest = visitor(sparkle)
    guest.post(path, {"open": "yes"})
    assert "Next appointment" not in guest.get(OFFLINE).text
    assert "Next appointment" not in browser_of(carla).get(OFFLINE).text


def test_it_holds_no_token_and_takes_no_message_from_the_page_it_is_for(browser_of, ana):
    browser = browser_of(ana)
    browser.post("/portal/account", {"name": "Ana R.", "phone": ""})
    page = browser.get(OFFLINE).text
    assert re.findall(r'"X-CSRFToken": "([^"]*)"', page) == ["offline"]
    assert "<script" not in page
    assert "Your details are saved." in browser.get("/portal/account").text


def test_only_pages_of_who_is_signed_in_have_the_browser_keep_it(browser_of, visitor, olga, ana, sparkle, session):
    assert "js/offline.js" in browser_of(ana).get("/portal/").text
    assert 'rel="manifest"' in browser_of(ana).get("/portal/account").text
    office = browser_of(olga)
    office.post("/office/preview", {"customer": ana.customer.number})
    path = DocumentLink.issue(ana, INVOICE, builders.invoice(ana).number).removeprefix("https://sparkle.sergio.test")
    session.commit()
    guest = visitor(sparkle)
    opened = guest.post(path, {"open": "yes"}).location
    for browser, where in ((office, "/portal/"), (office, "/office/"), (guest, opened), (guest, "/portal/sign-in")):
        page = browser.get(where).text
        assert "offline.js" not in page
        assert "manifest" not in page
    assert "serviceWorker" not in guest.get("/portal/widget.js").text


def test_signing_out_deletes_it(browser_of, ana, olga):
    assert browser_of(ana).post("/portal/sign-out").headers["Clear-Site-Data"] == '"cache", "storage"'
    assert browser_of(olga).post("/office/sign-out").headers["Clear-Site-Data"] == '"cache"'


def test_it_takes_two_statements(browser_of, ana, appointment, statements):
    browser = browser_of(ana)
    with statements() as seen:
        browser.get(OFFLINE)
    assert len(seen) <= 2, seen
