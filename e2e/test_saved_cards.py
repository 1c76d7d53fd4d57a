"""Dana saves a card on her phone, pays with it in two taps, and removes it."""

import pytest
from playwright.sync_api import expect

from e2e import data
from e2e.test_payments import FRAME, is_paid

EMAIL = "dana@example.com"


@pytest.fixture
def dana(demo):
    with data.inside(demo) as company:
        data.invoice(
            data.customer(company, "Dana Wells"), "Gutters cleaned", 12_000, due_on=company.day(data.clock.now())
        )


def fill_card(page, number: str, button: str):
    """Fill Stripe's frame and press a button of our page."""
    frame = page.frame_locator(FRAME)
    frame.get_by_label("Card number").fill(number)
    frame.get_by_label("Expiration").fill("12 / 34")
    frame.get_by_label("Security code").fill("123")
    frame.get_by_label("ZIP").fill("04101")
    page.get_by_role("button", name=button).click()


@pytest.mark.usefixtures("dana")
def test_a_card_is_saved_and_then_used_in_two_taps(phone, sign_in, axe):
    sign_in(phone, EMAIL)
    phone.goto(phone.url + "account")
    phone.get_by_role("link", name="Saved payment methods").click()
    expect(phone.get_by_role("heading", name="Saved payment methods")).to_be_visible()
    axe(phone)
    phone.get_by_role("button", name="Add a card").click()
    expect(phone.get_by_text("Tick the box")).to_be_visible()
    phone.get_by_role("checkbox").check()
    phone.get_by_role("button", name="Add a card").click()
    fill_card(phone, "4242 4242 4242 4242", "Save card")
    expect(phone.get_by_text("Visa ending in 4242 is saved")).to_be_visible(timeout=15_000)
    axe(phone)
    phone.get_by_role("link", name="Your payment methods").click()
    expect(phone.get_by_text("Expires 12/2034")).to_be_visible()
    axe(phone)

    phone.goto(phone.url.partition("/portal/")[0] + "/portal/invoices")
    phone.get_by_role("link", name="Gutters cleaned").first.click()
    expect(phone.get_by_role("link", name="Pay another way")).to_be_visible()
    axe(phone)
    phone.get_by_role("link", name="Pay with Visa ending in 4242").tap()  # one
    expect(phone.get_by_text("You'll pay with your Visa ending in 4242.")).to_be_visible()
    axe(phone)
    phone.get_by_role("button", name="Pay $120.00").tap()  # two
    is_paid(phone)

    phone.goto(phone.url.partition("/portal/")[0] + "/portal/payment-methods")
    phone.get_by_text("Remove", exact=True).click()
    phone.get_by_role("button", name="Remove Visa ending in 4242").click()
    expect(phone.get_by_text("You haven't saved a payment method yet.")).to_be_visible()
