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
    """The rows of all tables, and where the counters of ids go on."""

    def __init__(self, app):
        self.tables = db.metadata.sorted_tables
        self.rows = {}

    def keep(self, name: str):
        with db.engine.connect() as connection:
            found = {table: connection.execute(select(table)).mappings().all() for table in self.tables}
        self.rows[name] = {table: [dict(row) for row in rows] for table, rows in found.items() if rows}

    def back_to(self, name: str):
        names = ", ".join(f'"{table.name}"' for table in self.tables)
        with db.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # disables the triggers
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
            for table, rows in self.rows[name].items():
                connection.execute(insert(table), rows)
                if "id" in table.columns:
                    last = max(row["id"] for row in rows)
                    connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {last})"))
