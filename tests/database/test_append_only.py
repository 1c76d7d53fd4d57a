"""Rows that are evidence can be added, and neither changed nor deleted, whatever statement tries to."""

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import IntegrityError

from sergio.database.append_only import TABLES, install_triggers
from sergio.extensions import db
from tests.full import fill_every_table

KEPT = {"quote_version", "quote_acceptance", "quote_decline"}


@pytest.fixture
def full(app, session):
    fill_every_table()
    session().begin_writing()
    return session


def test_the_tables_of_evidence_are_among_them():
    assert KEPT <= TABLES <= set(db.metadata.tables)


@pytest.mark.parametrize("name", sorted(KEPT))
def test_no_row_is_changed_or_deleted(full, name):
    table = db.metadata.tables[name]
    for statement in (update(table).values(version=table.c.version), delete(table)):
        with pytest.raises(IntegrityError, match=f"{name} are append-only"), full.begin_nested():
            full.execute(statement)


@pytest.mark.parametrize("name", sorted(KEPT))
def test_the_trigger_is_what_refuses_it(full, name):
    """The control of the test above."""
    drop(full, name, "update")
    table = db.metadata.tables[name]
    assert full.execute(update(table).values(version=table.c.version)).rowcount > 0


def test_triggers_that_are_missing_are_created_again_and_the_others_left(app, full):
    drop(full, "quote_version", "delete")
    install_triggers(full.connection())
    install_triggers(full.connection())
    with pytest.raises(IntegrityError, match="append-only"), full.begin_nested():
        full.execute(delete(db.metadata.tables["quote_version"]))


def drop(session, table: str, verb: str):
    on = f" ON {table}" if db.engine.dialect.name == "postgresql" else ""
    session.execute(text(f"DROP TRIGGER append_only_{table}_{verb}{on}"))
