"""Somebody who is no customer yet books on a phone without JavaScript, from the company's short address."""

import re
import time

from playwright.sync_api import expect

from e2e.data import inside
from tests.lib.photographs import photograph

BELL, DOOR = (
    {"name": f"{color}.jpg", "mimeType": "image/jpeg", "buffer": photograph((1200, 900), color)}
    for color in ("#ff0000", "#0000ff")
)


def test_a_new_customer_books_with_a_code_from_an_email(no_script, demo, emails):
    with inside(demo) as company:
        company.new_customers_book = True
    page = no_script
    page.goto(demo["portal"].replace("/portal/", "/book"))
    page.get_by_role("link", name="Window cleaning").click()
    page.get_by_label("Street address").fill("5 Birch Lane")
    page.get_by_label("ZIP or postal code").fill("04101")
    page.get_by_role("button", name="See free times").click()
    page.locator("#times button").filter(has_text=re.compile(r"\d:\d\d")).last.click()
    expect(page.get_by_text("This time is held for you until")).to_be_visible()
    time.sleep(3)  # no person is quicker
    page.get_by_label("Your name").fill("Maud Birch")
    page.get_by_label("Email address").fill("maud@example.com")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Code from the email").fill(emails.next_to("maud@example.com", after=0).code)
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_text("This time is held for you until")).to_be_visible()
    page.get_by_label("Is there anything we should know?").fill("The bell is broken.")
    page.get_by_label("Add photos").set_input_files(BELL)
    page.get_by_role("button", name="Back").click()
    page.locator("#times button").filter(has_text=re.compile(r"\d:\d\d")).first.click()
    expect(page.get_by_label("Is there anything we should know?")).to_have_value("The bell is broken.")
    expect(page.get_by_role("img", name="Photo 1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("Add photos").set_input_files(DOOR)
    page.get_by_role("button", name="Book appointment").click()
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible()
    page.get_by_role("link", name="Manage appointment").click()
    expect(page.get_by_role("img", name="Photo 2")).to_be_visible()
    page.get_by_role("link", name="Add or remove photos").click()
    page.get_by_role("button", name="Remove photo 2").click()
    expect(page.get_by_text("The photo is removed.")).to_be_visible()
    expect(page.get_by_role("img", name="Photo 2")).to_have_count(0)
