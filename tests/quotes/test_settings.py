"""Settings -> Quotes."""

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.companies.models import Company

PAGE = "/office/settings/quotes"
FORM = {
    "quote_days": "45",
    "quote_deposit_rate": "25%",
    "terms": "Half now.",
    "quote_reminder_before": "5",
    "quote_reminder_after": "",
}


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)


def kept(session) -> Company:
    session.commit()
    session.expire_all()
    return session.scalar(Company.at("sparkle"))


def test_what_new_quotes_begin_with_is_kept_and_logged(office, session):
    assert office.post(PAGE, FORM).status_code == 303
    company = kept(session)
    assert (company.quote_days, company.quote_deposit_rate, company.terms) == (45, 2500, "Half now.")
    assert (company.quote_reminder_before, company.quote_reminder_after) == (5, None)
    assert session.scalar(select(AuditEntry.action).order_by(AuditEntry.id.desc())) == "changed_quote_settings"
    html = office.get(PAGE).text
    assert 'value="25%"' in html
    assert '<option selected value="5">5 days</option>' in html
    assert "Deposit of new quotes: 0% → 25%" in office.get("/office/activity").text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"quote_days": "soon"}, "Enter a whole number."),
        ({"quote_days": "0"}, "Enter a number from 1 to 365."),
        ({"quote_deposit_rate": "half"}, "Enter a percentage, such as 12.5%."),
        ({"quote_deposit_rate": "120"}, "Enter a percentage from 0 to 100."),
        ({"terms": "x" * 4001}, "Use at most 4,000 characters."),
        ({"quote_reminder_before": "400"}, "Not a valid choice."),
    ],
)
def test_bad_input_is_told_and_kept(office, session, typed, sentence):
    response = office.post(PAGE, {**FORM, **typed})
    assert response.status_code == 422
    assert sentence in response.text
    assert kept(session).quote_days == 30


def test_a_form_that_was_open_for_too_long_loses_nothing(office, session):
    response = office.post(PAGE, {**FORM, "csrf_token": "old"})
    assert response.status_code == 422
    assert "Half now." in response.text
    assert kept(session).quote_days == 30
