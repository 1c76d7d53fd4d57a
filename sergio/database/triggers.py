"""Triggers that keep tables which follow from others, such as sums and search words.

They work in the statement that changes the source, so bulk writes and SQL by hand cannot forget them. Alembic does not
know triggers, so each upgrade ends by installing them (see `append_only`).
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

FOLLOWS = {"follows": True}
"""For `info` of the tables that are kept: they change only with their sources."""
KEPT: dict[str, Mapping[str, Any]] = {}
ROWS = {"insert": "NEW", "update": "NEW", "delete": "OLD"}


def keep(
    source: str,
    changes: str,
    after: Mapping[str, str | Mapping[str, str]],
    *,
    reads: str = "",
    named: str = "",
    at_commit: bool = False,
):
    """Run SQL with each row that is inserted into, updated in or deleted from the table `source`.

    `after` is the SQL by event ("insert", "update", "delete"), with OLD and NEW for the row; a mapping by dialect where
    the databases differ. An update matters if it sets one of the columns `changes`. That of "delete" runs before the
    row is gone, so that rows which refer to it can be deleted. `reads` names another table that the SQL reads.
    What several keep of one table needs a name for each (`named`). With `at_commit`, PostgreSQL runs the SQL at the end
    of the transaction: rows that it locks are locked for a moment only, so writers do not wait for each other's work.
    """
    delete = "AFTER DELETE" if at_commit else "BEFORE DELETE"
    events = {"insert": "AFTER INSERT", "update": f"AFTER UPDATE OF {changes}", "delete": delete}
    for event, statements in after.items():
        trigger = {"when": f"{events[event]} ON {source}", "source": source, "run": statements, "event": event}
        KEPT[f"{named or source}_kept_on_{event}"] = {**trigger, "reads": reads, "at_commit": at_commit}


def drop_reading(connection: sa.Connection):
    """Before an upgrade, drop those that read another table, for SQLite renames no table that one of these reads."""
    if connection.dialect.name == "sqlite":
        for name, trigger in KEPT.items():
            if trigger["reads"]:
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")


def install_kept(connection: sa.Connection):
    """Create the triggers, or replace them by those of this version, in the caller's transaction."""
    dialect = connection.dialect.name
    for name, trigger in KEPT.items():
        run = trigger["run"] if isinstance(trigger["run"], str) else trigger["run"][dialect]
        kind = f"{dialect} at commit" if trigger["at_commit"] and dialect == "postgresql" else dialect
        values = {**trigger, "run": run, "name": name, "row": ROWS[trigger["event"]]}
        for statement in STATEMENTS[kind]:
            connection.exec_driver_sql(statement.format(**values))


FUNCTION = "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {run} RETURN {row}; END $$"
STATEMENTS = {
    "sqlite": ("DROP TRIGGER IF EXISTS {name}", "CREATE TRIGGER {name} {when} BEGIN {run} END"),
    "postgresql": (FUNCTION, "CREATE OR REPLACE TRIGGER {name} {when} FOR EACH ROW EXECUTE FUNCTION {name}()"),
    "postgresql at commit": (
        FUNCTION,
        "DROP TRIGGER IF EXISTS {name} ON {source}",
        "CREATE CONSTRAINT TRIGGER {name} {when} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {name}()",
    ),
}
