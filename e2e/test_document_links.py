"""From an email to done in three taps, on a phone that is signed in nowhere."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from e2e import data
from e2e.test_payments import FRAME, is_paid, type_card
from e2e.test_saved_cards import fill_card


@pytest.fixture
def emailed(desk, demo, sign_in, emails):
    """`emailed(section, row, button, recipient)`: Olga presses a button on the page of a row; the link in the email."""

    def press(section: str, row: str, button: str, recipient: str) -> str:
        sign_in(desk, "olga@sparkle.example", door="office")
        desk.goto(f"{demo['office']}{section}")
        desk.get_by_role("row").filter(has_text=row).get_by_role("link").first.click()
        before = len(emails.to(recipient))
        desk.get_by_role("button", name=button).first.click()
        email = emails.next_to(recipient, after=before)
        [url] = [link for link in email.links if "/d/" in link]
        assert demo["portal"].removesuffix("portal/") in url
        return url

    return press


class Taps:
    """`taps(role, name)`: one tap on a phone; `count` says how many there were."""

    def __init__(self, phone: Page):
        self.phone, self.count = phone, 0

    def __call__(self, role, name: str):
        self.count += 1
        self.phone.get_by_role(role, name=name).first.tap()


@pytest.fixture
def tap(phone):
    return Taps(phone)


def signed_in(page: Page) -> bool:
    return any(cookie["name"] == "__Host-portal" for cookie in page.context.cookies())


def test_ben_accepts_a_quote_in_three_taps_without_a_sign_in(phone, emailed, tap, axe):
    url = emailed("quotes", "Windows before winter", "Send again", "ben@example.com")
    phone.goto(url)
    axe(phone)
    tap("button", "Open quote")
    expect(phone.get_by_role("heading", name="Windows before winter")).to_be_visible()
    axe(phone)
    phone.get_by_label("Your full name").fill("Ben Okafor")
    tap("checkbox", "I accept this quote")
    tap("button", "Accept quote")
    expect(phone.get_by_text("Ben Okafor accepted this quote on")).to_be_visible()
    assert tap.count == 3
    assert not signed_in(phone)
    axe(phone)

    phone.goto(re.sub(r"/portal/.*", "/portal/quotes", phone.url))
    expect(phone).to_have_url(re.compile(r"/portal/sign-in\?next=/portal/quotes$"))


def test_a_customer_pays_an_invoice_in_three_taps_without_a_sign_in(phone, emailed, demo, tap, axe):
    with data.inside(demo) as company:
        hugo = data.customer(company, "Hugo Ray")
        data.invoice(hugo, "Deep clean", 29_000, due_on=company.day(data.clock.now()) + timedelta(days=14))
    url = emailed("invoices?show=open", "Hugo Ray", "Send reminder", "hugo@example.com")
    phone.goto(url)
    tap("button", "Open invoice")
    expect(phone.get_by_role("heading", name="Deep clean")).to_be_visible()
    axe(phone)
    tap("button", "Pay by card")
    expect(phone.frame_locator(FRAME).get_by_label("Card number")).to_be_visible()
    type_card(phone, "4242 4242 4242 4242")
    tap.count += 1
    is_paid(phone)
    assert tap.count == 3
    assert not signed_in(phone)


def test_a_customer_pays_with_their_saved_card_in_two_taps_without_a_sign_in(phone, emailed, demo, tap, axe, sign_in):
    with data.inside(demo) as company:
        iris = data.customer(company, "Iris Hale")
        data.invoice(iris, "Attic cleared", 31_000, due_on=company.day(data.clock.now()) + timedelta(days=14))
    sign_in(phone, "iris@example.com")
    phone.goto(phone.url + "payment-methods")
    phone.get_by_role("checkbox").check()
    phone.get_by_role("button", name="Add a card").click()
    fill_card(phone, "4242 4242 4242 4242", "Save card")
    expect(phone.get_by_text("Visa ending in 4242 is saved")).to_be_visible(timeout=15_000)
    phone.context.clear_cookies()

    url = emailed("invoices?show=open", "Iris Hale", "Send reminder", "iris@example.com")
    phone.goto(url)
    tap("button", "Open invoice")
    expect(phone.get_by_role("button", name="Pay $310.00 with Visa ending in 4242")).to_be_visible()
    axe(phone)
    tap("button", "Pay $310.00 with Visa ending in 4242")
    is_paid(phone)
    assert tap.count == 2
    assert not signed_in(phone)
