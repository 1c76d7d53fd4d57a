"""Without JavaScript: everything but the card field works."""

import re

import pytest
from playwright.sync_api import expect

from e2e.documents import pdf_of


@pytest.fixture
def grace(no_script, sign_in):
    sign_in(no_script, "grace@example.com")
    return no_script


def test_a_quote_is_totaled_corrected_and_accepted(grace):
    grace.get_by_role("link", name="Move-in clean").click()
    grace.get_by_label("Windows").check()
    grace.get_by_label("Your full name").fill("Grace Lindqvist")
    grace.get_by_label("I accept this quote").check()
    grace.get_by_role("button", name="Accept quote").click()
    expect(grace.get_by_role("alert").first).to_contain_text("The total is now $495.85.")
    expect(grace.get_by_label("Your full name")).to_have_value("Grace Lindqvist")

    grace.get_by_role("button", name="Update total").click()
    expect(grace.locator("#total")).to_contain_text("$495.85")
    assert grace.get_by_label("Windows").is_checked()

    grace.get_by_label("Your full name").fill("  ")
    grace.get_by_label("I accept this quote").check()
    grace.get_by_role("button", name="Accept quote").click()
    expect(grace.get_by_role("alert").first).to_be_visible()
    assert grace.get_by_label("Windows").is_checked()

    grace.get_by_label("Your full name").fill("Grace Lindqvist")
    grace.get_by_role("button", name="Accept quote").click()
    expect(grace.get_by_text("Grace Lindqvist accepted this quote")).to_be_visible()
    assert "Windows" in pdf_of(grace, grace.get_by_role("link", name="PDF").get_attribute("href"))


def test_the_pay_page_says_how_else_to_pay(grace):
    grace.get_by_role("link", name="Deep clean").click()
    assert "$305.95" in pdf_of(grace, grace.get_by_role("link", name="PDF").get_attribute("href"))
    grace.get_by_role("button", name="Pay by card").click()
    expect(grace.locator("noscript p")).to_be_visible()
    assert "(207) 555-0142" in grace.locator("noscript").inner_text()


def test_an_appointment_is_booked_moved_and_canceled(grace):
    grace.get_by_role("link", name="Book", exact=True).click()
    grace.get_by_role("link", name="Standard clean").first.click()
    free_times(grace).first.click()
    grace.get_by_role("button", name="Book appointment").click()
    expect(grace.get_by_role("heading", name="Your appointment is booked")).to_be_visible()

    grace.get_by_role("link", name="Manage appointment").click()
    grace.get_by_role("link", name="Reschedule").click()
    grace.get_by_role("link", name="Later days").click()
    free_times(grace).first.click()
    grace.get_by_role("button", name="Reschedule appointment").click()
    expect(grace.get_by_role("heading", name="Change history")).to_be_visible()
    grace.get_by_text("Cancel appointment").click()
    grace.get_by_role("button", name="Yes, cancel it").click()
    expect(grace.get_by_text("Canceled").first).to_be_visible()


def free_times(page):
    """The free times of the day shown: buttons that hold one, or links to the next step."""
    return page.locator("#times :is(a, button)").filter(has_text=re.compile(r"\d:\d\d"))


def test_details_are_corrected_and_the_list_is_filtered(grace, demo):
    grace.goto(demo["portal"] + "account")
    grace.get_by_label("Phone").fill("12")
    grace.get_by_role("button", name="Save details").click()
    expect(grace.get_by_role("alert").first).to_be_visible()
    grace.get_by_label("Phone").fill("207 555 0155")
    grace.get_by_role("button", name="Save details").click()
    expect(grace.get_by_label("Phone")).to_have_value("(207) 555-0155")

    grace.goto(demo["portal"] + "invoices")
    grace.get_by_role("link", name="Paid", exact=True).first.click()
    expect(grace.get_by_text("Standard clean").first).to_be_visible()
