"""What somebody else does between reading an invoice or its company and issuing it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM
from sergio.companies.models import NumberSeries
from sergio.customers.models import Contact
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib.refused import Refused
from tests.invoices import builders
from tests.quotes import builders as quotes

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.fixture
def meanwhile(app):
    """`meanwhile(do)`: somebody else does it, and commits."""

    def run(do):
        def commit():
            with app.app_context():
                do()
                db.session.commit()

        with ThreadPoolExecutor(1) as other:
            other.submit(commit).result()

    return run


@pytest.mark.parametrize("make", [builders.invoice, builders.draft, quotes.draft], ids=["invoice", "draft", "quote"])
def test_what_is_written_has_the_currency_the_company_has_by_then(session, ana, sparkle, meanwhile, make):
    ana_id = ana.id
    session.commit()
    assert (ana.customer.name, sparkle.currency) == ("Ana Ruiz", "USD")

    def change():
        db.session.get_one(Contact, ana_id).company.change_currency("EUR", by=BY_SYSTEM, at=AT)

    meanwhile(change)
    made = make(ana)
    session.commit()
    assert (made.currency, sparkle.currency) == ("EUR", "EUR")


def test_an_invoice_that_two_issue_is_issued_once_and_no_number_is_lost(session, ana, meanwhile):
    invoice = builders.draft(ana)
    session.commit()
    assert (invoice.number, len(invoice.lines)) == (None, 1)
    invoice_id = invoice.id
    meanwhile(lambda: db.session.get_one(Invoice, invoice_id).finalize(at=AT, by=BY_SYSTEM))
    with pytest.raises(Refused, match="Invoice 1 has already been issued"):
        invoice.finalize(at=AT, by=BY_SYSTEM)
    session.rollback()
    assert [(row.number, len(row.entries)) for row in session.scalars(select(Invoice))] == [(1, 1)]
    assert session.scalar(select(NumberSeries.last).where(NumberSeries.series == "invoice")) == 1


def test_an_invoice_whose_issuing_is_taken_back_leaves_no_gap(session, ana):
    builders.draft(ana).finalize(at=AT, by=BY_SYSTEM)
    session.rollback()
    second = builders.invoice(ana)
    session.commit()
    assert second.number == 1
