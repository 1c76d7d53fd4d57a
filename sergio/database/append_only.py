"""Tables whose rows are only ever added: triggers in the database refuse to change or delete one.

Alembic does not see triggers, and SQLite loses them when a migration copies a table, so each upgrade ends by creating
those that are missing. A migration that must change such rows drops the triggers of that table first.
"""

import sqlalchemy as sa

TABLES: set[str] = set()
FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are never changed or deleted.', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
POSTGRESQL = {
    "update": "BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "delete": "BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "truncate": "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
}
SQLITE_REFUSAL = "BEGIN SELECT RAISE(ABORT, 'Rows of {table} are never changed or deleted.'); END"
SQLITE = {
    "update": f"BEFORE UPDATE ON {{table}} {SQLITE_REFUSAL}",
    "delete": f"BEFORE DELETE ON {{table}} {SQLITE_REFUSAL}",
}


def append_only(model):
    """Class decorator: the rows of this model's table are never changed or deleted."""
    TABLES.add(model.__tablename__)
    return model


def trigger_name(table: str, event: str) -> str:
    return f"{table}_no_{event}"


def install_triggers(connection: sa.Connection):
    """Create the triggers that are missing, in the caller's transaction. Tables that do not exist are left out."""
    found = TABLES & set(sa.inspect(connection).get_table_names())
    if connection.dialect.name == "sqlite":
        create, bodies = "CREATE TRIGGER IF NOT EXISTS", SQLITE
    else:
        create, bodies = "CREATE OR REPLACE TRIGGER", POSTGRESQL
        connection.exec_driver_sql(FUNCTION.replace("%", "%%"))
    for table in sorted(found):
        for event, body in bodies.items():
            connection.exec_driver_sql(f"{create} {trigger_name(table, event)} {body.format(table=table)}")
