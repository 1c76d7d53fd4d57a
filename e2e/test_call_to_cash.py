"""A job from call to cash: a new customer calls, and in the end everything is paid.

Olga works at her desk, Theo and the customer on their phones.
"""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import FilePayload, Page, expect

from e2e.conftest import PHONE, watched_page
from e2e.documents import pdf_of
from e2e.test_payments import FRAME, is_paid, type_card
from tests.lib.photographs import photograph

MARA = "mara@call.example"
ALWAYS, OPTIONAL, FIRST_PACKAGE, SECOND_PACKAGE = 0, 1, 3, 4
"""How a line is included, by its place in the menu."""
PICTURE = photograph(size=(1200, 900), color="#88aa99")
KITCHEN: FilePayload = {"name": "kitchen.jpg", "mimeType": "image/jpeg", "buffer": PICTURE}


@pytest.fixture
def van(browser):
    """Theo's phone."""
    with watched_page(browser, **PHONE) as page:
        yield page


def test_a_job_from_call_to_cash(desk, phone, van, demo, sign_in, emails, axe):
    sign_in(desk, "olga@sparkle.example", "office")
    customer = add_customer(desk, demo, axe)
    accept_invitation(desk, phone, demo, emails)
    quote = write_quote(desk, customer, axe)
    send(desk)
    ask_for_changes(phone, demo, axe)
    send_second_version(desk, quote, axe)
    accept_on_phone(phone, demo, axe)
    pay_by_card(phone, "Pay the deposit", "$230.00")
    appointment = schedule(desk, quote, axe)
    do_the_job(van, sign_in, appointment, axe)
    invoice = bill_the_rest(desk, quote)
    record_check(desk, invoice, axe)
    pay_the_rest(phone, demo, emails, axe)
    read_the_statement(phone, demo, axe)
    look_back(desk, customer, axe)


def add_customer(desk: Page, demo, axe) -> str:
    """Mara Lind and her address; the URL of her page."""
    desk.goto(demo["office"] + "customers/new")
    desk.get_by_label("Customer name").fill("Mara Lind")
    desk.get_by_label("Email").fill(MARA)
    desk.get_by_label("Phone").fill("(207) 555-0163")
    desk.get_by_label("Street address").fill("9 Orchard Lane")
    desk.get_by_label("City").fill("Portland")
    desk.get_by_label("State").select_option("Maine")
    desk.get_by_label("ZIP code").fill("04102")
    axe(desk)
    desk.get_by_role("button", name="Add customer").click()
    expect(desk.get_by_role("heading", name="Mara Lind")).to_be_visible()
    axe(desk)
    return desk.url


def accept_invitation(desk: Page, phone: Page, demo, emails):
    desk.get_by_role("button", name="Send portal invite").click()
    invitation = emails.next_to(MARA, after=0)
    [link] = [each for each in invitation.links if "/portal/invitation/" in each]
    phone.goto(link)
    phone.get_by_role("button", name="Email me a sign-in link").click()
    phone.goto(emails.next_to(MARA, after=1).links[0])
    expect(phone).to_have_url(demo["portal"])


def write_quote(desk: Page, customer: str, axe) -> str:
    """One required line, an optional one, two packages, a deposit of a fifth; the URL of the quote."""
    desk.goto(customer)
    desk.get_by_role("link", name="New quote").click()
    desk.get_by_label("What is the quote for?").fill("Spring deep clean")
    desk.keyboard.press("Enter")
    desk.locator("[name^=description]").first.fill("Deep clean, whole house")
    desk.locator("[name^=unit_price]").first.fill("600")
    desk.get_by_role("button", name="Let the customer choose between packages").click()
    desk.get_by_label("Package name").first.fill("Inside windows")
    desk.get_by_label("Package name").last.fill("All windows")
    for description, price, included in (
        ("Oven", "50", OPTIONAL),
        ("Windows inside", "200", FIRST_PACKAGE),
        ("Windows inside and outside", "350", SECOND_PACKAGE),
    ):
        add_line(desk, description, price, included)
    desk.get_by_role("textbox", name="Deposit").fill("20%")
    axe(desk)
    return re.sub(r"/edit.*", "", desk.url)


def add_line(desk: Page, description: str, price: str, included: int):
    count = desk.locator("#line-list > li").count()
    desk.get_by_role("button", name="Add blank line").click()
    expect(desk.locator("#line-list > li")).to_have_count(count + 1)
    desk.locator("[name^=description]").last.fill(description)
    desk.locator("[name^=unit_price]").last.fill(price)
    desk.locator("[name^=choice]").last.select_option(index=included)


def send(desk: Page):
    desk.get_by_role("button", name="Review and send").click()
    desk.get_by_role("button", name=re.compile("^Send")).click()
    expect(desk.get_by_text("is on its way.")).to_be_visible()


def ask_for_changes(phone: Page, demo, axe):
    phone.goto(demo["portal"])
    phone.get_by_role("link", name=re.compile("Spring deep clean")).first.click()
    axe(phone)
    phone.get_by_text("Request changes").click()
    phone.get_by_label("Your message").fill("Could you do the garage, too?")
    phone.get_by_role("button", name="Send message").click()
    expect(phone.get_by_text("Could you do the garage, too?")).to_be_visible()


def send_second_version(desk: Page, quote: str, axe):
    desk.goto(quote)
    expect(desk.get_by_text("Could you do the garage, too?").first).to_be_visible()
    axe(desk)
    desk.goto(f"{quote}/edit")
    add_line(desk, "Garage", "150", ALWAYS)
    send(desk)
    expect(desk.get_by_text("version 2").first).to_be_visible()


def accept_on_phone(phone: Page, demo, axe):
    """The whole house, the garage, all windows and the oven: $1,150, and a fifth of it at once."""
    phone.goto(demo["portal"])
    phone.get_by_role("link", name=re.compile("Spring deep clean")).first.click()
    expect(phone.get_by_text("Garage").first).to_be_visible()
    phone.get_by_text("All windows", exact=True).click()
    phone.get_by_text("Oven", exact=True).click()
    expect(phone.locator("#sum")).to_contain_text("$1,150.00")
    expect(phone.locator("#sum")).to_contain_text("$230.00")
    phone.get_by_label("Your full name").fill("Mara Lind")
    phone.get_by_label(re.compile("I accept")).check()
    axe(phone)
    phone.get_by_role("button", name="Accept, pay later").click()
    expect(phone.get_by_text(re.compile("Mara Lind accepted this quote"))).to_be_visible()
    axe(phone)


def pay_by_card(phone: Page, link: str, amount: str):
    phone.get_by_role("link", name=link).click()
    expect(phone.get_by_text(amount).first).to_be_visible()
    phone.get_by_role("button", name="Pay by card").click()
    expect(phone.frame_locator(FRAME).get_by_label("Card number")).to_be_visible()
    type_card(phone, "4242 4242 4242 4242")
    is_paid(phone)


def schedule(desk: Page, quote: str, axe) -> str:
    """At night, when nobody else comes, on what stays Theo's current day; the URL of the appointment."""
    desk.goto(quote)
    desk.get_by_role("link", name="Schedule appointment").click()
    desk.get_by_label("Service", exact=True).select_option(label="Deep clean")
    expect(desk.locator("[name=slot]")).not_to_have_count(1)
    with desk.expect_response(re.compile("schedule/new")):
        desk.get_by_label("Who goes").select_option(label="Theo Laurent")
    now = datetime.now(ZoneInfo("America/New_York"))
    begun = now.replace(hour=0, minute=0)
    if now.hour in (23, 0):
        begun = (now - timedelta(hours=1)).replace(hour=23, minute=0)
    desk.get_by_role("textbox", name="Day").fill(f"{begun:%Y-%m-%d}")
    desk.get_by_role("textbox", name="Time").fill(f"{begun:%H:%M}")
    desk.get_by_label("Schedule anyway").check()
    axe(desk)
    desk.get_by_role("button", name="Schedule appointment").click()
    desk.wait_for_url(re.compile(r"/office/schedule/\d+$"))
    return desk.url


def do_the_job(van: Page, sign_in, appointment: str, axe):
    sign_in(van, "theo@sparkle.example", "office")
    van.goto(appointment)
    expect(van.get_by_text("Garage").first).to_be_visible()
    assert "$" not in van.locator("main").inner_text()
    axe(van)
    van.get_by_role("button", name="On my way").click()
    van.get_by_role("button", name="Start", exact=True).click()
    expect(van.get_by_role("button", name="Done", exact=True)).to_be_visible()
    van.locator("#files").set_input_files(KITCHEN)
    van.get_by_label("Caption").fill("The kitchen before")
    van.get_by_label("Customer sees it").last.check()
    van.get_by_role("button", name="Upload photos").click()
    expect(van.locator("#photos img")).to_have_count(1)
    van.get_by_role("button", name="Done", exact=True).click()
    expect(van.get_by_role("button", name="Done", exact=True)).to_have_count(0)
    axe(van)


def bill_the_rest(desk: Page, quote: str) -> str:
    """What is left of $1,150 after the deposit: $920; the URL of the invoice."""
    desk.goto(quote)
    desk.get_by_role("button", name="Create final invoice").click()
    expect(desk.get_by_text("$920.00").first).to_be_visible()
    invoice = desk.url
    desk.get_by_role("link", name="Send invoice").click()
    desk.get_by_role("button", name=re.compile("^Send")).click()
    expect(desk).to_have_url(invoice)
    return invoice


def record_check(desk: Page, invoice: str, axe):
    desk.goto(invoice)
    desk.get_by_role("link", name="Record payment").first.click()
    desk.get_by_label("Amount").fill("400")
    desk.get_by_label("Method").select_option(label="Check")
    desk.get_by_label(re.compile("number", re.IGNORECASE)).fill("1042")
    axe(desk)
    desk.get_by_role("button", name="Record payment").click()
    expect(desk.get_by_text("$520.00").first).to_be_visible()
    axe(desk)


def pay_the_rest(phone: Page, demo, emails, axe):
    before = len(emails.to(MARA))
    phone.goto(demo["portal"] + "invoices")
    phone.get_by_role("link", name=re.compile("Spring deep clean")).first.click()
    expect(phone.get_by_text("$520.00").first).to_be_visible()
    axe(phone)
    phone.get_by_role("button", name="Pay by card").click()
    expect(phone.frame_locator(FRAME).get_by_label("Card number")).to_be_visible()
    type_card(phone, "4242 4242 4242 4242")
    is_paid(phone)
    assert "$520.00" in emails.next_to(MARA, after=before).text
    assert "4242" in pdf_of(phone, phone.get_by_role("link", name="Receipt").last.get_attribute("href") or "")


def read_the_statement(phone: Page, demo, axe):
    phone.goto(demo["portal"] + "statement")
    for words in ("$230.00", "$400.00", "$520.00", "$0.00"):
        expect(phone.get_by_text(words).first).to_be_visible()
    axe(phone)


def look_back(desk: Page, customer: str, axe):
    desk.goto(customer)
    expect(desk.get_by_text("Mara Lind").first).to_be_visible()
    axe(desk)
