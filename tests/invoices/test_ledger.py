"""The rules of invoices, and the ledger their balance is the sum of."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from sergio.invoices.ledger import CHARGE, DISPUTE, PAYMENT, REFUND, VOID, status_on
from sergio.invoices.models import Invoice, InvoiceLine, LedgerEntry
from sergio.lib.refused import Refused
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
DAY = date(2026, 3, 9)


def test_an_invoice_has_its_lines_tax_and_the_companys_due_day(session, ana, sparkle):
    lines = [
        InvoiceLine(description="Windows", quantity=3000, unit_price=4500, tax_ppm=825_00),
        InvoiceLine(description="Spring offer", unit_price=-500),
    ]
    invoice = Invoice.issue(ana.customer, "Windows", lines, at=builders.ISSUED, by=BY_OLGA)
    assert invoice.total == 13_500 + 1_114 - 500
    assert (invoice.due, invoice.balance) == (invoice.total, invoice.total)
    assert invoice.due_on == date(2026, 3, 2) + timedelta(days=sparkle.payment_days)
    assert invoice.currency == "USD"


def test_lines_are_copies(session, ana):
    line = InvoiceLine(description="Windows", unit_price=4500)
    invoice = Invoice.issue(ana.customer, "Windows", [line], at=builders.ISSUED, by=BY_OLGA)
    line.unit_price = 1
    assert invoice.price.total == 4500
    assert invoice.lines[0] is not line


def test_the_day_of_issue_is_in_the_companys_time_zone(session, ana):
    late_evening = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)
    assert builders.invoice(ana, at=late_evening).issued_on == date(2026, 3, 2)


def test_the_same_source_twice_is_one_entry(invoice, session):
    for _time in range(2):
        invoice.enter(PAYMENT, -5_000, at=AT, source="pi_1:succeeded")
        session.commit()
    assert invoice.due == 7_000


def test_the_database_refuses_a_second_entry_with_the_same_source(invoice, session):
    for _time in range(2):
        facts = {"kind": PAYMENT, "amount": -1, "at": AT, "entered_on": AT.date(), "source": "pi_1"}
        session.add(LedgerEntry(company=invoice.company, invoice_id=invoice.id, **facts))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_an_entry_is_never_changed_or_deleted(invoice, session):
    invoice.entries[0].amount = 1
    with pytest.raises(PermissionError):
        session.flush()
    session.rollback()
    session.delete(invoice.entries[0])
    with pytest.raises(PermissionError):
        session.flush()
    session.rollback()


def test_an_invoice_is_voided_once(invoice, session):
    invoice.void(at=AT, by=BY_OLGA)
    invoice.void(at=AT, by=BY_OLGA)
    assert (invoice.due, invoice.balance, invoice.version) == (0, 0, 2)
    assert invoice.status_on(DAY) == "void"


def test_a_paid_invoice_cannot_be_voided(invoice):
    invoice.enter(PAYMENT, -5_000, at=AT, source="pi_1:succeeded")
    with pytest.raises(Refused, match="refunded"):
        invoice.void(at=AT, by=BY_OLGA)


def test_an_invoice_with_a_processing_payment_cannot_be_voided(invoice):
    invoice.mark_clearing(AT)
    with pytest.raises(Refused):
        invoice.void(at=AT, by=BY_OLGA)


@pytest.mark.parametrize(
    ("facts", "clearing", "status"),
    [
        ([], False, "open"),
        ([], True, "processing"),
        ([(PAYMENT, -12_000)], False, "paid"),
        ([(PAYMENT, -4_000)], False, "open"),
        ([(PAYMENT, -12_000), (REFUND, 12_000)], False, "refunded"),
        ([(PAYMENT, -12_000), (REFUND, 2_000)], False, "refunded"),
        ([(PAYMENT, -12_000), (REFUND, 2_000), (REFUND, -2_000)], False, "paid"),
        ([(PAYMENT, -12_000), (DISPUTE, 12_000)], False, "disputed"),
        ([(PAYMENT, -12_000), (DISPUTE, 12_000), (DISPUTE, -12_000)], False, "paid"),
        ([(PAYMENT, -12_000), (PAYMENT, -12_000)], False, "overpaid"),
        ([(PAYMENT, -12_001)], False, "overpaid"),
        ([(PAYMENT, -24_000), (REFUND, 11_999)], False, "overpaid"),
        ([(PAYMENT, -24_000), (REFUND, 12_000)], False, "paid"),
        ([(PAYMENT, -24_000), (REFUND, 12_001)], False, "refunded"),
        ([(PAYMENT, -24_000), (DISPUTE, 12_000)], False, "disputed"),
        ([(PAYMENT, -24_000), (DISPUTE, 5_000)], False, "overpaid"),
        ([(PAYMENT, -24_000), (DISPUTE, 12_000), (DISPUTE, -12_000)], False, "overpaid"),
        ([(VOID, -12_000), (PAYMENT, -12_000)], False, "overpaid"),
        ([(CHARGE, 5_000), (PAYMENT, -12_000), (REFUND, 1_000)], False, "open"),
    ],
)
def test_the_status_of_an_invoice(invoice, facts, clearing, status):
    for number, (kind, amount) in enumerate(facts):
        invoice.enter(kind, amount, at=AT, source=f"fact {number}")
    invoice.mark_clearing(AT if clearing else None)
    assert invoice.status_on(DAY) == status


def test_an_invoice_is_overdue_after_its_due_day_in_the_companys_time_zone(invoice, sparkle):
    assert invoice.due_on == date(2026, 3, 16)
    just_before_midnight = datetime(2026, 3, 17, 3, 59, tzinfo=UTC)
    assert invoice.status_on(sparkle.day(just_before_midnight)) == "open"
    assert invoice.status_on(sparkle.day(just_before_midnight + timedelta(minutes=1))) == "overdue"


def test_rows_have_the_same_status_as_entities(invoice, session, ana):
    builders.invoice(ana, 5_000).enter(PAYMENT, -5_000, at=AT, source="a")
    builders.invoice(ana, 7_000).void(at=AT, by=BY_OLGA)
    paid_twice = builders.invoice(ana, 6_000)
    for source in "bc":
        paid_twice.enter(PAYMENT, -6_000, at=AT, source=source)
    given_back = builders.invoice(ana, 4_000)
    given_back.enter(PAYMENT, -8_000, at=AT, source="d")
    given_back.enter(REFUND, 4_000, at=AT, source="e")
    session.commit()
    rows = {row.number: row for row in session.execute(Invoice.rows())}
    for each in session.scalars(select(Invoice).where(Invoice.number.is_not(None))):
        row = rows[each.number]
        assert (row.total, row.due, row.refunded, row.disputed) == (each.total, each.due, each.refunded, each.disputed)
        assert status_on(row, DAY) == each.status_on(DAY)
    overpaid = session.execute(Invoice.rows().where(*Invoice.overpaid())).all()
    assert [row.number for row in overpaid] == [paid_twice.number]


FACTS = st.lists(
    st.tuples(st.sampled_from([CHARGE, PAYMENT, REFUND, DISPUTE]), st.integers(-(10**12), 10**12)), max_size=12
)


@given(FACTS)
def test_the_balance_is_the_sum_and_returned_money_is_not_due_again(facts):
    invoice = Invoice(entries=[LedgerEntry(kind=kind, amount=amount, at=AT) for kind, amount in facts])
    invoice.update_sums()
    assert invoice.balance == sum(amount for _kind, amount in facts)
    assert invoice.due == invoice.balance - invoice.refunded - invoice.disputed
