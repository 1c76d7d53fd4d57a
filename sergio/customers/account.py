"""What the account page shows beside the contact's own details: the customer's service addresses, in one statement."""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Boolean, Integer, Row, Select, bindparam, cast, literal, null, select, union_all

from sergio.companies.models import Company
from sergio.customers.address_changes import AddressChange
from sergio.customers.models import Contact
from sergio.customers.properties import ADDRESS, Property
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib.postal import address, address_lines

PLACE, WAITING, ELSEWHERE = range(3)


class Change(NamedTuple):
    """An address that waits for the office."""

    id: int
    address: str


class ShownPlace(NamedTuple):
    """A service address, and what would take its place."""

    number: int
    lines: list[str]
    needs_approval: bool
    change: Change | None


class Account(NamedTuple):
    """`new_places` wait for the office; `others` is whether the email address belongs to another customer, too."""

    places: list[ShownPlace]
    new_places: list[Change]
    others: bool


def account_of(contact: Contact, whose: Mapping[str, int], company: Company) -> Account:
    parts: defaultdict[int, list[Row]] = defaultdict(list)
    for row in db.rows(ROWS, {**whose, "email_key": contact.email_key}):
        parts[row.part].append(row)
    waiting = [(row.number, Change(row.id, address(row))) for row in parts[WAITING]]
    corrections = dict(waiting)
    places = [
        ShownPlace(row.number, address_lines(row), needs_approval(row, company), corrections.get(row.id))
        for row in parts[PLACE]
    ]
    return Account(places, [change for place_id, change in waiting if place_id is None], bool(parts[ELSEWHERE]))


def needs_approval(row: Row, company: Company) -> bool:
    return not row.is_known and company.approves_addresses


def part(number: int, table, place, is_known, *conditions) -> Select:
    """Rows of a table with all columns of `ROWS`."""
    facts = table.id.label("id"), place.label("number"), is_known.label("is_known")
    where = [getattr(table, name, literal("")).label(name) for name in ADDRESS]
    return select(literal(number).label("part"), *facts, *where).where(table.company_id == COMPANY, *conditions)


CUSTOMER = bindparam("customer_id", type_=Integer)
NOWHERE, UNKNOWN = cast(null(), Integer), cast(null(), Boolean)
OF_CUSTOMER = Property.customer_id == CUSTOMER, Property.archived_at.is_(None)
SAME_MAILBOX = Contact.email_key == bindparam("email_key"), Contact.left_at.is_(None), Contact.customer_id != CUSTOMER
ROWS = union_all(
    part(PLACE, Property, Property.number, Property.is_known, *OF_CUSTOMER),
    part(
        *(WAITING, AddressChange, AddressChange.property_id, UNKNOWN),
        *(AddressChange.customer_id == CUSTOMER, AddressChange.is_waiting()),
    ),
    select(part(ELSEWHERE, Contact, NOWHERE, UNKNOWN, *SAME_MAILBOX).limit(1).subquery()),
).order_by("part", "id")
"""The customer's places, what waits for the office (`number` is the id of its place), and a contact elsewhere."""
