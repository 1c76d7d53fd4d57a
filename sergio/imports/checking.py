"""Checking the lines of a file before anything is imported: what becomes of each, and why."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from sergio.customers.models import Customer
from sergio.customers.note import CustomerNote
from sergio.customers.roles import FULL
from sergio.extensions import db
from sergio.imports.changes import changes
from sergio.imports.csv_file import Line
from sergio.imports.entries import Entry, Mistake, Reader
from sergio.imports.matching import Directory, There, there_already
from sergio.imports.models import LONGEST_REASON, UPDATE_MATCHES, CustomerImport
from sergio.imports.statuses import ADD, ERROR, FURTHER, SKIP, UPDATE
from sergio.lib.language import gettext as _

MOST_LINES_OF_ONE = 100
"""Lines about one customer."""


class Earlier(NamedTuple):
    """An earlier line about the same customer: the first one, what becomes of that, and whose it is."""

    line: int
    action: str
    customer_id: int | None


class Checker:
    """Checks the lines of an import one after the other, some at a time."""

    def __init__(self, row: CustomerImport):
        self.company_id, self.import_id = row.company_id, row.id
        self.updates = row.matches == UPDATE_MATCHES
        self.reader = Reader(row.columns, row.headings, row.company.country)
        self.seen = Directory()
        self.counts: dict[int, int] = {}

    def check(self, lines: Iterable[Line]) -> list[dict]:
        """The rows of `ImportLine` for some lines."""
        read = [(line, self.read(line)) for line in lines]
        known = there_already(self.company_id, [entry for _line, entry in read if isinstance(entry, Entry)])
        found = [self.judged(line, entry, known) for line, entry in read]
        if self.updates:
            self.skip_what_changes_nothing(found, read)
        return [{"company_id": self.company_id, "import_id": self.import_id, **row} for row in found]

    def read(self, line: Line) -> Entry | Mistake:
        try:
            return self.reader.entry(line.cells)
        except Mistake as mistake:
            return mistake

    def judged(self, line: Line, entry: Entry | Mistake, known: Directory) -> dict:
        if isinstance(entry, Mistake):
            return row_of(line, ERROR, str(entry), {"cells": line.cells})
        there, earlier = known.find(entry), self.seen.find(entry)
        if earlier and (earlier.by == "number" or not there):
            row = self.further(line, entry, earlier.who, earlier.by)
        elif there:
            row = self.matched(line, entry, there.who)
        elif entry.access in ("", FULL):
            row = row_of(line, ADD, "", entry._asdict())
        else:
            reason = _("A customer's first contact needs access to everything. Change it, or leave it empty.")
            row = row_of(line, ERROR, reason, {"cells": line.cells})
        if row["action"] != ERROR:
            itself = Earlier(line.number, row["action"], row["customer_id"])
            self.seen.add(earlier.who if earlier and row["leader"] else itself, entry.keys)
        return row

    def further(self, line: Line, entry: Entry, first: Earlier, by: str) -> dict:
        """A line about the customer of an earlier one."""
        self.counts[first.line] = self.counts.get(first.line, 1) + 1
        if self.counts[first.line] > MOST_LINES_OF_ONE:
            reason = _("There are more than %(most)s lines about this customer.", most=MOST_LINES_OF_ONE)
            return row_of(line, ERROR, reason, {"cells": line.cells})
        facts = {"leader": first.line, "customer_id": first.customer_id}
        if first.action == SKIP or not (by == "number" or self.updates):
            return row_of(line, SKIP, repeats(first.line, by), entry._asdict(), **facts)
        return row_of(
            line, FURTHER if first.action == ADD else UPDATE, repeats(first.line, by), entry._asdict(), **facts
        )

    def matched(self, line: Line, entry: Entry, there: There) -> dict:
        """A line about a customer who is there already."""
        reason = _("Already a customer: %(name)s (number %(number)s).", name=there.name, number=there.number)
        return row_of(line, UPDATE if self.updates else SKIP, reason, entry._asdict(), customer_id=there.id)

    def skip_what_changes_nothing(self, found: Sequence[dict], read: Sequence[tuple[Line, Entry | Mistake]]):
        updates = [(row, entry) for row, (_line, entry) in zip(found, read, strict=True) if row["action"] == UPDATE]
        customers = {
            row.id: row for row in customers_of(self.company_id, [row["customer_id"] for row, _entry in updates])
        }
        notes = notes_of(self.company_id, list(customers))
        for row, entry in updates:
            customer = customers[row["customer_id"]]
            if isinstance(entry, Entry) and not changes(customer, entry, notes.get(customer.id, ())):
                row["action"], row["reason"] = SKIP, nothing_to_change(row["reason"])


def row_of(line: Line, action: str, reason: str, content: dict, **more) -> dict:
    """The columns of an `ImportLine`."""
    about = {"leader": None, "customer_id": None, **more}
    return {"line": line.number, "action": action, "reason": reason[:LONGEST_REASON], "content": content, **about}


def repeats(line: int, by: str) -> str:
    return {
        "number": _("The same number and name as line %(line)s."),
        "email": _("The same email address as line %(line)s."),
        "place": _("The same name and address as line %(line)s."),
    }[by] % {"line": line}


def nothing_to_change(reason: str) -> str:
    return " ".join(filter(None, (reason, _("There is nothing to change."))))


def customers_of(company_id: int, ids: Sequence[int]) -> Sequence[Customer]:
    """The customers with these ids, with their contacts and addresses."""
    wanted = select(Customer).where(Customer.company_id == company_id, Customer.id.in_(ids)).order_by(Customer.id)
    loaded = wanted.options(selectinload(Customer.contacts), selectinload(Customer.properties))
    return db.session.scalars(loaded.execution_options(populate_existing=True)).all()


def notes_of(company_id: int, ids: Sequence[int]) -> dict[int, list[str]]:
    """The texts of the notes on these customers."""
    wanted = CustomerNote.company_id == company_id, CustomerNote.customer_id.in_(ids)
    found: dict[int, list[str]] = {}
    for row in db.session.execute(select(CustomerNote.customer_id, CustomerNote.text).where(*wanted)):
        found.setdefault(row.customer_id, []).append(row.text)
    return found


def parts(lines: Sequence, size: int) -> Iterator[Sequence]:
    return (lines[begin : begin + size] for begin in range(0, len(lines), size))
