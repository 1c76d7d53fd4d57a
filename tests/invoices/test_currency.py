"""Amounts keep the currency of their row, and a company's currency is locked once money exists."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from sergio.audit.actor import CONTACT
from sergio.audit.models import AuditEntry
from sergio.extensions import db
from sergio.invoices.ledger import DISPUTE, REFUND
from sergio.lib.refused import Refused
from sergio.payments import emails
from sergio.payments.methods import CHECK
from sergio.payments.models import Dispute, Payment, PaymentAttempt, PaymentAttemptPart, Refund
from sergio.payments.statuses import SUCCEEDED
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA
from tests.quotes import builders as quotes

pytestmark = pytest.mark.usefixtures("clock")
AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
PORTAL = [
    *("/portal/", "/portal/invoices", "/portal/invoices/1", "/portal/invoices/2", "/portal/invoices/3"),
    *("/portal/history", "/portal/invoices/1/pay", "/portal/invoices/3/payment", "/portal/quotes", "/portal/quotes/1"),
]
OFFICE = [
    *("/office/", "/office/invoices", "/office/invoices/1", "/office/invoices/2", "/office/invoices/3"),
    *(
        "/office/customers",
        "/office/customers/1",
        "/office/payments",
        "/office/payments/of-invoice/3",
        "/office/quotes",
        "/office/quotes/1",
    ),
]
PDFS = [
    *("/portal/invoices/1.pdf", "/portal/invoices/2.pdf", "/office/invoices/3.pdf", "/portal/payments/1/receipt.pdf"),
    "/portal/quotes/1.pdf",
]


def paid_by_card(contact, invoice, amount) -> Payment:
    attempt = PaymentAttempt.of_parts([PaymentAttemptPart.of(invoice, amount)], contact=contact)
    attempt.started_by_kind, attempt.started_by_name = CONTACT, contact.name
    attempt.status, attempt.intent = SUCCEEDED, "pi_1"
    attempt.created_at = attempt.checked_at = attempt.closed_at = AT
    db.session.add(attempt)
    db.session.flush()
    return Payment.from_stripe(attempt, amount, at=AT, brand="visa", last4="4242")[0]


@pytest.fixture
def in_euros(session, ana, sparkle):
    """Ana's invoices and quote of $120.00: open, paid and partly refunded, and overpaid; then the company's currency is
    changed directly in the database.
    """
    quotes.sent(ana)
    builders.invoice(ana)
    given_back = Payment.record(builders.invoice(ana), method=CHECK, by=BY_OLGA, at=AT).invoice
    given_back.enter(REFUND, 5_000, at=AT, source="a refund")
    given_back.enter(DISPUTE, 1_000, at=AT, source="a dispute")
    paid_by_card(ana, builders.invoice(ana), 15_000)
    builders.by_hand("UPDATE company SET currency = 'EUR' WHERE id = :id", id=sparkle.id)
    return sparkle


@pytest.mark.parametrize("path", [*PORTAL, *OFFICE])
def test_dollars_stay_dollars_on_every_page(browser_of, ana, olga, in_euros, path):
    response = browser_of(ana if path.startswith("/portal") else olga).get(path)
    assert response.status_code == 200
    assert "$" in response.text
    assert "€" not in response.text.replace("€0.00", "")  # a sum of nothing has no row


@pytest.mark.parametrize("path", PDFS)
def test_dollars_stay_dollars_in_every_pdf(browser_of, ana, olga, in_euros, path):
    response = browser_of(ana if path.startswith("/portal") else olga).get(path)
    words = "".join(page.extract_text() for page in PdfReader(BytesIO(response.data)).pages)
    assert "$" in words
    assert "€" not in words


def test_dollars_stay_dollars_in_every_email(in_euros, ana, session, outbox):
    payment = session.scalars(select(Payment).where(Payment.number == 2)).one()
    refund = Refund(company=in_euros, payment=payment, stripe_id="re_1", amount=100, at=AT)
    dispute = Dispute(company=in_euros, payment=payment, stripe_id="dp_1", amount=100, at=AT, status="lost")
    session.add_all([refund, dispute])
    session.flush()
    for send, about in (
        *((emails.receipt, payment), (emails.paid_to_office, payment), (emails.overpaid_to_office, payment)),
        *((emails.refunded_to_office, [refund]), (emails.disputed_to_office, [dispute])),
    ):
        send(about)
    assert len(outbox.emails) >= 6
    for message in outbox.emails:
        assert "$" in message.subject + message.text
        assert "€" not in message.subject + message.text + message.html


def test_a_company_with_invoices_in_two_currencies_sees_a_sum_of_each(browser_of, ana, olga, in_euros):
    builders.invoice(ana, 2_000)
    page = " ".join(browser_of(olga).get("/office/").text.split())
    assert ">€20.00 + $120.00</span><small>2 invoices" in page
    assert "€20.00 + $120.00" in browser_of(olga).get("/office/customers").text


def test_a_company_without_money_can_change_its_currency(sparkle, session):
    sparkle.change_currency("EUR", by=BY_OLGA, at=AT)
    session.flush()
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.before, entry.after) == ("changed_currency", {"currency": "USD"}, {"currency": "EUR"})


@pytest.mark.parametrize("money", ["invoice", "draft invoice", "quote"])
def test_the_currency_is_locked_once_money_exists(sparkle, ana, session, money):
    {"invoice": builders.invoice, "draft invoice": builders.draft, "quote": quotes.sent}[money](ana)
    session.commit()
    with pytest.raises(Refused, match="currency can no longer be changed"):
        sparkle.change_currency("EUR", by=BY_OLGA, at=AT)
    assert sparkle.currency == "USD"
    sparkle.change_currency("USD", by=BY_OLGA, at=AT)


def test_a_draft_quote_and_a_rivals_money_do_not_lock_the_currency(sparkle, ana, cleo, session):
    quotes.draft(ana)
    builders.invoice(cleo)
    session.commit()
    sparkle.change_currency("EUR", by=BY_OLGA, at=AT)
    assert sparkle.currency == "EUR"


@pytest.mark.parametrize("code", ["", "eur", "XYZ", "EURO"])
def test_only_currencies_are_accepted(sparkle, code):
    with pytest.raises(Refused, match="not the code of a currency"):
        sparkle.change_currency(code, by=BY_OLGA, at=AT)
