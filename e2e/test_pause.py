"""Somebody tests stolen cards on Ivy's invoice: her pay page is paused, she is told, and the office lifts that."""

import pytest
from playwright.sync_api import expect

from e2e import data
from e2e.test_payments import is_paid, type_card
from sergio.sandbox.stripe.cards import STOLEN

EMAIL, OLGA, OFFICE = "ivy@example.com", "olga@sparkle.example", "hello@sparkle.example"


@pytest.fixture
def ivy(demo):
    with data.inside(demo) as company:
        data.invoice(data.customer(company, "Ivy Cole"), "Hedges cut", 6_000, due_on=company.day(data.clock.now()))


@pytest.mark.usefixtures("ivy")
def test_a_card_test_is_stopped_told_and_lifted(phone, desk, sign_in, emails, axe, demo):
    sign_in(phone, EMAIL)
    phone.goto(demo["portal"] + "invoices")
    phone.get_by_role("link", name="Hedges cut").click()
    phone.get_by_role("button", name="Pay by card").click()
    before = len(emails.to(OFFICE))
    for number in STOLEN[:5]:
        type_card(phone, number)
        expect(phone.locator("#refusal")).to_be_visible()
        phone.get_by_role("button", name="Pay $").wait_for()
    email = emails.next_to(OFFICE, after=before)
    assert email.subject == "Online payments are paused for Ivy Cole"
    phone.reload()
    expect(phone.get_by_role("heading", name="Online payments are paused")).to_be_visible()
    expect(phone.get_by_text("Your invoices haven't changed")).to_be_visible()
    axe(phone)

    sign_in(desk, OLGA, door="office")
    desk.goto(demo["office"] + "payments")
    desk.get_by_role("link", name="Paused payments").click()
    expect(desk.get_by_text("5 different cards, 5 declines")).to_be_visible()
    axe(desk)
    desk.get_by_role("button", name="Let them pay again Ivy Cole").click()
    expect(desk.get_by_text("They can pay online again.")).to_be_visible()

    phone.goto(demo["portal"] + "invoices")
    phone.get_by_role("link", name="Hedges cut").click()
    phone.get_by_role("button", name="Pay by card").click()
    type_card(phone, "4242 4242 4242 4242")
    is_paid(phone)
