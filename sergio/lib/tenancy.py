"""A company's data never leaves it: the mixin that marks it, and the hook that keeps every statement inside."""

from sqlalchemy import ForeignKey, event
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship, with_loader_criteria

from sergio.lib.database import Session


class Tenanted:
    """A row that belongs to one company (which, being of the business, is known here by its name only)."""

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)

    @declared_attr
    def company(cls) -> Mapped["Company"]:  # noqa: F821, N805  # ty: ignore[unresolved-reference]
        return relationship("Company")


@event.listens_for(Session, "do_orm_execute")
def only_this_company(execution):
    """Add the session's company to every ORM statement; `every_company=True` is said out loud where it must not be."""
    company_id = execution.session.info.get("company_id")
    if company_id is None or execution.execution_options.get("every_company"):
        return
    mine = with_loader_criteria(Tenanted, lambda cls: cls.company_id == company_id, include_aliases=True)
    execution.statement = execution.statement.options(mine)


@event.listens_for(Session, "before_flush")
def nothing_for_another_company(session, context, instances):
    """Refuse to write a row of a company the session does not work for."""
    company_id = session.info.get("company_id")
    for row in session.new if company_id else ():
        if isinstance(row, Tenanted) and (row.company_id or row.company.id) != company_id:
            raise PermissionError(f"{type(row).__name__} of another company")
