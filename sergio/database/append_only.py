"""Tables whose rows are only added, and columns that never change: database triggers refuse everything else.

What belongs to a test customer is no evidence: a table may name the condition (SQL) for rows that can be deleted.

Alembic does not know triggers, and SQLite loses them when a migration copies a table, so each upgrade ends by creating
them anew. A migration that must change such rows drops the triggers of that table first.
"""

from collections.abc import Callable

import sqlalchemy as sa

TABLES: set[str] = set()
DELETABLE: dict[str, str] = {}
"""Of some of the tables, the condition for rows that may be deleted, with OLD for the row."""
CHANGEABLE: dict[str, str] = {}
"""Of some of the tables, the one column that may be changed, because it only says where the row is found."""
FIXED: set[tuple[str, str]] = set()
"""Columns (table, name) that keep the value they were inserted with."""
FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are never changed or deleted.', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
DELETE_FUNCTION = """
CREATE OR REPLACE FUNCTION {table}_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {deletable} THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Rows of {table} are never changed or deleted.' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
POSTGRESQL = {
    "update": "BEFORE UPDATE{columns} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "delete": "BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_refuse_delete()",
    "truncate": "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
}
POSTGRESQL_FIXED = (
    "BEFORE UPDATE OF {column} ON {table} FOR EACH ROW WHEN (OLD.{column} IS DISTINCT FROM NEW.{column})"
    " EXECUTE FUNCTION refuse_change()"
)
SQLITE_REFUSAL = "BEGIN SELECT RAISE(ABORT, 'Rows of {table} are never changed or deleted.'); END"
SQLITE = {
    "update": f"BEFORE UPDATE{{columns}} ON {{table}} {SQLITE_REFUSAL}",
    "delete": f"BEFORE DELETE ON {{table}} WHEN NOT ({{deletable}}) {SQLITE_REFUSAL}",
}
SQLITE_FIXED = f"BEFORE UPDATE OF {{column}} ON {{table}} WHEN OLD.{{column}} IS NOT NEW.{{column}} {SQLITE_REFUSAL}"


def append_only(model):
    """Class decorator: the rows of this model's table are never changed or deleted."""
    TABLES.add(model.__tablename__)
    return model


def append_only_unless(condition: str) -> Callable:
    """The same, but rows for which the SQL `condition` is true can be deleted."""

    def decorate(model):
        DELETABLE[model.__tablename__] = condition
        return append_only(model)

    return decorate


def append_only_but(column: str) -> Callable:
    """The same as `append_only`, but one column can be changed."""

    def decorate(model):
        CHANGEABLE[model.__tablename__] = column
        return append_only(model)

    return decorate


def fixed(column: str) -> Callable:
    """Class decorator: a column of this model's table keeps the value it was inserted with."""

    def decorate(model):
        FIXED.add((model.__tablename__, column))
        return model

    return decorate


def trigger_name(table: str, event: str) -> str:
    return f"{table}_no_{event}"


def drop_triggers(connection: sa.Connection):
    """Before an upgrade, drop the triggers that read other tables than their own: SQLite renames no table that one of
    these reads. `install_triggers` creates them again in the same transaction.
    """
    if connection.dialect.name == "sqlite":
        for table in sorted(DELETABLE):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {trigger_name(table, 'delete')}")


def install_triggers(connection: sa.Connection):
    """Create the triggers, or replace them by those of this version, in the caller's transaction. Tables and columns
    that do not exist are skipped.
    """
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names())
    embedded = connection.dialect.name == "sqlite"
    if not embedded:
        connection.exec_driver_sql(FUNCTION)
    for table in sorted(TABLES & there):
        values = {"table": table, "deletable": DELETABLE.get(table, "FALSE"), "columns": kept_columns(inspector, table)}
        if not embedded:
            connection.exec_driver_sql(DELETE_FUNCTION.format(**values))
        for event, body in (SQLITE if embedded else POSTGRESQL).items():
            replace(connection, trigger_name(table, event), body.format(**values))
    for table, column in sorted(FIXED):
        if table in there and column in {each["name"] for each in inspector.get_columns(table)}:
            body = SQLITE_FIXED if embedded else POSTGRESQL_FIXED
            replace(connection, trigger_name(table, f"change_of_{column}"), body.format(table=table, column=column))


def kept_columns(inspector: sa.Inspector, table: str) -> str:
    """The part of a trigger that names the columns it is for: nothing, which is all of them, or all but one."""
    if table not in CHANGEABLE:
        return ""
    names = [column["name"] for column in inspector.get_columns(table) if column["name"] != CHANGEABLE[table]]
    return f" OF {', '.join(names)}"


def replace(connection: sa.Connection, name: str, body: str):
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE TRIGGER {name} {body}")
    else:
        connection.exec_driver_sql(f"CREATE OR REPLACE TRIGGER {name} {body}")
