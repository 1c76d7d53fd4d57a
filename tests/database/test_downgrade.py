"""Going back to the first tables, and up again: once all the way and once half of it, for all tests of it."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from sergio.companies.models import Company
from sergio.database.append_only import drop_triggers
from sergio.database.triggers import drop_reading
from sergio.database.upgrade import FOLDER, bring_up_to_date, upgrading
from sergio.extensions import db
from sergio.files.models import StoredFile
from tests.booking.builders import MONDAY
from tests.database.test_migrations import is_ours
from tests.database.test_upgrade import fresh, revision, start_anew  # noqa: F401 - a fixture
from tests.full import fill_every_table

PHOTO = "customer-photos/a/large.jpg"
LATER = "'preview', 'customer_note', 'address_change'"
"""What entries are about whose tables were added after revision 0007."""
OWNERS = f"SELECT id, subject, customer_id FROM audit_entry WHERE subject NOT IN ({LATER})"
DOCUMENTS = "SELECT content, digest FROM quote_version UNION ALL SELECT content, digest FROM invoice_document"
RATES = (
    "SELECT 'line', id, {0} FROM quote_line UNION ALL SELECT 'invoice', id, {0} FROM invoice_line "
    "UNION ALL SELECT 'item', id, {0} FROM price_list_item UNION ALL SELECT 'company', id, {0} FROM company"
)


@pytest.fixture(scope="module")
def first_tables(database):
    """What was there before, at the first tables, and up again, with rows in every table at the start."""
    found = SimpleNamespace()
    with full(database):
        found.before = checks()
        go_back_to("0006")
        write("UPDATE company SET most_bookings = CASE subdomain WHEN 'rival' THEN -1 ELSE 0 END")
        go_back_to("0001")
        found.revision, found.columns, found.checks = revision(), columns(), checks()
        bring_up_to_date(db.engine)
        found.after = checks()
        found.most_bookings = [row.most_bookings for row in read("SELECT most_bookings FROM company")]
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_ours})
            found.differences = compare_metadata(context, db.metadata)
    return found


@pytest.fixture(scope="module")
def half_way(database):
    """The rows before, at some revisions on the way to 0016 and to 0007, and up again each time."""
    found = SimpleNamespace()
    with full(database):
        company = db.session.scalars(Company.at("sparkle")).one()
        StoredFile.store_once(company.id, PHOTO, b"photo", at=MONDAY)
        db.session.commit()
        found.files = files()
        found.owners = set(read(OWNERS))
        go_back_to("0051")
        found.older_files = files()
        go_back_to("0016")
        write("UPDATE company SET tax_rate = 825 WHERE subdomain = 'rival'")
        found.rates = set(read(RATES.format("tax_rate")))
        found.documents = set(read(DOCUMENTS))
        bring_up_to_date(db.engine)
        found.ppm_after = set(read(RATES.format("tax_ppm")))
        found.documents_after = set(read(DOCUMENTS))
        go_back_to("0007")
        bring_up_to_date(db.engine)
        found.owners_after = set(read(OWNERS))
    return found


@contextmanager
def full(app):
    """With rows in every table, apart from those of other tests."""
    states = app.extensions["states"]
    with app.app_context(), states.tables_kept():
        states.back_to("empty")
        fill_every_table()
        write("DELETE FROM moved_credit")  # its revision is not undone while there is any
        yield
        db.session.remove()


def go_back_to(target: str):
    db.session.remove()
    with upgrading(db.engine) as connection:
        drop_triggers(connection)
        drop_reading(connection)
        command.downgrade(config_of(connection), target)


def config_of(connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def read(statement: str) -> list:
    with db.engine.connect() as connection:
        return connection.execute(text(statement)).all()


def write(statement: str):
    with db.engine.begin() as connection:
        connection.execute(text(statement))


def files() -> set[str]:
    return {row.path for row in read("SELECT path FROM stored_file")}


def checks() -> dict[str, set[str]]:
    """The names of the checks of each table."""
    found = inspect(db.engine).get_multi_check_constraints()
    return {table: {check["name"] for check in each} for (_schema, table), each in found.items() if each}


def columns() -> dict[str, set[str]]:
    found = inspect(db.engine).get_multi_columns()
    return {
        table: {column["name"] for column in each}
        for (_schema, table), each in found.items()
        if not table.startswith("huey_")
    }


def test_the_tables_are_the_same_after_going_back_to_the_first_and_up_again(first_tables):
    assert first_tables.revision == "0001"
    assert first_tables.differences == []
    assert first_tables.after == first_tables.before


def test_going_back_to_the_first_tables_leaves_those_only(first_tables, fresh):  # noqa: F811
    start_anew()
    with upgrading(db.engine) as connection:
        command.upgrade(config_of(connection), "0001")
    assert first_tables.columns == columns()
    assert {table: first_tables.checks.get(table) for table in columns()} == {
        table: checks().get(table) for table in columns()
    }


def test_companies_that_took_no_bookings_take_one(first_tables):
    assert first_tables.most_bookings == [1, 1, 1]


def test_entries_of_before_are_given_to_the_customer_whom_they_are_about(half_way):
    assert len({entry.customer_id for entry in half_way.owners}) > 5
    assert half_way.owners_after == half_way.owners


def test_files_of_customers_photos_go_with_their_photos(half_way):
    assert PHOTO in half_way.files
    assert half_way.older_files == half_way.files - {PHOTO} > set()


def test_tax_rates_become_exact_and_documents_stay(half_way):
    assert {550, 825, 0} <= {rate for _kind, _row, rate in half_way.rates}
    assert half_way.ppm_after == {(kind, row, rate * 100) for kind, row, rate in half_way.rates}
    assert half_way.documents_after == half_way.documents
