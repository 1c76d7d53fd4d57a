"""What a customer owes, on their row: as their invoices say, after any change, also of many at the same time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select, text, update

from sergio.customers.models import Customer
from sergio.database.triggers import install_kept
from sergio.extensions import db
from sergio.invoices import owed
from sergio.invoices.ledger import PAYMENT
from sergio.invoices.models import Invoice
from sergio.overview.merging import merge
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA

AT = builders.ISSUED
MANY = 6


@pytest.fixture
def owes(session):
    """`owes(customer)`: what it owes; all are compared with their invoices first."""

    def read(customer) -> int:
        session.commit()
        assert list(owed.differences()) == []
        mine = Customer.company_id == customer.company_id, Customer.id == customer.id
        return session.scalars(select(Customer.owes).where(*mine)).one()

    return read


def test_it_follows_every_change_of_an_invoice(ana, owes):
    builders.draft(ana)
    assert owes(ana.customer) == 0
    first, second = builders.invoice(ana, 5_000), builders.invoice(ana, 700)
    assert owes(ana.customer) == 5_700
    first.mark_clearing(AT)
    second.void(at=AT, by=BY_OLGA)
    assert owes(ana.customer) == 5_000
    first.enter(PAYMENT, -2_000, at=AT, source="some")
    assert owes(ana.customer) == 3_000
    first.enter(PAYMENT, -4_000, at=AT, source="more")
    assert owes(ana.customer) == 0


def test_what_is_taken_back_is_not_counted(ana, owes, session):
    builders.invoice(ana, 5_000)
    session.commit()
    builders.invoice(ana)
    session.rollback()
    assert owes(ana.customer) == 5_000


def test_a_merge_gives_it_to_the_other_customer(ana, ben, owes):
    builders.invoice(ana, 5_000)
    builders.invoice(ben, 700)
    kept, gone = ana.customer, ben.customer
    assert owes(gone) == 700
    merge(kept, gone, by=BY_OLGA, at=AT)
    assert owes(kept) == 5_700
    assert owes(gone) == 0


def test_a_wrong_amount_is_a_difference(sparkle, ana, session):
    builders.invoice(ana, 5_000)
    session.commit()
    mine = Customer.company_id == sparkle.id, Customer.id == ana.customer_id
    session.execute(update(Customer).where(*mine).values(owes=1))
    [line] = owed.differences()
    assert line == f"company {sparkle.id}, customer 1: owes 1, the invoices say 5000"


def pay_at_once(app, ids: list[int]):
    """Pay these invoices in transactions that have all begun before one of them writes, where the database can."""
    together = Barrier(len(ids), timeout=20)

    def pay(invoice_id):
        with app.app_context():
            invoice = db.session.scalars(Invoice.locked(invoice_id)).one()
            if db.engine.dialect.name == "postgresql":
                together.wait()
            invoice.enter(PAYMENT, -5_000, at=AT, source=f"cash {invoice_id}")
            db.session.commit()

    with ThreadPoolExecutor(len(ids)) as others:
        list(others.map(pay, ids))


@pytest.fixture
def invoices(ana, session):
    """The ids of `MANY` invoices of Ana over $50, and two more."""
    rows = [builders.invoice(ana, 5_000) for _ in range(MANY + 2)]
    session.commit()
    return [row.id for row in rows[:MANY]]


def test_of_payments_at_the_same_time_none_is_lost(app, ana, invoices, owes, session):
    pay_at_once(app, invoices)
    session.rollback()
    assert owes(ana.customer) == 10_000


def test_control_a_trigger_that_writes_what_it_read_before_loses_some(app, ana, invoices, session):
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    forgetful = """
    CREATE OR REPLACE FUNCTION invoice_owed_kept_on_update() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE before bigint;
    BEGIN
        SELECT owes INTO before FROM customer WHERE id = NEW.customer_id;
        PERFORM pg_sleep(0.5);
        UPDATE customer SET owes = before + NEW.due - OLD.due WHERE id = NEW.customer_id;
        RETURN NEW;
    END $$
    """
    name = "invoice_owed_kept_on_update"
    at_once = f"CREATE TRIGGER {name} AFTER UPDATE ON invoice FOR EACH ROW EXECUTE FUNCTION {name}()"
    with db.engine.begin() as connection:
        for sql in (forgetful, f"DROP TRIGGER {name} ON invoice", at_once):
            connection.execute(text(sql))
    try:
        pay_at_once(app, invoices)
        session.rollback()
        assert list(owed.differences())
    finally:
        with db.engine.begin() as connection:
            install_kept(connection)
