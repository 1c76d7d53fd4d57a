"""The version of a company changes with every write to a row of it, in any table."""

import threading

from sqlalchemy import insert, inspect, select, text

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.database import append_only
from sergio.database.versions import EVENTS, VERSIONS
from sergio.extensions import db
from sergio.lib import clock
from tests.full import fill_every_table
from tests.invoices.builders import by_hand


def version(company_id: int = 1) -> int:
    db.session.rollback()
    return db.session.scalar(select(VERSIONS.c.version).where(VERSIONS.c.company_id == company_id)) or 0


def owned_tables(session) -> list[str]:
    inspector = inspect(session.connection())
    following = {name for name, table in db.metadata.tables.items() if table.info.get("follows")}
    assert following == {"open_sum", "paid_sum", "quote_piece", "search_piece"}
    tables = set(inspector.get_table_names()) - {"company_version"} - following
    return sorted(name for name in tables if "company_id" in {column["name"] for column in inspector.get_columns(name)})


def test_every_table_of_a_company_has_its_triggers(session):
    tables = {*owned_tables(session), "company"}
    if db.engine.dialect.name == "sqlite":
        names = set(session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
        assert {f"{table}_{event}_version" for table in tables for event in EVENTS} <= names
    else:
        names = set(session.scalars(text("SELECT tgname FROM pg_trigger WHERE tgdeferrable AND tginitdeferred")))
        assert {f"{table}_version" for table in tables} <= names
    assert len(tables) > 25


def test_a_write_to_any_table_changes_the_version(session):
    fill_every_table()
    for table in sorted({*owned_tables(session)} - append_only.TABLES):
        row = session.execute(text(f"SELECT company_id FROM {table} WHERE company_id IS NOT NULL")).first()
        before = version(row.company_id) if row else None
        if before is None:
            assert table == "stripe_event"
            continue
        by_hand(f"UPDATE {table} SET company_id = company_id WHERE company_id = {row.company_id}")
        assert version(row.company_id) > before, table


def test_many_rows_in_one_transaction_change_it_too(session, sparkle):
    session.commit()
    before = version(sparkle.id)
    row = {"company_id": sparkle.id, "name": "A", "name_key": "a", "created_at": clock.now()}
    session.execute(insert(Customer), [{**row, "number": 5000 + number} for number in range(50)])
    session.commit()
    assert version(sparkle.id) > before


def test_writers_who_meet_do_not_deadlock(app, session, world):
    """Each changes its own customer, then both go on to the same row: the version must not be locked before that."""
    session.commit()
    ids = [world.ana.customer_id, world.ben.customer_id]
    company_id = world.sparkle.id
    both_wrote = threading.Barrier(2, timeout=10)
    errors = []

    def write(own: int):
        try:
            with app.app_context(), db.engine.begin() as connection:
                connection.execute(text("UPDATE customer SET name = 'X' WHERE id = :id"), {"id": own})
                if connection.dialect.name == "postgresql":  # on SQLite the second writer waits for the first
                    both_wrote.wait()
                connection.execute(text("UPDATE company SET phone = '1' WHERE id = :id"), {"id": company_id})
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(own,)) for own in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert errors == []
    session.rollback()
    assert session.get_one(Company, company_id).phone == "1"
