"""How we use PostgreSQL's driver, psycopg, so that a request asks the server nothing but what it wants to know."""

import json
import time
from select import POLLIN, poll
from typing import Any

import psycopg
from sqlalchemy import MetaData
from sqlalchemy.exc import InvalidatePoolError

from sergio.database.prepared_reads import Columns, read_prepared

RECENTLY = 1.0
"""Seconds. The server is asked about a connection that was not used since then: a machine that lost its power cannot
have ended its connections.
"""
ONCE = 1
"""After so many executions a connection prepares a statement; by psycopg's five, a burst of bookings is half over."""
SETTINGS = "-c timezone=UTC -c random_page_cost=1.1"
"""The second says that no disk turns any more, as PostgreSQL's "Planner Cost Constants" suggests. A connection plans
most statements for good while tables are small, and would then read a table of some pages as a whole.
"""
DECODER = json.JSONDecoder()
AS_WRITTEN: dict[str, Any] = {"paramstyle": "numeric_dollar", "use_native_hstore": False}
"""Options for SQL with parameters as PostgreSQL knows them ($1), which psycopg sends as it is. It would look for
`%(names)s` in a long statement at each execution, half a millisecond of the page of a customer.
"""


def options(*, query_only: bool) -> dict[str, Any]:
    """Options for an engine."""
    arguments: dict[str, Any] = {"cursor_factory": Cursor, "options": SETTINGS, "prepare_threshold": ONCE}
    events: list[Any] = [(require_working, "checkout")]
    found = {"connect_args": arguments, "pool_events": events, "json_deserializer": read_json, **AS_WRITTEN}
    if query_only:
        events.append((read_prepared, "connect"))
        arguments["options"] += " -c default_transaction_read_only=on"
        found |= {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}
    return found


def read_json(written: bytes) -> Any:
    """A value of JSON. `json.loads` would look at each one in which encoding it is: our connections use UTF-8."""
    return DECODER.decode(written.decode())


def name_conditions_of_indexes(tables: MetaData):
    """Give the indexes of our tables their conditions for PostgreSQL. Needed before one is created from them: they name
    their conditions for SQLite only, because either loads its dialect into each process.
    """
    for index in (index for table in tables.tables.values() for index in table.indexes):
        index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]


def require_working(connection: psycopg.Connection, record: Any, _proxy: Any):
    """Let the pool give out no connection that the server has ended, such as by its restart: it connects anew."""
    now = time.monotonic()
    used_at = record.info.get("used_at", now)
    record.info["used_at"] = now
    try:
        if now - used_at > RECENTLY or has_input(connection):
            ask_server(connection)
    except psycopg.Error as error:
        raise InvalidatePoolError from error


def ask_server(connection: psycopg.Connection):
    connection.execute("SELECT 1")
    connection.rollback()  # nothing to do in autocommit


def has_input(connection: psycopg.Connection) -> bool:
    """Whether there is something to read, the end of the connection too. A server sends nothing else to an idle one,
    but for changes of its settings.
    """
    waiting = poll()
    waiting.register(connection.fileno(), POLLIN)
    return bool(waiting.poll(0))


class Cursor(psycopg.RawCursor):
    """A cursor for writing that does not describe the columns of each result: psycopg makes an object for each."""

    @property
    def description(self) -> Any:
        return Columns(self) if self.pgresult and self.pgresult.nfields else None

    def columns(self) -> list[psycopg.Column]:
        return super().description or []
