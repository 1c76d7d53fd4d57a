"""Names of ours in SQL as constants."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, String, literal_column


def constants(names: Iterable[str]) -> list[ColumnElement[str]]:
    """For `IN`: SQLAlchemy writes a list of parameters anew at each execution, which costs a long statement 0.1 ms.

    The conditions of partial indexes need them too: with parameters, SQLite plans a statement again at each execution.
    """
    return [constant(name) for name in names]


def constant(name: str) -> ColumnElement[str]:
    """For a long statement: SQLAlchemy collects the values of its parameters at each execution."""
    return literal_column(repr(name), String)
