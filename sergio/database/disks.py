"""Disks that fail or fill up: which connections are thrown away, and what is only for the moment."""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError


class Trouble(StrEnum):
    """What keeps the database from working, in a sentence for the log: somebody must see to it, or it will pass."""

    BROKEN = "The database cannot be read. Check its disk and the system's log; sergio keeps trying."
    FULL = "The disk of the database is full. Nothing is written until there is room on it."
    READ_ONLY = "The database can be read only. Check its disk, and who may write to the folder."
    BUSY = "The database was locked for longer than we wait. Something else holds it: a backup, a long upgrade?"
    AWAY = "The database server does not answer."


SQLITE = {5: Trouble.BUSY, 6: Trouble.BUSY, 8: Trouble.READ_ONLY, 10: Trouble.BROKEN, 11: Trouble.BROKEN}
SQLITE |= {13: Trouble.FULL, 14: Trouble.BROKEN, 26: Trouble.BROKEN}
"""By primary result code (sqlite.org/rescode.html)."""
POSTGRESQL = {"53100": Trouble.FULL, "25006": Trouble.READ_ONLY, "55P03": Trouble.BUSY, "58030": Trouble.BROKEN}
POSTGRESQL |= {"XX001": Trouble.BROKEN, "57P01": Trouble.AWAY, "57P02": Trouble.AWAY, "57P03": Trouble.AWAY}
POSTGRESQL |= {"53300": Trouble.AWAY}
"""By SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html)."""


def trouble(error: BaseException | None) -> Trouble | None:
    """What is wrong with the disk or the server, by an error of SQLAlchemy or the driver; None where that is fine."""
    if isinstance(error, DBAPIError):
        return trouble(error.orig) or (Trouble.AWAY if error.connection_invalidated else None)
    if code := getattr(error, "sqlite_errorcode", None):
        return SQLITE.get(code & 0xFF)
    return POSTGRESQL.get(getattr(error, "sqlstate", None) or "")


def throw_broken_connections_away(engine: sa.Engine):
    """Let the pool open new connections once one has met a broken disk: SQLite may go on failing on the old ones after
    the disk is well again.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "handle_error", give_up_broken)


def give_up_broken(context: sa.engine.ExceptionContext):
    if trouble(context.original_exception) is Trouble.BROKEN:
        context.is_disconnect = True
