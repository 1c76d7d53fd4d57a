"""Eli pays from his bank account: one debit arrives, one fails days later, and one waits for a deposit first."""

import pytest
from playwright.sync_api import expect

from e2e import data
from e2e.test_payments import FRAME, is_paid

EMAIL = "eli@example.com"
GOOD, EMPTY, BY_DEPOSIT = "000123456789", "000222222227", "000000000002"
PAID, FAILED, CONFIRMED = "Chimney swept", "Roof checked", "Gate mended"


@pytest.fixture(scope="module")
def eli(demo):
    with data.inside(demo) as company:
        eli = data.customer(company, "Eli Stone")
        for title in (PAID, FAILED, CONFIRMED):
            data.invoice(eli, title, 12_000, due_on=company.day(data.clock.now()))


@pytest.fixture
def pay_from(phone, sign_in, eli, axe):
    """pay_from(title, account): Eli authorizes a debit, enters his bank account and presses Pay."""

    def pay_from(title: str, account: str):
        sign_in(phone, EMAIL)
        phone.goto(phone.url + "invoices")
        phone.get_by_role("link", name=title).first.click()
        phone.get_by_role("link", name="Pay from a bank account").click()
        axe(phone)
        phone.get_by_role("checkbox", name="I authorize").check()
        phone.get_by_role("button", name="Continue to your bank account").click()
        frame = phone.frame_locator(FRAME)
        frame.get_by_label("Full name").fill("Eli Stone")
        frame.get_by_label("Routing number").fill("110000000")
        frame.get_by_label("Account number").fill(account)
        phone.get_by_role("button", name="Pay $120.00").click()

    return pay_from


@pytest.fixture
def at_stripe(demo, desk):
    """at_stripe(title, button): press a button beside a payment on the sandbox's page."""

    def press(title: str, button: str):
        with data.inside(demo):
            number = data.db.session.scalar(data.db.select(data.Invoice.number).where(data.Invoice.title == title))
        desk.goto(demo["stripe"])
        desk.locator("tr", has_text=f"Invoice {number}").get_by_role("button", name=button).click()

    return press


def test_a_debit_that_arrives_is_paid_with_a_receipt(phone, pay_from, at_stripe, emails, axe):
    pay_from(PAID, GOOD)
    expect(phone.get_by_role("heading", name="Your payment is on its way")).to_be_visible(timeout=15_000)
    expect(phone.get_by_text("it should arrive by")).to_be_visible()
    axe(phone)
    before = len(emails.to(EMAIL))
    at_stripe(PAID, "Settle")
    assert "$120.00" in emails.next_to(EMAIL, after=before).text
    phone.reload()
    is_paid(phone)


def test_a_debit_that_fails_opens_the_invoice_again(phone, pay_from, at_stripe, emails, axe):
    pay_from(FAILED, EMPTY)
    expect(phone.get_by_role("heading", name="Your payment is on its way")).to_be_visible(timeout=15_000)
    phone.get_by_role("link", name="Back to invoice").click()
    expect(phone.get_by_text("Your payment is on its way")).to_be_visible()
    expect(phone.get_by_role("button", name="Pay by card")).to_have_count(0)
    before = len(emails.to(EMAIL))
    at_stripe(FAILED, "Settle")
    email = emails.next_to(EMAIL, after=before)
    assert email.subject == f"Your bank payment for invoice {phone.url.rsplit('/', 1)[1]} did not go through"
    assert "There was not enough money in the bank account." in email.text
    phone.reload()
    expect(phone.get_by_role("button", name="Pay by card")).to_be_visible()
    axe(phone)


def test_an_account_is_confirmed_by_the_code_of_a_deposit(phone, pay_from, at_stripe, emails, axe):
    before = len(emails.to(EMAIL))
    pay_from(CONFIRMED, BY_DEPOSIT)
    expect(phone.get_by_role("heading", name="Confirm your bank account to pay")).to_be_visible(timeout=15_000)
    axe(phone)
    status = phone.url
    email = emails.next_to(EMAIL, after=before)
    assert email.subject == "Confirm your bank account to pay $120.00"
    phone.goto(next(link for link in email.links if "/verify/" in link))
    phone.get_by_label("Code").fill("SM11AA")
    phone.get_by_role("button", name="Confirm").click()
    expect(phone.get_by_role("heading", name="Your bank account is confirmed")).to_be_visible()
    on_its_way = phone.get_by_role("heading", name="Your payment is on its way")
    for _second in range(15):  # until Stripe's event has come
        phone.goto(status)
        if on_its_way.is_visible():
            break
        phone.wait_for_timeout(1000)
    expect(on_its_way).to_be_visible()
    before = len(emails.to(EMAIL))
    at_stripe(CONFIRMED, "Settle")
    emails.next_to(EMAIL, after=before)
    phone.reload()
    is_paid(phone)
