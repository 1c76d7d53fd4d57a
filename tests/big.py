"""A company with any number of customers and documents, inserted in bulk within seconds."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import func, insert, select

from sergio.audit.actor import CONTACT
from sergio.auth.models import SignIn
from sergio.booking.models import Appointment, AppointmentMove, Service
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer, Property
from sergio.extensions import db
from sergio.invoices.document import LETTERHEAD
from sergio.invoices.ledger import CHARGE, OPEN, PAID, PAYMENT
from sergio.invoices.models import Invoice, InvoiceDocument, InvoiceLine, LedgerEntry
from sergio.lib import clock
from sergio.lib.canonical import canonical_json, fingerprint
from sergio.lib.text import folded
from sergio.payments.methods import CARD
from sergio.payments.models import Payment, PaymentAttempt
from sergio.payments.statuses import SUCCEEDED
from sergio.quotes import evidence
from sergio.quotes.models import Quote, QuoteAcceptance, QuoteChangeRequest, QuoteDecline, QuoteLine, QuoteVersion
from sergio.staff.models import StaffMember

FIRST = 1_000_000
"""Where ids and numbers begin, well above those of other rows."""
AT_ONCE = 5_000
LINE = {"id": 1, "position": 1, "description": "Work", "detail": "", "quantity": 1000, "unit": "", "unit_price": 10_000}
FROZEN = {
    "company": {
        "name": "Big",
        "brand": "#123456",
        "language": "en",
        "time_zone": "America/New_York",
        "currency": "USD",
    },
    "lines": [{**LINE, "tax_rate": 0, "amount": 10_000, "optional": False, "preselected": False}],
    **dict.fromkeys(("number", "version"), 1),
    **dict.fromkeys(("title", "intro", "terms", "customer"), "Work"),
    "place": [],
    **dict.fromkeys(("sent_on", "valid_until"), "2020-01-01"),
}


def grow(company: Company, *, customers: int, invoices: int):
    """Give the company customers, each of one contact and one property, and as many invoices, of which nine in ten
    are paid; half as many quotes and appointments. Commits.
    """
    now = clock.now()
    people = range(FIRST, FIRST + customers)
    documents = [(FIRST + n, people[n % customers], now - timedelta(minutes=10 * n)) for n in range(invoices)]
    for table, rows in (
        *who(company, people, now),
        *billed(company, documents),
        *planned(company, documents[::2]),
        *answered(documents[::2]),
    ):
        put(table, ({"company_id": company.id, **row} for row in rows))
    db.session.commit()


def put(table: type, rows: Iterator[dict]):
    while some := [row for _, row in zip(range(AT_ONCE), rows, strict=False)]:
        db.session.execute(insert(table), some)


def who(company: Company, people: range, now: datetime):
    yield Customer, ({"id": n, "number": n, **named(n), "created_at": now} for n in people)
    yield Contact, ({"id": n, "customer_id": n, **named(n), **reached(n)} for n in people)
    yield Property, ({"id": n, "number": n, "customer_id": n, "street": f"{n} Long Road"} for n in people)
    once = {"created_at": now, "seen_at": now}
    yield SignIn, ({"digest": f"big {n}", "email": reached(n)["email_key"], "contact_id": n, **once} for n in people)


def named(n: int) -> dict:
    name = f"Customer {n * 7919 % 1_000_003}"
    return {"name": name, "name_key": folded(name)}


def reached(n: int) -> dict:
    return {"email": f"C{n}@example.com", "email_key": f"c{n}@example.com"}


def billed(company: Company, documents: list[tuple[int, int, datetime]]):
    line = {"position": 1, "description": "Work", "quantity": 1000, "unit_price": 10_000, "tax_rate": 0}
    paid = [(n, whose, at) for n, whose, at in documents if is_paid(n)]
    yield (
        Invoice,
        (
            {"id": n, "property_id": whose, **shared(n, whose), **due(at.date()), **sums(n, at)}
            for n, whose, at in documents
        ),
    )
    yield InvoiceDocument, ({"invoice_id": n, **document(company, n, at)} for n, _, at in documents)
    yield InvoiceLine, ({"invoice_id": n, **line} for n, _, _ in documents)
    yield LedgerEntry, (entry(n, CHARGE, 10_000, at) for n, _, at in documents)
    yield LedgerEntry, (entry(n, PAYMENT, -10_000, at) for n, _, at in paid)
    came = {"amount": 10_000, "currency": company.currency, "method": CARD}
    tried = {"amount": 10_000, "currency": "USD", "status": SUCCEEDED, "invoice_version": 1}
    tried |= {"method": CARD, "off_session": False, "started_by_kind": CONTACT, "started_by_name": "C"}
    yield PaymentAttempt, ({"id": n, **attempt(n, whose, at), **tried} for n, whose, at in paid)
    yield Payment, ({"id": n, "number": n, "invoice_id": n, "attempt_id": n, "at": at, **came} for n, _, at in paid)


def planned(company: Company, documents: list[tuple[int, int, datetime]]):
    offer = {"total": 10_000, "valid_until": date(2020, 1, 1)}
    sent = {**offer, "version": 1, "currency": "USD", "content": canonical_json(FROZEN), "digest": ""}
    line = {"position": 1, "description": "Work", "quantity": 1000, "unit_price": 10_000, "tax_rate": 0}
    chosen = {"optional": False, "preselected": False}
    yield (
        Quote,
        ({"id": n, **shared(n, whose), **offer, "version": 1, "created_at": at} for n, whose, at in documents),
    )
    yield QuoteVersion, ({"quote_id": n, "title": f"Work {n}", **sent, "sent_at": at} for n, _, at in documents)
    yield QuoteLine, ({"quote_id": n, **line, **chosen} for n, _, _ in documents)
    done_by = {"service_id": one_of(Service, company), "staff_id": one_of(StaffMember, company)}
    yield Appointment, ({"id": n, **appointment(n, whose, at), **done_by} for n, whose, at in documents)


def answered(documents: list[tuple[int, int, datetime]]):
    """Of five quotes three are accepted, one is declined, one to be changed; each appointment has been moved once."""
    answers = [
        ({"quote_id": n, "contact_id": whose, "version": 1, "at": at, "name": "C"}, n % 10)
        for n, whose, at in documents
    ]
    proof = {
        "offer": evidence.choose(FROZEN, None),
        "total": 10_000,
        "strokes": [],
        "ip_address": "",
        "browser": "",
        "signed_in": {"email": ""},
        "digest": "",
    }
    yield QuoteAcceptance, ({**row, **proof} for row, last in answers if last > 3)
    yield QuoteDecline, ({**row, "reason": ""} for row, last in answers if last == 2)
    yield QuoteChangeRequest, ({**row, "message": ""} for row, last in answers if last == 0)
    yield AppointmentMove, ({"appointment_id": n, "old": at, "new": at, "by": "C", "at": at} for n, _, at in documents)


def shared(n: int, whose: int) -> dict:
    return {"number": n, "customer_id": whose, "title": f"Work {n}", "currency": "USD"}


def due(on: date) -> dict:
    return {"issued_on": on, "due_on": on + timedelta(days=14)}


def is_paid(n: int) -> bool:
    return n % 10 != 3


def sums(n: int, at: datetime) -> dict:
    """What `Invoice.project` would write."""
    if is_paid(n):
        return {"total": 10_000, "due": 0, "status": PAID, "paid_at": at}
    return {"total": 10_000, "due": 10_000, "status": OPEN, "paid_at": None}


def document(company: Company, n: int, at: datetime) -> dict:
    line = {"description": "Work", "detail": "", "quantity": 1000, "unit": "", "unit_price": 10_000, "tax_rate": 0}
    days = {"issued_on": str(at.date()), "due_on": str(at.date() + timedelta(days=14))}
    content = {
        **days,
        "number": n,
        "title": f"Work {n}",
        "company": {field: getattr(company, field) for field in (*LETTERHEAD, "currency")},
        "customer": {"number": 1, "name": named(n)["name"], "contact": "", "email": ""},
        "place": [f"{n} Long Road"],
        "lines": [{**line, "amount": 10_000}],
        "subtotal": 10_000,
        "taxes": [],
        "total": 10_000,
        "notes": "",
        "terms": "",
    }
    text = canonical_json(content)
    return {"at": at, "content": text, "digest": fingerprint(text)}


def entry(n: int, kind: str, amount: int, at: datetime) -> dict:
    row = {"invoice_id": n, "kind": kind, "amount": amount, "at": at, "source": f"big {n} {kind}"}
    return {**row, "payment_number": n if kind == PAYMENT else None}


def attempt(n: int, whose: int, at: datetime) -> dict:
    times = {"created_at": at, "checked_at": at, "closed_at": at}
    return {"key": f"big {n}", "invoice_id": n, "contact_id": whose, "intent": f"pi_{n}", **times}


def appointment(n: int, whose: int, at: datetime) -> dict:
    end = at + timedelta(hours=1)
    where = {"customer_id": whose, "contact_id": whose, "property_id": whose}
    times = {"starts_at": at, "ends_at": end, "free_at": end, "zone": "America/New_York", "offset_minutes": -300}
    return {"number": n, "uid": f"big {n}", "created_at": at, **where, **times}


def one_of(table: type, company: Company) -> int:
    return db.session.scalars(select(func.min(table.id)).where(table.company_id == company.id)).one()
