"""What was paid in each month: as the ledger says, in the company's months, without the test customer."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select, update

from sergio import seeds
from sergio.big_world import Size, grow
from sergio.companies.models import TEST_NUMBERS
from sergio.customers.models import Contact, Customer
from sergio.invoices import paid_sums
from sergio.invoices.ledger import DISPUTE, PAYMENT, REFUND
from sergio.invoices.paid_sums import PaidSum
from tests.invoices import builders

LAST_HOUR_OF_MARCH = datetime(2026, 4, 1, 3, 30, tzinfo=UTC)
"""In New York."""
APRIL = datetime(2026, 4, 1, 4, 30, tzinfo=UTC)


@pytest.fixture
def paid(sparkle, session):
    """`paid()`: the amounts by month; they are compared with the ledger first."""

    def read() -> dict[str, int]:
        session.flush()
        assert list(paid_sums.differences()) == []
        asked = {"company_id": sparkle.id, "first_month": date(2026, 1, 1)}
        return {f"{row.month:%Y-%m}": row.amount for row in session.execute(paid_sums.monthly(), asked)}

    return read


def test_they_follow_the_ledger_in_the_companys_months(ana, paid):
    invoice = builders.invoice(ana, 5_000)
    assert paid() == {}
    invoice.enter(PAYMENT, -2_000, at=LAST_HOUR_OF_MARCH, source="some")
    invoice.enter(PAYMENT, -3_000, at=APRIL, source="rest")
    assert paid() == {"2026-03": 2_000, "2026-04": 3_000}
    invoice.enter(REFUND, 500, at=APRIL, source="back")
    invoice.enter(DISPUTE, 700, at=APRIL, source="a dispute")
    assert paid() == {"2026-03": 2_000, "2026-04": 1_800}


def test_a_month_in_which_all_was_returned_has_no_row(ana, session, paid):
    invoice = builders.invoice(ana, 5_000)
    invoice.enter(PAYMENT, -5_000, at=APRIL, source="all")
    invoice.enter(REFUND, 5_000, at=APRIL, source="back")
    assert paid() == {}
    assert session.scalar(select(func.count()).select_from(PaidSum)) == 0


def test_what_the_test_customer_pays_is_not_counted(sparkle, session, paid):
    customer = Customer(company=sparkle, number=TEST_NUMBERS + 1, name="Olga", is_test=True)
    tester = Contact(company=sparkle, customer=customer, name="Olga", email="olga@sparkle.example")
    session.add_all([customer, tester])
    session.flush()
    builders.invoice(tester, 5_000).enter(PAYMENT, -5_000, at=APRIL, source="a test")
    assert paid() == {}


def test_bulk_statements_are_counted(ana, sparkle, session, paid):
    seeds.service(sparkle, 0, "Clean", "", 60, 10_000)
    grow(sparkle, Size(customers=10, invoices=100, quotes=0, appointments=0))
    assert sum(paid().values()) > 0


def test_a_wrong_sum_is_a_difference(ana, session):
    builders.invoice(ana).enter(PAYMENT, -5_000, at=APRIL, source="some")
    session.flush()
    session.execute(update(PaidSum).where(PaidSum.company_id == ana.company_id).values(amount=7))
    [line] = paid_sums.differences()
    assert "paid in 2026-04 in USD: the sum is 7, not 5000" in line
