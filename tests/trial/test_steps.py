"""The steps of trying the portal tick themselves."""

import pytest
from sqlalchemy import select

from sergio.customers.models import Customer
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.payments.methods import CASH
from sergio.payments.models import Payment
from sergio.quotes.models import Quote
from sergio.trial.steps import steps_of
from tests.booking import builders as booking
from tests.browser import read_email
from tests.factories import by
from tests.quotes import builders as quotes

PAGE = "/office/settings/test-customer"
KEYS = ["previewed", "created", "added", "linked", "signed_in", "accepted", "paid", "booked"]


def done(session, company) -> list[str]:
    session.rollback()
    return [step.key for step in steps_of(company, session.scalar(Customer.test_of(company))) if step.done]


def test_each_is_done_when_it_was_done(app, browser_of, olga, ana, theo, session):
    company, office = olga.company, browser_of(olga)
    booking.service(company, "Deep clean", lead_minutes=0)
    session.commit()
    assert done(session, company) == []
    office.post("/office/preview")
    office.post("/office/preview/exit")
    assert done(session, company) == KEYS[:1]
    office.post(PAGE)
    assert done(session, company) == KEYS[:3]
    office.post(f"{PAGE}/link")
    link = read_email(app).link
    assert done(session, company) == KEYS[:4]
    office.get(link)
    assert done(session, company) == KEYS[:5]
    accept(session, olga)
    assert done(session, company) == KEYS[:6]
    pay(session)
    assert done(session, company) == KEYS[:7]
    book(session, olga, office)
    assert done(session, company) == KEYS
    assert "You have tried everything a customer can do." in office.get(PAGE).text


def accept(session, olga):
    quote = session.scalars(select(Quote)).one()
    contact = quote.customer.contacts[0]
    quote.accept(contact, quotes.SIGNED, [], version=1, shown=120_00, by=by(contact), at=clock.now())
    session.commit()


def pay(session):
    invoice = session.scalars(select(Invoice)).one()
    Payment.record(invoice, method=CASH, by=by(invoice.customer.contacts[0]), at=clock.now())
    session.commit()


def book(session, olga, browser):
    import re

    place = session.scalars(Customer.test_of(olga.company)).one().properties[0].number
    times = browser.get(f"/portal/book/time?service=1&place={place}").text
    free = re.search(r'name="at" value="([^"]+)"', times)[1]
    response = browser.post("/portal/book", {"service": 1, "place": place, "at": free})
    assert response.status_code == 303, response.text


def test_what_another_customer_did_ticks_nothing(browser_of, olga, ana, session):
    browser_of(olga).post(PAGE)
    quote = quotes.sent(ana)
    quote.accept(ana, quotes.SIGNED, [], version=1, shown=quotes.total(quote), by=by(ana), at=clock.now())
    session.commit()
    browser_of(ana)
    assert done(session, olga.company) == ["created", "added"]


def test_they_are_read_by_one_statement(browser_of, olga, statements):
    browser = browser_of(olga)
    browser.post(PAGE)
    browser.get(PAGE)
    with statements() as seen:
        browser.get(PAGE)
    assert len(seen) == 4  # who asks, the test customer, its contact, the steps


def test_links_are_limited_as_others_are(browser_of, olga, session):
    browser = browser_of(olga)
    browser.post(PAGE)
    for _number in range(4):
        browser.post(f"{PAGE}/link")
    assert "requested too many links." in browser.get(PAGE).text


def test_a_technician_may_do_nothing_of_this(browser_of, theo):
    browser = browser_of(theo)
    for path in (PAGE, f"{PAGE}/link", f"{PAGE}/deletion"):
        assert browser.post(path).status_code == 403


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example"])
def test_creating_leads_to_no_other_site(browser_of, olga, path):
    assert browser_of(olga).post(PAGE, {"next": path}).location == PAGE


def test_on_the_free_plan_it_says_that_nobody_can_sign_in(browser_of, world):
    browser = browser_of(world.sam)
    browser.post(PAGE)
    page = browser.get(PAGE).text.replace("&#39;", "'")
    assert "Your plan doesn't include the portal" in page
    assert "Email me a link" not in page
