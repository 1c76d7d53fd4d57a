"""What an error of the database means, told by its code."""

from sqlalchemy.exc import DBAPIError

UNIQUE_VIOLATION = "23505"
"""SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html)."""
UNIQUE_FAILED = "UNIQUE constraint failed"
"""How SQLite's message begins; sqlcipher3 gives only the primary result code, which all constraints share."""


def is_unique_violation(error: DBAPIError) -> bool:
    """Whether a row was refused because another one has the same unique or primary key."""
    sqlstate = getattr(error.orig, "sqlstate", None)
    return sqlstate == UNIQUE_VIOLATION if sqlstate else str(error.orig).startswith(UNIQUE_FAILED)
