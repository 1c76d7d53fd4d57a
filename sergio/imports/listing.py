"""The lines of an import as rows: a page of those of one kind, and files of them."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, bindparam, select

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.imports import statuses
from sergio.imports.labels import AFTER, BEFORE, UNDONE
from sergio.imports.models import CustomerImport, ImportLine
from sergio.imports.statuses import ADD, ERROR, KEPT, UNDONE_TO, UPDATE
from sergio.lib.language import gettext as _
from sergio.lib.postal import address_lines
from sergio.staff.models import StaffMember
from sergio.web import spreadsheets
from sergio.web.paging import ROWS, ROWS_AND_ONE, Order, Paging

BATCH = 500
"""Lines of a file that are read at once."""
BY_LINE = Order("line", ImportLine.line)
LATEST: Any = (
    select(
        *(CustomerImport.number, CustomerImport.name, CustomerImport.status, CustomerImport.uploaded_at),
        *(CustomerImport.counts, CustomerImport.rows, CustomerImport.has_headings, StaffMember.name.label("by")),
    )
    .join(StaffMember, CustomerImport.staff_id == StaffMember.id)
    .where(CustomerImport.company_id == COMPANY)
    .order_by(CustomerImport.uploaded_at.desc(), CustomerImport.id.desc())
    .limit(ROWS)
)


class ShownLine(NamedTuple):
    """A line as the page shows it: who it is about, how to reach them, and why it became what it is."""

    number: int
    who: str
    reached: str
    reason: str
    path: str | None


def latest(company: Company) -> list[Row]:
    """The latest imports of a company."""
    return list(db.session.execute(LATEST, {"company_id": company.id}))


def tabs_of(row: CustomerImport) -> dict[str, Any]:
    """The kinds of lines that an import has, with labels."""
    labels = UNDONE if row.status == statuses.UNDONE else AFTER if row.started_at else BEFORE
    return {kind: label for kind, label in labels.items() if row.counts.get(kind)} or {statuses.ERROR: ""}


def lines_of(row: CustomerImport, paging: Paging) -> list[ShownLine]:
    """A page of the lines of the kind that `paging` shows."""
    asked = {"company_id": row.company_id, "import_id": row.id, "kind": paging.show}
    return [as_row(each) for each in paging.rows_of(lines_page(undone=paging.show in UNDONE_TO), BY_LINE, **asked)]


@cache
def lines_page(*, undone: bool) -> Select:
    return lines_after(undone=undone).limit(ROWS_AND_ONE)


@cache
def lines_after(*, undone: bool) -> Select:
    """The lines of an import with that action, or those about a customer each with that outcome of undoing."""
    kind = ImportLine.undone if undone else ImportLine.action
    columns = (ImportLine.line, ImportLine.content, ImportLine.reason, Customer.number, Customer.name)
    rows = select(*columns).outerjoin(Customer, ImportLine.customer_id == Customer.id)
    mine = ImportLine.company_id == COMPANY, ImportLine.import_id == bindparam("import_id")
    rows = rows.where(*mine, kind == bindparam("kind"), BY_LINE.after).order_by(*BY_LINE.by)
    return rows.where(ImportLine.action.in_((ADD, UPDATE))) if undone else rows


def as_row(row: Row) -> ShownLine:
    path = f"/office/customers/{row.number}" if row.number else None
    if cells := row.content.get("cells"):
        return ShownLine(row.line, " · ".join(filter(None, cells))[:120], "", row.reason, path)
    place = AddressOf({"street": "", "city": "", "region": "", "postal_code": "", **row.content["address"]})
    reached = [*row.content["emails"], *address_lines(place)]
    return ShownLine(row.line, row.content["name"], " · ".join(reached), row.reason, path)


class AddressOf:
    """An address as `address_lines` takes it."""

    def __init__(self, values: dict[str, str]):
        self.__dict__.update(values)


def mistakes(row: CustomerImport) -> Iterator[list[list]]:
    """The lines with mistakes as they were, each with what is wrong, to mend and upload again."""
    first = [[*row.first_row, _("Reason")]] if row.has_headings else []
    return chain([first], in_batches(row, ERROR, mistake))


def mistake(row: Row) -> list:
    return [*row.content["cells"], _("Line %(line)s: %(reason)s", line=row.line, reason=row.reason)]


def kept(row: CustomerImport) -> Iterator[list[list]]:
    """The customers that undoing left as they are, each with the reason."""
    headings = [_("Number"), _("Name"), _("Reason")]
    return chain([[headings]], in_batches(row, KEPT, lambda each: [each.number, each.name, each.reason]))


def in_batches(row: CustomerImport, kind: str, as_cells: Callable[[Row], list]) -> Iterator[list[list]]:
    asked = {"company_id": row.company_id, "import_id": row.id, "kind": kind}
    statement = lines_after(undone=kind in UNDONE_TO).limit(BATCH)

    def read(session, place: dict) -> tuple[list[list], dict | None]:
        found = session.execute(statement, asked | place).all()
        more = BY_LINE.read(BY_LINE.written(found[-1])) if len(found) == BATCH else None
        return [as_cells(each) for each in found], more

    return spreadsheets.in_batches(read, BY_LINE.begin)
