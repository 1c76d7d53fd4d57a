"""Locks by a key of our own, for counts that must be exact however many requests count at once."""

from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session


def lock_until_commit(session: scoped_session, key: str):
    """Let the transactions that name the same `key` (hex digits) run one after the other, from here to their end.

    On SQLite any two write transactions do; on PostgreSQL they wait for an advisory lock.
    """
    session().begin_writing()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(int(key[:15], 16))))
