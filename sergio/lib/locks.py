"""Counting how often something was done, exactly, however many ask at once."""

from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session


def take_turns(session: scoped_session, key: str):
    """Let the transactions that name the same `key` (hex digits) go one after the other, from here to their end.

    SQLite's writers take turns as soon as they begin; PostgreSQL's wait for its advisory lock.
    """
    session().begin_writing()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(int(key[:15], 16))))
