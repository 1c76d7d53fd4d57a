"""Which customers the lines of a file are about: those that are there already, and those of earlier lines."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, select

from sergio.companies.models import TEST_NUMBERS
from sergio.customers.models import Contact, Customer
from sergio.customers.properties import ADDRESS, Property
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.imports.entries import Entry, keys, name_key, place_key
from sergio.imports.models import CustomerImport
from sergio.lib.text import folded


class Match(NamedTuple):
    """Who a line is about, and by what that shows: "number", "email" or "place"."""

    who: Any
    by: str


class Directory:
    """Customers by what they are recognized by; of several, the first one counts."""

    def __init__(self):
        self.known: dict[tuple[str, ...], Any] = {}

    def add(self, who: Any, found: Iterable[tuple[str, ...]]):
        for key in found:
            self.known.setdefault(key, who)

    def find(self, entry: Entry) -> Match | None:
        return next((Match(self.known[key], key[0]) for key in entry.keys if key in self.known), None)


class There(NamedTuple):
    """A customer who is there already."""

    id: int
    number: int
    name: str


def there_already(company_id: int, entries: Sequence[Entry], *, but_not_of: CustomerImport | None = None) -> Directory:
    """The company's customers who have a number, an email address or a name of these entries; without those whom one
    import has added, as the numbers in its file are not the ones they got.
    """
    asked: dict[str, Any] = {
        "company_id": company_id,
        "numbers": [int(entry.number) for entry in entries if is_number(entry.number)],
        "emails": [folded(email) for entry in entries for email in entry.emails],
        "names": list({folded(entry.name) for entry in entries}),
    }
    rows = {row.id: There(*row) for statement in FOUND for row in db.session.execute(statement, asked)}
    added = but_not_of.added_among(list(rows)) if but_not_of else set()
    found = sorted(row for row in rows.values() if row.id not in added)
    among = {"company_id": company_id, "ids": [row.id for row in found]}
    emails, places = gathered(EMAILS, among), gathered(ADDRESSES, among)
    directory = Directory()
    for row in found:
        own = [place_key(place._mapping) for place in places.get(row.id, ())]
        named = [contact.email for contact in emails.get(row.id, ())]
        directory.add(row, keys(str(row.number), row.name, named, own))
        if not own:
            directory.add(row, [("place", name_key(row.name), "")])
    return directory


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) <= TEST_NUMBERS


def gathered(statement: Select, asked: dict) -> dict[int, list]:
    """The rows of a statement by customer."""
    found: dict[int, list] = {}
    for row in db.session.execute(statement, asked):
        found.setdefault(row.customer_id, []).append(row)
    return found


CUSTOMERS = select(Customer.id, Customer.number, Customer.name).where(
    Customer.company_id == COMPANY, Customer.number <= TEST_NUMBERS, Customer.merged_into_id.is_(None)
)
PRESENT = Contact.company_id == COMPANY, Contact.left_at.is_(None), Contact.email_key.is_not(None)
AMONG: Any = bindparam("ids", expanding=True)
FOUND = (
    CUSTOMERS.where(Customer.number.in_(bindparam("numbers", expanding=True))),
    CUSTOMERS.where(Customer.name_key.in_(bindparam("names", expanding=True))),
    CUSTOMERS.join(Contact, Contact.customer_id == Customer.id).where(
        *PRESENT, Contact.email_key.in_(bindparam("emails", expanding=True))
    ),
)
EMAILS = select(Contact.customer_id, Contact.email).where(*PRESENT, Contact.customer_id.in_(AMONG)).order_by(Contact.id)
ADDRESSES = (
    select(Property.customer_id, *(getattr(Property, field) for field in ADDRESS))
    .where(Property.company_id == COMPANY, Property.customer_id.in_(AMONG))
    .order_by(Property.id)
)
