"""Rows of append-only tables: the database refuses to change or delete them."""

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from sergio.audit.actor import BY_SYSTEM
from sergio.audit.models import record
from sergio.database.append_only import TABLES, install_triggers, trigger_name
from sergio.extensions import db
from sergio.lib import clock

CHANGES = {
    "update": "UPDATE audit_entry SET action = 'nothing'",
    "delete": "DELETE FROM audit_entry",
    "truncate": "TRUNCATE audit_entry",
}
REFUSED = "Rows of audit_entry are never changed or deleted"


@pytest.fixture(params=CHANGES)
def change(request, app):
    """The name of a change and its statement."""
    if request.param == "truncate" and not app.config["SERGIO"].database_url:
        pytest.skip("SQLite has no TRUNCATE")
    return request.param, CHANGES[request.param]


@pytest.fixture
def entry(ana, session):
    record(ana, "noted", by=BY_SYSTEM, at=clock.now())
    session.commit()


def drop(table: str, event: str):
    on = "" if db.engine.dialect.name == "sqlite" else f" ON {table}"
    with db.engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER {trigger_name(table, event)}{on}"))


def run(statement: str) -> int:
    with db.engine.begin() as connection:
        return connection.execute(text(statement)).rowcount


def count() -> int:
    with db.engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM audit_entry"))


def test_raw_sql_cannot_change_an_entry(entry, change):
    with pytest.raises(DBAPIError, match=REFUSED):
        run(change[1])
    assert count() == 1


def test_control_without_its_trigger_the_change_succeeds(entry, change):
    drop("audit_entry", change[0])
    try:
        run(change[1])
    finally:
        with db.engine.begin() as connection:
            install_triggers(connection)
    with db.engine.connect() as connection:
        assert "noted" not in connection.scalars(text("SELECT action FROM audit_entry")).all()


def test_an_entry_cannot_be_replaced_by_another_of_its_number(app, entry):
    if app.config["SERGIO"].database_url:
        pytest.skip("PostgreSQL updates in such a case, which is refused as such")
    with pytest.raises(DBAPIError, match=REFUSED):
        run("INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry")


def test_what_is_evidence_is_registered(app):
    answers = {"quote_acceptance", "quote_acceptance_undone", "quote_decline", "quote_change_request", "quote_reply"}
    assert {*answers, "quote_version", "appointment_move", "audit_entry", "ledger_entry", "invoice_document"} == TABLES


def test_every_registered_table_exists_and_has_its_triggers(app, session):
    assert set(inspect(db.engine).get_table_names()) >= TABLES
    with db.engine.begin() as connection:
        install_triggers(connection)
        install_triggers(connection)
