"""States of a test database that are created once and restored before each test."""

import shutil

from sqlalchemy import insert, select, text

from sergio.extensions import db


def dispose():
    """Close the connections of both engines."""
    for engine in db.engines.values():
        engine.dispose()


class SqliteStates:
    """Copies of the file."""

    def __init__(self, app):
        self.file = app.config["SERGIO"].database_path

    def keep(self, name: str):
        dispose()
        shutil.copy(self.file, self.file.with_name(name))

    def back_to(self, name: str):
        dispose()
        for leftover in self.file.parent.glob(f"{self.file.name}-*"):
            leftover.unlink()
        shutil.copy(self.file.with_name(name), self.file)


class PostgresStates:
    """The rows of all tables, and where the counters of ids go on.

    Only tables that have rows are emptied, because TRUNCATE makes new files for each table and each of its indexes.
    """

    def __init__(self, app):
        self.tables = db.metadata.sorted_tables
        counted = [table.name for table in self.tables if "id" in table.columns]
        self.filled = " UNION ALL ".join(
            f"SELECT '{table.name}' WHERE EXISTS (SELECT FROM \"{table.name}\")" for table in self.tables
        )
        self.restart = ", ".join(f"setval(pg_get_serial_sequence('{name}', 'id'), 1, false)" for name in counted)
        self.rows = {}

    def keep(self, name: str):
        with db.engine.connect() as connection:
            found = {table: connection.execute(select(table)).mappings().all() for table in self.tables}
        self.rows[name] = {table: [dict(row) for row in rows] for table, rows in found.items() if rows}

    def back_to(self, name: str):
        with db.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # disables the triggers
            for filled in connection.exec_driver_sql(self.filled).scalars().all():
                connection.exec_driver_sql(f'DELETE FROM "{filled}"')
            connection.exec_driver_sql(f"SELECT {self.restart}")
            for table, rows in self.rows[name].items():
                connection.execute(insert(table), rows)
                if "id" in table.columns:
                    last = max(row["id"] for row in rows)
                    connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {last})"))
