"""The number series of a company's documents, part of its models."""

from functools import cache
from importlib import import_module

from sqlalchemy import Integer, String, UniqueConstraint, bindparam
from sqlalchemy.orm import Mapped, mapped_column

from sergio.database.checks import at_least
from sergio.database.company_scope import CompanyOwned
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


@cache
def take_numbers(dialect: str):
    """The statement that takes `count` numbers of a `series` of `company_id`, and returns the last one."""
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert(NumberSeries.__table__)
    count = bindparam("count", type_=Integer)
    first = insert.values(company_id=bindparam("company_id"), series=bindparam("series"), last=count)
    following = {"last": NumberSeries.last + count}
    take = first.on_conflict_do_update(index_elements=["company_id", "series"], set_=following)
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
