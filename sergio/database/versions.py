"""A number for each company that changes with every write to its rows, made by database triggers.

Who has seen a page under a number need not be sent it again under the same one. Triggers see every write: of models, of
bulk statements, of other workers, and of an operator's own SQL.
"""

import sqlalchemy as sa

from sergio.database.engines import Base

COMPANIES = "company"
VERSIONS = sa.Table(
    "company_version",
    Base.metadata,
    sa.Column("company_id", sa.ForeignKey("company.id"), primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
)
EVENTS = ("insert", "update", "delete")
SQLITE = """
CREATE TRIGGER IF NOT EXISTS {table}_{event}_version AFTER {event} ON {table}
BEGIN
    INSERT INTO company_version (company_id, version) SELECT {row}.{column}, 1 WHERE {row}.{column} IS NOT NULL
        ON CONFLICT (company_id) DO UPDATE SET version = version + 1;
END
"""
# Deferred to the commit: the row of the version is locked for a moment only, and after all other rows, so that writers
# neither wait for each other's whole transactions nor deadlock.
POSTGRESQL = """
CREATE CONSTRAINT TRIGGER {table}_version AFTER INSERT OR UPDATE OR DELETE ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_version('{column}')
"""
FUNCTION = """
CREATE OR REPLACE FUNCTION change_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed text := COALESCE(to_jsonb(NEW), to_jsonb(OLD)) ->> TG_ARGV[0];
    this text := changed || ' ' || pg_current_xact_id();
BEGIN
    IF changed IS NOT NULL AND current_setting('sergio.version_of', true) IS DISTINCT FROM this THEN
        INSERT INTO company_version (company_id, version) VALUES (changed::integer, 1)
            ON CONFLICT (company_id) DO UPDATE SET version = company_version.version + 1;
        PERFORM set_config('sergio.version_of', this, true);
    END IF;
    RETURN NULL;
END $$
"""


def install_version_triggers(connection: sa.Connection):
    """Create the missing triggers on all tables of companies, in the caller's transaction."""
    inspector = sa.inspect(connection)
    if VERSIONS.name not in inspector.get_table_names():
        return
    owned = {table: "company_id" for table in inspector.get_table_names() if has_company(inspector, table)}
    if connection.dialect.name == "sqlite":
        for table, column in {COMPANIES: "id", **owned}.items():
            for event in EVENTS:
                row = "OLD" if event == "delete" else "NEW"
                connection.exec_driver_sql(SQLITE.format(table=table, event=event, row=row, column=column))
        return
    connection.exec_driver_sql(FUNCTION)
    there = set(connection.exec_driver_sql("SELECT tgname FROM pg_trigger").scalars())
    for table, column in {COMPANIES: "id", **owned}.items():
        if f"{table}_version" not in there:
            connection.exec_driver_sql(POSTGRESQL.format(table=table, column=column))


def has_company(inspector: sa.Inspector, table: str) -> bool:
    """Whether a table has rows of companies that do not merely follow from others (`triggers`)."""
    known = Base.metadata.tables.get(table)
    if table == VERSIONS.name or (known is not None and known.info.get("follows")):
        return False
    return any(column["name"] == "company_id" for column in inspector.get_columns(table))
