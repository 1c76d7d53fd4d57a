"""Running migrations in one transaction."""

from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from sergio.database.append_only import drop_triggers, install_triggers
from sergio.database.engines import write_ahead
from sergio.database.revision import FOLDER
from sergio.database.statistics import gather_statistics
from sergio.database.triggers import drop_reading, install_kept
from sergio.database.versions import install_version_triggers

LOCK = 7_423_317
"""The PostgreSQL advisory lock of upgrades; a number that nothing else uses."""
PATIENCE = 10 * 60 * 1000
"""Milliseconds that one upgrade of an embedded database waits for another."""


class BrokenReferences(Exception):
    """A migration left rows that refer to missing rows; it was rolled back."""


def bring_up_to_date(engine: sa.Engine, folder: Path = FOLDER):
    """Run the missing migrations, and create the missing triggers, in one transaction.

    If it fails or the program is killed, the database is unchanged. A second upgrade waits for the first.
    """
    write_ahead(engine)
    config = Config()
    config.set_main_option("script_location", str(folder))
    with upgrading(engine) as connection:
        config.attributes["connection"] = connection
        drop_triggers(connection)
        drop_reading(connection)
        command.upgrade(config, "head")
        install_triggers(connection)
        install_kept(connection)
        install_version_triggers(connection)
    with engine.begin() as connection:
        wait_for_other_upgrades(connection)
        gather_statistics(connection)


@contextmanager
def upgrading(engine: sa.Engine):
    """A connection in a transaction that excludes other upgrades, and in which SQLite's tables can be rebuilt.

    SQLite changes a table by copying it and dropping the old one, which deletes or breaks rows that refer to it, so
    foreign keys are off meanwhile and checked before the commit (sqlite.org/lang_altertable.html, section 7). They can
    only be switched outside a transaction.
    """
    with engine.connect() as connection:
        embedded = engine.dialect.name == "sqlite"
        if embedded:
            pragma(connection, f"busy_timeout = {PATIENCE}")
            pragma(connection, "foreign_keys = OFF")
        try:
            with connection.begin():
                wait_for_other_upgrades(connection)
                yield connection
                if embedded:
                    refuse_broken_references(connection)
        finally:
            if embedded:
                connection.invalidate()  # the next connection is opened with foreign keys on


def wait_for_other_upgrades(connection: sa.Connection):
    """Hold PostgreSQL's upgrades apart until the end of the transaction; those of SQLite are by its write lock.

    Deferred triggers run at once meanwhile, since PostgreSQL does not change a table for which one is pending.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        connection.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))


def pragma(connection: sa.Connection, setting: str):
    """Run a PRAGMA on a SQLite connection outside a transaction."""
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def refuse_broken_references(connection: sa.Connection):
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        tables = ", ".join(sorted({f"{row.table} to {row.parent}" for row in broken}))
        raise BrokenReferences(
            f"{len(broken)} rows would refer to missing rows ({tables}). The database was not changed."
        )
