"""What a line of a file changes of a customer who is there already.

It adds to what is known, and corrects a contact's name and phone number. It takes nothing away.
"""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sergio.customers.models import Contact, Customer
from sergio.customers.properties import ADDRESS, Property
from sergio.customers.roles import FULL
from sergio.imports.entries import Entry, name_key, place_key
from sergio.lib.text import folded

RENAME, CHANGE_CONTACT, NEW_CONTACT, NEW_PROPERTY, NEW_NOTE = "rename", "contact", "new_contact", "new_property", "note"


class Change(NamedTuple):
    """One change: its kind, the row that changes, if there is one, and the new values by column."""

    kind: str
    row: Any
    values: dict


def changes(customer: Customer, entry: Entry, notes: Collection[str]) -> list[Change]:
    """What gives a customer everything of an entry. `notes` are the texts of the notes there are."""
    return [*of_contacts(customer, entry), *of_places(customer, entry), *of_notes(customer, entry, notes)]


def of_contacts(customer: Customer, entry: Entry) -> Iterator[Change]:
    first, *others = entry.emails or [""]
    contact = contact_of(customer, entry, first)
    if contact is None:
        if (first and not customer.contact_with(first)) or (not first and is_another(customer, entry)):
            yield new_contact(customer, entry, first, entry.phone)
    elif contact.left_at is None:
        yield from corrections(customer, contact, entry, first)
    for email in others:
        if not customer.contact_with(email):
            yield new_contact(customer, entry, email, "")


def contact_of(customer: Customer, entry: Entry, email: str) -> Contact | None:
    """The contact whom an entry is about: with the email address, else one of that name who has no other address; for
    an entry without a name for its contact, the main one.
    """
    if known := customer.contact_with(email):
        return known
    named = (each for each in customer.present_contacts if name_key(each.name) == name_key(entry.person))
    found = next((each for each in named if not (each.email and email)), None)
    return found or (None if entry.contact or email else customer.main_contact)


def is_another(customer: Customer, entry: Entry) -> bool:
    """Whether an entry without an email address names a contact whom the customer does not have."""
    return bool(entry.contact) and all(name_key(each.name) != name_key(entry.contact) for each in customer.contacts)


def corrections(customer: Customer, contact: Contact, entry: Entry, email: str) -> Iterator[Change]:
    """The values of a contact that an entry has otherwise. A customer who is called like the contact stays so."""
    values = {"name": called(customer, entry, email), "phone": entry.phone, "email": "" if contact.email else email}
    wanted = {field: value for field, value in values.items() if value and not same(field, value, contact)}
    alike = name_key(entry.name) == name_key(entry.person)
    if "name" in wanted and alike and name_key(contact.name) == name_key(customer.name):
        yield Change(RENAME, customer, {"name": wanted["name"]})
    if wanted:
        yield Change(CHANGE_CONTACT, contact, wanted)


def called(customer: Customer, entry: Entry, email: str) -> str:
    """The name that an entry has for the contact; empty if it only names the customer."""
    if entry.contact or name_key(entry.name) == name_key(customer.name) or not email:
        return entry.contact
    return entry.name


def same(field: str, value: str, contact: Contact) -> bool:
    return " ".join(getattr(contact, field).split()) == value


def new_contact(customer: Customer, entry: Entry, email: str, phone: str) -> Change:
    values = {"name": entry.person, "email": email, "phone": phone, "role": entry.access or FULL}
    return Change(NEW_CONTACT, customer, values)


def of_places(customer: Customer, entry: Entry) -> Iterator[Change]:
    key = place_key(entry.address)
    if key and all(place_key(address_of(place)) != key for place in customer.properties):
        yield Change(NEW_PROPERTY, customer, dict(entry.address))


def address_of(place: Property) -> dict[str, str]:
    return {field: getattr(place, field) for field in ADDRESS}


def of_notes(customer: Customer, entry: Entry, notes: Collection[str]) -> Iterator[Change]:
    if entry.note and folded(entry.note) not in map(folded, notes):
        yield Change(NEW_NOTE, customer, {"text": entry.note})
