"""PDFs are rendered once, by the worker, and kept; one that is not kept yet is rendered when it is downloaded."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from threading import Barrier

import pytest
import time_machine
from pypdf import PdfReader
from sqlalchemy import func, select, update

from sergio.audit.actor import BY_SYSTEM
from sergio.extensions import db
from sergio.files.models import StoredFile
from sergio.files.pdf import Pdf
from sergio.invoices import pdf
from sergio.invoices.ledger import PAYMENT, REFUND
from sergio.invoices.models import Invoice
from sergio.lib import clock, typst
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment, Refund
from tests.browser import settle
from tests.factories import by
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA
from tests.quotes import builders as quotes

INVOICE, QUOTE, RECEIPT = "/portal/invoices/1.pdf", "/portal/quotes/1.pdf", "/portal/payments/1/receipt.pdf"
PATHS = [INVOICE, QUOTE, RECEIPT, "/office/invoices/1.pdf"]


@pytest.fixture(autouse=True)
def traveler():
    with time_machine.travel(datetime(2026, 3, 9, 12, tzinfo=UTC), tick=False) as traveler:
        yield traveler


@pytest.fixture
def papers(session, ana):
    """Quote 1 and invoice 1, with payment 1 of a part."""
    quotes.sent(ana)
    invoice = builders.invoice(ana, place=ana.customer.properties[0])
    Payment.record(invoice, method=CHECK, amount=2_000, by=BY_OLGA, at=clock.now())
    session.commit()
    return invoice


@pytest.fixture
def download(browser_of, ana, olga):
    """`download(path)`: the response to Ana or Olga."""
    browsers = {"portal": browser_of(ana), "office": browser_of(olga)}

    def get(path: str, status: int = 200):
        response = browsers[path.split("/")[1]].get(path)
        assert response.status_code == status
        return response

    return get


@pytest.fixture
def no_templates(monkeypatch, tmp_path):
    """From now on nothing can be rendered, by this process or another."""

    def forbid():
        monkeypatch.setattr(typst, "TEMPLATES", tmp_path)
        monkeypatch.setattr(typst, "LONGEST", 0)
        typst._compiler.cache_clear()

    yield forbid
    typst._compiler.cache_clear()


def kept() -> list[str]:
    """The names of the PDFs that are kept, in the order they were, without their states."""
    settle()
    return [path.rpartition("/")[0] for path in db.session.scalars(select(StoredFile.path).order_by(StoredFile.id))]


def text_of(response) -> str:
    return PdfReader(BytesIO(response.data)).pages[0].extract_text()


@pytest.mark.parametrize("path", PATHS)
def test_the_worker_keeps_what_is_then_served_without_rendering(papers, work, download, no_templates, path):
    before = download(path)
    work()
    no_templates()
    after = download(path)
    assert after.data == before.data
    assert after.headers["Content-Type"] == "application/pdf"
    assert after.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in after.headers["Cache-Control"]
    assert "attachment" in after.headers["Content-Disposition"]


@pytest.mark.parametrize("path", PATHS)
def test_control_nothing_is_served_if_it_is_neither_kept_nor_can_be_rendered(papers, download, no_templates, path):
    no_templates()
    download(path, 500)


@pytest.mark.parametrize("path", PATHS)
def test_a_download_takes_four_statements_at_most_and_changes_nothing(papers, work, download, statements, path):
    download(path)
    assert kept() == []
    work()
    rows = kept()
    with statements() as seen:
        download(path)
    assert len(seen) <= 4
    assert kept() == rows


def test_head_has_the_headers_and_no_body(papers, work, browser_of, ana):
    work()
    browser = browser_of(ana)
    whole = browser.get(INVOICE)
    head = browser.client.head(INVOICE, base_url=browser.base_url)
    assert (head.status_code, head.data) == (200, b"")
    for name in ("Content-Type", "Content-Length", "Content-Disposition"):
        assert head.headers[name] == whole.headers[name]


def test_each_state_is_kept_and_none_is_deleted(papers, work, download, session):
    work()
    assert sorted(kept()) == ["invoices/1", "quotes/1/1", "receipts/1"]
    assert "$100.00" in text_of(download(INVOICE))
    rows = {row.path: row.encrypted for row in session.scalars(select(StoredFile))}
    Payment.record(papers, method=CHECK, by=BY_OLGA, at=clock.now())
    work()
    assert sorted(kept()) == ["invoices/1", "invoices/1", "quotes/1/1", "receipts/1", "receipts/2"]
    assert "Paid" in text_of(download(INVOICE))
    session.expire_all()
    assert rows.items() <= {row.path: row.encrypted for row in session.scalars(select(StoredFile))}.items()


def test_an_overdue_invoice_is_kept_on_its_day(papers, work, download, no_templates, traveler):
    work()
    traveler.shift(timedelta(days=14))
    work()
    assert kept().count("invoices/1") == 2
    no_templates()
    assert "Overdue" in text_of(download(INVOICE))


def test_every_answer_to_a_quote_is_kept(papers, ana, session, work, download, no_templates):
    work()
    quote = session.scalars(select(quotes.Quote)).one()
    shown = quotes.total(quote)
    quote.accept(ana, quotes.SIGNED, [], version=1, shown=shown, by=by(ana), at=clock.now())
    work()
    no_templates()
    assert "Accepted by Ana Ruiz" in text_of(download(QUOTE))
    assert kept().count("quotes/1/1") == 2


def test_a_refund_is_a_new_receipt(papers, session, work, download):
    work()
    payment = session.scalars(select(Payment)).one()
    payment.refunds.append(Refund(company=papers.company, stripe_id="re_1", amount=500, at=clock.now()))
    papers.enter(REFUND, 500, at=clock.now(), source="re_1")
    payment.keep_receipt()
    work()
    assert kept().count("receipts/1") == 2
    assert "Partially refunded" in text_of(download(RECEIPT))


def test_a_kept_pdf_that_cannot_be_decrypted_is_rendered_again_and_logged(papers, work, download, session, caplog):
    before = download(INVOICE)
    work()
    session.execute(update(StoredFile).values(encrypted=b"x" * 100))
    session.commit()
    assert download(INVOICE).data == before.data
    assert "cannot be decrypted" in caplog.text


def test_two_workers_that_render_it_at_once_keep_one(app, papers):
    rendered = Barrier(2)

    def render(_worker):
        with app.app_context():
            invoice = db.session.scalars(select(Invoice)).one()
            made = pdf.pdf_of(invoice, clock.now().date())
            values = made.values()

            def meet():
                rendered.wait(20)
                return values

            Pdf(made.company_id, made.name, made.state, made.template, meet, made.at).keep()
            db.session.commit()
            return db.session.scalar(select(func.count()).select_from(StoredFile))

    settle()
    with ThreadPoolExecutor(2) as workers:
        assert 1 in list(workers.map(render, range(2)))
    assert kept() == ["invoices/1"]


STATES = {
    "paid in part": lambda invoice: invoice.enter(PAYMENT, -1_000, at=clock.now(), source="b"),
    "paid": lambda invoice: invoice.enter(PAYMENT, -10_000, at=clock.now(), source="b"),
    "overpaid": lambda invoice: invoice.enter(PAYMENT, -90_000, at=clock.now(), source="b"),
    "refunded": lambda invoice: invoice.enter(REFUND, 2_000, at=clock.now(), source="b"),
    "processing": lambda invoice: invoice.mark_clearing(clock.now()),
    "renamed": lambda invoice: setattr(invoice.company, "name", "Another"),
    "another host": lambda invoice: setattr(invoice.company, "subdomain", "another"),
    "another phone": lambda invoice: setattr(invoice.company, "phone", "+12075550199"),
}


@pytest.mark.parametrize("first", STATES)
@pytest.mark.parametrize("then", STATES)
def test_an_invoices_path_changes_with_everything_its_pdf_shows(app, papers, first, then):
    seen = [look(papers)]
    for change in (first, then):
        STATES[change](papers)
        seen.append(look(papers))
    for path, values in seen:
        for other_path, other_values in seen:
            assert (path == other_path) == (values == other_values)


def look(invoice):
    made = pdf.pdf_of(invoice, clock.now().date())
    return made.path, made.values()


def test_a_voided_invoice_that_was_paid_is_another(papers, session, ana):
    session.expunge_all()
    invoice = builders.invoice(session.merge(ana))
    invoice.void(at=clock.now(), by=BY_SYSTEM)
    invoice.enter(PAYMENT, -12_000, at=clock.now(), source="late")
    twice = builders.invoice(session.merge(ana))
    twice.enter(PAYMENT, -24_000, at=clock.now(), source="twice")
    voided, doubled = (pdf.pdf_of(each, clock.now().date()).state for each in (invoice, twice))
    assert voided["sums"] == doubled["sums"]
    assert voided["voided"] != doubled["voided"]
