"""Nora pays two invoices at once on her phone and a part of a third, and accepts a quote together with its deposit."""

import pytest
from playwright.sync_api import expect

from e2e import data
from e2e.test_payments import is_paid, type_card
from tests.invoices.builders import BY_OLGA
from tests.quotes.builders import draft

EMAIL = "nora@example.com"


@pytest.fixture(scope="module")
def nora(demo):
    with data.inside(demo) as company:
        company.allows_part_payments = True
        today = company.day(data.clock.now())
        nora = data.customer(company, "Nora Kent")
        for title, amount in (("Attic cleared", 12_000), ("Hedge cut", 8_050), ("Pool cleaned", 30_000)):
            data.invoice(nora, title, amount, due_on=today)
        draft(nora, deposit_rate=2000).publish(by=BY_OLGA, at=data.clock.now())


@pytest.mark.usefixtures("nora")
def test_without_script_invoices_are_chosen_from_the_list(no_script, sign_in):
    sign_in(no_script, EMAIL)
    no_script.goto(no_script.url + "invoices")
    no_script.get_by_role("checkbox", name="Choose Attic cleared").check()
    no_script.get_by_role("checkbox", name="Choose Pool cleaned").check()
    no_script.get_by_role("button", name="Pay checked invoices").click()
    expect(no_script.get_by_role("heading", name="2 invoices")).to_be_visible()
    expect(no_script.get_by_text("$420.00")).to_be_visible()


@pytest.mark.usefixtures("nora")
def test_two_invoices_are_paid_at_once(phone, sign_in, axe, emails):
    sign_in(phone, EMAIL)
    phone.goto(phone.url + "invoices")
    expect(phone.get_by_role("link", name="Pay all $500.50")).to_be_visible()
    axe(phone)
    phone.get_by_role("button", name="Pay checked invoices").click()
    expect(phone.get_by_text("Choose at least one unpaid invoice.")).to_be_visible()
    axe(phone)
    phone.get_by_role("link", name="Back to invoices").click()
    phone.get_by_role("checkbox", name="Choose Attic cleared").check()
    phone.get_by_role("checkbox", name="Choose Hedge cut").check()
    phone.get_by_role("button", name="Pay checked invoices").click()
    expect(phone.get_by_text("$200.50")).to_be_visible()
    axe(phone)
    phone.get_by_role("button", name="Pay by card").click()
    before = len(emails.to(EMAIL))
    type_card(phone, "4242 4242 4242 4242")
    is_paid(phone)
    expect(phone.get_by_role("link", name="Hedge cut")).to_be_visible()
    axe(phone)
    assert "$200.50" in emails.next_to(EMAIL, after=before).text


@pytest.mark.usefixtures("nora")
def test_a_part_of_one_is_paid(phone, sign_in, axe):
    sign_in(phone, EMAIL)
    phone.goto(phone.url + "invoices")
    phone.get_by_role("link", name="Pool cleaned").click()
    phone.get_by_role("link", name="Pay another amount").click()
    phone.get_by_role("textbox", name="Amount").fill("0.20")
    phone.get_by_role("button", name="Continue").click()
    expect(phone.get_by_role("alert")).to_contain_text("Pay at least $0.50")
    expect(phone.get_by_role("textbox", name="Amount")).to_be_focused()
    expect(phone.get_by_role("alert")).to_be_in_viewport()
    axe(phone)
    phone.get_by_role("textbox", name="Amount").fill("100")
    phone.get_by_role("button", name="Continue").click()
    expect(phone.get_by_text("$200.00 will still be due")).to_be_visible()
    axe(phone)
    phone.get_by_role("button", name="Pay by card").click()
    type_card(phone, "4242 4242 4242 4242")
    is_paid(phone)
    expect(phone.get_by_text("$200.00 is still due on this invoice.")).to_be_visible()
    axe(phone)
    phone.get_by_role("link", name="Back to invoice").click()
    expect(phone.get_by_text("$100.00 of $300.00 is paid.")).to_be_visible()


@pytest.mark.usefixtures("nora")
def test_a_quote_is_accepted_and_its_deposit_paid(phone, sign_in, axe):
    sign_in(phone, EMAIL)
    phone.get_by_role("link", name="Garden fence").click()
    phone.get_by_label("Gate").check()
    expect(phone.locator("#sum")).to_contain_text("$339.10")
    phone.get_by_label("Your full name").fill("Nora Kent")
    phone.get_by_label("I accept this quote").check()
    axe(phone)
    phone.get_by_role("button", name="Accept and pay deposit").click()
    expect(phone.get_by_role("heading", name="Deposit: Garden fence")).to_be_visible()
    expect(phone.get_by_text("Thank you. We sent you a copy of what you accepted.")).to_be_visible()
    axe(phone)
    phone.get_by_role("button", name="Pay by card").click()
    type_card(phone, "4242 4242 4242 4242")
    is_paid(phone)
