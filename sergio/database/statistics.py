"""Statistics of the query planners, by which they choose an index."""

import sqlalchemy as sa

ROWS, SOME, FEW = 100_000, 1_000, 10
"""How many rows a large company has in a table, in an index of those that need something done, and of one thing."""


def gather_statistics(connection: sa.Connection):
    """Give the planner statistics that make it choose the most selective index. Needs a transaction of its own.

    PostgreSQL counts, now and then by itself (autovacuum). SQLite is told to expect large companies, whatever there is
    yet (sqlite.org/optoverview.html, section 6.2): counts of the first weeks would mislead it when a company grows, and
    open connections never see new ones. Without any, it takes all rows of a company for a few.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE")
        return
    connection.exec_driver_sql("ANALYZE")  # makes the table of statistics
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
    """(name, columns, whether it is unique, whether it is partial) of every index of a SQLite table, those of its
    constraints too.
    """
    for row in connection.exec_driver_sql(f'PRAGMA index_list("{table}")').mappings().all():
        columns = connection.exec_driver_sql(f'PRAGMA index_info("{row["name"]}")').mappings()
        yield row["name"], [column["name"] for column in columns], bool(row["unique"]), bool(row["partial"])


def expected(columns: list[str], rows: int, *, unique: bool) -> list[int]:
    """Of the `rows` a large company has in an index, how many agree in its first column, in its first two, and so on,
    after the number of all.
    """
    agreeing = [rows if columns[:place] == ["company_id"] else FEW for place in range(1, len(columns) + 1)]
    return [rows, *agreeing[:-1], 1 if unique else agreeing[-1]]
