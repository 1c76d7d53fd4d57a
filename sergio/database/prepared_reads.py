"""Reading from PostgreSQL: a connection prepares each statement once, and then only its values are sent.

Psycopg's cursors are generators in Python that may begin a transaction, prepare, and wait in between. This one calls
PostgreSQL's library at once, which takes a third of the time: 0.05 ms less for each statement of a page. It is for
connections in autocommit; Ctrl-C is only noticed after a statement.
"""

from collections.abc import Iterator, Sequence
from itertools import count, islice
from typing import Any, Self

from psycopg import Connection
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.types.numeric import Int8Dumper

MOST = 100
"""Statements that a connection keeps, as in psycopg: the server keeps a plan for each."""


def read_prepared(connection: Any, _record: Any):
    """Let a new connection read so. All its numbers have one type: psycopg gives each the smallest one, so that a
    statement would be another one for large numbers.
    """
    connection.adapters.register_dumper(int, Int8Dumper)
    connection.cursor_factory = Statements()


class Statements:
    """What a connection has executed, the last one at the end; its `cursor_factory`."""

    def __init__(self):
        self._known: dict[str, Statement] = {}
        self._names = count()

    def __call__(self, connection: Connection, **_how: Any) -> "Reader":
        return Reader(connection, self)

    def find(self, sql: str, connection: Connection) -> "Statement":
        statement = self._known.pop(sql, None) or Statement(b"read_%d" % next(self._names), connection)
        self._known[sql] = statement
        if len(self._known) > MOST:
            oldest = self._known.pop(next(iter(self._known)))
            oldest.forget(connection.pgconn)
        return statement


class Statement:
    """One statement of a connection, with how its values are written and its rows are read."""

    def __init__(self, name: bytes, connection: Connection):
        self._name = name
        self._executed = self._prepared = False
        self._transformer = Transformer(connection)

    def execute(self, sql: str, server: PGconn, values: Sequence[Any]) -> tuple[PGresult, list[tuple]]:
        """What the server answers, and the rows of it."""
        written = self._transformer.dump_sequence(values, [PyFormat.TEXT] * len(values))
        result = done(self._send(sql, server, written))
        self._transformer.set_pgresult(result, set_loaders=not self._executed)
        self._executed = True
        rows = self._transformer.load_rows(0, result.ntuples, tuple)
        self._transformer.set_pgresult(None, set_loaders=False)
        return result, rows

    def _send(self, sql: str, server: PGconn, written: Sequence[Any]) -> PGresult:
        """Prepare it when it comes for the second time: some are written anew for each use, and come once."""
        if not self._executed:
            return server.exec_params(sql.encode(), written, self._transformer.types)
        if not self._prepared:
            done(server.prepare(self._name, sql.encode(), self._transformer.types))
            self._prepared = True
        return server.exec_prepared(self._name, written)

    def forget(self, server: PGconn):
        if self._prepared:
            done(server.exec_(b"DEALLOCATE " + self._name))


class Reader:
    """A cursor by PEP 249, which has all rows of a result at once."""

    arraysize = 1
    rowcount = -1

    def __init__(self, connection: Connection, statements: Statements):
        self.connection = connection
        self._statements = statements
        self._result: PGresult | None = None
        self._rows: Iterator[tuple] = iter(())

    def execute(self, sql: str, values: Sequence[Any] | None = None, **_how: Any) -> Self:
        statement = self._statements.find(sql, self.connection)
        self._result, rows = statement.execute(sql, self.connection.pgconn, values or ())
        self._rows, self.rowcount = iter(rows), len(rows)
        return self

    @property
    def description(self) -> "Columns | None":
        return Columns(self) if self._result and self._result.nfields else None

    def columns(self) -> list[tuple]:
        """Names and types."""
        result: Any = self._result
        return [(result.fname(n).decode(), result.ftype(n), *[None] * 5) for n in range(result.nfields)]

    def fetchone(self) -> tuple | None:
        return next(self._rows, None)

    def fetchmany(self, size: int = arraysize) -> list[tuple]:
        return [*islice(self._rows, size)]

    def fetchall(self) -> list[tuple]:
        return [*self._rows]

    def close(self):
        self._rows = iter(())


class Columns(Sequence):
    """What a cursor's `description` is by PEP 249, made when somebody looks at it: SQLAlchemy only looks whether there
    are any columns, once it knows the statement.
    """

    def __init__(self, cursor: Any):
        self.cursor = cursor

    def __len__(self) -> int:
        return len(self.cursor.columns())

    def __getitem__(self, index: Any) -> Any:
        return self.cursor.columns()[index]

    def __iter__(self):
        return iter(self.cursor.columns())


def done(result: PGresult) -> PGresult:
    """The result of what did not fail."""
    if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        raise error_from_result(result)
    return result
