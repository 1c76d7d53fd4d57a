"""Repeat views: 304 while nothing has changed, and never after a write, for somebody else, or at another time."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text, update
from sqlalchemy.exc import SQLAlchemyError

from sergio.companies import current
from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.lib import clock
from tests.invoices import builders

INVOICES = "/portal/invoices"


@pytest.fixture(autouse=True)
def early_in_a_quarter_hour():
    with time_machine.travel("2026-11-24 15:01:00+00:00", tick=False):
        yield


@pytest.fixture
def again():
    """`again(browser, path, etag)`: the status of a page that the browser asks for again with an ETag."""

    def again(browser, etag: str, path: str = INVOICES, **kwargs) -> int:
        return browser.get(path, headers={"If-None-Match": etag, **kwargs.pop("headers", {})}, **kwargs).status_code

    return again


@pytest.fixture
def page_of(browser_of, ana, session):
    """`page_of(person, path)`: a browser, and the ETag of a page it has."""

    def page_of(person=ana, path: str = INVOICES):
        browser = browser_of(person)
        browser.get(path)  # the first page of a browser sets the cookie of its session
        response = browser.get(path)
        assert (response.status_code, response.headers["Cache-Control"]) == (200, "private, no-cache")
        return browser, response.headers["ETag"]

    return page_of


def test_a_page_that_has_not_changed_is_not_sent_again(page_of, again):
    browser, etag = page_of()
    response = browser.get(INVOICES, headers={"If-None-Match": etag})
    assert (response.status_code, response.data) == (304, b"")
    assert (response.headers["ETag"], response.headers["Cache-Control"]) == (etag, "private, no-cache")


def test_a_repeat_view_reads_the_version_and_nothing_else(page_of, again, statements, monkeypatch):
    browser, etag = page_of()
    read = []
    driver = current.scalar_by_driver
    monkeypatch.setattr(current, "scalar_by_driver", lambda *args, **values: read.append(1) or driver(*args, **values))
    with statements() as seen:
        assert again(browser, etag) == 304
    assert (len(read), seen) == (1, [])


@pytest.mark.parametrize(
    "write",
    [
        lambda ana: setattr(ana.customer, "name", "Ana Maria Ruiz"),
        lambda ana: setattr(ana.company, "brand", "#123456"),
        lambda ana: db.session.execute(update(Customer).where(Customer.id == ana.customer_id).values(name="A")),
        lambda ana: db.session.execute(text("UPDATE invoice SET title = 'By hand'")),
        lambda ana: db.session.execute(text("DELETE FROM invoice_line")),
        lambda ana: builders.invoice(ana),
    ],
    ids=["a model", "the company", "a bulk update", "SQL by hand", "a delete", "a new invoice"],
)
def test_any_write_is_seen_by_the_next_request(page_of, again, session, ana, write):
    builders.invoice(ana)
    session.commit()
    browser, etag = page_of()
    session().begin_writing()
    write(ana)
    session.commit()
    assert again(browser, etag) == 200


def test_a_write_that_is_rolled_back_changes_nothing(page_of, again, session, ana):
    browser, etag = page_of()
    ana.customer.name = "Never"
    session.flush()
    session.rollback()
    assert again(browser, etag) == 304


def test_a_write_at_another_company_changes_nothing(page_of, again, session, rival):
    browser, etag = page_of()
    rival.brand = "#123456"
    session.commit()
    assert again(browser, etag) == 304


def test_an_etag_is_of_no_use_to_anyone_else(page_of, again, visitor, browser_of, ben, cleo, sparkle):
    _browser, etag = page_of()
    assert again(visitor(sparkle), etag) == 302 or again(visitor(sparkle), etag) == 303
    assert [again(browser_of(person), etag) for person in (ben, cleo)] == [200, 200]


def test_an_etag_is_of_one_page_only(page_of, again):
    browser, etag = page_of()
    assert [again(browser, etag, path) for path in (f"{INVOICES}?show=paid", "/portal/")] == [200, 200]
    assert again(browser, etag, htmx=True) == 200


def test_an_unknown_page_is_not_found_with_any_etag(page_of, again):
    browser, etag = page_of()
    assert again(browser, etag, f"{INVOICES}/999") == 404


def test_after_signing_out_nothing_is_unchanged(page_of, again):
    browser, etag = page_of()
    response = browser.post("/portal/sign-out")
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert again(browser, etag) != 304


def test_after_being_signed_out_elsewhere_too(page_of, again, browser_of, ana):
    browser, etag = page_of()
    elsewhere = browser_of(ana)
    elsewhere.post("/portal/account/devices/end")
    assert again(browser, etag) != 304


def test_a_contact_who_left_sees_nothing_again(page_of, again, session, ana):
    browser, etag = page_of()
    ana.left_at = clock.now()
    session.commit()
    assert again(browser, etag) != 304


def test_a_message_is_shown_even_if_nothing_else_changed(page_of, ana):
    browser, etag = page_of(path="/portal/")
    browser.post("/portal/account", {"name": ana.name, "phone": ana.phone})
    response = browser.get("/portal/", headers={"If-None-Match": etag})
    assert "Your details are saved." in response.text
    assert "ETag" not in response.headers


def test_the_time_changes_pages_at_quarter_hours(page_of, again):
    browser, etag = page_of()
    for minutes, expected in ((13, 304), (14, 200)):
        with time_machine.travel(clock.now() + timedelta(minutes=minutes), tick=False):
            assert again(browser, etag) == expected


@pytest.mark.parametrize("path", ["/portal/sign-in", "/portal/account/devices", "/up"])
def test_other_pages_are_not_kept(browser_of, ana, path):
    browser = browser_of(ana)
    browser.get(path)
    response = browser.get(path)
    assert ("ETag" in response.headers, response.headers["Cache-Control"]) == (False, "no-store")


@pytest.mark.parametrize("etag", ['W/"', 'W/""', 'W/"*"', "*", '"0"', "W/" + "x" * 9000, 'W/"é"'])
def test_a_forged_etag_gets_the_page(page_of, again, etag):
    browser, _etag = page_of()
    assert again(browser, etag) == 200


def test_while_the_version_cannot_be_read_the_page_is_made(page_of, again, monkeypatch):
    def fail(*_args, **_values):
        raise SQLAlchemyError

    browser, etag = page_of()
    monkeypatch.setattr(current, "scalar_by_driver", fail)
    assert again(browser, etag) == 200


def test_the_office_sees_writes_of_customers(page_of, again, browser_of, olga, ana, session):
    invoice = builders.invoice(ana)
    session.commit()
    browser, etag = page_of(olga, "/office/invoices")
    assert again(browser, etag, "/office/invoices") == 304
    invoice.title = "Changed"
    session.commit()
    assert again(browser, etag, "/office/invoices") == 200
