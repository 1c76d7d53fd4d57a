"""Engines, sessions and column types, for an encrypted SQLite file and for a PostgreSQL server.

There are two engines, for reading and writing. A session reads through the one on which the database refuses writes,
and switches to the other with the first row it writes or locks, so that nobody waits for a reader. A write transaction
of SQLite takes its lock at once (`BEGIN IMMEDIATE`), so that rows read after that do not change before the commit.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import abort
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import event
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.dml import UpdateBase

from sergio.database.compiled_statements import CompiledStatements
from sergio.database.errors import discard_broken_connections
from sergio.database.limit_clause import limit_by_expressions
from sergio.database.turns import TakesTurns, Turns
from sergio.lib import effects

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

THREADS = 16  # concurrent requests of a process, each with at most one connection of each engine
OPTIONS = {
    "pool_size": THREADS,
    "pool_use_lifo": True,  # the connection used last has the fullest cache
    "hide_parameters": True,  # values may be names, addresses and digests, which no log needs
    "execution_options": {"compiled_cache": CompiledStatements()},
}


class Utc(sa.TypeDecorator):
    """An instant: takes aware datetimes, stores UTC, returns aware UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True
    python_type = datetime

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A datetime needs a time zone.")
        return value.astimezone(UTC)

    def result_processor(self, dialect, coltype):
        """In one step, or none: a page may have hundreds of instants. Connections to PostgreSQL are in UTC."""
        return utc_from_text if dialect.name == "sqlite" else None


def utc_from_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


class Base(DeclarativeBase):
    """All tables: named constraints, instants in UTC, amounts wide enough for any currency."""

    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={datetime: Utc, dict: sa.JSON, list: sa.JSON},
    )


class Session(FlaskSession):
    """Uses the reading engine until it has to write or lock, with `info["read_only"]` always."""

    def get_bind(self, mapper=None, clause=None, bind=None, **kwargs: Any):
        if bind is not None:
            return bind
        if writes_or_locks(clause):
            self.begin_writing()
        return self._db.engines[None if self.info.get("writing") else "reading"]

    def begin_writing(self):
        """Use the writing engine until the end of the transaction.

        Rows read before may have changed meanwhile: read them again where that matters.
        """
        if not self.info.get("read_only"):
            self.info["writing"] = True


def writes_or_locks(statement) -> bool:
    """Whether a statement changes rows, or locks those it reads (`with_for_update`)."""
    return isinstance(statement, UpdateBase) or getattr(statement, "_for_update_arg", None) is not None


@event.listens_for(Session, "before_flush")
def write_from_now_on(session, context, instances):
    session.begin_writing()


@event.listens_for(Session, "after_transaction_end")
def read_first_again(session, transaction):
    if transaction.parent is None:
        session.info.pop("writing", None)


class Database(SQLAlchemy):
    """Flask-SQLAlchemy with transactions that begin as each database needs."""

    def one_or_404(self, statement: sa.Select, parameters: Any = None, *, description: str | None = None) -> Any:
        """The only row of a statement, or 404; the statement may load collections by joins."""
        return self.session.scalars(statement, parameters).unique().one_or_none() or abort(404, description)

    def rows(self, statement: sa.Select | sa.CompoundSelect, parameters: Any = None) -> Sequence[sa.Row]:
        """The rows of a statement of columns, past the ORM: in a third less time. It sees what is flushed."""
        return self._past_the_orm(statement, parameters).all()

    def change(self, statement: UpdateBase, parameters: Any = None) -> sa.CursorResult:
        """Execute an INSERT, UPDATE or DELETE of tables, past the ORM in the same way."""
        return self._past_the_orm(statement, parameters)

    def _past_the_orm(self, statement: sa.Executable, parameters: Any) -> sa.CursorResult:
        session: Any = self.session()
        if writes_or_locks(statement):
            session.begin_writing()
        company = {"company_id": session.info.get("company_id")}  # the statement must name it (`company_scope`)
        return session.connection().execute(statement, parameters, execution_options=company)

    def _make_engine(self, bind_key, options, app):
        engine = super()._make_engine(bind_key, options, app)
        if bind_key != "reading":
            event.listen(engine, "begin", refuse_without_effects)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "begin", begin_reading if bind_key == "reading" else begin_writing)
        limit_by_expressions(engine)
        discard_broken_connections(engine)
        return engine


def refuse_without_effects(connection: sa.Connection):
    """Let no transaction that could write begin where effects are refused, whichever session it is of."""
    effects.require("write to the database")


def begin_reading(connection: sa.Connection):
    """By the driver alone, because every request that reads begins so."""
    raw: Any = connection.connection.dbapi_connection
    raw.execute("BEGIN")


def begin_writing(connection: sa.Connection):
    """Take SQLite's write lock; raises OperationalError if that is not possible within 15 seconds."""
    raw: Any = connection.connection.dbapi_connection
    if not raw.begin_writing():
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def begin_without_disk(engine: sa.Engine) -> Generator[sa.Connection]:
    """A write transaction whose commit does not wait for the disk. The end of a process does not undo it, a power cut
    may.
    """
    with engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        if engine.dialect.name == "postgresql":
            with connection.begin():
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                yield connection
            return
        raw.execute("PRAGMA synchronous = NORMAL")
        try:
            with connection.begin():
                yield connection
        finally:
            raw.execute("PRAGMA synchronous = FULL")


def sqlite_engine(path: Path, key: Callable[[], str], *, query_only: bool) -> dict:
    """Options for an engine on the file at `path`, encrypted with the 64 hex digits that `key()` returns."""
    sqlcipher: Any = import_module("sqlcipher3.dbapi2")  # has no types
    plain = sqlcipher.Connection
    writing = type("Writing", (TakesTurns, sqlcipher.Connection), {"turns": Turns()})
    options = {"check_same_thread": False, "isolation_level": None, "factory": plain if query_only else writing}

    def connect():
        connection = sqlcipher.connect(str(path), timeout=15 if query_only else 5, **options)
        connection.execute(f"PRAGMA key = \"x'{key()}'\"")
        for pragma in (
            "synchronous = FULL",
            "foreign_keys = ON",
            "recursive_triggers = ON",  # or INSERT OR REPLACE deletes without the triggers of `append_only`
            "cache_size = -8000",
            f"query_only = {int(query_only)}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    return {
        **OPTIONS,
        "url": f"sqlite:///{path}",
        "module": sqlcipher,
        "poolclass": QueuePool,
        "creator": connect,
    }


def postgresql_engine(url: str, *, query_only: bool) -> dict:
    """Options for an engine on a PostgreSQL server; the reading one uses autocommit and refuses writes."""
    from sergio.database import postgresql

    return {**OPTIONS, "url": url, **postgresql.options(query_only=query_only)}


def settings(url: str, path: Path, key: Callable[[], str]) -> dict:
    """Flask-SQLAlchemy's settings for the two engines: on the server at `url`, or on the file at `path`."""
    if url:
        both = [postgresql_engine(url, query_only=reading) for reading in (False, True)]
    else:
        both = [sqlite_engine(path, key, query_only=reading) for reading in (False, True)]
    options, reading = both
    return {
        "SQLALCHEMY_DATABASE_URI": options.pop("url"),
        "SQLALCHEMY_ENGINE_OPTIONS": options,
        "SQLALCHEMY_BINDS": {"reading": reading},
    }


def write_ahead(engine: sa.Engine):
    """Turn on SQLite's write-ahead log. Done once before workers start, because concurrent starts would race."""
    if engine.dialect.name == "sqlite":
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode = WAL")
        finally:
            raw.close()
