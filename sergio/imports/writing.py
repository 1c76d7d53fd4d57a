"""Importing the lines that were checked, some at a time: each in the transaction that also notes how far it is."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from sergio.audit.models import entry_of, record_all
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer
from sergio.customers.note import CustomerNote
from sergio.customers.properties import Property
from sergio.database import locks
from sergio.extensions import db
from sergio.imports.changes import CHANGE_CONTACT, NEW_CONTACT, NEW_PROPERTY, RENAME, Change, changes
from sergio.imports.checking import customers_of, notes_of, nothing_to_change
from sergio.imports.entries import Entry
from sergio.imports.matching import there_already
from sergio.imports.models import SKIP_MATCHES, UPDATE_MATCHES, CustomerImport, ImportLine
from sergio.imports.state import digests
from sergio.imports.statuses import ADD, FURTHER, RUNNING, SKIP, TO_DO, UPDATE
from sergio.lib import tokens
from sergio.lib.language import gettext as _

AT_ONCE = 25
"""Lines of a transaction, so that it holds SQLite's write lock for a moment only, in a large company too."""


def import_some(row: CustomerImport, *, at: datetime) -> bool:
    """Import the next lines; whether there are more. Commit it at once. Does nothing once the import was stopped."""
    row.lock()
    if row.status != RUNNING:
        return False
    locks.lock_until_commit(db.session, tokens.digest(f"imports of {row.company_id}"))
    wanted = select(ImportLine).where(row.owns(), ImportLine.line > row.reached, ImportLine.action.in_(TO_DO))
    lines = db.session.scalars(wanted.order_by(ImportLine.line).limit(AT_ONCE)).all()
    if not lines:
        row.finish(at=at)
        return False
    Part(row, lines, at).write()
    row.reached = lines[-1].line
    row.done += len(lines)
    return True


class Part:
    """Some lines of an import, written in one transaction."""

    def __init__(self, row: CustomerImport, lines: Sequence[ImportLine], at: datetime):
        self.row, self.lines, self.at = row, lines, at
        self.company: Company = row.company
        self.by = row.actor
        self.entries = {line.line: Entry(**line.content) for line in lines}
        self.audited: list[dict] = []

    def write(self):
        self.look_again()
        self.add([line for line in self.lines if line.action == ADD])
        self.update([line for line in self.lines if line.action in (UPDATE, FURTHER)])
        db.session.flush()
        record_all(self.audited)
        self.note_digests()

    def look_again(self):
        """Those that came since the lines were checked are there already, too."""
        new = [self.entries[line.line] for line in self.lines if line.action == ADD]
        known = there_already(self.company.id, new, but_not_of=self.row)
        for line in self.lines:
            match = known.find(self.entries[line.line]) if line.action == ADD else None
            if match:
                line.action = UPDATE if self.row.matches == UPDATE_MATCHES else SKIP
                line.customer_id = match.who.id
                line.reason = _("%(name)s was added in the meantime.", name=match.who.name)

    def add(self, lines: Sequence[ImportLine]):
        """Add the customers of these lines."""
        numbers = iter(self.company.next_numbers("customer", len(lines)))
        with_address = [line for line in lines if self.entries[line.line].address]
        places = iter(self.company.next_numbers("property", len(with_address)))
        added = {line: self.customer(self.entries[line.line], next(numbers)) for line in lines}
        for line in with_address:
            added[line].properties.append(self.place(self.entries[line.line].address, next(places)))
        db.session.add_all(added.values())
        db.session.flush()
        for line, customer in added.items():
            entry = self.entries[line.line]
            line.customer_id = customer.id
            if entry.note:
                db.session.add(self.note(customer, entry.note))
            facts = {
                "name": entry.name,
                "contact": entry.person,
                "email": ", ".join(entry.emails),
                "phone": entry.phone,
            }
            self.audit(customer, "imported", after={**facts, **entry.address})

    def customer(self, entry: Entry, number: int) -> Customer:
        customer = Customer(company=self.company, number=number, name=entry.name, created_at=self.at)
        for place, email in enumerate(entry.emails or [""]):
            number_of_first = entry.phone if place == 0 else ""
            contact = Contact(company=self.company, name=entry.person, email=email, phone=number_of_first)
            customer.contacts.append(contact)
        return customer

    def place(self, address, number: int) -> Property:
        return Property(company=self.company, number=number, **address)

    def note(self, customer: Customer, text: str) -> CustomerNote:
        about = {"company": self.company, "customer": customer, "text": text}
        return CustomerNote(**about, written_by=self.by.name[:120], written_at=self.at)

    def update(self, lines: Sequence[ImportLine]):
        """Change the customers of these lines."""
        self.follow_leaders([line for line in lines if line.leader])
        ids = sorted({line.customer_id for line in lines if line.customer_id})
        lock_customers(self.company.id, ids)
        customers = {customer.id: customer for customer in customers_of(self.company.id, ids)}
        notes = notes_of(self.company.id, ids)
        for line in lines:
            if line.action != SKIP:
                self.change(line, customers.get(line.customer_id or 0), notes)

    def change(self, line: ImportLine, customer: Customer | None, notes: dict[int, list[str]]):
        """Change the customer of a line, and note on the line what undoing has to take back."""
        wanted = changes(customer, self.entries[line.line], notes.get(customer.id, ())) if customer else []
        if not customer or not wanted:
            line.action, line.reason = SKIP, nothing_to_change(line.reason)
            return
        done = [self.apply(change, customer, notes) for change in wanted]
        db.session.flush()
        line.changed = [named(row, values) for row, values in done]

    def follow_leaders(self, lines: Sequence[ImportLine]):
        """Let lines be about the customer of the earlier line they belong to, and be skipped with it."""
        wanted = self.row.owns(), ImportLine.line.in_([line.leader for line in lines])
        leaders = {leader.line: leader for leader in db.session.scalars(select(ImportLine).where(*wanted))}
        for line in lines:
            leader = leaders[line.leader or 0]
            line.customer_id = leader.customer_id
            if leader.action == SKIP and self.row.matches == SKIP_MATCHES:
                line.action = SKIP

    def apply(self, change: Change, customer: Customer, notes: dict[int, list[str]]):
        """Do it; the row that was changed or added, with its former values, or none if it was added."""
        if change.kind in (RENAME, CHANGE_CONTACT):
            before = {field: getattr(change.row, field) for field in change.values}
            for field, value in change.values.items():
                setattr(change.row, field, value)
            self.audit(change.row, "changed", before=before, after=change.values)
            return change.row, {"before": before, "after": change.values}
        added = self.added(change, customer, notes)
        db.session.add(added)
        db.session.flush()
        self.audit(added, "created", after={"customer": customer.name, **change.values})
        return added, {"after": change.values}

    def added(self, change: Change, customer: Customer, notes: dict[int, list[str]]):
        if change.kind == NEW_CONTACT:
            return Contact(company=self.company, customer=customer, **change.values)
        if change.kind == NEW_PROPERTY:
            place = self.place(change.values, customer.next_number("property"))
            customer.properties.append(place)
            return place
        notes.setdefault(customer.id, []).append(change.values["text"])
        return self.note(customer, change.values["text"])

    def audit(self, row, action: str, **values: dict):
        self.audited.append(entry_of(row, action, by=self.by, at=self.at, **values))

    def note_digests(self):
        """Note the state of the customers that the import has added, as it leaves them."""
        ids = {line.customer_id for line in self.lines if line.customer_id and line.action in (ADD, FURTHER)}
        found = digests(self.company.id, sorted(ids))
        wanted = select(ImportLine).where(self.row.owns(), ImportLine.customer_id.in_(ids), ImportLine.action == ADD)
        for line in db.session.scalars(wanted):
            line.digest = found[line.customer_id or 0]


def lock_customers(company_id: int, ids: Sequence[int]):
    wanted = select(Customer.id).where(Customer.company_id == company_id, Customer.id.in_(ids))
    db.session.execute(wanted.order_by(Customer.id).with_for_update())


def named(row, values: dict) -> dict:
    """A change, for `ImportLine.changed`."""
    return {"table": row.__tablename__, "id": row.id, **values}
