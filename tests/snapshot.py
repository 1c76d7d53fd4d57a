"""A digest of every table, to see whether anything was changed."""

from hashlib import sha256

from sqlalchemy import select, text

from sergio.extensions import db


def digests(*without: str) -> dict[str, str]:
    """The digest of the rows of every table, but those named, by its name."""
    with db.engines["reading"].connect() as connection:
        return {
            table.name: sha256("\n".join(sorted(map(repr, connection.execute(select(table))))).encode()).hexdigest()
            for table in db.metadata.sorted_tables
            if table.name not in without
        }


def counts() -> dict[str, int]:
    with db.engines["reading"].connect() as connection:
        return {
            table.name: connection.scalar(text(f'SELECT count(*) FROM "{table.name}"'))
            for table in db.metadata.sorted_tables
        }
