"""Booking asks whether the company comes to the address: in, out, or a request that staff confirm."""

from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from sergio.booking.models import Appointment
from sergio.booking.statuses import CONFIRMED, REQUESTED
from sergio.customers.models import Property
from sergio.service_area.models import ServiceArea
from tests.booking.builders import MONDAY, address, at, choice

NINE = at(25, 9)
IN, OUT, UNKNOWN = ("04101", "Portland"), ("04401", "Bangor"), ("", "Xyzzyville")


@pytest.fixture
def browser(clock, browser_of, ana):
    return browser_of(ana)


@pytest.fixture
def area(session, sparkle):
    """Sparkle works in the ZIP codes that begin with 041, and exempts nobody."""
    row = ServiceArea(company=sparkle, postal_codes=["041*"], radius=20_000, exempts_known=False)
    session.add(row)
    sparkle.city, sparkle.region, sparkle.postal_code = "Portland", "ME", "04101"
    session.commit()
    return row


def lives_at(session, ana, place: tuple[str, str], *, is_known: bool = True) -> Property:
    row = ana.customer.properties[0]
    row.postal_code, row.city, row.region, row.is_known = *place, "ME", is_known
    session.commit()
    return row


def booked(session) -> Appointment | None:
    session.commit()
    return session.scalars(select(Appointment)).one_or_none()


def book(browser, cleaning, ana, **more):
    return browser.post("/portal/book", choice(cleaning, ana, NINE, **more))


def test_an_address_inside_is_booked_right_away(browser, session, ana, cleaning, area):
    lives_at(session, ana, IN)
    assert book(browser, cleaning, ana).status_code == 303
    assert (booked(session).approval, booked(session).area) == ("", "")


@pytest.mark.parametrize("step", ["time", "details"])
def test_outside_a_page_says_so_kindly_with_the_phone_number(browser, session, ana, cleaning, area, step):
    lives_at(session, ana, OUT)
    page = unescape(browser.get(address(step, cleaning, ana, NINE)).text)
    assert "We don't usually work there" in page
    assert "(207) 555-0100" in page
    assert "Ask anyway" in page
    asked = unescape(browser.get(address(step, cleaning, ana, NINE, anyway=1)).text)
    assert "We don't usually work there" not in asked
    assert "anyway=1" in asked or 'name="anyway" value="1"' in asked


def test_a_hand_made_booking_outside_is_refused(browser, session, ana, cleaning, area):
    lives_at(session, ana, OUT)
    response = book(browser, cleaning, ana)
    assert response.location.startswith("/portal/book/time?")
    assert booked(session) is None
    assert "We don't usually work there" in unescape(browser.get(response.location).text)


@pytest.mark.parametrize(("place", "mark", "more"), [(OUT, "out", {"anyway": 1}), (UNKNOWN, "unknown", {})])
def test_asking_anyway_or_from_nowhere_is_a_request_that_staff_see_marked(
    browser, browser_of, session, ana, olga, cleaning, area, outbox, place, mark, more
):
    lives_at(session, ana, place, is_known=False)
    details = unescape(browser.get(address("details", cleaning, ana, NINE, **more)).text)
    assert "Request appointment" in details
    assert "We'll confirm the time by email." in details
    response = book(browser, cleaning, ana, **more)
    assert "We received your request" in browser.get(response.location).text
    request = booked(session)
    assert (request.approval, request.area, request.waiting_since) == (REQUESTED, mark, MONDAY)

    warning = {"out": "The address is outside your service area.", "unknown": "We couldn't tell whether the address"}[
        mark
    ]
    office = browser_of(olga)
    assert warning in unescape(office.get("/office/schedule/requests").text)
    assert warning in unescape(office.get(request.office_path).text)
    assert warning in " ".join(email.text for email in outbox.emails if email.to == "hello@sparkle.example")
    office.post(f"{request.office_path}/confirmation")
    session.expire_all()
    assert (request.approval, request.place.is_known) == (CONFIRMED, True)
    assert warning not in unescape(office.get(request.office_path).text)


@pytest.mark.parametrize("approves", [True, False])
def test_at_an_address_that_staff_want_to_approve_first_it_is_a_request(
    browser, browser_of, session, ana, olga, cleaning, sparkle, outbox, approves
):
    sparkle.approves_addresses = approves
    session.commit()
    elm = {"street": "9 Elm Street", "city": "Portland", "region": "ME", "postal_code": "04101"}
    added = browser.post("/portal/book/place", {"service": cleaning.number, **elm}).location
    note, warning = "New to us: we confirm it with your first appointment there.", "you haven't approved it yet"
    for path in (f"/portal/book/place?service={cleaning.number}", "/portal/account"):
        assert browser.get(path).text.count(note) == approves
    where = {"place": added.split("place=")[1]}
    button = "Request appointment" if approves else "Book appointment"
    assert button in browser.get(address("details", cleaning, ana, NINE, **where)).text
    assert book(browser, cleaning, ana, **where).status_code == 303
    request = booked(session)
    assert (request.approval, request.area) == (REQUESTED if approves else "", "")
    assert (warning in " ".join(unescape(email.text) for email in outbox.emails)) is approves
    office = browser_of(olga)
    assert (warning in unescape(office.get(request.office_path).text)) is approves
    assert (warning in unescape(office.get("/office/schedule/requests").text)) is approves
    later = f"{at(26, 9):%Y-%m-%dT%H:%MZ}"
    browser.post(f"{request.portal_path}/reschedule", {"at": later})
    session.expire_all()
    assert request.is_waiting is approves
    if approves:
        office.post(f"{request.office_path}/confirmation")
        session.expire_all()
        assert (request.approval, request.place.needs_approval) == (CONFIRMED, False)
        assert note not in browser.get("/portal/account").text


def test_a_request_that_its_customer_moves_stays_one(browser, session, ana, cleaning, area):
    lives_at(session, ana, OUT)
    book(browser, cleaning, ana, anyway=1)
    request = booked(session)
    later = f"{at(26, 9):%Y-%m-%dT%H:%MZ}"
    assert browser.post(f"{request.portal_path}/reschedule", {"at": later}).status_code == 303
    session.expire_all()
    assert (request.starts_at, request.approval, request.is_waiting) == (at(26, 9), REQUESTED, True)


@pytest.mark.parametrize(
    ("exempts", "is_known", "outside"), [(True, True, False), (True, False, True), (False, True, True)]
)
def test_addresses_that_staff_know_can_be_exempt(browser, session, ana, cleaning, area, exempts, is_known, outside):
    area.exempts_known = exempts
    lives_at(session, ana, OUT, is_known=is_known)
    page = unescape(browser.get(address("time", cleaning, ana)).text)
    assert ("We don't usually work there" in page) is outside


def test_an_address_that_a_customer_adds_is_not_known_and_one_of_staff_is(
    browser, browser_of, session, ana, olga, cleaning, area
):
    elm = {"street": "1 Elm Street", "city": "Bangor", "region": "ME", "postal_code": "04401"}
    browser.post("/portal/book/place", {"service": 1, **elm})
    browser_of(olga).post(f"/office/customers/{ana.customer.number}/addresses", {**elm, "street": "2 Elm Street"})
    session.expire_all()
    places = {place.street: place.is_known for place in ana.customer.properties}
    assert (places["1 Elm Street"], places["2 Elm Street"]) == (False, True)


def test_a_change_of_the_area_counts_at_once(browser, browser_of, session, ana, olga, cleaning, area):
    lives_at(session, ana, OUT, is_known=False)
    assert "We don't usually work there" in unescape(browser.get(address("time", cleaning, ana)).text)
    rules = {"cities": "Bangor, ME", "postal_codes": "", "radius": "", "unit": "mi"}
    browser_of(olga).post("/office/settings/service-area", rules)
    assert book(browser, cleaning, ana).status_code == 303
    assert booked(session).area == ""


def test_the_city_follows_from_the_zip_code(browser, session, ana, cleaning):
    form = {"service": 1, "street": "1 Elm Street", "postal_code": "04530", "city": "", "region": ""}
    browser.post("/portal/book/place", form)
    session.expire_all()
    assert ana.customer.properties[-1].address == "1 Elm Street, Bath, ME 04530"
    path = "/portal/book/place?service=1&postal_code=04530&city={}&region="
    town = browser.get(path.format(""), htmx=True).text
    assert 'value="Bath"' in town
    assert 'value="ME"' in town
    assert "<form" not in town
    assert 'value="Phippsburg"' in browser.get(path.format("Phippsburg"), htmx=True).text
    assert 'value="Bath"' in browser.get(path.format("")).text


def test_the_times_take_no_more_statements_with_an_area(browser, session, ana, cleaning, area, statements):
    lives_at(session, ana, IN)
    path = address("time", cleaning, ana)
    browser.get(path)
    with statements() as seen:
        assert browser.get(path).status_code == 200
    assert len(seen) == 3


def test_a_neighbours_place_is_not_judged(browser, ben, cleaning, area):
    assert browser.get(address("time", cleaning, ben, anyway=1)).status_code == 404


def test_too_soon_is_refused_even_to_who_asks_anyway(browser, session, ana, cleaning, area):
    lives_at(session, ana, OUT)
    response = browser.post("/portal/book", choice(cleaning, ana, MONDAY + timedelta(hours=1), anyway=1))
    assert response.status_code == 422
    assert booked(session) is None
