"""Rosa's bank disputes a payment: what she and the office see of it."""

import pytest
from playwright.sync_api import expect

from e2e import data
from sergio.audit.actor import BY_SYSTEM
from sergio.payments import checkout
from sergio.payments.models import PaymentAttempt
from sergio.payments.stripe.gateway import Gateway

EMAIL, OLGA, OFFICE = "rosa@example.com", "olga@sparkle.example", "hello@sparkle.example"


@pytest.fixture
def pay(demo, emails):
    """`pay("Pool repaired", 23_400)`: Rosa's card pays a new invoice; its number."""

    def paid(title: str, amount: int) -> int:
        before = {who: len(emails.to(who)) for who in (EMAIL, OFFICE)}
        with data.inside(demo) as company:
            rosa = data.db.session.scalar(data.find(EMAIL)) or data.customer(company, "Rosa Bell")
            data.invoice(rosa, title, amount, due_on=company.day(data.clock.now()))
            data.db.session.commit()
            invoice = data.db.session.scalars(data.db.select(data.Invoice).where(data.Invoice.title == title)).one()
            number, account = invoice.number, company.payment_account
            checkout.begin([invoice.id], rosa.id, by=BY_SYSTEM)
            attempt = data.db.session.scalars(PaymentAttempt.open_for(invoice)).one()
            intent = attempt.intent
            data.db.session.commit()
            Gateway(account).confirm(intent, "pm_card_visa", off_session=False)
        for who, count in before.items():
            emails.next_to(who, after=count)
        return number

    return paid


def test_a_dispute_says_what_to_send_and_until_when_and_how_it_ended(pay, desk, phone, sign_in, emails, axe, demo):
    number = pay("Pool repaired", 23_400)
    before = len(emails.to(OFFICE))
    at_stripe(desk, demo, number, "Dispute")
    email = emails.next_to(OFFICE, after=before)
    assert email.subject == "Rosa Bell disputed a payment of $234.00"

    sign_in(desk, OLGA, door="office")
    desk.goto(demo["office"] + "payments")
    desk.get_by_role("link", name="Disputes").click()
    axe(desk)
    desk.get_by_role("link", name="Rosa Bell").first.click()
    expect(desk.get_by_role("heading", name="Rosa Bell disputed $234.00")).to_be_visible()
    expect(desk.get_by_text("Answer by")).to_be_visible()
    expect(desk.get_by_role("heading", name="What to send")).to_be_visible()
    axe(desk)
    page = desk.url

    sign_in(phone, EMAIL)
    phone.goto(demo["portal"] + f"invoices/{number}")
    expect(phone.get_by_role("button", name="Pay by card")).to_have_count(0)
    axe(phone)

    before = len(emails.to(OFFICE))
    at_stripe(desk, demo, "needs_response", "Company wins")
    emails.next_to(OFFICE, after=before)
    desk.goto(page)
    expect(desk.get_by_text("The money is yours again. There is nothing left to do.")).to_be_visible()
    axe(desk)
    phone.reload()
    expect(phone.get_by_text("Paid", exact=True).first).to_be_visible()


def at_stripe(page, demo, line, button: str):
    """Press a button beside a payment, by its invoice, or a dispute, by its status, on the sandbox's page."""
    page.goto(demo["stripe"])
    text = f"Invoice {line}" if isinstance(line, int) else line
    page.locator("tr", has_text=text).get_by_role("button", name=button).first.click()
