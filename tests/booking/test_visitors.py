"""People who are no customers yet book, confirm their email address by a code, and go on as customers."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from sergio.auth.models import MagicLink
from sergio.booking.holds import BookingHold, hold_of
from sergio.booking.jobs import free_expired
from sergio.booking.models import Appointment
from sergio.booking.photos import AppointmentPhoto
from sergio.booking.visitors import MOST_OF_COMPANY, MOST_OF_NETWORK, SOONEST, BookingVisitor
from sergio.customers.models import Contact, Customer
from sergio.lib.images import Photo
from sergio.service_area.models import ServiceArea
from sergio.web import limits
from tests.booking.builders import MONDAY, actor, at, choice
from tests.browser import Browser, read_email

NINE = at(25, 9)
ELM = {"service": 1, "street": "1 Elm Street", "city": "Portland", "region": "ME", "postal_code": "04101"}
ZOE = {"name": "Zoe Park", "email": "zoe@example.com", "phone": "207 555 0111"}


@pytest.fixture
def sparkle(sparkle):
    sparkle.new_customers_book = True
    return sparkle


@pytest.fixture
def visit(app, clock, windows, session):
    """`visit()`: a browser in which somebody has chosen a service and an address, some seconds ago."""

    def begin(network="203.0.113.1", **typed):
        session.commit()
        browser = Browser(app, "sparkle")
        browser.client.environ_base["REMOTE_ADDR"] = network
        assert browser.post("/portal/visit/place", ELM | typed).location == "/portal/visit/time"
        clock.move_to(MONDAY + SOONEST)
        return browser

    return begin


def hold(browser, starts_at=NINE):
    return browser.post("/portal/visit/hold", {"at": f"{starts_at:%Y-%m-%dT%H:%M:%SZ}"})


def code_in(app) -> str:
    return read_email(app).code


def customers(session) -> list[str]:
    session.commit()
    return list(session.scalars(select(Customer.name).order_by(Customer.id)))


def test_a_new_customer_books_and_the_office_is_told(app, visit, session, outbox):
    browser = visit()
    assert hold(browser).location == "/portal/visit/contact"
    assert "This time is held for you until 8:10\xa0AM." in browser.get("/portal/visit/contact").text
    assert browser.post("/portal/visit/contact", ZOE).location == "/portal/visit/code"
    assert "We emailed a code to zoe@example.com." in browser.get("/portal/visit/code").text
    details = browser.post("/portal/visit/code", {"code": code_in(app)}).location
    assert details.startswith("/portal/book/details?service=1&place=")
    text = browser.get(details).text
    assert "This time is held for you until 8:10\xa0AM." in text
    assert "Signed in as Zoe Park" in text
    place = details.split("place=")[1].split("&")[0]
    booked = browser.post("/portal/book", {"service": 1, "place": place, "at": f"{NINE:%Y-%m-%dT%H:%M:%SZ}"})
    assert booked.location == "/portal/appointments/1/confirmation"
    zoe = session.scalars(select(Contact).where(Contact.email == "zoe@example.com")).one()
    assert (zoe.customer.name, zoe.phone, zoe.customer.properties[0].street) == (
        "Zoe Park",
        "+12075550111",
        "1 Elm Street",
    )
    assert not zoe.customer.properties[0].is_known
    assert "New customer: Zoe Park" in outbox.subjects
    assert session.scalars(select(BookingVisitor)).all() == []


def test_a_known_customer_is_signed_in_with_the_same_answer_and_keeps_the_time(app, visit, ana, session):
    browser = visit(street="7 Pine Road", region="", postal_code="")
    hold(browser)
    known = browser.post("/portal/visit/contact", ZOE | {"email": "Ana@example.com"})
    assert (known.status_code, known.location) == (303, "/portal/visit/code")
    details = browser.post("/portal/visit/code", {"code": code_in(app)}).location
    assert details.startswith("/portal/book/details?service=1&place=1&at=")
    assert "Signed in as Ana Ruiz" in browser.get(details).text
    assert "Zoe Park" not in customers(session)
    [held] = session.scalars(select(BookingHold)).all()
    assert (held.contact_id, held.visitor_id) == (ana.id, None)


def test_a_known_customer_keeps_the_photos_of_what_they_had_chosen_before(
    app, visit, browser_of, ana, windows, session
):
    session.commit()
    browser_of(ana).post("/portal/book/hold", choice(windows, ana, at(25, 13)))
    AppointmentPhoto.add_to_hold(hold_of(ana), Photo(b"oven", b"small", 4, 3), by=actor(ana), now=MONDAY)
    session.commit()
    browser = visit(street="7 Pine Road", region="", postal_code="")
    hold(browser)
    browser.post("/portal/visit/contact", ZOE | {"email": "Ana@example.com"})
    assert browser.post("/portal/visit/code", {"code": code_in(app)}).status_code == 303
    session.commit()
    [oven] = session.scalars(select(AppointmentPhoto))
    assert (oven.hold_id, hold_of(ana).starts_at) == (hold_of(ana).id, NINE)


def test_a_wrong_code_makes_no_customer_and_five_are_the_end(app, visit, session):
    browser = visit()
    before = customers(session)
    hold(browser)
    browser.post("/portal/visit/contact", ZOE)
    right = code_in(app)
    for _ in range(5):
        assert browser.post("/portal/visit/code", {"code": "AAAA-AAAA"}).status_code == 422
    assert browser.post("/portal/visit/code", {"code": right}).status_code == 422
    assert customers(session) == before


def test_the_code_works_only_in_the_browser_that_asked_and_once(app, visit, session):
    browser, other = visit(), visit()
    hold(browser)
    browser.post("/portal/visit/contact", ZOE)
    code = code_in(app)
    assert other.post("/portal/visit/code", {"code": code}).status_code == 422
    assert browser.post("/portal/visit/code", {"code": code}).status_code == 303
    assert customers(session).count("Zoe Park") == 1


@pytest.mark.parametrize(("more", "waits"), [({"website": "https://spam.example"}, SOONEST), ({}, -SOONEST)])
def test_a_program_gets_the_same_answer_and_no_email(visit, clock, session, more, waits):
    browser = visit()
    hold(browser)
    clock.move_to(MONDAY + SOONEST + waits - timedelta(seconds=1))
    assert browser.post("/portal/visit/contact", ZOE | more).location == "/portal/visit/code"
    assert session.scalars(select(MagicLink)).all() == []


def test_what_is_typed_wrongly_is_said_beside_the_field(visit):
    browser = visit()
    hold(browser)
    refused = browser.post("/portal/visit/contact", {"name": "", "email": "zoe", "phone": "12"})
    assert refused.status_code == 422
    for sentence in ("Enter your name.", "Enter a valid email address", "Enter a valid phone number"):
        assert sentence in refused.text


def test_visitors_of_one_network_hold_few_times_and_those_of_all_not_many(visit, session):
    times = [at(day, hour) for day in (25, 26, 27, 30) for hour in range(9, 17)]
    for starts_at in times[:MOST_OF_NETWORK]:
        assert hold(visit(), starts_at).location == "/portal/visit/contact"
    refused = visit()
    assert hold(refused, times[MOST_OF_NETWORK]).location.startswith("/portal/visit/time")
    assert "Too many people are choosing a time right now." in refused.get("/portal/visit/time").text
    for n, starts_at in enumerate(times[MOST_OF_NETWORK:MOST_OF_COMPANY]):
        assert hold(visit(f"198.51.100.{n}"), starts_at).location == "/portal/visit/contact"
    late = visit("192.0.2.7")
    assert hold(late, times[MOST_OF_COMPANY]).location.startswith("/portal/visit/time")


def test_a_visitor_holds_one_time(visit, session):
    browser = visit()
    for hour in (9, 11):
        hold(browser, at(25, hour))
    assert [row.starts_at for row in session.scalars(select(BookingHold))] == [at(25, 11)]


def test_customers_cannot_have_what_is_held_for_a_visitor(browser_of, ana, windows, visit):
    hold(visit())
    form = {"service": 1, "place": 1, "at": f"{NINE:%Y-%m-%dT%H:%M:%SZ}"}
    assert browser_of(ana).post("/portal/book", form).status_code == 422


def test_an_address_outside_the_area_is_told_so_before_the_time(visit, sparkle, session):
    session.add(ServiceArea(company=sparkle, cities=[["Boston", "MA"]]))
    browser = visit()
    assert "outside the area where we usually work" in browser.get("/portal/visit/time").text
    assert "When should we come?" in browser.get("/portal/visit/time?anyway=1").text


@pytest.mark.parametrize("path", ["/portal/visit", "/portal/visit/place?service=1", "/portal/visit/time"])
def test_where_visitors_may_not_book_they_are_asked_to_sign_in(app, sparkle, windows, session, path):
    sparkle.new_customers_book = False
    session.commit()
    browser = Browser(app, "sparkle")
    assert browser.get(path).location == "/portal/sign-in?next=/portal/book"
    assert browser.get("/portal/book").location.startswith("/portal/sign-in")


def test_the_widget_and_the_short_address_lead_there(app, sparkle, windows, session):
    session.commit()
    browser = Browser(app, "sparkle")
    assert browser.get("/book").location == "/portal/book"
    assert browser.get("/portal/book?from=widget").location == "/portal/visit"
    assert "Windows" in browser.get("/portal/visit").text


def test_who_is_signed_in_books_as_customers_do(browser_of, ana, sparkle, windows):
    assert browser_of(ana).get("/portal/visit").location == "/portal/book"


def test_pages_without_a_choice_lead_to_the_first_step(app, sparkle, windows, session):
    session.commit()
    browser = Browser(app, "sparkle")
    for step in ("time", "contact", "code"):
        assert browser.get(f"/portal/visit/{step}").location == "/portal/visit"
    assert browser.get("/portal/visit/place?service=9").status_code == 404


def test_another_companys_visitor_is_nobody_here(app, visit, rival, session):
    rival.new_customers_book = True
    browser = visit()
    there = Browser(app, "rival")
    there.client.set_cookie("__Host-visit", browser.cookie("__Host-visit"), domain=there.host, secure=True)
    assert there.get("/portal/visit/time").location == "/portal/visit"


def test_who_does_not_go_on_is_forgotten_after_a_day(visit, clock, session):
    hold(visit())
    for passed, left in ((timedelta(hours=1), 1), (timedelta(days=1, seconds=5), 0)):
        clock.move_to(MONDAY + passed)
        free_expired()
        session.commit()
        assert len(session.scalars(select(BookingVisitor)).all()) == left
    assert session.scalars(select(Appointment)).all() == []


@pytest.mark.parametrize("path", ["time", "contact", "code"])
def test_a_network_looks_for_free_times_only_so_often(visit, monkeypatch, path):
    monkeypatch.setattr(limits, "free_times", replace(limits.free_times, rates="3 per minute"))
    browser = visit()
    statuses = [browser.get(f"/portal/visit/{path}").status_code for _again in range(4)]
    assert 429 not in statuses[:3]
    assert statuses[3] == 429
    assert visit("203.0.113.2").get(f"/portal/visit/{path}").status_code != 429
