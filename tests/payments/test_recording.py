"""Payments that staff record on a page: cash, checks, transfers; in part, too much, twice at once, and undone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO
from threading import Barrier

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.extensions import db
from sergio.invoices.ledger_check import differences
from sergio.invoices.models import Invoice
from sergio.lib.refused import Refused
from sergio.payments.methods import CASH, CHECK
from sergio.payments.models import Payment
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA
from tests.invoices.conftest import clock  # noqa: F401 - a fixture
from tests.invoices.fields import fields_of

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
PATH = "/office/payments/of-invoice/1/recording"
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def invoice(session, ana):
    invoice = builders.invoice(ana)
    session.commit()
    return invoice


@pytest.fixture
def olgas(browser_of, olga):
    return browser_of(olga)


def read(session, invoice) -> Invoice:
    session.rollback()
    session.expire_all()
    return session.get_one(Invoice, invoice.id)


def test_a_check_in_part_is_a_payment_with_a_number_and_a_receipt(olgas, browser_of, ana, invoice, session, outbox):
    ana.company.copies_receipts = True
    session.commit()
    form = fields_of(olgas.get(PATH))
    assert (form["amount"], form["received_on"]) == ("120.00", "2026-03-09")
    typed = {"amount": "50", "reference": "1042", "memo": "From Ana", "received_on": "2026-03-05", "sends_receipt": "y"}
    assert olgas.post(PATH, form | typed).status_code == 303
    payment = session.scalars(select(Payment)).one()
    assert (payment.number, payment.amount, payment.method, payment.reference) == (1, 5_000, CHECK, "1042")
    assert payment.company.day(payment.at).isoformat() == "2026-03-05"
    [recorded] = session.scalars(select(AuditEntry).where(AuditEntry.action == "recorded"))
    assert recorded.at == AT  # when Olga did it, not the day she typed
    assert (payment.invoice.due, payment.invoice.status) == (7_000, "open")
    for browser, path in (
        (olgas, "/office/invoices/1"),
        (olgas, "/office/payments"),
        (browser_of(ana), "/portal/invoices/1"),
    ):
        assert "Check 1042" in browser.get(path).text
    assert outbox.subjects == ["Payment of $50.00 to Sparkle Cleaning", "Copy of a receipt: $50.00 from Ana Ruiz"]
    assert "Still due on this invoice: $70.00" in outbox.emails[0].text
    assert "A payment of $50.00 from Ana Ruiz for invoice 1 was recorded." in outbox.emails[1].text
    receipt = PdfReader(BytesIO(olgas.get("/office/payments/1/receipt.pdf").data)).pages[0].extract_text()
    for words in ("Check 1042", "$50.00", "From Ana"):
        assert words in receipt


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"amount": ""}, "Enter an amount above zero."),
        ({"amount": "0"}, "Enter an amount above zero."),
        ({"amount": "-1"}, "Enter an amount"),
        ({"amount": "1.234"}, "at most two decimals"),
        ({"received_on": "2026-03-10"}, "This day is in the future."),
        ({"received_on": "1999-12-31"}, "Choose a later day."),
        ({"received_on": "soon"}, "Not a valid date value."),
        ({"method": "card"}, "Not a valid choice"),
        ({"reference": "1" * 61}, "60"),
    ],
    ids=str,
)
def test_wrong_input_is_told_and_kept(olgas, invoice, session, typed, sentence):
    page = olgas.post(PATH, fields_of(olgas.get(PATH)) | {"memo": "Kept memo"} | typed)
    assert page.status_code == 422
    assert sentence in page.text
    assert 'value="Kept memo"' in page.text
    assert session.scalars(select(Payment)).all() == []


def test_more_than_is_due_is_asked_about_and_then_overpaid(olgas, invoice, session):
    form = fields_of(olgas.get(PATH)) | {"amount": "150"}
    asked = olgas.post(PATH, form)
    assert asked.status_code == 422
    assert "Only $120.00 is due, so this overpays it by $30.00." in asked.text
    more = olgas.post(PATH, fields_of(asked) | {"amount": "160"})
    assert "overpays it by $40.00" in more.text
    assert olgas.post(PATH, fields_of(more)).status_code == 303
    found = read(session, invoice)
    assert (found.status, found.surplus) == ("overpaid", 4_000)


def test_a_button_pressed_twice_records_one_payment(olgas, invoice, session):
    form = fields_of(olgas.get(PATH)) | {"amount": "50"}
    assert [olgas.post(PATH, form).status_code for _time in range(2)] == [303, 422]
    assert read(session, invoice).due == 7_000


def test_nothing_is_recorded_while_a_payment_is_processing(olgas, invoice, session):
    invoice.mark_clearing(AT)
    session.commit()
    olgas.post(PATH, fields_of(olgas.get(PATH)))
    assert "already processing" in olgas.get("/office/invoices/1").text
    assert session.scalars(select(Payment)).all() == []


def test_two_who_record_at_once_lose_nothing(app, session, invoice):
    invoice_id = invoice.id
    session.commit()
    together = Barrier(2)

    def record(method):
        with app.app_context():
            together.wait(30)
            found = db.session.scalars(Invoice.locked(invoice_id)).one()
            Payment.record(found, method=method, amount=12_000, surplus=12_000, by=BY_OLGA, at=AT)
            db.session.commit()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(record, [CHECK, CASH]))
    found = read(session, invoice)
    assert (found.status, found.surplus, found.paid) == ("overpaid", 12_000, 24_000)
    assert [payment.number for payment in session.scalars(select(Payment).order_by(Payment.number))] == [1, 2]
    assert list(differences()) == []


def test_a_bounced_check_is_undone_by_an_entry_and_its_receipt_is_void(olgas, browser_of, ana, invoice, session):
    olgas.post(PATH, fields_of(olgas.get(PATH)) | {"reference": "1042"})
    assert read(session, invoice).status == "paid"
    undoing = "/office/payments/1/undoing"
    assert undoing in olgas.get("/office/invoices/1").text
    assert olgas.post(undoing, fields_of(olgas.get(undoing)) | {"reason": ""}).status_code == 422
    assert olgas.post(undoing, fields_of(olgas.get(undoing)) | {"reason": "It bounced"}).status_code == 303
    found = read(session, invoice)
    assert (found.due, found.status, found.paid, found.paid_at) == (12_000, "open", 0, None)
    assert [entry.kind for entry in found.entries] == ["charge", "payment", "payment"]
    assert list(differences()) == []
    page = olgas.get("/office/invoices/1").text
    assert "Payment undone" in page
    assert "It bounced" in page
    assert undoing not in page
    assert "Undone" in olgas.get("/office/payments").text
    assert "Payment for invoice 1 undone" in browser_of(ana).get("/portal/history").text
    receipt = PdfReader(BytesIO(browser_of(ana).get("/portal/payments/1/receipt.pdf").data)).pages[0].extract_text()
    assert "This receipt is void." in receipt
    session.scalars(select(Payment)).one().undo("again", by=BY_OLGA, at=AT)
    assert found.due == 12_000


def test_a_card_payment_is_not_undone_here(session, ana, invoice):
    payment = Payment.record(invoice, method=CHECK, by=BY_OLGA, at=AT)
    payment.attempt_id = 1
    with pytest.raises(Refused, match="can only be refunded"):
        payment.undo("x", by=BY_OLGA, at=AT)
    session.rollback()


def test_an_expired_session_keeps_what_was_typed(olgas, invoice, session):
    page = olgas.post(PATH, {"amount": "50", "memo": "Kept memo", "method": "cash", "csrf_token": "old"})
    assert page.status_code == 422
    assert 'value="Kept memo"' in page.text
    assert session.scalars(select(Payment)).all() == []
