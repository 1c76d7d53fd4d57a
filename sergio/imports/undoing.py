"""Undoing an import, some lines at a time: what was done with a customer since decides whether it goes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from sergio.audit.actor import Actor
from sergio.audit.models import entry_of, record_all
from sergio.customers.models import Contact, Customer
from sergio.customers.note import CustomerNote
from sergio.customers.properties import Property
from sergio.customers.roles import FULL
from sergio.extensions import db
from sergio.imports.models import CustomerImport, ImportLine, run
from sergio.imports.state import CHANGED, OWN, digests, uses
from sergio.imports.statuses import ADD, FURTHER, KEPT, REMOVED, RESTORED, UNDOING, UPDATE
from sergio.imports.writing import lock_customers
from sergio.lib.language import gettext as _

AT_ONCE = 20
"""Lines of a transaction: in a large company the database looks through many documents for each customer that goes."""
MODELS = {model.__tablename__: model for model in OWN}


def undo_some(row: CustomerImport, *, by: Actor, at: datetime) -> bool:
    """Undo the next lines: first those that added customers, then the other changes, the last one first. Whether there
    are more. Commit it at once.
    """
    row.lock()
    if row.status != UNDOING:
        return False
    if added := next_lines(row, ADD):
        Removal(row, added).remove(by=by, at=at)
    elif changed := next_lines(row, UPDATE, FURTHER):
        for line in changed:
            restore(line, by=by, at=at)
    else:
        row.note_undone(by=by, at=at)
        return False
    row.done += len(added or changed)
    return True


def next_lines(row: CustomerImport, *actions: str) -> Sequence[ImportLine]:
    """The last lines of these actions that were imported and are not undone."""
    done = ImportLine.customer_id.is_not(None), ImportLine.undone == ""
    wanted = select(ImportLine).where(row.owns(), ImportLine.action.in_(actions), *done)
    return db.session.scalars(wanted.order_by(ImportLine.line.desc()).limit(AT_ONCE)).all()


class Removal:
    """Removing the customers that some lines added."""

    def __init__(self, row: CustomerImport, lines: Sequence[ImportLine]):
        self.row, self.company_id = row, row.company_id
        self.lines = {line.customer_id: line for line in lines if line.customer_id}
        self.ids = sorted(self.lines)

    def remove(self, *, by: Actor, at: datetime):
        lock_customers(self.company_id, self.ids)
        reasons = self.reasons()
        for customer_id, reason in reasons.items():
            self.lines[customer_id].undone, self.lines[customer_id].reason = KEPT, reason
        self.note_further(list(reasons), KEPT)
        gone = [each for each in self.ids if each not in reasons]
        removed = db.session.scalars(select(Customer).where(*self.mine(Customer, Customer.id, gone))).all()
        before = [{"name": customer.name} for customer in removed]
        record_all(
            [
                entry_of(customer, "removed", by=by, at=at, before=name)
                for customer, name in zip(removed, before, strict=True)
            ]
        )
        self.note_further(gone, REMOVED)
        self.delete(gone)

    def reasons(self) -> dict[int, str]:
        """The customers that stay, and why."""
        now = digests(self.company_id, self.ids)
        reasons = {each: str(CHANGED) for each in self.ids if now[each] != self.lines[each].digest}
        owners = {("customer", each): each for each in self.ids}
        for model in (Contact, Property):
            rows = select(model.id, model.customer_id).where(*self.mine(model, model.customer_id, self.ids))
            owners |= {(model.__tablename__, row.id): row.customer_id for row in db.session.execute(rows)}
        asked: dict[str, list[int]] = {}
        for table, each in owners:
            asked.setdefault(table, []).append(each)
        used = uses(self.company_id, asked)
        return reasons | {owners[which]: reason for which, reason in used.items()}

    def note_further(self, ids: Sequence[int], outcome: str):
        """Note the outcome with all lines about these customers."""
        lines = update(ImportLine).where(*self.mine(ImportLine, ImportLine.customer_id, ids))
        run(lines.where(ImportLine.import_id == self.row.id).values(undone=outcome))
        if outcome == REMOVED:
            run(lines.values(customer_id=None))

    def delete(self, ids: Sequence[int]):
        for model in (CustomerNote, Contact, Property):
            run(delete(model).where(*self.mine(model, model.customer_id, ids)))
        run(delete(Customer).where(*self.mine(Customer, Customer.id, ids)))

    def mine(self, model: Any, column: Any, ids: Sequence[int]) -> tuple:
        return model.company_id == self.company_id, column.in_(ids)


def restore(line: ImportLine, *, by: Actor, at: datetime):
    """Take back what a line changed of a customer, except what was changed again since."""
    lock_customers(line.company_id, [line.customer_id or 0])
    reasons = [take_back(line, change, by=by, at=at) for change in reversed(line.changed)]
    kept = list(dict.fromkeys(filter(None, reasons)))
    line.undone = KEPT if kept else RESTORED
    if kept:
        line.reason = " ".join(kept)


def take_back(line: ImportLine, change: dict, *, by: Actor, at: datetime) -> str:
    """Take back one change; the reason if that is not possible."""
    model: Any = MODELS[change["table"]]
    wanted = select(model).where(model.company_id == line.company_id, model.id == change["id"])
    row = db.session.scalar(wanted.execution_options(populate_existing=True))
    if row is None:
        return ""
    if any(getattr(row, field) != value for field, value in change["after"].items()):
        return str(CHANGED)
    if "before" not in change:
        return remove_added(row, change["after"], by=by, at=at)
    for field, value in change["before"].items():
        setattr(row, field, value)
    record_all([entry_of(row, "changed", by=by, at=at, before=change["after"], after=change["before"])])
    db.session.flush()
    return ""


def remove_added(row: Any, values: dict, *, by: Actor, at: datetime) -> str:
    """Remove a contact, address or note that an import added; the reason if it stays."""
    used = uses(row.company_id, {row.__tablename__: [row.id]})
    if used:
        return next(iter(used.values()))
    if isinstance(row, Contact) and is_last(row):
        return _("The customer has no other contact who can do everything.")
    record_all([entry_of(row, "removed", by=by, at=at, before=values)])
    db.session.delete(row)
    db.session.flush()
    return ""


def is_last(contact: Contact) -> bool:
    """Whether a customer has no other contact who can do everything."""
    others = Contact.company_id == contact.company_id, Contact.customer_id == contact.customer_id
    present = Contact.id != contact.id, Contact.role == FULL, Contact.left_at.is_(None)
    return db.session.scalar(select(Contact.id).where(*others, *present).limit(1)) is None
