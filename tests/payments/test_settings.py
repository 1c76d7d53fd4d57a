"""Settings -> Payments."""

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.companies.models import Company

PAGE = "/office/settings/payments"
ON = {"saves_methods": "y", "offers_autopay": "y", "autopay_notice_days": "5"}


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
    assert office.post(PAGE, {"autopay_notice_days": "5"}).status_code == 303
    assert kept(session) == (False, False, 5)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"saves_methods": ""}, "Automatic payments need a saved card. Turn on saved cards, too."),
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
