"""Company scoping: the mixin of tables that belong to a company, and the hooks that keep every statement inside one."""

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, ForeignKey, ForeignKeyConstraint, Insert, Integer, Update, bindparam, event
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from sergio.database.company_proof import company_parameters
from sergio.database.engines import Session

EVERY_COMPANY = {"every_company": True}
"""Execution options of statements that may read other companies, or that name a row read before by its id alone."""

COMPANY = bindparam("company_id", type_=Integer)
"""The company, in statements that are built once: a parameter like any other."""


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
def require_company(execution):
    """Let every statement of a company's session be checked, unless its execution options have `every_company=True`.

    What the ORM loads for a row that it has (a relationship, an expired column) belongs to the same company.
    """
    company_id = execution.session.info.get("company_id")
    if company_id is None or execution.execution_options.get("every_company"):
        return
    loads_more = execution.is_relationship_load or execution.is_column_load
    execution.update_execution_options(company_id=None if loads_more else company_id)


@event.listens_for(Engine, "before_cursor_execute")
def refuse_other_companies(connection, cursor, sql, parameters, context, executemany):
    """Refuse a statement that does not name its company, or that names another one than the session's.

    Each compiled statement is examined once. SQL written by hand is not, and has to name the company.
    """
    company_id = context.execution_options.get("company_id")
    if company_id is None or context.compiled is None:
        return
    names = parameters_of(context.compiled)
    if any(values[name] != company_id for values in context.compiled_parameters for name in names):
        raise PermissionError("This statement names another company than the session's.")


def parameters_of(compiled: Any) -> list[str]:
    """The names of the parameters of a compiled statement that must be the company's id."""
    if compiled not in examined:
        examined[compiled] = [*named_in(compiled)]
    return examined[compiled]


examined: WeakKeyDictionary[Any, list[str]] = WeakKeyDictionary()


def named_in(compiled: Any) -> Iterator[str]:
    statement = compiled.statement
    read = statement.select if isinstance(statement, Insert) else statement
    if read is not None:
        yield from {compiled.bind_names[parameter] for parameter in company_parameters(read)}
    if isinstance(statement, Insert | Update) and "company_id" in statement.table.c:
        yield from (name for name in compiled.binds if name.startswith("company_id"))


@event.listens_for(Session, "before_flush")
def nothing_for_another_company(session, context, instances):
    """Refuse to write a row of another company than the session's, or to move one there."""
    company_id = session.info.get("company_id")
    for row in (*session.new, *session.dirty) if company_id else ():
        if isinstance(row, CompanyOwned) and (row.company_id or row.company.id) != company_id:
            raise PermissionError(f"{type(row).__name__} of another company")
