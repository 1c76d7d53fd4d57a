"""A customer's invoices on the portal, and the company's in the office."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from sergio.invoices.ledger import PAYMENT, REFUND
from sergio.invoices.models import NEEDING_ATTENTION, Invoice
from tests.invoices import builders

pytestmark = pytest.mark.usefixtures("clock")
AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
PATHS = ["/portal/invoices/1", "/portal/invoices/1.pdf", "/office/invoices/1", "/office/invoices/1.pdf"]


def many(contact, count, **more):
    for number in range(count):
        builders.invoice(contact, 1_000 + number, title=f"Work {number}", **more)


def titles(page):
    return [part.split("</strong>")[0] for part in page.text.split("<strong>")[1:] if "Work" in part[:12]]


def test_the_list_shows_what_is_overdue_first(browser_of, ana, invoice):
    late = builders.invoice(ana, 9_900, title="Work late", at=builders.ISSUED - timedelta(days=30))
    paid = builders.invoice(ana, 8_800, title="Work paid", at=builders.ISSUED - timedelta(days=60))
    paid.enter(PAYMENT, -8_800, at=AT - timedelta(days=20), source="check")
    page = browser_of(ana).get("/portal/invoices")
    assert page.status_code == 200
    assert page.text.index(late.title) < page.text.index(invoice.title) < page.text.index(paid.title)
    assert "overdue by 23 days" in page.text
    assert "due in 7 days" in page.text
    assert "paid Feb 17, 2026" in page.text


@pytest.mark.parametrize(("tab", "shown"), [("open", "Spring clean"), ("overdue", "Work late"), ("paid", "Work paid")])
def test_each_tab_filters_the_list(browser_of, ana, invoice, tab, shown):
    builders.invoice(ana, title="Work late", at=builders.ISSUED - timedelta(days=30))
    paid = builders.invoice(ana, 8_800, title="Work paid")
    paid.enter(PAYMENT, -8_800, at=AT, source="check")
    page = browser_of(ana).get(f"/portal/invoices?show={tab}", htmx=True)
    assert shown in page.text
    assert ("Spring clean" in page.text) is (tab == "open")
    assert "<html" not in page.text


def test_a_page_has_twenty_rows(browser_of, ana):
    many(ana, 45)
    browser = browser_of(ana)
    pages = browser.pages("/portal/invoices")
    assert [len(re.findall(r"Invoice (\d+) ·", page)) for page in pages] == [20, 20, 5]
    assert 'rel="next"' not in pages[-1]


def place_in_list(invoice) -> tuple:
    """What is due by its day, then what was overpaid or disputed, then the rest, from the newest."""
    if invoice.due > 0 and invoice.status in NEEDING_ATTENTION:
        return 0, invoice.due_on, invoice.number
    return (1 if invoice.status in NEEDING_ATTENTION else 2), AT.date(), -invoice.number


def test_all_pages_together_are_the_whole_list_in_its_order(browser_of, ana, olga, session):
    day = timedelta(days=1)
    for n in range(45):
        invoice = builders.invoice(ana, 1_000, at=builders.ISSUED - n % 7 * 5 * day)
        for amount in ((), (-1_000,), (-2_000,), (-400,), (-1_000, 1_000))[n % 5]:
            invoice.enter(PAYMENT if amount < 0 else REFUND, amount, at=AT, source=f"{n} {amount}")
        if n % 10 == 0:
            invoice.mark_clearing(AT)
    session.commit()
    ordered = [invoice.number for invoice in sorted(session.scalars(select(Invoice)), key=place_in_list)]
    for person, path in ((ana, "/portal/invoices"), (olga, "/office/invoices")):
        pages = "".join(browser_of(person).pages(path))
        assert [int(n) for n in re.findall(r"Invoice (\d+) ·", pages)] == ordered


@pytest.mark.parametrize("query", ["after=0", "after=-3~1", f"after=1~{10**20}", "after=x", "show=%27&after=9~9"])
def test_an_invalid_page_number_gets_a_page(browser_of, ana, invoice, query):
    assert browser_of(ana).get(f"/portal/invoices?{query}").status_code == 200


@pytest.mark.parametrize(("path", "limit"), [("/portal/invoices", 3), ("/portal/invoices/1", 3)])
def test_statements_do_not_grow_with_the_list(browser_of, ana, statements, path, limit):
    counts = []
    browser = browser_of(ana)
    for more in (2, 30):
        many(ana, more)
        browser.get(path)
        with statements() as seen:
            page = browser.get(path)
        assert page.status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= limit


@pytest.mark.parametrize("path", ["/office/invoices", "/office/invoices/1"])
def test_the_offices_list_is_paged_too(browser_of, ana, olga, statements, path):
    many(ana, 30)
    browser = browser_of(olga)
    with statements() as seen:
        assert browser.get(path).status_code == 200
    assert len(seen) <= 4


def test_the_detail_shows_lines_payments_and_what_is_left(browser_of, ana, invoice):
    invoice.enter(PAYMENT, -5_000, at=AT, source="check", memo="Check", payment_number=1)
    page = browser_of(ana).get("/portal/invoices/1")
    for words in ("Spring clean", "Cleaning", "$120.00", "$50.00", "$70.00", "due in 7 days", "Pay by card", "Receipt"):
        assert words in page.text


def test_refunded_money_is_not_due_again(browser_of, ana, invoice):
    invoice.enter(PAYMENT, -12_000, at=AT, source="pi", payment_number=1)
    invoice.enter(REFUND, 12_000, at=AT, source="re")
    page = browser_of(ana).get("/portal/invoices/1")
    assert "Refunded" in page.text
    assert "Pay by card" not in page.text


def test_text_is_escaped(browser_of, ana, olga):
    builders.invoice(ana, title="<script>alert(1)</script>", notes="<b>bold</b>")
    for person, path in ((ana, "/portal/invoices"), (ana, "/portal/invoices/1"), (olga, "/office/invoices/1")):
        page = browser_of(person).get(path)
        assert "<script>alert" not in page.text
        assert "<b>bold" not in page.text


@pytest.mark.parametrize("path", ["/portal/invoices/1", "/portal/invoices/1.pdf"])
def test_another_customers_invoice_is_not_found(browser_of, ben, cleo, invoice, path):
    assert browser_of(ben).get(path).status_code == 404
    assert browser_of(cleo).get(path).status_code == 404


@pytest.mark.parametrize("path", ["/office/invoices/1", "/office/invoices/1.pdf"])
def test_another_companys_staff_do_not_see_it(browser_of, world, invoice, path):
    assert browser_of(world.rita).get(path).status_code == 404
    assert browser_of(world.olga).get(path).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_it_needs_a_sign_in(visitor, sparkle, invoice, path):
    response = visitor(sparkle).get(path)
    assert response.status_code == 303
    assert "sign-in" in response.headers["Location"]


def test_a_paid_invoices_pdf_always_has_the_same_bytes(browser_of, ana, invoice, clock):
    invoice.enter(PAYMENT, -12_000, at=AT, source="check")
    browser = browser_of(ana)
    first = browser.get("/portal/invoices/1.pdf")
    clock(2026, 3, 29, 12)
    second = browser.get("/portal/invoices/1.pdf")
    assert first.mimetype == "application/pdf"
    assert first.data == second.data
    text = PdfReader(BytesIO(first.data)).pages[0].extract_text()
    for words in ("Sparkle Cleaning", "Ana Ruiz", "Cleaning", "$120.00", "Paid"):
        assert words in text


def test_the_office_sees_the_ledger(browser_of, olga, invoice):
    paid = {"memo": "Visa ending in 4242", "payment_number": 7}
    invoice.enter(PAYMENT, -5_000, at=AT, source="pi_1:succeeded", **paid)
    invoice.enter(REFUND, 5_000, at=AT, source="re_1", **paid)
    invoice.enter(REFUND, -5_000, at=AT, source="re_1:returned", **paid)
    page = browser_of(olga).get("/office/invoices/1")
    for words in ("Invoice issued", 'title="pi_1:succeeded"', "Visa ending in 4242, receipt 7", "Balance $70.00"):
        assert words in page.text
    assert page.text.count("Refund returned") == 1
    assert page.text.count("re_1") == 2
    assert "Spring clean" in browser_of(olga).get("/office/invoices?show=open").text
