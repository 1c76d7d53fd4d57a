"""The people of a large company, and what its invoices, quotes and appointments have in common."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sergio.audit.actor import SYSTEM
from sergio.auth.models import SignIn
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer, Property
from sergio.invoices.document import LETTERHEAD
from sergio.lib import clock
from sergio.lib.canonical import canonical_json, fingerprint
from sergio.lib.text import folded
from sergio.staff.models import TECHNICIAN, StaffMember

FIRST = 1_000_000
"""Where ids and numbers begin, well above those of other rows."""
CREW = 10
"""Technicians who do all the work; they cannot be booked online."""
PRICE = 10_000
NUMBERS = {"quantity": 1000, "unit_price": PRICE, "discount_rate": 0, "discount": 0, "tax_ppm": 0}
LINE = {"description": "Work", "detail": "", "unit": "", **NUMBERS}
TOTALS = {"subtotal": PRICE, "taxes": [], "total": PRICE}
GIVEN = ("Ada", "Ben", "Cora", "Dan", "Eva", "Finn", "Gus", "Hana", "Ivo", "Jane", "Kai", "Lena", "Max", "Nia", "Otto")
FAMILY = ("Abbott", "Brandt", "Castro", "Dietz", "Evans", "Fischer", "Grant", "Hughes", "Ibarra", "Jensen", "Kowal")


class Work(NamedTuple):
    """A document or an appointment: its id and number, whose it is, and when it was made or begins."""

    n: int
    customer: int
    at: datetime


Part = tuple[type, Callable, Sequence]
"""A table, what makes a row of an item, and the items."""


class History:
    """The rows of a company's past, newest first."""

    def __init__(self, company: Company, customers: int):
        self.company, self.now = company, clock.now()
        self.today = company.day(self.now)
        self.customers = range(FIRST, FIRST + customers)
        self.crew = range(FIRST, FIRST + CREW)
        self.letterhead = {field: getattr(company, field) for field in (*LETTERHEAD, "currency", "language")}

    def documents(self, count: int, a_day: int) -> list[Work]:
        """One after the other back from now, for each customer in turn."""
        return [Work(FIRST + n, self.turn(n), self.now - n * timedelta(days=1) / a_day) for n in range(count)]

    def turn(self, n: int) -> int:
        return self.customers[n % len(self.customers)]

    def people(self) -> list[Part]:
        return [
            (StaffMember, technician, self.crew),
            (Customer, self.customer, self.customers),
            (Contact, contact, self.customers),
            (Property, place, self.customers),
            (SignIn, self.sign_in, self.customers),
        ]

    def customer(self, n: int) -> dict:
        return {"id": n, "number": n, **named(n), "created_at": self.now - timedelta(days=400)}

    def sign_in(self, n: int) -> dict:
        about = {"digest": f"big {n}", "email": f"c{n}@example.com", "contact_id": n}
        return {**about, "created_at": self.now, "seen_at": self.now}

    def shared(self, work: Work) -> dict:
        about = {"id": work.n, "number": work.n, "customer_id": work.customer}
        return {**about, "title": f"Work {work.n}", "currency": self.company.currency}

    def letter(self, work: Work) -> dict:
        """What stands on invoices and quotes alike."""
        about = {"number": work.n, "title": f"Work {work.n}", "company": self.letterhead, "terms": ""}
        return {**about, "place": [place(work.customer)["street"]], **TOTALS}


def technician(n: int) -> dict:
    email = f"technician{n}@sparkle.example"
    reached = {"email": email, "email_key": email}
    return {"id": n, "name": named(n)["name"], **reached, "role": TECHNICIAN, "bookable": False}


def named(n: int) -> dict:
    name = f"{GIVEN[n % len(GIVEN)]} {FAMILY[n % len(FAMILY)]}"
    return {"name": name, "name_key": folded(name)}


def contact(n: int) -> dict:
    return {"id": n, "customer_id": n, **named(n), "email": f"C{n}@example.com", "email_key": f"c{n}@example.com"}


def place(n: int) -> dict:
    return {"id": n, "number": n, "customer_id": n, "street": f"{n} Long Road"}


def frozen(content: dict) -> dict:
    text = canonical_json(content)
    return {"content": text, "digest": fingerprint(text)}


def noted(work: Work, action: str, subject: str) -> dict:
    """An entry of the audit trail."""
    about = {"action": action, "subject": subject, "subject_id": work.n, "number": work.n}
    return {**about, "at": work.at, "actor_kind": SYSTEM, "actor_name": "Sergio", "before": {}, "after": {}}
