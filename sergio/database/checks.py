"""CHECK constraints made from the constants of the code."""

from collections.abc import Iterable

from sqlalchemy import CheckConstraint


def one_of(column: str, values: Iterable[str | int]) -> CheckConstraint:
    """The column has one of these values."""
    return CheckConstraint(f"{column} IN ({', '.join(map(repr, values))})", name=column)


def at_least(column: str, least: int) -> CheckConstraint:
    return CheckConstraint(f"{column} >= {least}", name=column)


def code(column: str, length: int) -> CheckConstraint:
    """The column has an upper-case code of that length: a currency (ISO 4217) or a country (ISO 3166)."""
    return CheckConstraint(f"length({column}) = {length} AND {column} = upper({column})", name=column)
