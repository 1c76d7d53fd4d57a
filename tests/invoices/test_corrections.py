"""Credits, write-offs and what undoes them: entries in the ledger that lower what is due, never a change of a row."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.invoices.ledger import PAYMENT
from sergio.invoices.ledger_check import differences
from sergio.lib.refused import Refused
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA
from tests.invoices.fields import fields_of

pytestmark = pytest.mark.usefixtures("clock")
AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
BY = {"by": BY_OLGA, "at": AT}


def test_a_credit_lowers_what_is_due_and_says_why(invoice, session):
    invoice.credit(2_000, "Late by a day", **BY)
    assert (invoice.due, invoice.total, invoice.credited, invoice.status) == (10_000, 12_000, 2_000, "open")
    assert [(entry.kind, entry.amount, entry.memo) for entry in invoice.entries[1:]] == [
        ("credit", -2_000, "Late by a day")
    ]
    invoice.credit(10_000, "Goodwill", **BY)
    assert (invoice.due, invoice.status) == (0, "credited")
    session.flush()
    assert list(differences()) == []


@pytest.mark.parametrize("amount", [0, -1, 12_001])
def test_a_credit_is_at_most_what_is_due(invoice, amount):
    with pytest.raises(Refused, match=r"Only \$120.00 is due"):
        invoice.credit(amount, "x", **BY)


def test_a_write_off_ends_it_and_a_payment_after_all_needs_it_undone(invoice, session):
    invoice.enter(PAYMENT, -5_000, at=AT, source="check")
    invoice.write_off("Moved away", **BY)
    assert (invoice.due, invoice.written_off, invoice.status, invoice.balance) == (0, 7_000, "written_off", 0)
    session.flush()
    invoice.undo_correction(invoice.entries[-1], "They paid", **BY)
    assert (invoice.due, invoice.status, invoice.written_off_at) == (7_000, "open", None)
    invoice.undo_correction(invoice.entries[-2], "again", **BY)
    assert invoice.due == 7_000
    Payment.record(invoice, method=CHECK, **BY)
    assert invoice.status == "paid"
    session.flush()
    assert list(differences()) == []


@pytest.mark.parametrize("verb", ["credit", "write_off"])
def test_neither_while_a_payment_is_processing_nor_when_nothing_is_due_nor_of_a_draft(invoice, ana, verb):
    def do(row):
        getattr(row, verb)(*((500, "x") if verb == "credit" else ("x",)), **BY)

    with pytest.raises(Refused, match="draft"):
        do(builders.draft(ana))
    invoice.mark_clearing(AT)
    with pytest.raises(Refused, match="processing"):
        do(invoice)
    invoice.mark_clearing(None)
    invoice.enter(PAYMENT, -12_000, at=AT, source="check")
    with pytest.raises(Refused, match="Nothing is due"):
        do(invoice)


def test_a_credited_invoice_can_be_voided_and_a_paid_one_not_until_it_is_undone(invoice, session):
    invoice.credit(2_000, "Late", **BY)
    payment = Payment.record(invoice, method=CHECK, amount=500, **BY)
    with pytest.raises(Refused, match="refunded"):
        invoice.void(**BY)
    payment.undo("Bounced", **BY)
    invoice.void(**BY)
    assert (invoice.status, invoice.due) == ("void", 0)
    session.flush()
    assert list(differences()) == []


def test_staff_credit_by_the_page_and_twice_pressed_is_once_entered(browser_of, olga, invoice, session, outbox):
    browser = browser_of(olga)
    path = "/office/invoices/1/credit"
    form = fields_of(browser.get(path)) | {"amount": "20", "reason": "Late by a day"}
    assert browser.post(path, form).status_code == 303
    twice = browser.post(path, form)
    assert twice.status_code == 422
    assert "This invoice just changed." in twice.text
    assert 'value="Late by a day"' in twice.text
    page = browser.get("/office/invoices/1").text
    assert "Late by a day" in page
    session.expire_all()
    assert (invoice.due, len(invoice.entries)) == (10_000, 2)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "credited")).one()
    assert entry.after == {"amount": 2_000, "currency": "USD", "reason": "Late by a day"}


@pytest.mark.parametrize(
    ("amount", "reason", "sentence"),
    [
        ("", "x", "Enter an amount above zero."),
        ("0", "x", "Enter an amount above zero."),
        ("-5", "x", "Enter an amount"),
        ("121", "x", "Only $120.00 is due"),
        ("5", "", "Enter a reason."),
        ("5", "x" * 201, "200"),
        ("1e9", "x", "Enter an amount"),
    ],
)
def test_a_wrong_credit_is_told_beside_its_field(browser_of, olga, invoice, amount, reason, sentence):
    browser = browser_of(olga)
    path = "/office/invoices/1/credit"
    page = browser.post(path, fields_of(browser.get(path)) | {"amount": amount, "reason": reason})
    assert page.status_code == 422
    assert sentence in page.text


def test_errors_are_listed_in_the_order_of_the_fields(browser_of, olga, invoice):
    browser = browser_of(olga)
    path = "/office/invoices/1/credit"
    page = browser.post(path, fields_of(browser.get(path)) | {"amount": "", "reason": ""})
    assert page.text.index('<a href="#amount">') < page.text.index('<a href="#reason">')
    late = browser.post(path, fields_of(browser.get(path)) | {"amount": "5", "reason": "Late", "csrf_token": "old"})
    assert "This page was open for too long" in late.text
    assert "Please fix" not in late.text


def test_staff_write_off_void_and_undo_by_the_pages(browser_of, olga, ana, invoice, session):
    browser = browser_of(olga)
    path = "/office/invoices/1/write-off"
    browser.post(path, fields_of(browser.get(path)) | {"reason": "Moved away"})
    assert "Written off" in browser.get("/office/invoices/1").text
    portal = browser_of(ana).get("/portal/invoices/1").text
    assert "This invoice is closed. No payment is due." in portal
    assert "Moved away" not in portal
    assert "Written off" not in portal
    session.expire_all()
    undoing = f"/office/invoices/1/entries/{invoice.entries[-1].id}/undoing"
    assert undoing in browser.get("/office/invoices/1").text
    browser.post(undoing, fields_of(browser.get(undoing)) | {"reason": "They are back"})
    assert undoing not in browser.get("/office/invoices/1").text
    assert browser.get(f"/office/invoices/1/entries/{invoice.entries[0].id}/undoing").status_code == 404
    browser.post("/office/invoices/1/void")
    session.expire_all()
    assert invoice.status == "void"


def test_after_an_expired_session_what_was_typed_is_still_there(browser_of, olga, invoice, session):
    browser = browser_of(olga)
    typed = {"csrf_token": "old", "amount": "20", "reason": "Late by a day", "seen": "1"}
    page = browser.post("/office/invoices/1/credit", typed)
    assert page.status_code == 422
    assert 'value="Late by a day"' in page.text
    session.expire_all()
    assert invoice.due == 12_000


def test_nothing_is_due_again_on_a_void_invoice(invoice, session, browser_of, olga):
    invoice.credit(2_000, "Late", **BY)
    session.commit()
    credit = invoice.entries[-1]
    path = f"/office/invoices/1/entries/{credit.id}/undoing"
    office = browser_of(olga)
    assert path in office.get("/office/invoices/1").text
    form = fields_of(office.get(path)) | {"reason": "Oops"}
    invoice.void(**BY)
    session.commit()
    assert path not in office.get("/office/invoices/1").text
    told = office.post(path, form | {"seen": len(invoice.entries)}, follow_redirects=True).text
    assert "Invoice 1 is void, so nothing is due on it again." in told
    session.expire_all()
    assert (invoice.due, invoice.status) == (0, "void")
