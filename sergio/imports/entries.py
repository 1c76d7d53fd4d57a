"""A line of a file as a customer: the values of its columns, checked, or what is wrong with them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sergio.customers.properties import ADDRESS, address_key
from sergio.customers.roles import LABELS, LIMITED, ROLES
from sergio.imports import columns
from sergio.lib import email_addresses, phone
from sergio.lib.language import gettext as _
from sergio.lib.text import folded
from sergio.web.spreadsheets import as_typed

LONGEST = {"name": 120, "contact": 120, "street": 200, "city": 120, "region": 60, "postal_code": 20}
LONGEST_NOTE = 4000
MOST_EMAILS = 5
SEVERAL = re.compile(r"\s*(?::::|[;,\s])\s*")
"""What stands between several email addresses in one cell."""


class Mistake(ValueError):
    """What is wrong with a line, as sentences."""


class Entry(NamedTuple):
    """What a line says about a customer. `phone` is E.164, `access` a role; what is not there is empty.

    `contact` is the person's name, if the file has one. The first of `emails` is the contact's; the others belong
    to further contacts of the same name.
    """

    name: str
    contact: str = ""
    emails: Sequence[str] = ()
    phone: str = ""
    access: str = ""
    address: Mapping[str, str] = {}
    note: str = ""
    number: str = ""

    @property
    def person(self) -> str:
        return self.contact or self.name

    @property
    def keys(self) -> Iterator[tuple[str, ...]]:
        return keys(self.number, self.name, self.emails, [place_key(self.address)])


def place_key(address) -> str:
    """An address to compare by, regardless of case, width and spaces."""
    return " ".join(address_key(address).split())


def name_key(name: str) -> str:
    return " ".join(folded(name).split())


def keys(number: str, name: str, emails: Sequence[str], places: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """What a customer is recognized by, the surest first: number and name, an email address, name and address. Someone
    without an email address is also recognized by a name without an address.
    """
    known_as = name_key(name)
    if number:
        yield "number", number, known_as
    for email in emails:
        yield "email", folded(email), known_as
    for email in emails:
        yield "email", folded(email)
    for place in places:
        if place or not emails:
            yield "place", known_as, place


class Reader:
    """Reads the lines of a file with these columns."""

    def __init__(self, kinds: Sequence[str], headings: Sequence[str], country: str):
        self.country = country
        self.places = {kind: place for place, kind in enumerate(kinds) if kind not in columns.REPEATABLE}
        self.notes = [
            (headings[place] if kind == columns.KEEP else "", place)
            for place, kind in enumerate(kinds)
            if kind in (columns.NOTE, columns.KEEP)
        ]

    def entry(self, cells: Sequence[str]) -> Entry:
        """The customer of a line; `Mistake` with all that is wrong."""
        self.cells, self.mistakes = [as_typed(cell).strip() for cell in cells], []
        company, name = self.text(columns.COMPANY), self.text(columns.NAME)
        person = self.text(columns.CONTACT) or " ".join(filter(None, map(self.text, (columns.FIRST, columns.LAST))))
        called = name or company or person
        if not called:
            self.mistakes.append(_("There is no name."))
        emails, numbers = self.emails(), self.phones()
        entry = Entry(
            name=self.limited("name", called),
            contact=self.limited("contact", person),
            emails=emails,
            phone=numbers[0],
            access=self.access(),
            address=self.address(),
            note=self.note(company if company != called else "", numbers[1:]),
            number=plain_number(self.text(columns.NUMBER)),
        )
        if self.mistakes:
            raise Mistake(" ".join(self.mistakes))
        return entry

    def text(self, kind: str) -> str:
        """A cell in one line; empty if the file has no such column."""
        return " ".join(self.cells[self.places[kind]].split()) if kind in self.places else ""

    def limited(self, field: str, text: str) -> str:
        if len(text) > LONGEST[field]:
            label = {"contact": columns.CONTACT}.get(field, field)
            self.mistakes.append(
                _("%(what)s is longer than %(most)s characters.", what=columns.KINDS[label], most=LONGEST[field])
            )
        return text

    def emails(self) -> list[str]:
        """The email addresses of the cell, each once."""
        typed = [part for part in SEVERAL.split(self.text(columns.EMAIL)) if part]
        found = {}
        for part in typed[:MOST_EMAILS]:
            email = email_addresses.well_formed(part)
            if email is None:
                self.mistakes.append(_("“%(text)s” is not an email address.", text=shortened(part)))
            else:
                found.setdefault(folded(email), email)
        if len(typed) > MOST_EMAILS:
            self.mistakes.append(_("There are more than %(most)s email addresses.", most=MOST_EMAILS))
        return list(found.values())

    def phones(self) -> list[str]:
        """The different phone numbers, the mobile one first; one that is empty if there is none."""
        found = []
        for part in (
            part for kind in (columns.MOBILE, columns.PHONE) for part in self.text(kind).split(" ::: ") if part
        ):
            try:
                found.append(phone.international(part, self.country))
            except ValueError:
                self.mistakes.append(
                    _("“%(text)s” is not a phone number. Include the area code.", text=shortened(part))
                )
        return list(dict.fromkeys(found)) or [""]

    def access(self) -> str:
        typed = folded(self.text(columns.ACCESS))
        known = {role: str(LABELS[role]) for role in ROLES if role != LIMITED}  # no column has the limit
        role = {folded(label): role for role, label in known.items()}.get(typed, typed)
        if typed and role not in known:
            labels = ", ".join(known.values())
            self.mistakes.append(
                _("“%(text)s” is no access. Use one of these: %(labels)s.", text=shortened(typed), labels=labels)
            )
        return role

    def address(self) -> dict[str, str]:
        """The columns of an address; nothing if there is none."""
        found = {field: self.text(field) for field in ADDRESS}
        found["street"] = ", ".join(filter(None, (found["street"], self.text(columns.STREET_2))))
        limited = {field: self.limited(field, text) for field, text in found.items()}
        return limited if any(limited.values()) else {}

    def note(self, company: str, numbers: Sequence[str]) -> str:
        """The notes of the file, and what has no other place: the company of a person, and further phone numbers."""
        others = ", ".join(phone.national(each, self.country) for each in numbers)
        kept = [(_("Company"), company), (_("Phone"), others)]
        kept += [(heading, self.cells[place].strip()) for heading, place in self.notes]
        text = "\n".join(f"{heading}: {part}" if heading else part for heading, part in kept if part)
        if len(text) > LONGEST_NOTE:
            self.mistakes.append(_("The notes are longer than %(most)s characters.", most=LONGEST_NOTE))
        return text


def plain_number(text: str) -> str:
    """A customer number without zeros in front, or whatever another program calls it."""
    text = text[:20]
    return str(int(text)) if text.isascii() and text.isdigit() else text


def shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
