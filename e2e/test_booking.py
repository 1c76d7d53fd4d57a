"""Ana books an appointment on her phone, moves it and cancels it."""

import re

from playwright.sync_api import expect

from tests.lib.photographs import photograph

GATE = {"name": "gate.jpg", "mimeType": "image/jpeg", "buffer": photograph((3000, 2000))}


def test_ana_books_moves_and_cancels_an_appointment(phone, demo, sign_in, axe, emails):
    sign_in(phone, "ana@example.com")
    before = len(emails.to("ana@example.com"))
    book(phone, axe)
    assert "BEGIN:VCALENDAR" in calendar_of(emails.next_to("ana@example.com", after=before))

    phone.get_by_role("link", name="Manage appointment").click()
    axe(phone)
    phone.get_by_role("link", name="Add or remove photos").click()
    phone.get_by_role("button", name="Remove photo 1").click()
    expect(phone.get_by_role("img", name="Photo 1")).to_have_count(0)
    axe(phone)
    phone.get_by_role("link", name="Done").click()
    phone.get_by_role("link", name="Reschedule").click()
    axe(phone)
    phone.get_by_role("link", name="Later days").click()
    expect(phone.get_by_role("link", name="Earlier days")).to_be_visible()
    phone.locator("#times a").filter(has_text=re.compile(r"\d:\d\d")).first.click()
    axe(phone)
    phone.get_by_role("button", name="Reschedule appointment").click()
    expect(phone.get_by_role("heading", name="Change history")).to_be_visible()

    phone.get_by_text("Cancel appointment").click()
    axe(phone)
    phone.get_by_role("button", name="Yes, cancel it").click()
    expect(phone.get_by_text("Canceled").first).to_be_visible()
    axe(phone)


def book(page, axe):
    """From the start to the confirmation."""
    page.get_by_role("link", name="Book", exact=True).click()
    axe(page)
    page.get_by_role("link", name="Window cleaning").click()
    axe(page)
    page.get_by_role("link", name="7 Pine Road").click()
    axe(page)
    page.locator("#times button").filter(has_text=re.compile(r"\d:\d\d")).first.click()
    page.get_by_role("textbox").first.fill("The gate sticks; push hard.")
    fail_to_send(page)
    page.get_by_label("Add photos").set_input_files([GATE])
    expect(page.get_by_role("img", name="Photo 1")).to_be_visible()
    expect(page.get_by_role("textbox").first).to_have_value("The gate sticks; push hard.")
    axe(page)
    page.get_by_role("button", name="Book appointment").click()
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible()
    axe(page)


def fail_to_send(page):
    """A photo is refused, first by a server that is busy, then as the page was open for too long; nothing is lost."""
    page.route("**/portal/book/photos?*", lambda route: route.fulfill(status=429, body="Busy"))
    page.get_by_label("Add photos").set_input_files([GATE])
    expect(page.get_by_text("Not sent.")).to_be_visible()
    page.unroute_all()
    page.locator("#booking [name=csrf_token]").evaluate("field => { field.value = 'old' }")
    page.get_by_label("Add photos").set_input_files([GATE])
    expect(page.get_by_text("This page was open for too long")).to_be_visible()


def calendar_of(email) -> str:
    """The calendar file attached to an email."""
    return next(part.get_content() for part in email.message.walk() if part.get_content_type() == "text/calendar")
