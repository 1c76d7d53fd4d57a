"""Checks in the schema for what the code assumes, made of the constants it uses."""

from collections.abc import Iterable

from sqlalchemy import CheckConstraint


def one_of(column: str, values: Iterable[str | int]) -> CheckConstraint:
    """The column holds one of these words or numbers."""
    return CheckConstraint(f"{column} IN ({', '.join(map(repr, values))})", name=column)


def at_least(column: str, least: int) -> CheckConstraint:
    return CheckConstraint(f"{column} >= {least}", name=column)


def code(column: str, length: int) -> CheckConstraint:
    """The column holds a code of that length, none of it in lower case: a currency (ISO 4217), a country (ISO 3166)."""
    return CheckConstraint(f"length({column}) = {length} AND {column} = upper({column})", name=column)
