"""The sums of what is unpaid and overpaid: as the invoices say, after any change, also of many at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from sqlalchemy import delete, func, insert, select, text, update

from sergio import seeds
from sergio.audit.actor import BY_SYSTEM
from sergio.big_world import Size, grow
from sergio.database.triggers import install_kept
from sergio.extensions import db
from sergio.invoices import open_sums
from sergio.invoices.ledger import PAYMENT
from sergio.invoices.models import Invoice
from sergio.invoices.open_sums import OpenSum
from sergio.payments.methods import CASH
from sergio.payments.models import Payment
from tests.invoices import builders

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
MANY = 8


@pytest.fixture
def sums(sparkle, session):
    """`sums(day)`: count and amount by kind on a day; they are compared with the invoices first."""

    def read(day="2026-01-01"):
        session.flush()
        assert list(open_sums.differences()) == []
        asked = {"company_id": sparkle.id, "today": datetime.fromisoformat(day).date()}
        rows = [row for total in open_sums.totals() for row in session.execute(total, asked)]
        return {row.kind: (row.count, row.amount) for row in rows}

    return read


def test_they_follow_every_change_of_an_invoice(ana, sums, session):
    assert sums() == {}
    builders.draft(ana)
    assert sums() == {}
    first, second = builders.invoice(ana, 5_000), builders.invoice(ana, 700)
    assert sums() == {"unpaid": (2, 5_700)}
    assert sums("2027-01-01") == {"unpaid": (2, 5_700), "overdue": (2, 5_700)}
    first.mark_clearing(AT)
    assert sums("2027-01-01") == {"unpaid": (2, 5_700), "overdue": (1, 700)}
    first.mark_clearing(None)
    second.void(at=AT, by=BY_SYSTEM)
    assert sums() == {"unpaid": (1, 5_000)}
    first.enter(PAYMENT, -2_000, at=AT, source="some")
    assert sums() == {"unpaid": (1, 3_000)}
    first.enter(PAYMENT, -4_000, at=AT, source="more")
    assert sums() == {"overpaid": (1, 1_000)}


def test_what_is_taken_back_is_not_counted(ana, sums, session):
    builders.invoice(ana)
    session.commit()
    builders.invoice(ana)
    session.rollback()
    assert sums() == {"unpaid": (1, 12_000)}


def test_bulk_statements_are_counted(ana, sparkle, sums, session):
    invoice = builders.invoice(ana, 5_000)
    seeds.service(sparkle, 0, "Clean", "", 60, 10_000)
    grow(sparkle, Size(customers=10, invoices=100, quotes=0, appointments=0))
    assert sums()["unpaid"] == (11, 105_000)
    mine = Invoice.company_id == sparkle.id
    session.execute(update(Invoice).where(mine, Invoice.id == invoice.id).values(due_on=AT.date(), currency="EUR"))
    assert sorted(row.currency for row in session.execute(open_sums.totals()[0], {"company_id": sparkle.id})) == [
        "EUR",
        "USD",
    ]
    assert list(open_sums.differences()) == []


def test_a_deleted_invoice_is_not_counted(sparkle, ana, sums, session):
    builders.invoice(ana)
    row = {"company_id": sparkle.id, "customer_id": ana.customer_id, "title": "x", "currency": "USD"}
    session.execute(insert(Invoice), {**row, "status": "open", "number": 99, "due": 7, "total": 7, **days()})
    assert sums()["unpaid"] == (2, 12_007)
    session.execute(delete(Invoice).where(Invoice.company_id == sparkle.id, Invoice.number == 99))
    assert sums()["unpaid"] == (1, 12_000)


def days() -> dict:
    return {"issued_on": AT.date(), "due_on": AT.date()}


def test_nothing_is_left_of_a_day_on_which_nothing_is_open(ana, session):
    Payment.record(builders.invoice(ana), method=CASH, by=BY_SYSTEM, at=AT)
    session.flush()
    assert session.scalar(select(func.count()).select_from(OpenSum)) == 0


def test_a_wrong_sum_is_a_difference(ana, session):
    builders.invoice(ana)
    session.flush()
    session.execute(update(OpenSum).where(OpenSum.company_id == ana.company_id).values(count=5))
    [line] = open_sums.differences()
    assert "the sum is (5, 12000), not (1, 12000)" in line


def pay_all_at_once(app, ids: list[int]):
    """Pay each invoice in a transaction of its own, all open at the same time where the database allows it."""
    together = Barrier(len(ids), timeout=20)

    def pay(invoice_id):
        with app.app_context():
            invoice = db.session.scalars(Invoice.locked(invoice_id)).one() if on_server() else None
            together.wait()
            invoice = invoice or db.session.scalars(Invoice.locked(invoice_id)).one()
            invoice.enter(PAYMENT, -5_000, at=AT, source=f"cash {invoice_id}")
            db.session.flush()
            if on_server():
                together.wait()  # nobody has waited for another's commit
            db.session.commit()

    with ThreadPoolExecutor(len(ids)) as others:
        list(others.map(pay, ids))


def on_server() -> bool:
    return db.engine.dialect.name == "postgresql"


@pytest.fixture
def invoices(ana, session):
    """The ids of `MANY` unpaid invoices that are due on the same day, and two more."""
    rows = [builders.invoice(ana, 5_000) for _ in range(MANY + 2)]
    session.commit()
    return [row.id for row in rows[:MANY]]


def test_payments_at_the_same_time_wait_for_nobody_and_none_is_lost(app, invoices, sums, session):
    pay_all_at_once(app, invoices)
    session.rollback()
    assert sums() == {"unpaid": (2, 10_000)}


def test_control_a_trigger_that_writes_what_it_read_before_loses_some(app, invoices, session):
    if not on_server():
        pytest.skip("SQLite has one writer at a time")
    forgetful = """
    CREATE OR REPLACE FUNCTION invoice_kept_on_update() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE before bigint;
    BEGIN
        SELECT amount INTO before FROM open_sum WHERE company_id = NEW.company_id AND due_on = NEW.due_on;
        PERFORM pg_sleep(0.5);
        UPDATE open_sum SET amount = before + NEW.due - OLD.due WHERE company_id = NEW.company_id;
        RETURN NEW;
    END $$
    """
    with db.engine.begin() as connection:
        connection.execute(text(forgetful))
    try:
        with ThreadPoolExecutor(MANY) as others:
            list(others.map(lambda invoice_id: pay_one(app, invoice_id), invoices))
        session.rollback()
        assert list(open_sums.differences())
    finally:
        with db.engine.begin() as connection:
            install_kept(connection)


def pay_one(app, invoice_id):
    with app.app_context():
        invoice = db.session.scalars(Invoice.locked(invoice_id)).one()
        invoice.enter(PAYMENT, -5_000, at=AT, source=f"cash {invoice_id}")
        db.session.commit()
