"""The number series of a company's documents, part of its models."""

from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import Integer, String, UniqueConstraint, bindparam, func, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.database.checks import at_least
from sergio.database.company_scope import COMPANY, CompanyOwned
from sergio.extensions import Model


class NumberSeries(CompanyOwned, Model):
    """The last number of one series of a company."""

    __table_args__ = (
        UniqueConstraint("company_id", "series"),
        at_least("last", 1),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[str] = mapped_column(String(20))
    last: Mapped[int]


SERIES = bindparam("series", type_=String)


@cache
def take_numbers(dialect: str):
    """The statement that takes `count` numbers of a `series` of `company_id`, and returns the last one."""
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert(NumberSeries.__table__)
    count = bindparam("count", type_=Integer)
    return or_following(insert.values(company_id=COMPANY, series=SERIES, last=count), count)


@cache
def take_number_at_once():
    """The statement that takes one number on PostgreSQL and, in autocommit, commits it without waiting for the disk. A
    power cut may undo that, but then also all that was committed after it.
    """
    without_disk = func.set_config("synchronous_commit", "off", True).alias()
    first = select(COMPANY, SERIES, literal(1)).select_from(without_disk)
    insert: Any = import_module("sqlalchemy.dialects.postgresql").insert(NumberSeries)
    return or_following(insert.from_select(["company_id", "series", "last"], first), 1)


def or_following(insert: Any, count):
    """`insert` of a series, or `count` numbers more if the company has that series."""
    following = {"last": NumberSeries.last + count}
    take = insert.on_conflict_do_update(index_elements=["company_id", "series"], set_=following)
    return take.returning(NumberSeries.last)


@cache
def raise_last(dialect: str):
    """The statement that sets the last number of a series, unless it is higher already."""
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert(NumberSeries.__table__)
    first = insert.values(company_id=bindparam("company_id"), series=bindparam("series"), last=bindparam("last"))
    higher = NumberSeries.last < first.excluded.last
    return first.on_conflict_do_update(
        index_elements=["company_id", "series"], set_={"last": first.excluded.last}, where=higher
    )
