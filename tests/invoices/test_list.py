"""The office's list of invoices: tabs, a customer's, a period's, the newest first, and the same as a CSV file."""

import csv
import re
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from sergio.invoices.ledger import PAYMENT
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA

pytestmark = pytest.mark.usefixtures("clock")
AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def world_of_invoices(ana, ben, session):
    """One of each kind: 1 unpaid, 2 overdue, 3 paid, 4 overpaid, 5 void, 6 written off, 7 credited (Ben's), a draft."""
    builders.invoice(ana, 1_000)
    builders.invoice(ana, 1_000, at=builders.ISSUED - 40 * DAY)
    for amount in (-1_000, -1_500):
        builders.invoice(ana, 1_000).enter(PAYMENT, amount, at=AT, source=f"check {amount}")
    builders.invoice(ana, 1_000).void(by=BY_OLGA, at=AT)
    builders.invoice(ana, 1_000).write_off("x", by=BY_OLGA, at=AT)
    builders.invoice(ben, 1_000).credit(1_000, "x", by=BY_OLGA, at=AT)
    builders.draft(ana, title="Not issued")
    session.commit()


def numbers(page) -> list[int]:
    return [int(number) for number in re.findall(r"Invoice (\d+) ·", page.text)]


FILTERS = {
    "": [2, 1, 4, 7, 6, 5, 3],
    "show=open": [2, 1],
    "show=overdue": [2],
    "show=paid": [4, 3],
    "show=overpaid": [4],
    "show=ended": [7, 6, 5],
    "sort=newest": [7, 6, 5, 4, 3, 1, 2],
    "show=paid&sort=newest": [4, 3],
    "sort=customer": [1, 2, 3, 4, 5, 6, 7],
    "show=paid&sort=amount": [4, 3],
    "show=open&sort=amount": [2, 1],
    "show=open&sort=customer": [1, 2],
    "show=overdue&sort=customer": [2],
    "show=ended&sort=amount": [7, 6, 5],
    "customer=2": [7],
    "customer=1&show=ended": [6, 5],
    "customer=99": [],
    "from=2026-02-01&to=2026-03-31": [7, 6, 5, 4, 3, 1],
    "to=2026-02-01": [2],
    "show=overdue&from=2026-02-01": [],
    "show=ended&to=2026-03-02&customer=2": [7],
    "from=never&customer=x&sort=%27": [2, 1, 4, 7, 6, 5, 3],
}
"""The numbers that a query string shows, in their order."""


def test_each_tab_and_filter(browser_of, olga, world_of_invoices):
    browser = browser_of(olga)
    pages = {query: browser.get(f"/office/invoices?{query}") for query in FILTERS}
    assert {page.status_code for page in pages.values()} == {200}
    assert {query: numbers(page) for query, page in pages.items()} == FILTERS
    assert all("Nothing matches this filter." in pages[query].text for query, found in FILTERS.items() if not found)


def test_labels_name_what_became_of_it(browser_of, olga, world_of_invoices):
    page = browser_of(olga).get("/office/invoices").text
    for label in ("Unpaid", "Overdue", "Paid", "Overpaid", "Void", "Written off", "Credited"):
        assert f">{label}</span>" in page


def test_all_pages_together_are_all_rows(browser_of, olga, ana, session):
    for n in range(45):
        builders.invoice(ana, 1_000, at=builders.ISSUED + n % 5 * DAY, title="Row")
        builders.draft(ana, title="Row")
    session.commit()
    browser = browser_of(olga)
    for query in (
        "sort=newest",
        "from=2026-01-01",
        "sort=customer",
        "show=open&sort=amount",
        "show=open&sort=customer",
        "customer=1",
        "show=drafts",
    ):
        pages = browser.pages(f"/office/invoices?{query}")
        links = [link for page in pages for link in re.findall(r'<th scope="row"><a href="([^"]+)"', page)]
        assert len(links) == len(set(links)) == 45, query


def test_unpaid_invoices_are_sorted_by_the_names_of_customers(browser_of, olga, ana, ben, session):
    for person, due_in in ((ben, -40), (ana, 0), (ben, 0), (ana, -40)):
        builders.invoice(person, 1_000, at=builders.ISSUED + due_in * DAY)
    ben.customer.rename("Aaron Okafor", by=BY_OLGA, at=AT)
    session.commit()
    browser = browser_of(olga)
    assert numbers(browser.get("/office/invoices?show=open&sort=customer")) == [1, 3, 2, 4]
    assert numbers(browser.get("/office/invoices?show=overdue&sort=customer")) == [1, 4]


def test_the_file_has_the_rows_of_the_filter(browser_of, olga, world_of_invoices, ana, session):
    builders.invoice(ana, 123_456, title="=1+1", currency="KWD")
    session.commit()
    browser = browser_of(olga)
    rows = list(csv.reader(StringIO(browser.get("/office/invoices/all.csv").text.removeprefix("\ufeff"))))
    assert rows[0][:3] == ["Number", "Title", "Customer"]
    assert len(rows) == 1 + 8
    assert rows[1] == [
        *("8", "'=1+1", "Ana Ruiz", "2026-03-02", "2026-03-16", "KWD", "123.456", "123.456", "0.000", "Unpaid")
    ]
    ended = browser.get("/office/invoices/all.csv?show=ended&customer=2").text
    assert [row[0] for row in csv.reader(StringIO(ended.removeprefix("\ufeff")))][1:] == ["7"]
    assert browser.post("/office/settings/test-customer").status_code == 303
    assert len(browser.get("/office/invoices/all.csv").text.splitlines()) == 1 + 8


def test_a_list_takes_three_statements(browser_of, olga, world_of_invoices, statements):
    browser = browser_of(olga)
    browser.get("/office/invoices")
    for query in ("", "show=drafts", "sort=newest", "customer=1", "from=2026-01-01&show=ended"):
        with statements() as seen:
            browser.get(f"/office/invoices?{query}")
        assert len(seen) <= 3, (query, seen)


def test_an_invoice_takes_four_statements(browser_of, olga, world_of_invoices, statements):
    browser = browser_of(olga)
    browser.get("/office/invoices/1")
    with statements() as seen:
        browser.get("/office/invoices/1")
    assert len(seen) <= 4, seen


@pytest.mark.parametrize(
    ("number", "step"), [(1, "Send invoice"), (2, "Send invoice"), (3, None), (4, None), (5, None), (6, None)]
)
def test_the_next_step_is_the_one_primary_button(browser_of, olga, world_of_invoices, number, step):
    page = browser_of(olga).get(f"/office/invoices/{number}").text
    primary = re.findall(r'<(?:a|button) class="(?:button)?"[^>]*>(?:<svg.*?</svg>)?([^<]+)', page)
    assert [each.strip() for each in primary] == ([step] if step else [])
