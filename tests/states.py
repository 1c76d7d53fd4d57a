"""States of a test database that are created once and restored before each test."""

import shutil
from contextlib import contextmanager, nullcontext

from sqlalchemy import NullPool, create_engine, exists, func, select

from sergio.database.postgresql import name_conditions_of_indexes
from sergio.extensions import db


def dispose():
    """Close the connections of both engines."""
    for engine in db.engines.values():
        engine.dispose()


class SqliteStates:
    """Copies of the file."""

    def __init__(self, app):
        self.file = app.config["SERGIO"].database_path
        self.kept = set()

    def keep(self, name: str):
        self.kept.add(name)
        dispose()
        shutil.copy(self.file, self.file.with_name(name))

    def back_to(self, name: str):
        dispose()
        for leftover in self.file.parent.glob(f"{self.file.name}-*"):
            leftover.unlink()
        shutil.copy(self.file.with_name(name), self.file)

    def tables_kept(self):
        """For tests that change the tables: the next one has them as they are."""
        return nullcontext()

    def close(self):
        dispose()


class PostgresStates:
    """Copies of the rows, each state's in a schema of its own, with a function that puts them back.

    It deletes, because TRUNCATE makes new files for each table and each of its indexes.
    """

    def __init__(self, app):
        self.tables = db.metadata.sorted_tables
        self.kept = set()
        name_conditions_of_indexes(db.metadata)  # some tests drop an index, and create it again
        # A session of its own, without triggers: to switch them off and on would discard all plans of a session.
        self.engine = create_engine(db.engine.url, connect_args={"options": "-c session_replication_role=replica"})

    def keep(self, name: str):
        with self.engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
            steps = [step for table in self.tables for step in self.copied(table, name, connection)]
            connection.exec_driver_sql(BACK_TO.format(name=name, steps=";\n".join(steps)))
        self.kept.add(name)

    def copied(self, table, name: str, connection) -> list[str]:
        """Copy a table into the schema; the statements that put the rows back, and where the counter of ids goes on."""
        steps = [f'DELETE FROM public."{table}"']
        if connection.scalar(select(exists(select(table)))):
            connection.exec_driver_sql(f'CREATE TABLE {name}."{table}" AS TABLE public."{table}"')
            steps.append(f'INSERT INTO public."{table}" TABLE {name}."{table}"')
        if "id" in table.columns:
            following = connection.scalar(select(func.coalesce(func.max(table.c.id), 0) + 1))
            steps.append(f"PERFORM setval(pg_get_serial_sequence('{table}', 'id'), {following}, false)")
        return steps

    def back_to(self, name: str):
        with self.engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT {name}.back_to()")

    @contextmanager
    def tables_kept(self):
        """For tests that change the tables: afterwards a copy of the whole database takes its place."""
        own = self.engine.url.database
        self.between_connections(f"CREATE DATABASE kept_{own} TEMPLATE {own} STRATEGY file_copy")
        try:
            yield
        finally:
            self.between_connections(f"DROP DATABASE {own} WITH (FORCE)", f"ALTER DATABASE kept_{own} RENAME TO {own}")

    def between_connections(self, *statements: str):
        """Run what needs a database that nobody uses."""
        self.close()
        server = create_engine(self.engine.url.set(database="postgres"), poolclass=NullPool)
        with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def close(self):
        dispose()
        self.engine.dispose()


BACK_TO = """CREATE FUNCTION {name}.back_to() RETURNS void LANGUAGE plpgsql AS $$ BEGIN {steps}; END $$"""
