"""An issued invoice never changes what it shows; a draft is not shown to customers."""

import json
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from sergio.audit.models import AuditEntry
from sergio.extensions import db
from sergio.invoices.document import Document
from sergio.invoices.labels import totals
from sergio.invoices.ledger import PAYMENT
from sergio.invoices.ledger_check import differences
from sergio.invoices.lines import InvoiceLine
from sergio.invoices.models import Invoice, InvoiceDocument
from sergio.lib.refused import Refused
from tests.booking import builders as booking
from tests.frozen import in_basis_points
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA
from tests.quotes import builders as quotes

pytestmark = pytest.mark.usefixtures("clock")
AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
PATHS = ["/portal/invoices/1", "/office/invoices/1"]


def text_of(response) -> str:
    return PdfReader(BytesIO(response.data)).pages[0].extract_text()


def change_everything(ana, sparkle, session):
    """Change everything that an invoice shows."""
    invoice = session.scalars(select(Invoice)).one()
    ana.customer.name = ana.name = "Somebody Else"
    sparkle.name, sparkle.street, sparkle.phone, sparkle.email = "New Name", "1 New Street", "+12075550199", "n@e.w"
    sparkle.brand, sparkle.time_zone = "#000000", "Pacific/Auckland"
    ana.customer.properties[0].street = "9 Other Road"
    invoice.lines[0].description, invoice.lines[0].unit_price = "Other work", 1
    session.commit()


@pytest.fixture
def issued(session, ana):
    """An invoice for work at Ana's."""
    invoice = builders.invoice(ana, place=ana.customer.properties[0], notes="Thank you.", terms="Pay by the day.")
    session.commit()
    return invoice


def test_a_paid_invoices_pdf_keeps_its_bytes_whatever_changes(browser_of, ana, sparkle, issued, session):
    issued.enter(PAYMENT, -12_000, at=AT, source="check")
    browser = browser_of(ana)
    before = browser.get("/portal/invoices/1.pdf")
    for words in ("Sparkle Cleaning", "12 Harbor Street", "Ana Ruiz", "7 Pine Road", "Cleaning", "Thank you."):
        assert words in text_of(before)
    change_everything(ana, sparkle, session)
    assert browser.get("/portal/invoices/1.pdf").data == before.data


@pytest.mark.parametrize("path", PATHS)
def test_its_pages_show_what_was_issued(browser_of, ana, olga, sparkle, issued, session, path):
    browser = browser_of(ana if "portal" in path else olga)
    change_everything(ana, sparkle, session)
    page = browser.get(path).text
    for words in ("Ana Ruiz", "7 Pine Road, Portland", "Cleaning", "$120.00", "Thank you.", "Pay by the day."):
        assert words in page
    for words in ("Other work", "9 Other Road"):
        assert words not in page


def test_the_copy_is_canonical_json_with_its_fingerprint(issued, session):
    copy = session.scalars(select(InvoiceDocument)).one()
    content = json.loads(copy.content)
    assert copy.content == json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert (content["total"], content["company"]["currency"], content["lines"][0]["amount"]) == (12_000, "USD", 12_000)
    assert content["customer"] == {"number": 1, "name": "Ana Ruiz", "contact": "Ana Ruiz", "email": "ana@example.com"}
    assert list(differences()) == []


@pytest.mark.parametrize("table", ["invoice_document", "ledger_entry"])
@pytest.mark.parametrize("change", ["UPDATE {} SET at = at", "DELETE FROM {}"])
def test_the_database_refuses_changes_of_documents_and_ledger(issued, session, table, change):
    with pytest.raises(DBAPIError, match="never changed or deleted"), db.engine.begin() as connection:
        connection.execute(text(change.format(table)))


def test_a_draft_has_no_number_and_customers_do_not_see_it(browser_of, ana, session):
    draft = builders.draft(ana)
    session.commit()
    assert (draft.number, draft.status, draft.due, draft.issued_on) == (None, "draft", 0, None)
    assert draft.document.content["lines"][0]["description"] == "Cleaning"
    assert session.scalars(select(Invoice).where(Invoice.number.is_not(None))).all() == []
    for path in ("/portal/invoices", "/portal/", "/portal/history"):
        response = browser_of(ana).get(path)
        assert response.status_code == 200
        assert "Spring clean" not in response.text


def test_numbers_are_assigned_when_issued_so_that_they_have_no_gaps(ana, session):
    first, second = builders.draft(ana), builders.draft(ana)
    assert builders.invoice(ana).number == 1
    second.finalize(at=AT, by=BY_OLGA)
    first.finalize(at=AT, by=BY_OLGA)
    assert (second.number, first.number) == (2, 3)
    assert (first.issued_on, first.due_on, first.due, first.status) == (AT.date(), date(2026, 3, 23), 12_000, "open")
    with pytest.raises(Refused, match="already been issued"):
        first.finalize(at=AT, by=BY_OLGA)


def test_a_draft_is_not_voided(ana):
    with pytest.raises(Refused, match="draft"):
        builders.draft(ana).void(at=AT, by=BY_OLGA)


def test_an_invoice_knows_its_quote_and_appointment(ana, theo, session):
    quote = quotes.sent(ana)
    appointment = booking.appointment(booking.service(ana.company, "Clean"), ana, theo, booking.MONDAY)
    session.flush()
    invoice = builders.invoice(ana, quote_id=quote.id, appointment_id=appointment.id)
    session.commit()
    assert (invoice.quote_id, invoice.appointment_id) == (quote.id, appointment.id)


def test_quote_and_appointment_cannot_be_another_companys(ana, cleo, session):
    quote = quotes.sent(cleo)
    session.commit()
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        builders.invoice(ana, quote_id=quote.id)
    session.rollback()


def test_who_issued_and_voided_it_is_recorded(ana, session):
    invoice = builders.invoice(ana)
    invoice.void(at=AT, by=BY_OLGA)
    session.flush()
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    found = [(entry.action, entry.actor_name, entry.subject, entry.number) for entry in entries]
    assert found == [("issued", "Olga Petrova", "invoice", 1), ("voided", "Olga Petrova", "invoice", 1)]
    assert entries[1].before == {"status": "open", "due": 12_000, "currency": "USD"}
    assert entries[1].after == {"status": "void", "due": 0, "currency": "USD"}


def test_a_document_frozen_in_basis_points_is_read_as_it_was(ana, session):
    """Documents from before tax rates had three decimals are never written again."""
    lines = [InvoiceLine(description="Windows", unit_price=20_000, tax_ppm=82_500)]
    invoice = Invoice.issue(ana.customer, "Spring clean", lines, at=builders.ISSUED, by=BY_OLGA)
    frozen = json.loads(invoice.issued_copy.content)
    old = in_basis_points(frozen)
    assert (old["lines"][0]["tax_rate"], old["taxes"]) == (825, [{"rate": 825, "amount": 1_650}])
    assert totals(invoice, Document(old)) == totals(invoice, Document(frozen))
    assert ("Tax 8.25%", "$16.50") in totals(invoice, Document(old))
