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
        f"Ana Ruiz requested an appointment for {moment}",
    ]
    assert browser_of(ben).post("/portal/book", choice(windows, ben, at(25, 9))).status_code == 422
    assert "Requested" in browser_of(ana).get("/portal/appointments").text
    page = browser_of(ana).get("/portal/appointments/1").text
    assert "We haven't confirmed this time yet." in page
    assert "Add to calendar" not in page
    assert "STATUS:TENTATIVE" in browser_of(ana).get("/portal/appointments/1.ics").text


def test_the_office_confirms_it(request_of_ana, browser_of, ana, olga, session, outbox):
    office = browser_of(olga)
    assert "/office/schedule/requests" in office.get("/office/schedule").text
    assert "Confirm" in office.get("/office/schedule/requests").text
    assert office.post("/office/schedule/1/confirmation").status_code == 303
    session.expire_all()
    assert (request_of_ana.approval, request_of_ana.sequence) == ("confirmed", 1)
    assert outbox.subjects[-1] == "Your appointment on Wed, Nov 25, 2026, 9:00 AM is confirmed"
    assert "/office/schedule/requests" not in office.get("/office/schedule").text
    assert "No requests to answer" in office.get("/office/schedule/requests").text
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


@pytest.mark.parametrize("path", ["confirmation", "decline", "proposal", "move", "cancel"])
def test_only_the_office_of_the_company_answers(request_of_ana, browser_of, world, theo, session, path):
    assert browser_of(theo).post(f"/office/schedule/1/{path}", {"staff": theo.id}).status_code == 403
    assert browser_of(world.rita).post(f"/office/schedule/1/{path}", {"staff": world.rita.id}).status_code == 404
    session.expire_all()
    assert request_of_ana.approval == "requested"


MOVED = {"at": "2026-11-27T15:00Z"}


@pytest.mark.parametrize("path", ["confirmation", "decline", "cancel"])
def test_the_office_cannot_answer_for_a_time_it_has_not_seen(request_of_ana, browser_of, ana, olga, session, path):
    office = browser_of(olga)
    assert 'name="sequence" value="0"' in office.get("/office/schedule/requests").text
    browser_of(ana).post("/portal/appointments/1/reschedule", MOVED)
    page = office.post(f"/office/schedule/1/{path}", {"sequence": 0, "message": ""}, follow_redirects=True)
    assert "This appointment has changed. It is now on Fri, Nov 27, 2026, 10:00\xa0AM." in page.text
    session.expire_all()
    assert (request_of_ana.approval, request_of_ana.canceled_at, taken(session)) == ("requested", None, 4)
    office.post(f"/office/schedule/1/{path}", {"sequence": 1, "message": ""})
    session.expire_all()
    assert request_of_ana.sequence == 2


def test_the_portals_home_says_that_it_is_only_requested(request_of_ana, browser_of, ana, olga):
    home = browser_of(ana).get("/portal/").text.partition('id="next-appointment"')[2].partition("</article>")[0]
    assert 'data-status="requested"' in home
    assert "Requested" in home
    browser_of(olga).post("/office/schedule/1/confirmation")
    home = browser_of(ana).get("/portal/").text.partition('id="next-appointment"')[2].partition("</article>")[0]
    assert 'data-status="upcoming"' in home


def test_a_new_time_that_needs_no_approval_keeps_the_old_one_until_then(browser_of, ana, theo, windows):
    appointment(windows, ana, theo, at(25, 9))
    page = browser_of(ana).get("/portal/appointments/1/reschedule").text.replace("&#39;", "'")
    assert "You'll keep that time until you confirm a new one." in page


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
