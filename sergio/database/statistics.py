"""Statistics for the query planners, by which they choose indexes."""

import sqlalchemy as sa

ROWS, SOME, FEW = 100_000, 1_000, 10
"""How many rows a large company has in a table, in a partial index, and for one value of a column."""
COARSE = {"company_id", "kind", "outcome"}
"""Columns of few values, each of which may belong to most rows of a large company."""


def gather_statistics(connection: sa.Connection):
    """Write statistics that make the planner choose the most selective index. Needs a transaction of its own.

    PostgreSQL counts rows, and repeats it by itself (autovacuum). For SQLite we write the numbers of a large company,
    whatever the tables hold (sqlite.org/optoverview.html, section 6.2): counts of the first weeks would mislead it when
    a company grows, and open connections do not see new ones. Without statistics it assumes few rows a company.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE")
        return
    connection.exec_driver_sql("ANALYZE")  # creates the table of statistics
    inspector = sa.inspect(connection)
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    if inspector.has_table("sqlite_stat4"):
        connection.exec_driver_sql("DELETE FROM sqlite_stat4")
    for table in inspector.get_table_names():
        for index, columns, unique, partial in indexes(connection, table):
            counts = " ".join(map(str, expected(columns, SOME if partial else ROWS, unique=unique)))
            row = (table, index, counts)
            connection.exec_driver_sql("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", row)


def indexes(connection: sa.Connection, table: str):
    """(name, columns, is unique, is partial) of every index of a SQLite table, with those of its constraints."""
    for row in connection.exec_driver_sql(f'PRAGMA index_list("{table}")').mappings().all():
        columns = connection.exec_driver_sql(f'PRAGMA index_info("{row["name"]}")').mappings()
        yield row["name"], [column["name"] for column in columns], bool(row["unique"]), bool(row["partial"])


def expected(columns: list[str], rows: int, *, unique: bool) -> list[int]:
    """The numbers of `sqlite_stat1.stat`: the rows of an index, then how many rows share a value of its first column,
    of its first two, and so on.
    """
    agreeing = [rows if COARSE.issuperset(columns[:place]) else FEW for place in range(1, len(columns) + 1)]
    return [rows, *agreeing[:-1], 1 if unique else agreeing[-1]]
