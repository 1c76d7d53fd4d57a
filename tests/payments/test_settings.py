"""Settings -> Payments."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.companies.models import Company
from sergio.lib import clock
from tests.factories import by

PAGE = "/office/settings/payments"
LEAST = {"accepts_cards": "y", "autopay_notice_days": "5", "receipts_to": "payer"}
ON = {**LEAST, "saves_methods": "y", "offers_autopay": "y"}


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)


def kept(session) -> tuple[bool, bool, int]:
    session.commit()
    session.expire_all()
    company = session.scalar(Company.at("sparkle"))
    return company.saves_methods, company.offers_autopay, company.autopay_notice_days


def test_what_customers_may_do_is_kept_and_logged(office, session):
    assert office.post(PAGE, ON).status_code == 303
    assert kept(session) == (True, True, 5)
    assert session.scalar(select(AuditEntry.action).order_by(AuditEntry.id.desc())) == "changed_payment_settings"
    assert "Notice before an automatic payment (days): 3 → 5" in office.get("/office/activity").text
    assert office.post(PAGE, LEAST).status_code == 303
    assert kept(session) == (False, False, 5)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"saves_methods": ""}, "Automatic payments need a saved payment method. Let customers save them, too."),
        ({"accepts_cards": ""}, "Choose cards, bank accounts, or both. Customers need a way to pay."),
        ({"accepts_bank_debits": "y"}, "Your Stripe account can&#39;t take bank payments yet."),
        ({"part_payment_minimum": "0.49"}, "Stripe charges at least $0.50. Enter that or more."),
        ({"part_payment_minimum": "much"}, "Enter an amount, such as 120 or 120.50."),
        ({"receipts_to": ""}, "Choose who gets receipts."),
        ({"receipts_to": "everyone"}, "Not a valid choice."),
        ({"autopay_notice_days": "soon"}, "Enter a whole number."),
        ({"autopay_notice_days": "0"}, "Enter a number from 1 to 30."),
    ],
)
def test_bad_input_is_told_and_changes_nothing(office, session, typed, sentence):
    before = kept(session)
    response = office.post(PAGE, {name: value for name, value in {**ON, **typed}.items() if value})
    assert response.status_code == 422
    assert sentence in response.text
    assert kept(session) == before


def test_parts_and_receipts_are_kept_and_logged(office, session):
    parts = {
        "allows_part_payments": "y",
        "part_payment_minimum": "25",
        "receipts_to": "billing",
        "copies_receipts": "y",
    }
    assert office.post(PAGE, {**ON, **parts}).status_code == 303
    session.commit()
    session.expire_all()
    company = session.scalar(Company.at("sparkle"))
    assert (company.allows_part_payments, company.part_payment_minimum) == (True, 25_00)
    assert (company.receipts_to, company.copies_receipts) == ("billing", True)
    log = office.get("/office/activity").text
    assert "Smallest part payment: $0.00 → $25.00" in log
    assert "Receipts go to: The person who paid → The person who paid, and billing contacts" in log


def test_bank_debits_are_for_us_companies_in_dollars_whose_account_can_take_them(office, session, sparkle):
    sparkle.bank_debits_enabled = True
    session.commit()
    assert office.post(PAGE, {**ON, "accepts_bank_debits": "y", "accepts_cards": ""}).status_code == 303
    session.refresh(sparkle)
    assert (sparkle.accepts_cards, sparkle.accepts_bank_debits) == (False, True)

    sparkle.accepts_cards, sparkle.accepts_bank_debits, sparkle.country = True, False, "CA"
    session.commit()
    refused = office.post(PAGE, {**ON, "accepts_bank_debits": "y"})
    assert refused.status_code == 422
    assert "Bank payments (ACH) are for companies in the United States" in refused.text


def test_another_currency_has_another_smallest_part(sparkle, olga):
    sparkle.part_payment_minimum = 25_00
    sparkle.change_currency("JPY", by=by(olga), at=clock.now())
    assert sparkle.part_payment_minimum == 0


def test_the_page_takes_three_statements(office, statements):
    office.get(PAGE)
    with statements() as seen:
        office.get(PAGE)
    assert len(seen) <= 3, seen


def test_the_page_leads_to_what_is_set_elsewhere(office, session, sparkle):
    sparkle.payment_days, sparkle.quote_deposit_rate, sparkle.reminder_days = 30, 2500, [3, -3]
    session.commit()
    page = office.get(PAGE).text
    for words in ("Net 30", "25%", "3 days before it is due, 3 days after it was due"):
        assert words in page


def test_the_fee_is_told_in_a_sentence(app, office):
    assert "of each payment goes to this service" not in office.get(PAGE).text
    config = app.config["SERGIO"]
    app.config["SERGIO"] = replace(config, application_fee=Decimal("0.5"))
    assert "0.5% of each payment goes to this service" in office.get(PAGE).text
    app.config["SERGIO"] = config
