"""The QR code on a printed invoice: there while something can be paid, and the same for ever."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from sergio.audit.actor import BY_SYSTEM
from sergio.invoices import pdf
from sergio.invoices.ledger import PAYMENT
from sergio.lib import clock, qr
from tests.invoices import builders

ADDRESS = "sparkle.sergio.test/portal/invoices/1/pay"


@pytest.fixture
def invoice(session, ana):
    invoice = builders.invoice(ana)
    session.commit()
    return invoice


def shown(invoice) -> dict:
    """The values of the document, and its path."""
    document = pdf.pdf_of(invoice, invoice.company.day(clock.now()))
    return {"path": document.path, **document.values()}


def test_an_unpaid_invoice_leads_to_paying_it(browser_of, ana, invoice):
    pay = shown(invoice)["pay"]
    assert pay["qr"] == qr.svg(f"https://{ADDRESS}")
    browser = browser_of(ana)
    first, second = (browser.get("/portal/invoices/1.pdf").data for _time in range(2))
    assert first == second
    words = PdfReader(BytesIO(first)).pages[0].extract_text().replace("\n", "").replace("\u200b", "")
    assert "Scan to pay, or go to:" in words
    assert ADDRESS in words
    assert browser.get("/portal/invoices/1/pay").status_code == 200


def test_a_paid_invoice_has_none_and_keeps_the_document_it_had_before(invoice, session):
    unpaid = shown(invoice)
    entry = {"at": clock.now(), "source": "check 1"}
    invoice.enter(PAYMENT, -invoice.due, **entry)
    paid = shown(invoice)
    assert paid["pay"] is None
    assert paid["path"] != unpaid["path"]
    invoice.company.charges_enabled = False
    assert shown(invoice)["path"] == paid["path"]


@pytest.mark.parametrize("column", ["charges_enabled", "shows_invoices"])
def test_where_it_cannot_be_paid_there_is_none(invoice, column):
    before = shown(invoice)
    setattr(invoice.company, column, False)
    without = shown(invoice)
    assert without["pay"] is None
    assert without["path"] != before["path"]
    setattr(invoice.company, column, True)
    assert shown(invoice) == before


def test_void_and_drafts_have_none(invoice, ana, session):
    invoice.void(by=BY_SYSTEM, at=clock.now())
    assert shown(invoice)["pay"] is None
    assert pdf.draft_content(builders.draft(ana), ana.company.day(clock.now())).startswith(b"%PDF")
