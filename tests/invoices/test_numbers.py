"""Numbers of invoices: no gaps and no doubles when many are issued at once, raised only, with a prefix that stays."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier, local

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.invoices.setting_forms import InvoiceSettingsForm
from sergio.lib.refused import Refused
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA
from tests.invoices.fields import fields_of

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
MANY, THREADS = 50, 10


@pytest.fixture
def at_once(app):
    """`at_once(ids, issue)`: as many threads as are allowed issue those drafts; returns which of them failed."""

    def run(ids, issue):
        def one(invoice_id):
            with app.app_context():
                try:
                    issue(db.session.get_one(Invoice, invoice_id))
                    db.session.commit()
                except IntegrityError:
                    return invoice_id
            return None

        with ThreadPoolExecutor(THREADS) as threads:
            return [failed for failed in threads.map(one, ids) if failed]

    return run


def test_fifty_issued_at_once_have_fifty_consecutive_numbers(session, ana, at_once):
    builders.invoice(ana)
    ids = [builders.draft(ana, 1_000 + n).id for n in range(MANY)]
    session.commit()
    assert at_once(ids, lambda draft: draft.finalize(at=AT, by=BY_OLGA)) == []
    numbers = session.scalars(select(Invoice.number).order_by(Invoice.number)).all()
    assert numbers == list(range(1, MANY + 2))


def test_control_numbers_that_are_looked_up_first_collide(session, ana, at_once, monkeypatch):
    ids = [builders.draft(ana, 1_000 + n).id for n in range(THREADS)]
    session.commit()
    together, mine = Barrier(THREADS), local()

    def issue(draft):
        mine.number = (db.session.scalar(select(func.max(Invoice.number))) or 0) + 1
        db.session.commit()
        together.wait(30)
        draft.finalize(at=AT, by=BY_OLGA)

    monkeypatch.setattr(Customer, "next_number", lambda customer, series: mine.number)
    assert len(at_once(ids, issue)) == THREADS - 1


def test_the_next_number_is_raised_and_never_lowered(session, ana, sparkle):
    builders.invoice(ana)
    sparkle.raise_number("invoice", 100, by=BY_OLGA, at=AT)
    assert builders.invoice(ana).number == 100
    with pytest.raises(Refused, match="The next number is 101"):
        sparkle.raise_number("invoice", 100, by=BY_OLGA, at=AT)
    sparkle.raise_number("invoice", 101, by=BY_OLGA, at=AT)
    assert builders.invoice(ana).number == 101


def test_the_first_number_can_be_chosen(session, ana, sparkle):
    sparkle.raise_number("invoice", 2_001, by=BY_OLGA, at=AT)
    assert builders.invoice(ana).number == 2_001


def test_the_prefix_is_everywhere_and_stays(browser_of, ana, olga, sparkle, session, outbox):
    old = builders.invoice(ana, title="Old work")
    sparkle.invoice_prefix = "SP-"
    new = builders.invoice(ana, title="New work")
    sparkle.invoice_prefix = "X/"
    session.commit()
    assert (old.reference, new.reference) == ("1", "SP-2")
    portal, office = browser_of(ana), browser_of(olga)
    for browser, path in (
        *((portal, path) for path in ("/portal/", "/portal/invoices", "/portal/invoices/2", "/portal/history")),
        *((office, path) for path in ("/office/invoices", "/office/invoices/2", "/office/customers/1")),
        (office, "/office/invoices/all.csv"),
    ):
        text = browser.get(path).text
        assert "SP-2" in text, path
        assert "SP-1" not in text, path
        assert "X/" not in text, path
    assert office.post("/office/invoices/2/sending", {"to": ana.id, "message": ""}).status_code == 303
    assert outbox.subjects[-1] == "Invoice SP-2 from Sparkle Cleaning"
    assert new.document.reference == "SP-2"


def test_settings_tell_which_numbers_are_left_out_before_they_are(browser_of, ana, olga, sparkle, session):
    builders.invoice(ana)
    session.commit()
    browser = browser_of(olga)
    path = "/office/settings/invoices"
    form = fields_of(browser.get(path)) | {"next_number": "10"}
    asked = browser.post(path, form)
    assert asked.status_code == 422
    assert "Numbers 2 to 9 will never be used." in asked.text
    assert browser.post(path, form | {"agreed": "10"}).status_code == 303
    assert browser.get(path).text.count('value="10"')
    lower = browser.post(path, fields_of(browser.get(path)) | {"next_number": "3"})
    assert "You can only raise it." in lower.text
    assert session.get_one(Company, sparkle.id).last_number("invoice") == 9


def test_a_prefix_of_any_alphabet_is_in_the_names_of_files(browser_of, ana, olga, sparkle, session):
    sparkle.invoice_prefix = "株/Ł-"
    builders.invoice(ana)
    session.commit()
    for browser, path in ((browser_of(ana), "/portal/invoices/1.pdf"), (browser_of(olga), "/office/invoices/1.pdf")):
        found = browser.get(path)
        assert found.status_code == 200
        assert found.headers["Content-Disposition"] == ("attachment; filename*=UTF-8''invoice-%E6%A0%AA-%C5%81-1.pdf")


def test_settings_are_saved_although_an_invoice_is_issued_meanwhile(
    browser_of, ana, olga, sparkle, session, monkeypatch
):
    builders.invoice(ana)
    session.commit()
    browser, path = browser_of(olga), "/office/settings/invoices"
    form = fields_of(browser.get(path)) | {"invoice_prefix": "SP-"}
    real = InvoiceSettingsForm.validate_on_submit

    def validate(form):
        valid = real(form)
        db.session.get_one(Company, sparkle.id).next_number("invoice")
        return valid

    monkeypatch.setattr(InvoiceSettingsForm, "validate_on_submit", validate)
    assert browser.post(path, form).status_code == 303
    session.rollback()
    assert (sparkle.invoice_prefix, sparkle.last_number("invoice")) == ("SP-", 2)
