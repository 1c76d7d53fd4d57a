"""Advisory locks by a key, for counts that must be exact under concurrent requests."""

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.orm import scoped_session


def lock_until_commit(session: scoped_session, key: str):
    """Make transactions with the same `key` (hex digits) run one after the other, from here to their end.

    On SQLite all write transactions do; on PostgreSQL they wait for an advisory lock.
    """
    session().begin_writing()
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(LOCK, {"key": int(key[:15], 16)})


LOCK = select(func.pg_advisory_xact_lock(bindparam("key", type_=BigInteger)))
