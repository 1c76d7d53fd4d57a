"""A customer keeps their service addresses: adding, correcting, archiving them; staff approve where they want to."""

from concurrent.futures import ThreadPoolExecutor
from html import unescape
from threading import Barrier

import pytest
import time_machine
from sqlalchemy import select

from sergio.customers.address_changes import APPROVED, DECLINED, WAITING, WITHDRAWN, AddressChange
from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.invoices import pdf as invoice_pdf
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.quotes import pdf as quote_pdf
from sergio.quotes.models import Quote
from sergio.quotes.shown import ShownQuote
from tests.booking.builders import MONDAY, at
from tests.factories import by
from tests.overview import builders

ADDRESSES = "/portal/account/addresses"
OAK = {"street": "9 Oak Street", "city": "Portland", "region": "ME", "postal_code": "04101"}


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def home(ana):
    return ana.customer.properties[0]


@pytest.fixture
def approving(sparkle, session):
    sparkle.approves_addresses = True
    session.commit()


def changes(session) -> list[AddressChange]:
    session.rollback()
    return list(session.scalars(select(AddressChange).order_by(AddressChange.id)))


def test_an_address_is_added_and_corrected_and_the_office_sees_what_changed(
    browser_of, olga, ana, home, outbox, session
):
    browser = browser_of(ana)
    page = browser.post(ADDRESSES, OAK, follow_redirects=True).text
    assert "9 Oak Street" in page
    assert browser.post(f"{ADDRESSES}/{home.number}", {**OAK, "street": "7 Pine Lane"}).status_code == 303
    session.refresh(home)
    assert (home.street, home.is_known) == ("7 Pine Lane", False)
    texts = [message.text for message in outbox.emails]
    assert "(empty) -> 9 Oak Street" in texts[0]
    assert "7 Pine Road, Portland -> 7 Pine Lane" in texts[1]
    history = browser_of(olga).get(f"/office/customers/{ana.customer.number}?show=changes").text
    assert "7 Pine Road → 7 Pine Lane" in unescape(history)


@pytest.mark.parametrize(
    ("wrong", "says"), [({"street": ""}, "Enter the street address."), ({"postal_code": "x"}, "ZIP code")]
)
def test_wrong_input_gets_a_sentence(browser_of, ana, home, session, wrong, says):
    for path in (ADDRESSES, f"{ADDRESSES}/{home.number}"):
        response = browser_of(ana).post(path, {**OAK, **wrong})
        assert response.status_code == 422
        assert says in response.text
    session.refresh(home)
    assert home.street == "7 Pine Road"


def test_anothers_address_does_not_exist(browser_of, ben, cleo, home, session):
    home.number = 77
    session.commit()
    for other in (ben, cleo):
        browser = browser_of(other)
        path = f"{ADDRESSES}/{home.number}"
        answers = [browser.get(path), browser.post(path, OAK), browser.post(f"{path}/archive")]
        assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_an_address_is_archived_unless_somebody_is_coming(browser_of, ana, theo, home, session):
    browser = browser_of(ana)
    appointment = builders.appointment(ana, theo, at(30, 10))
    session.commit()
    answer = browser.post(f"{ADDRESSES}/{home.number}/archive", follow_redirects=True)
    assert "Move or cancel that appointment first." in unescape(answer.text)
    assert "Move or cancel that appointment first." in browser.get(f"{ADDRESSES}/{home.number}").text
    appointment = session.merge(appointment)
    appointment.canceled_at = clock.now()
    session.commit()
    browser.post(f"{ADDRESSES}/{home.number}/archive")
    session.refresh(home)
    assert home.archived_at
    assert "7 Pine Road" not in browser.get("/portal/account").text
    browser.post(ADDRESSES, {"street": "7 Pine Road", "city": "Portland", "region": "ME", "postal_code": "04101"})


def test_a_correction_waits_while_somebody_is_coming(browser_of, ana, theo, home, session):
    builders.appointment(ana, theo, at(30, 10))
    session.commit()
    page = browser_of(ana).post(f"{ADDRESSES}/{home.number}", OAK, follow_redirects=True).text
    assert "Until then, nothing changes." in unescape(page)
    session.refresh(home)
    assert home.street == "7 Pine Road"
    assert [change.outcome for change in changes(session)] == [WAITING]


def test_where_staff_approve_addresses_both_see_what_waits(browser_of, olga, ana, home, approving, outbox, session):
    browser, office = browser_of(ana), browser_of(olga)
    browser.post(ADDRESSES, OAK)
    browser.post(f"{ADDRESSES}/{home.number}", {**OAK, "street": "7 Pine Lane"})
    page = unescape(browser.get("/portal/account").text)
    assert page.count("Waiting for us") == 2
    assert outbox.subjects == ["Ana Ruiz asked you to approve a service address"] * 2
    assert "2 addresses need your approval" in office.get("/office/").text
    listed = office.get("/office/customers/address-changes").text
    assert "7 Pine Road, Portland → 7 Pine Lane" in unescape(listed)
    number = ana.customer.number
    assert "Waiting for you: 9 Oak Street" in office.get(f"/office/customers/{number}").text

    new, correction = changes(session)
    where = f"/office/customers/{number}/address-changes"
    office.post(f"{where}/{correction.id}/approval", {"shown": correction.key})
    assert office.post(f"{where}/{new.id}/decline", {"reason": ""}).status_code == 422
    office.post(f"{where}/{new.id}/decline", {"reason": "We don't drive that far."})
    session.refresh(home)
    assert (home.street, home.is_known) == ("7 Pine Lane", True)
    assert [change.outcome for change in changes(session)] == [DECLINED, APPROVED]
    subjects = {message.subject: message for message in outbox.emails if message.to == "ana@example.com"}
    assert "We don't drive that far." in subjects["About your service address"].text
    assert "7 Pine Lane" in subjects["Your service address is confirmed"].text
    assert "Waiting for us" not in browser.get("/portal/account").text


def test_a_newer_correction_takes_the_place_of_the_one_that_waits(browser_of, ana, home, approving, session):
    browser = browser_of(ana)
    for street in ("1 Elm Street", "2 Elm Street", "2 Elm Street"):
        browser.post(f"{ADDRESSES}/{home.number}", {**OAK, "street": street})
    assert [(row.street, row.outcome) for row in changes(session)] == [
        ("1 Elm Street", WITHDRAWN),
        ("2 Elm Street", WAITING),
    ]


def test_what_waits_is_withdrawn_and_then_cannot_be_approved(browser_of, olga, ana, ben, approving, session):
    browser = browser_of(ana)
    browser.post(ADDRESSES, OAK)
    [change] = changes(session)
    path = f"{ADDRESSES}/changes/{change.id}/withdrawal"
    assert browser_of(ben).post(path).status_code == 404
    browser.post(path)
    where = f"/office/customers/{ana.customer.number}/address-changes/{change.id}/approval"
    answer = browser_of(olga).post(where, {"shown": ""}, follow_redirects=True)
    assert "The customer withdrew this request." in answer.text
    assert len(ana.customer.properties) == 1


def test_an_address_that_staff_changed_meanwhile_is_compared_again(browser_of, olga, ana, home, approving, session):
    browser_of(ana).post(f"{ADDRESSES}/{home.number}", OAK)
    [change] = changes(session)
    shown = change.key
    home.change({"street": "8 Pine Road"}, by=by(olga), at=clock.now())
    session.commit()
    where = f"/office/customers/{ana.customer.number}/address-changes/{change.id}/approval"
    answer = browser_of(olga).post(where, {"shown": shown}, follow_redirects=True)
    assert "Compare it again" in answer.text
    session.refresh(home)
    assert home.street == "8 Pine Road"


def test_of_two_staff_members_at_once_one_decides(app, browser_of, ana, olga, theo, approving, slow_writing, session):
    browser_of(ana).post(ADDRESSES, OAK)
    [change] = changes(session)
    change_id, start = change.id, Barrier(2)
    deciders = [
        (by(olga), lambda row, **more: row.approve(row.key, **more)),
        (by(theo), lambda row, **more: row.decline("Too far.", **more)),
    ]
    session.commit()

    def decide(pair) -> str:
        who, how = pair
        with app.app_context():
            row = db.session.get_one(AddressChange, change_id)
            start.wait()
            try:
                row.customer.lock()
                how(row, by=who, at=clock.now())
                db.session.commit()
            except Refused as refusal:
                return str(refusal)
            return ""

    with ThreadPoolExecutor(2) as threads:
        said = sorted(threads.map(decide, deciders))
    assert said[0] == ""
    assert "has already decided this." in said[1]


def test_two_edits_at_once_lose_nothing(browser_of, ana, olga, home, session):
    page = browser_of(ana).get(f"{ADDRESSES}/{home.number}").text
    seen = unescape(page.split('name="seen" type="hidden" value="')[1].split('"')[0])
    home.change({"street": "8 Pine Road"}, by=by(olga), at=clock.now())
    session.commit()
    answer = browser_of(ana).post(f"{ADDRESSES}/{home.number}", {**OAK, "seen": seen})
    assert answer.status_code == 422
    assert "Someone else just changed this to “8 Pine Road”." in answer.text


def test_what_was_issued_keeps_its_name_and_address(browser_of, ana, home, session):
    quote, invoice = builders.quote(ana), builders.invoice(ana)
    session.commit()

    def papers():
        session.rollback()
        today = ana.company.day(MONDAY)
        issued, offered = session.get_one(Invoice, invoice.id), session.get_one(Quote, quote.id)
        drawn = quote_pdf.values(ShownQuote(offered, offered.newest, today))
        return offered.newest.content, drawn, invoice_pdf.values(issued, issued.document, today)

    before = papers()
    browser = browser_of(ana)
    browser.post("/portal/account", {"name": "Somebody Else", "phone": ""})
    browser.post(f"{ADDRESSES}/{home.number}", OAK)
    session.get_one(Customer, ana.customer_id).rename("Somebody Else", by=by(ana), at=clock.now())
    session.commit()
    assert papers() == before


def test_a_preview_changes_nothing(browser_of, olga, ana, session):
    office = browser_of(olga)
    office.post("/office/preview", {"customer": ana.customer.number})
    assert office.get(f"{ADDRESSES}/new").status_code == 200
    office.post(ADDRESSES, OAK)
    assert len(ana.customer.properties) == 1


def test_the_pages_take_few_statements(browser_of, olga, ana, home, approving, session, statements):
    portal, office = browser_of(ana), browser_of(olga)
    portal.post(ADDRESSES, OAK)
    portal.post(f"{ADDRESSES}/{home.number}", OAK)
    pages = {f"{ADDRESSES}/{home.number}": portal, "/office/customers/address-changes": office}
    pages[f"/office/customers/{ana.customer.number}/address-changes"] = office
    for path, browser in pages.items():
        with statements() as seen:
            assert browser.get(path).status_code == 200
        assert len(seen) <= 4, seen
