"""Booking an appointment on the pages of the portal, in four steps."""

from sqlalchemy import select

from sergio.booking.models import Appointment
from sergio.customers.models import Property
from tests.booking.builders import MONDAY, address, appointment, at, choice, service


def appointments(session):
    session.commit()
    return session.scalars(select(Appointment).order_by(Appointment.id)).all()


def test_the_first_step_shows_what_can_be_booked(browser_of, ana, cleaning, sparkle):
    service(sparkle, "Secret", bookable=False)
    page = browser_of(ana).get("/portal/book")
    assert page.status_code == 200
    assert "Deep clean" in page.text
    assert "from $180.00" in page.text
    assert "Secret" not in page.text


def test_a_customer_with_one_place_goes_from_the_service_to_the_time(browser_of, ana, cleaning):
    assert 'href="/portal/book/time?service=1&amp;place=1"' in browser_of(ana).get("/portal/book").text


def test_a_customer_with_several_places_chooses_one(browser_of, ana, cleaning, session):
    session.add(Property(company=ana.company, customer=ana.customer, number=9, street="1 Elm Street"))
    browser = browser_of(ana)
    assert 'href="/portal/book/place?service=1"' in browser.get("/portal/book").text
    assert "1 Elm Street" in browser.get("/portal/book/place?service=1").text


def test_the_times_of_a_day_leave_out_what_is_taken(browser_of, ana, ben, theo, cleaning):
    appointment(cleaning, ben, theo, at(25, 11))
    text = browser_of(ana).get(address("time", cleaning, ana, day="2026-11-25")).text
    offered = [
        time for time in ("9:00", "8:30", "9:30", "11:00", "1:30", "1:00", "3:00", "3:30") if f">{time}\xa0" in text
    ]
    assert offered == ["1:30", "3:00"]


def test_an_appointment_is_booked_and_both_sides_get_an_email(browser_of, ana, cleaning, session, outbox):
    form = choice(cleaning, ana, at(25, 9), notes="The key is under the mat.")
    response = browser_of(ana).post("/portal/book", form)
    assert (response.status_code, response.location) == (303, "/portal/appointments/1/confirmation")
    (booked,) = appointments(session)
    assert (booked.starts_at, booked.ends_at, booked.free_at) == (at(25, 9), at(25, 11), at(25, 11, 30))
    assert (booked.staff.name, booked.notes, booked.created_at) == ("Theo Laurent", "The key is under the mat.", MONDAY)
    assert [message.to for message in outbox.emails] == ["ana@example.com", "hello@sparkle.example"]
