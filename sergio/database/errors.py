"""What a database error means, by its code: a duplicate, or a failing disk or server."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError


class Failure(StrEnum):
    """Why the database does not work, as a sentence for the log. Some need an operator, some are temporary."""

    BROKEN = "The database cannot be read. Check its disk and the system log. Sergio keeps trying."
    FULL = "The database disk is full. Nothing can be written until space is freed."
    READ_ONLY = "The database is read-only. Check its disk and the write permissions of its folder."
    BUSY = "The database stayed locked too long. Something else may be using it: a backup, a long upgrade?"
    AWAY = "The database server is not responding."


SQLITE = {5: Failure.BUSY, 6: Failure.BUSY, 8: Failure.READ_ONLY, 10: Failure.BROKEN, 11: Failure.BROKEN}
SQLITE |= {13: Failure.FULL, 14: Failure.BROKEN, 26: Failure.BROKEN}
"""By primary result code (sqlite.org/rescode.html)."""
POSTGRESQL = {"53100": Failure.FULL, "25006": Failure.READ_ONLY, "55P03": Failure.BUSY, "58030": Failure.BROKEN}
POSTGRESQL |= {"XX001": Failure.BROKEN, "57P01": Failure.AWAY, "57P02": Failure.AWAY, "57P03": Failure.AWAY}
POSTGRESQL |= {"53300": Failure.AWAY}
"""By SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html)."""
UNIQUE_VIOLATION = "23505"
"""SQLSTATE of PostgreSQL."""
UNIQUE_FAILED = "UNIQUE constraint failed"
"""How SQLite's message begins; sqlcipher3 only has the primary result code, which is the same for all constraints."""


def is_unique_violation(error: DBAPIError) -> bool:
    """Whether another row has the same unique or primary key."""
    sqlstate = getattr(error.orig, "sqlstate", None)
    return sqlstate == UNIQUE_VIOLATION if sqlstate else str(error.orig).startswith(UNIQUE_FAILED)


def failure_of(error: BaseException | None) -> Failure | None:
    """How the disk or the server fails, by an error of SQLAlchemy or the driver; None for any other error."""
    if isinstance(error, DBAPIError):
        return failure_of(error.orig) or (Failure.AWAY if error.connection_invalidated else None)
    if code := getattr(error, "sqlite_errorcode", None):
        return SQLITE.get(code & 0xFF)
    return POSTGRESQL.get(getattr(error, "sqlstate", None) or "")


def discard_broken_connections(engine: sa.Engine):
    """Let the pool replace its connections after one has met a broken disk: SQLite may fail on the old ones even when
    the disk works again.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "handle_error", mark_broken)


def mark_broken(context: sa.engine.ExceptionContext):
    """Mark the connection as lost, so that it is not used again."""
    if failure_of(context.original_exception) is Failure.BROKEN:
        context.is_disconnect = True
