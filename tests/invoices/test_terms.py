"""Payment terms: when an invoice is due, by whose terms, and in which time zone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sergio.invoices.terms import MONTH_END, due_day, label
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA


@pytest.mark.parametrize(
    ("issued", "terms", "due"),
    [
        ("2026-03-02", 0, "2026-03-02"),
        ("2026-12-20", 30, "2027-01-19"),
        ("2026-01-31", 30, "2026-03-02"),
        ("2028-02-01", MONTH_END, "2028-02-29"),
        ("2027-02-28", MONTH_END, "2027-02-28"),
        ("2026-12-01", MONTH_END, "2026-12-31"),
    ],
)
def test_the_due_day_of_each_kind_of_terms(issued, terms, due):
    assert due_day(date.fromisoformat(issued), terms) == date.fromisoformat(due)


@given(st.dates(date(2000, 1, 1), date(2999, 1, 1)))
def test_the_end_of_the_month_is_the_day_before_the_first(on):
    due = due_day(on, MONTH_END)
    assert (due.month, (due + timedelta(days=1)).day) == (on.month, 1)


def test_labels_are_those_of_the_trade():
    assert [label(each) for each in (0, 15, MONTH_END)] == ["Due on receipt", "Net 15", "End of the month"]


def test_the_invoices_own_terms_come_before_the_customers_and_those_before_the_companys(session, ana, sparkle):
    def due(**more):
        return builders.invoice(ana, **more).due_on

    sparkle.payment_days = 30
    assert due() == date(2026, 4, 1)
    ana.customer.payment_days = 7
    assert due() == date(2026, 3, 9)
    assert due(payment_days=0) == date(2026, 3, 2)
    assert due(payment_days=60, due_on=date(2026, 3, 20)) == date(2026, 3, 20)


def test_the_month_ends_in_the_companys_time_zone(session, ana):
    evening_of_the_28th = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
    invoice = builders.draft(ana, payment_days=MONTH_END)
    invoice.finalize(at=evening_of_the_28th, by=BY_OLGA)
    assert (invoice.issued_on, invoice.due_on) == (date(2026, 2, 28), date(2026, 2, 28))


def test_staff_set_a_customers_terms(browser_of, olga, ana, session):
    browser = browser_of(olga)
    path = "/office/customers/1/payment-terms"
    assert "Usual" in browser.get(path).text or "usual" in browser.get(path).text
    assert browser.post(path, {"payment_terms": "custom", "days": "45"}).status_code == 303
    session.expire_all()
    assert ana.customer.payment_days == 45
    wrong = browser.post(path, {"payment_terms": "custom", "days": "-3"})
    assert wrong.status_code == 422
    assert "Enter a number of days from 0 to 365." in wrong.text
    assert 'value="-3"' in wrong.text
    browser.post(path, {"payment_terms": "", "days": ""})
    session.expire_all()
    assert ana.customer.payment_days is None
    assert browser.post(path, {"payment_terms": "77"}).status_code == 422
