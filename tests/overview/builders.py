"""Quotes, invoices and appointments for the pages over all features, and the pages of a list."""

import re
from datetime import timedelta

from sergio.audit.actor import BY_SYSTEM
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment
from sergio.quotes.evidence import Signature
from sergio.quotes.models import Quote, QuoteLine
from tests.booking import builders as booking
from tests.booking.builders import MONDAY
from tests.factories import by
from tests.invoices import builders as invoices

DAY = timedelta(days=1)


def quote(contact, title="Windows", *, days=20, sent_at=MONDAY, price=42_000, **more) -> Quote:
    """A quote that was sent, open for some more days than MONDAY."""
    company = contact.company
    lines = [QuoteLine(description=title, unit_price=price)]
    how = {"by": BY_SYSTEM, "at": sent_at}
    row = Quote.draft(contact.customer, title, lines, valid_until=company.day(MONDAY + days * DAY), **how, **more)
    row.send(**how)
    return row


def accept(quote, contact, *, at=MONDAY):
    signature = Signature(name=contact.name, strokes=[], ip_address="127.0.0.1", browser="a test", signed_in={})
    quote.accept(contact, signature, [], version=quote.version, shown=quote.total, by=by(contact), at=at)


def invoice(contact, title="Spring clean", *, due_in=5, amount=12_000, **more):
    """An invoice due some days after MONDAY; if negative, it is overdue."""
    due_on = contact.company.day(MONDAY + due_in * DAY)
    return invoices.invoice(contact, amount, title=title, at=MONDAY - 20 * DAY, due_on=due_on, **more)


def pay(invoice, *, at=MONDAY) -> Payment:
    return Payment.record(invoice, method=CHECK, by=BY_SYSTEM, at=at)


def appointment(contact, staff, starts_at, title="Deep clean", **more):
    """An appointment for a service of its own."""
    return booking.appointment(booking.service(contact.company, title), contact, staff, starts_at, **more)


def a_bit_of_all(contact, staff, count=1):
    """Quotes, invoices, payments and appointments: `count` of each kind, past and to come."""
    cleaning = booking.service(contact.company, "Deep clean")
    for n in range(1, count + 1):
        quote(contact)
        accept(quote(contact), contact, at=MONDAY - n * DAY)
        invoice(contact)
        pay(invoice(contact), at=MONDAY - n * DAY)
        booking.appointment(cleaning, contact, staff, MONDAY + n * DAY)
        booking.appointment(cleaning, contact, staff, MONDAY - n * DAY)


def all_pages(browser, path: str) -> list[str]:
    """A list's pages from the first to the last."""
    pages = []
    following: str | None = path
    while following:
        pages.append(browser.get(following).text)
        following = next_of(pages[-1])
    return pages


def next_of(page: str) -> str | None:
    """The path of the next page of a list."""
    found = re.search(r'rel="next" href="([^"]+)"', page)
    return found and found[1].replace("&amp;", "&")
