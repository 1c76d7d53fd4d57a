"""SQL for triggers that keep sums in rows of a table, so that no page has to add up thousands of rows.

A sum is the total of all rows with its key. A change is added to a row that no other transaction holds, or to a new
row. So nobody waits for another's commit, no order of locks can deadlock, and nothing is lost.
"""

from collections.abc import Mapping

SQLITE = """
UPDATE {table} SET {added} WHERE id = (SELECT id FROM {table} WHERE {same} LIMIT 1);
INSERT INTO {table} ({columns}) SELECT {values} WHERE {counts} AND changes() = 0;
DELETE FROM {table} WHERE {same} AND {nothing};
"""
POSTGRESQL = """
UPDATE {table} SET {added} WHERE id = (SELECT id FROM {table} WHERE {same} LIMIT 1 FOR UPDATE SKIP LOCKED);
IF NOT FOUND THEN
    INSERT INTO {table} ({columns}) SELECT {values} WHERE {counts};
END IF;
DELETE FROM {table} WHERE {same} AND {nothing};
"""
"""Nobody waits here: others see no rows of zeros, because who makes one deletes it before the commit."""


def adding(table: str, key: Mapping[str, str], amounts: Mapping[str, str]) -> dict[str, str]:
    """The SQL, by dialect, that adds `amounts` to the sum with that `key`: both are SQL by column, with OLD and NEW for
    the row that changes. If a part of the key is NULL, the row does not count and nothing is added.
    """
    values = {
        "table": table,
        "added": ", ".join(f"{column} = {column} + {sql}" for column, sql in amounts.items()),
        "same": " AND ".join(f"{column} = {sql}" for column, sql in key.items()),
        "columns": ", ".join([*key, *amounts]),
        "values": ", ".join([*key.values(), *amounts.values()]),
        "counts": " AND ".join(f"{sql} IS NOT NULL" for sql in key.values()),
        "nothing": " AND ".join(f"{column} = 0" for column in amounts),
    }
    return {"sqlite": SQLITE.format(**values), "postgresql": POSTGRESQL.format(**values)}
