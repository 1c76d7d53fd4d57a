"""One amount everywhere: the lines, the page, the email, the PDF, Stripe's intent and the ledger, to the minor unit."""

import json
import random
import re
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from io import BytesIO

import pytest
from flask import render_template
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

import sergio.portal  # noqa: F401 - all tables
from sergio.companies.models import FREE, Company
from sergio.customers.models import Contact, Customer
from sergio.invoices import labels, pdf
from sergio.invoices.document import Document, content_of
from sergio.invoices.ledger import CHARGE, PAYMENT, REFUND, projection, surplus
from sergio.invoices.lines import InvoiceLine
from sergio.invoices.models import Invoice, LedgerEntry
from sergio.invoices.sending import InvoiceEmail
from sergio.lib.canonical import canonical_json
from sergio.lib.language import speaking
from sergio.lib.money import format_amount
from sergio.outbox.kinds import INVOICE_SENT
from sergio.outbox.wording import our_words
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment, PaymentAttempt, PaymentAttemptPart
from sergio.payments.stripe import currencies
from sergio.price_list.lines import TypedLines
from sergio.pricing import price
from tests.invoices.builders import BY_OLGA

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
CURRENCIES = ("USD", "EUR", "GBP", "JPY", "KWD")
RATES, DISCOUNTS = (0, 55_000, 70_000, 88_750, 190_000), (0, 0, 333, 1_000, 10_000)


def lines_of(chance: random.Random) -> list[dict]:
    """Lines with fractions of units, taxes and discounts."""
    return [
        {
            "quantity": chance.randint(1, 100_000),
            "unit_price": chance.randint(0, 1_000_000),
            "tax_ppm": chance.choice(RATES),
            "discount_rate": chance.choice(DISCOUNTS),
        }
        for _line in range(chance.randint(1, 6))
    ]


def half_away(value: Fraction) -> int:
    """To the nearest integer, halves away from zero, by another way than `pricing`."""
    return int(Decimal(value.numerator) / Decimal(value.denominator)) + (
        1 if value - int(value) >= Fraction(1, 2) else 0
    )


def test_ten_thousand_documents_come_to_what_exact_fractions_say():
    chance = random.Random(9)
    for _document in range(10_000):
        check(lines_of(chance), chance.choice(CURRENCIES))


def check(lines: list[dict], currency: str):
    """The total is the exact one, and typing the lines anew gives it again."""
    rows = [InvoiceLine(description="x", **line) for line in lines]
    bases = {}
    for row, line in zip(rows, lines, strict=True):
        exact = Fraction(line["quantity"] * line["unit_price"] * (10_000 - line["discount_rate"]), 10_000_000)
        assert row.amount == half_away(exact)
        bases[line["tax_ppm"]] = bases.get(line["tax_ppm"], 0) + row.amount
    total = sum(bases.values()) + sum(half_away(Fraction(base * rate, 1_000_000)) for rate, base in bases.items())
    assert price(rows).total == total
    typed = TypedLines.stored(rows, currency)
    assert typed.is_valid
    assert typed.price.total == total
    assert [line.values["unit_price"] for line in typed.lines] == [line["unit_price"] for line in lines]
    digits = re.sub(r"\D", "", format_amount(total, currency))
    assert int(digits or 0) == total


@pytest.mark.parametrize("currency", CURRENCIES)
def test_what_pages_emails_the_pdf_stripe_and_the_ledger_get_is_one_amount(databases, currency):
    """Two thousand invoices in each of five currencies, some paid in part: every value that any of these shows."""
    chance, issuer = random.Random(currency), company_of(currency)
    customer = Customer(company=issuer, number=1, name="Ana Ruiz")
    with databases("sqlite").app_context(), speaking("en"):
        for number in range(1, 2_001):
            one_amount(random_invoice(chance, customer, number))


def company_of(currency: str) -> Company:
    letter = {"name": "Sparkle", "brand": "#000000", "accent": "#000000", "logo": "", "phone": "", "email": ""}
    where = {"street": "", "city": "", "region": "", "postal_code": "", "country": "US", "time_zone": "UTC"}
    shown = {"shows_line_prices": True, "subdomain": "sparkle", "plan": FREE}
    return Company(id=1, currency=currency, language="en", **letter, **where, **shown)


def random_invoice(chance: random.Random, customer: Customer, number: int) -> Invoice:
    """Issued, with a ledger: the charge, and no payment, some part payments, or all of it."""
    lines = [InvoiceLine(description="x", detail="", unit="", discount=0, **line) for line in lines_of(chance)]
    facts = {"number": number, "prefix": "A-", "title": "Work", "notes": "", "terms": "", "version": 1, "id": number}
    days = {"issued_on": AT.date(), "due_on": AT.date()}
    invoice = Invoice(company=customer.company, company_id=1, customer=customer, lines=lines, **facts, **days)
    invoice.currency = customer.company.currency
    total = invoice.price.total
    paid = [chance.randint(1, max(total // 4, 1)) for _ in range(chance.randint(0, 3))]
    amounts = [(CHARGE, total), *((PAYMENT, -amount) for amount in chance.choice([paid, [total]]) if amount)]
    entries = [{"kind": kind, "amount": amount, "payment_number": n} for n, (kind, amount) in enumerate(amounts)]
    invoice.entries = [LedgerEntry(at=AT, **entry) for entry in entries]
    invoice.update_sums()
    return invoice


def one_amount(invoice: Invoice):
    frozen = Document(json.loads(canonical_json(content_of(invoice))))
    total, due = sum(line.amount for line in frozen.lines) + sum(tax["amount"] for tax in frozen.taxes), invoice.due
    assert total == frozen.content["total"] == invoice.total == invoice.price.total
    assert due == invoice.balance == total - invoice.paid
    shown, owed = format_amount(total, invoice.currency), format_amount(max(due, 0), invoice.currency)
    rows = dict(labels.totals(invoice, frozen))
    assert rows["Total"] == shown == invoice.money(invoice.total) == frozen.money(frozen.content["total"])
    assert rows.get("Amount due", owed) == owed == invoice.money(max(due, 0))
    printed = pdf.in_words(invoice, frozen, invoice.status_on(AT.date()))
    assert [row["amount"] for row in printed["totals"]] == list(rows.values())
    assert [line["amount"] for line in printed["lines"]] == [frozen.money(line.amount) for line in frozen.lines]
    assert (printed["headline"] or "").startswith(owed if due > 0 else "")
    facts = {"invoice": invoice, "company": invoice.company, "contact": Contact(name="Ana Ruiz"), "message": ""}
    facts |= {"words": our_words(INVOICE_SENT), "unsubscribe_url": ""}
    email = render_template("invoices/email/invoice.txt", **facts)
    assert f"Total: {shown}" in email
    assert f"Amount due: {owed}" in email
    if due > 0:
        attempt = PaymentAttempt.of_parts([PaymentAttemptPart.of(invoice, due)])
        attempt.key, attempt.company = "key", invoice.company
        assert (attempt.payment_request().amount, attempt.currency) == (due, invoice.currency)
        if currencies.chargeable(due, invoice.currency):
            assert currencies.from_stripe(currencies.to_stripe(due, invoice.currency), invoice.currency) == due
        elif due < 10**7:
            assert (invoice.currency == "KWD" and due % 10) or due < 100


@settings(max_examples=300, deadline=None)
@given(total=st.integers(0, 10**9), paid=st.lists(st.integers(1, 10**9), max_size=5), refunded=st.integers(0, 10**9))
def test_part_payments_and_refunds_leave_the_balance_of_the_ledger(total, paid, refunded):
    facts = [(CHARGE, total), *((PAYMENT, -amount) for amount in paid), (REFUND, refunded)]
    invoice = Invoice(entries=[LedgerEntry(kind=kind, amount=amount, at=AT) for kind, amount in facts])
    for name, value in projection(invoice.entries).items():
        setattr(invoice, name, value)
    assert invoice.due == total - sum(paid)
    assert invoice.balance == total - sum(paid) + refunded
    assert surplus(invoice) == max(0, sum(paid) - total - refunded)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("currency", CURRENCIES)
def test_page_email_pdf_stripe_and_ledger_say_the_same_amount(browser_of, ana, olga, session, outbox, currency):
    chance = random.Random(currency)
    made = []
    for _document in range(4):
        lines = [
            InvoiceLine(
                description=f"Work {n}",
                quantity=chance.randint(1, 9_999),
                unit_price=chance.randint(100, 99_999),
                tax_ppm=chance.choice([0, 88_750, 190_000]),
                discount_rate=chance.choice([0, 333]),
            )
            for n in range(chance.randint(1, 4))
        ]
        invoice = Invoice.issue(ana.customer, "Work", lines, at=AT, by=BY_OLGA, currency=currency)
        if chance.random() < 0.5:
            Payment.record(invoice, method=CHECK, amount=invoice.due // 3, by=BY_OLGA, at=AT)
        InvoiceEmail.send(invoice, ana, "", by=BY_OLGA, at=AT)
        made.append(invoice)
    session.commit()
    portal, office = browser_of(ana), browser_of(olga)
    for invoice, email in zip(made, outbox.emails, strict=True):
        assert invoice.due == sum(entry.amount for entry in invoice.entries)
        due, discounts = format_amount(invoice.due, currency), sum(line.discount_rate > 0 for line in invoice.lines)
        total = format_amount(price(invoice.lines).total, currency)
        pdf = PdfReader(BytesIO(portal.get(f"/portal/invoices/{invoice.number}.pdf").data)).pages[0].extract_text()
        for text in (
            portal.get(f"/portal/invoices/{invoice.number}").text,
            office.get(f"/office/invoices/{invoice.number}").text,
            email.text,
            email.html,
            pdf,
        ):
            assert text.count("3.33% off") == discounts
            assert due in text
            assert total in text
        attempt = PaymentAttempt.of_parts([PaymentAttemptPart.of(invoice, invoice.due)])
        attempt.key = f"key {invoice.number}"
        request = attempt.payment_request()
        assert (request.amount, request.currency) == (invoice.due, currency)
        assert request.description == f"Invoice {invoice.reference}"
