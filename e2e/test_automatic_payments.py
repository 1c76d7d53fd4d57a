"""Finn turns automatic payments on, is charged on the day, declined once, pays that himself, and turns them off."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from e2e import data
from e2e.test_payments import is_paid
from e2e.test_saved_cards import fill_card
from sergio import jobs
from sergio.extensions import db
from sergio.lib import clock
from sergio.payments.autopay_charges import AutoPayCharge

EMAIL, SAVED_THEN_DECLINED = "finn@example.com", "4000 0000 0000 0341"


@pytest.fixture
def finn(demo):
    """Finn, with an invoice that is due in two days."""
    with data.inside(demo) as company:
        soon = company.day(clock.now()) + timedelta(days=2)
        data.invoice(data.customer(company, "Finn Gray"), "Hedge cut", 8_000, due_on=soon)


def next_invoice(demo, title: str):
    with data.inside(demo) as company:
        person = db.session.scalars(data.find(EMAIL)).one()
        data.invoice(person, title, 9_000, due_on=company.day(clock.now()) + timedelta(days=1))
        jobs.enqueue("payments.find_automatic")


def let_the_day_come(demo):
    """What is announced is due today."""
    with data.inside(demo) as company:
        mine = AutoPayCharge.company_id == company.id, AutoPayCharge.status == "planned"
        today = company.day(clock.now())
        db.session.execute(update(AutoPayCharge).where(*mine).values(planned_on=today, next_on=today))
        jobs.enqueue("payments.find_automatic")


def save_card(page, base: str, number: str):
    page.goto(base + "/portal/payment-methods")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Add a card").click()
    fill_card(page, number, "Save card")
    expect(page.get_by_text("is saved")).to_be_visible(timeout=15_000)


def agree(page, base: str, card: str, button: str):
    page.goto(base + "/portal/automatic-payments")
    if button == "Save changes":
        page.get_by_text("Change method or limit").click()
    page.get_by_label(card).check()
    page.get_by_label("Most to charge at once").fill("200")
    page.get_by_label("I authorize Sparkle Cleaning").check()
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text("Automatic payments are on.")).to_be_visible()


@pytest.mark.usefixtures("finn")
def test_automatic_payments_charged_declined_paid_by_hand_and_stopped(phone, sign_in, axe, demo, emails):
    sign_in(phone, EMAIL)
    base = phone.url.partition("/portal/")[0]
    save_card(phone, base, "4242 4242 4242 4242")
    phone.goto(base + "/portal/automatic-payments")
    axe(phone)
    before = len(emails.to(EMAIL))
    agree(phone, base, "Visa ending in 4242", "Turn on automatic payments")
    axe(phone)
    assert "Automatic payments are on" in {each.subject for each in wait_for(emails, before + 2)}
    assert "$80.00 for invoice" in emails.to(EMAIL)[0].subject + emails.to(EMAIL)[1].subject

    let_the_day_come(demo)
    assert "Your automatic payment of $80.00" in emails.next_to(EMAIL, after=before + 2).text

    save_card(phone, base, SAVED_THEN_DECLINED)
    agree(phone, base, "Visa ending in 0341", "Save changes")
    wait_for(emails, before + 4)
    next_invoice(demo, "Lawn mowed")
    wait_for(emails, before + 5)
    let_the_day_come(demo)
    declined = emails.next_to(EMAIL, after=before + 5)
    assert "was declined" in declined.subject
    phone.goto(base + "/portal/automatic-payments")
    expect(phone.get_by_text("The next attempts are on")).to_be_visible()
    axe(phone)
    phone.goto(next(link for link in declined.links if "/d/" in link))
    phone.get_by_role("link", name="Pay with Visa").tap()
    phone.get_by_role("button", name="Pay $90.00").tap()
    is_paid(phone)

    phone.goto(next(link for link in declined.links if "/automatic-payments/stop/" in link))
    axe(phone)
    phone.get_by_role("button", name="Turn off automatic payments").tap()
    expect(phone.get_by_role("heading", name="Automatic payments are off")).to_be_visible()
    axe(phone)


def wait_for(emails, count: int):
    emails.next_to(EMAIL, after=count - 1)
    return emails.to(EMAIL)
