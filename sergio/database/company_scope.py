"""Company scoping: the mixin of tables that belong to a company, and the hooks that keep every statement inside one."""

from sqlalchemy import ForeignKey, ForeignKeyConstraint, event
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship, with_loader_criteria

from sergio.database.engines import Session

NAMES_COMPANY = {"every_company": True}
"""Execution options of statements that are built once and name their company themselves, as a parameter."""


class CompanyOwned:
    """A row that belongs to one company. `Company` is named as a string, because this package imports no feature."""

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))

    @declared_attr
    def company(cls) -> Mapped["Company"]:  # noqa: F821, N805  # ty: ignore[unresolved-reference]
        return relationship("Company")


def within_company(**tables: str) -> tuple[ForeignKeyConstraint, ...]:
    """Composite foreign keys for `__table_args__`, tables by column (`customer_id="customer"`), that only allow rows of
    the same company; those tables need a UniqueConstraint("company_id", "id").

    Name the column in relationships (`foreign_keys=customer_id`): SQLAlchemy then joins by it alone, and does not
    change `company_id` when the other side is set or removed.
    """
    return tuple(
        ForeignKeyConstraint(["company_id", column], [f"{table}.company_id", f"{table}.id"])
        for column, table in tables.items()
    )


@event.listens_for(Session, "do_orm_execute")
def only_this_company(execution):
    """Add the session's company to every ORM statement, unless its execution options have `every_company=True`."""
    company_id = execution.session.info.get("company_id")
    if company_id is None or execution.execution_options.get("every_company"):
        return
    if execution.is_insert or execution.is_update:
        refuse_another_company(execution, company_id)
    mine = with_loader_criteria(CompanyOwned, lambda cls: cls.company_id == company_id, include_aliases=True)
    execution.statement = execution.statement.options(mine)


def refuse_another_company(execution, company_id: int):
    """Refuse a bulk INSERT or UPDATE whose values name another company than the session's."""
    values = execution.parameters or execution.statement.compile().params
    rows = values if isinstance(values, list) else [values]
    named = {row.get("company_id") for row in rows} - {None, company_id}
    if named and issubclass(execution.bind_mapper.class_, CompanyOwned):
        raise PermissionError(f"{execution.bind_mapper.class_.__name__} of another company")


@event.listens_for(Session, "before_flush")
def nothing_for_another_company(session, context, instances):
    """Refuse to write a row of another company than the session's, or to move one there."""
    company_id = session.info.get("company_id")
    for row in (*session.new, *session.dirty) if company_id else ():
        if isinstance(row, CompanyOwned) and (row.company_id or row.company.id) != company_id:
            raise PermissionError(f"{type(row).__name__} of another company")
