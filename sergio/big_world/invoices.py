"""Invoices of a large company: most are paid by card, some are open or overdue."""

from datetime import date, timedelta
from functools import partial

from sergio.audit.actor import CONTACT
from sergio.audit.models import AuditEntry
from sergio.big_world.history import FIRST, LINE, PRICE, History, Part, Work, frozen, named, noted
from sergio.companies.models import Company
from sergio.invoices.ledger import CHARGE, OPEN, PAID, PAYMENT
from sergio.invoices.models import Invoice, InvoiceDocument, InvoiceLine, LedgerEntry
from sergio.payments.methods import CARD
from sergio.payments.models import Payment, PaymentAttempt, PaymentAttemptPart
from sergio.payments.statuses import SUCCEEDED

A_DAY = 10
RECENT = 365 * A_DAY
"""Of so many last invoices one in ten is not paid yet, of the older ones one in a hundred."""


def billed(history: History, count: int) -> list[Part]:
    documents = history.documents(count, A_DAY)
    paid = [work for work in documents if is_paid(work.n)]
    return [
        (Invoice, partial(invoice, history), documents),
        (InvoiceDocument, partial(document, history), documents),
        (InvoiceLine, lambda work: {"invoice_id": work.n, "position": 1, **LINE}, documents),
        (LedgerEntry, lambda work: entry(history.company, work, CHARGE, PRICE), documents),
        (LedgerEntry, lambda work: {**entry(history.company, work, PAYMENT, -PRICE), "payment_number": work.n}, paid),
        (PaymentAttempt, partial(attempt, history.company), paid),
        (PaymentAttemptPart, part, paid),
        (Payment, partial(payment, history.company), paid),
        (AuditEntry, lambda work: noted(work, "issued", "invoice"), documents),
    ]


def is_paid(n: int) -> bool:
    return n % (10 if n - FIRST < RECENT else 100) != 3


def invoice(history: History, work: Work) -> dict:
    """With the sums that `Invoice.update_sums` would write."""
    settled = {"due": 0, "status": PAID, "paid_at": work.at}
    unpaid = {"due": PRICE, "status": OPEN, "paid_at": None}
    sums = {"total": PRICE, **(settled if is_paid(work.n) else unpaid)}
    return {**history.shared(work), "property_id": work.customer, **days(history.company, work), **sums}


def days(company: Company, work: Work) -> dict[str, date]:
    on = company.day(work.at)
    return {"issued_on": on, "due_on": on + timedelta(days=14)}


def document(history: History, work: Work) -> dict:
    written = {name: day.isoformat() for name, day in days(history.company, work).items()}
    customer = {"number": work.customer, "name": named(work.customer)["name"], "contact": "", "email": ""}
    about = {**history.letter(work), **written, "customer": customer, "notes": ""}
    return {"invoice_id": work.n, "at": work.at, **frozen({**about, "lines": [{**LINE, "amount": PRICE}]})}


def entry(company: Company, work: Work, kind: str, amount: int) -> dict:
    when = {"at": work.at, "entered_on": company.day(work.at)}
    return {"invoice_id": work.n, "kind": kind, "amount": amount, "source": f"big {work.n} {kind}", **when}


def attempt(company: Company, work: Work) -> dict:
    about = {"id": work.n, "key": f"big {work.n}", "customer_id": work.customer, "contact_id": work.customer}
    asked = {"amount": PRICE, "currency": company.currency, "method": CARD}
    by = {"started_by_kind": CONTACT, "started_by_name": named(work.customer)["name"], "off_session": False}
    times = dict.fromkeys(("created_at", "checked_at", "closed_at"), work.at)
    return {**about, **asked, **by, **times, "intent": f"pi_{work.n}", "status": SUCCEEDED}


def part(work: Work) -> dict:
    what = {"attempt_id": work.n, "invoice_id": work.n, "invoice_version": 1, "amount": PRICE}
    return {**what, "closed_at": work.at}


def payment(company: Company, work: Work) -> dict:
    about = {"id": work.n, "number": work.n, "invoice_id": work.n, "attempt_id": work.n, "at": work.at}
    return {**about, "amount": PRICE, "currency": company.currency, "method": CARD}
