"""Booking by approval: a request takes its time until staff confirm or decline it."""

import pytest
from sqlalchemy import func, select

from sergio.booking.models import Appointment
from sergio.booking.slices import AppointmentSlice
from tests.booking.builders import appointment, at, choice


@pytest.fixture
def request_of_ana(browser_of, ana, theo, windows, session):
    """Ana has requested an hour of windows on Wednesday at nine."""
    windows.needs_approval = True
    response = browser_of(ana).post("/portal/book", choice(windows, ana, at(25, 9)))
    assert response.status_code == 303
    return session.scalars(select(Appointment)).one()


def taken(session) -> int:
    session.expire_all()
    return session.scalar(select(func.count()).select_from(AppointmentSlice))


def test_a_request_holds_its_time_and_both_sides_hear(request_of_ana, browser_of, ana, ben, windows, session, outbox):
    assert request_of_ana.approval == "requested"
    assert taken(session) == 4
    moment = "Wed, Nov 25, 2026, 9:00 AM"
    assert outbox.subjects == [
        f"We received your request for {moment}",
        f"Ana Ruiz requests an appointment for {moment}",
    ]
    assert browser_of(ben).post("/portal/book", choice(windows, ben, at(25, 9))).status_code == 422
    assert "Requested" in browser_of(ana).get("/portal/appointments").text
    page = browser_of(ana).get("/portal/appointments/1").text
    assert "We haven't confirmed this time yet." in page
    assert "Add to calendar" not in page
    assert "STATUS:TENTATIVE" in browser_of(ana).get("/portal/appointments/1.ics").text


def test_the_office_confirms_it(request_of_ana, browser_of, ana, olga, session, outbox):
    office = browser_of(olga)
    assert "Waiting for your answer" in office.get("/office/schedule").text
    assert office.post("/office/schedule/1/confirmation").status_code == 303
    session.expire_all()
    assert (request_of_ana.approval, request_of_ana.sequence) == ("confirmed", 1)
    assert outbox.subjects[-1] == "Your appointment on Wed, Nov 25, 2026, 9:00 AM is confirmed"
    assert "Waiting for your answer" not in office.get("/office/schedule").text
    assert "Upcoming" in browser_of(ana).get("/portal/appointments/1").text
    again = office.post("/office/schedule/1/confirmation", follow_redirects=True)
    assert "This appointment is not waiting for your approval." in again.text


def test_the_office_declines_it_with_a_message(request_of_ana, browser_of, ana, olga, session, outbox):
    browser_of(olga).post("/office/schedule/1/decline", {"message": "We are <full>, sorry"})
    assert taken(session) == 0
    assert request_of_ana.canceled_by == "Olga Petrova"
    letter = outbox.emails[-1]
    assert letter.subject == "We can't come on Wed, Nov 25, 2026, 9:00 AM"
    assert "We are <full>, sorry" in letter.text
    assert "We are &lt;full&gt;, sorry" in letter.html
    assert letter.to == "ana@example.com"
    assert "Declined" in browser_of(ana).get("/portal/appointments/1").text


def test_a_message_that_is_too_long_comes_back(request_of_ana, browser_of, olga, session):
    response = browser_of(olga).post("/office/schedule/1/decline", {"message": "x" * 501})
    assert response.status_code == 422
    assert "x" * 501 in response.text
    assert taken(session) == 4


@pytest.mark.parametrize("path", ["confirmation", "decline", "technician"])
def test_only_the_office_of_the_company_answers(request_of_ana, browser_of, world, theo, session, path):
    assert browser_of(theo).post(f"/office/schedule/1/{path}", {"staff": theo.id}).status_code == 403
    assert browser_of(world.rita).post(f"/office/schedule/1/{path}", {"staff": world.rita.id}).status_code == 404
    session.expire_all()
    assert request_of_ana.approval == "requested"


def test_a_confirmed_one_that_the_customer_moves_is_a_request_again(
    request_of_ana, browser_of, ana, olga, session, outbox
):
    browser_of(olga).post("/office/schedule/1/confirmation")
    browser_of(ana).post("/portal/appointments/1/reschedule", {"at": "2026-11-27T15:00Z"})
    session.expire_all()
    assert request_of_ana.approval == "requested"
    assert outbox.subjects[-1] == "Ana Ruiz asks to move an appointment to Fri, Nov 27, 2026, 10:00 AM"


def test_the_company_decides_where_the_service_does_not(browser_of, ana, theo, sparkle, windows, cleaning, session):
    sparkle.booking_approval = True
    cleaning.needs_approval = False
    for service, hour in ((windows, 9), (cleaning, 12)):
        browser_of(ana).post("/portal/book", choice(service, ana, at(25, hour)))
    assert session.scalars(select(Appointment.approval).order_by(Appointment.id)).all() == ["requested", ""]


def test_a_request_that_was_withdrawn_or_is_over_cannot_be_confirmed(
    request_of_ana, browser_of, ana, olga, session, clock
):
    clock.move_to(at(25, 11))
    page = browser_of(olga).post("/office/schedule/1/confirmation", follow_redirects=True)
    assert "This appointment is over." in page.text


def test_what_the_office_schedules_needs_no_approval(ana, theo, windows):
    windows.needs_approval = True
    assert appointment(windows, ana, theo, at(25, 9)).approval == ""
