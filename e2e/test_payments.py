"""Ana pays by card on her phone: at once, with 3D Secure, and after a declined card."""

import re

import pytest
from playwright.sync_api import expect

from e2e.documents import pdf_of

FRAME = 'iframe[title="Secure payment input frame"]'


@pytest.fixture
def card_form(phone, sign_in):
    """card_form(title): Ana on the pay page of the invoice with that title."""

    def card_form(title: str):
        sign_in(phone, "ana@example.com")
        phone.goto(phone.url + "invoices")
        phone.get_by_role("link", name=title).first.click()
        phone.get_by_role("button", name="Pay by card").click()
        expect(phone.frame_locator(FRAME).get_by_label("Card number")).to_be_visible()

    return card_form


def type_card(page, number: str):
    """Fill Stripe's frame and press Pay."""
    frame = page.frame_locator(FRAME)
    frame.get_by_label("Card number").fill(number)
    frame.get_by_label("Expiration").fill("12 / 34")
    frame.get_by_label("Security code").fill("123")
    frame.get_by_label("ZIP").fill("04101")
    page.get_by_role("button", name="Pay $").click()


def is_paid(page):
    """Whether the page of the invoice says it is paid, once the event has come."""
    expect(page.get_by_text("Paid", exact=True).first).to_be_visible(timeout=15_000)


def test_ana_pays_with_a_good_card_and_has_her_receipt(phone, card_form, axe, emails):
    card_form("Standard clean")
    axe(phone)
    before = len(emails.to("ana@example.com"))
    type_card(phone, "4242 4242 4242 4242")
    is_paid(phone)
    axe(phone)
    assert "$147.70" in emails.next_to("ana@example.com", after=before).text
    assert "4242" in pdf_of(phone, phone.get_by_role("link", name="Receipt").first.get_attribute("href"))
    assert "Standard clean" in pdf_of(phone, re.sub(r".*(/portal/invoices/\d+).*", r"\1.pdf", phone.url))


def test_ana_passes_3d_secure(phone, card_form, axe):
    card_form("Carpet cleaning, hallway")
    type_card(phone, "4000 0027 6000 3184")
    phone.get_by_role("button", name="Complete").click()
    is_paid(phone)


def test_ana_sees_why_her_card_was_declined_and_pays_with_another(phone, card_form, axe):
    card_form("Deep clean, October")
    type_card(phone, "4000 0000 0000 9995")
    expect(phone.locator("#refusal")).to_contain_text("insufficient funds")
    axe(phone)
    phone.get_by_role("button", name="Pay $").wait_for()
    type_card(phone, "4000 0027 6000 3184")
    phone.get_by_role("button", name="Fail").click()
    expect(phone.locator("#refusal")).to_be_visible()
    type_card(phone, "4242 4242 4242 4242")
    is_paid(phone)


def test_stripe_and_sergio_agree_about_every_payment(demo, desk, sign_in):
    """What the sandbox's own ledger holds is what the office sees."""
    sign_in(desk, "olga@sparkle.example", door="office")
    desk.goto(demo["office"] + "payments")
    for amount in ("$147.70", "$174.08", "$353.43"):
        expect(desk.get_by_text(amount).first).to_be_visible()
