"""Tables to which rows are only ever added: triggers in the database refuse to change or delete one."""

import sqlalchemy as sa

TABLES: set[str] = set()

FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_to_change_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE integrity_constraint_violation USING MESSAGE = 'Rows of ' || TG_TABLE_NAME || ' are append-only';
END $$
"""
POSTGRESQL = """
CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_to_change_rows()
"""
SQLITE = """
CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'Rows of {table} are append-only'); END
"""
FOUND = {
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
}


def append_only(table: sa.FromClause):
    """Have every upgrade see to it that rows of this table can be added and nothing else."""
    TABLES.add(str(table))


def install_triggers(connection: sa.Connection):
    """Create the triggers that are missing. A migration that makes a table anew on SQLite loses those it had.

    Whoever tries to change or delete a row gets an `IntegrityError`.
    """
    dialect = connection.dialect.name
    found = set(connection.exec_driver_sql(FOUND[dialect]).scalars())
    if dialect == "postgresql":
        connection.exec_driver_sql(FUNCTION)
    for table in sorted(TABLES):
        for verb in ("UPDATE", "DELETE"):
            name = f"append_only_{table}_{verb.lower()}"
            if name not in found:
                statement = POSTGRESQL if dialect == "postgresql" else SQLITE
                connection.exec_driver_sql(statement.format(name=name, verb=verb, table=table))
