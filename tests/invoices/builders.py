"""Invoices for tests."""

from datetime import UTC, datetime

from sqlalchemy import text

from sergio.audit.actor import STAFF, Actor
from sergio.extensions import db
from sergio.invoices.models import Invoice, InvoiceLine

BY_OLGA = Actor(STAFF, "Olga Petrova")
ISSUED = datetime(2026, 3, 2, 15, tzinfo=UTC)


def invoice(contact, amount=12_000, *, title="Spring clean", at=ISSUED, **more) -> Invoice:
    """One line of `amount` minor units, issued to the contact's customer."""
    lines = [InvoiceLine(description="Cleaning", unit_price=amount)]
    return Invoice.issue(contact.customer, title, lines, at=at, by=BY_OLGA, **more)


def draft(contact, amount=12_000, *, title="Spring clean", **more) -> Invoice:
    """The same, not issued yet."""
    lines = [InvoiceLine(description="Cleaning", unit_price=amount)]
    return Invoice.draft(contact.customer, title, lines, at=ISSUED, by=BY_OLGA, **more)


def by_hand(statement: str, **values):
    """Run SQL directly, as in a database shell. Commits what the test has done before."""
    db.session.commit()
    with db.engine.begin() as connection:
        connection.execute(text(statement), values)
