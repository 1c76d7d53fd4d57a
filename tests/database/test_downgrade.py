"""Going back to the first tables, and up again."""

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from sergio.database.append_only import drop_triggers
from sergio.database.revision import FOLDER
from sergio.database.triggers import drop_reading
from sergio.database.upgrade import bring_up_to_date, upgrading
from sergio.extensions import db
from sergio.files.models import StoredFile
from tests.booking.builders import MONDAY
from tests.database.test_migrations import is_ours
from tests.database.test_upgrade import fresh, revision, start_anew  # noqa: F401 - a fixture
from tests.full import fill_every_table


def go_back_to(target: str):
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with upgrading(db.engine) as connection:
        config.attributes["connection"] = connection
        drop_triggers(connection)
        drop_reading(connection)
        connection.execute(text("DELETE FROM moved_credit"))  # its revision is not undone while there is any
        command.downgrade(config, target)


def checks() -> dict[str, set[str]]:
    """The names of the checks of each table."""
    found = inspect(db.engine).get_multi_check_constraints()
    return {table: {check["name"] for check in each} for (_schema, table), each in found.items() if each}


def columns() -> dict[str, set[str]]:
    found = inspect(db.engine).get_multi_columns()
    return {table: {column["name"] for column in each} for (_schema, table), each in found.items()}


def test_the_tables_are_the_same_after_going_back_to_the_first_and_up_again(fresh):  # noqa: F811
    fill_every_table()
    before = checks()
    go_back_to("0001")
    assert revision() == "0001"
    bring_up_to_date(db.engine)
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_ours})
        assert compare_metadata(context, db.metadata) == []
    assert checks() == before


def test_going_back_to_the_first_tables_leaves_those_only(fresh):  # noqa: F811
    go_back_to("0001")
    back = columns(), checks()
    start_anew()
    first = Config()
    first.set_main_option("script_location", str(FOLDER))
    with upgrading(db.engine) as connection:
        first.attributes["connection"] = connection
        command.upgrade(first, "0001")
    ours = {table for table in columns() if not table.startswith("huey_")}
    assert {table for table in back[0] if not table.startswith("huey_")} == ours
    assert {table: back[0][table] for table in ours} == {table: columns()[table] for table in ours}
    assert {table: back[1].get(table) for table in ours} == {table: checks().get(table) for table in ours}


@pytest.mark.parametrize("most", [0, -1])
def test_a_company_that_took_no_bookings_takes_one(fresh, world, session, most):  # noqa: F811
    session.commit()
    session.remove()
    go_back_to("0006")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE company SET most_bookings = :most"), {"most": most})
    bring_up_to_date(db.engine)
    with db.engine.connect() as connection:
        assert set(connection.scalars(text("SELECT most_bookings FROM company"))) == {1}


def test_entries_of_before_are_given_to_the_customer_whom_they_are_about(fresh):  # noqa: F811
    fill_every_table()
    later = "'preview', 'customer_note', 'address_change'"  # of tables that were added after that revision
    owners = text(f"SELECT id, subject, customer_id FROM audit_entry WHERE subject NOT IN ({later})")
    with db.engine.connect() as connection:
        before = set(connection.execute(owners))
    db.session.remove()
    assert len({customer for *_entry, customer in before}) > 5
    go_back_to("0007")
    bring_up_to_date(db.engine)
    with db.engine.connect() as connection:
        assert set(connection.execute(owners)) == before


def test_files_of_customers_photos_go_with_their_photos(fresh, world, session):  # noqa: F811
    for path in ("customer-photos/a/large.jpg", "a test"):
        StoredFile.store_once(world.ana.company_id, path, b"photo", at=MONDAY)
    session.commit()
    session.remove()
    go_back_to("0051")
    with db.engine.connect() as connection:
        assert connection.scalars(text("SELECT path FROM stored_file")).all() == ["a test"]
    bring_up_to_date(db.engine)


def test_tax_rates_become_exact_and_documents_stay(fresh):  # noqa: F811
    fill_every_table()
    db.session.remove()
    frozen = text("SELECT content, digest FROM quote_version UNION ALL SELECT content, digest FROM invoice_document")
    rates = "SELECT 'line', id, {0} FROM quote_line UNION ALL SELECT 'invoice', id, {0} FROM invoice_line "
    rates += "UNION ALL SELECT 'item', id, {0} FROM price_list_item UNION ALL SELECT 'company', id, {0} FROM company"
    go_back_to("0016")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE company SET tax_rate = 825 WHERE subdomain = 'rival'"))
        before = {(kind, row): rate for kind, row, rate in connection.execute(text(rates.format("tax_rate")))}
        documents = set(connection.execute(frozen))
    assert {550, 825, 0} <= {*before.values()}
    bring_up_to_date(db.engine)
    with db.engine.connect() as connection:
        after = {(kind, row): ppm for kind, row, ppm in connection.execute(text(rates.format("tax_ppm")))}
        assert after == {key: rate * 100 for key, rate in before.items()}
        assert set(connection.execute(frozen)) == documents
