"""Each rule of online booking at its limit, by POST requests at the server's clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from sergio.booking.availability import Availability
from sergio.booking.models import Appointment
from sergio.booking.services import ServiceStaff
from sergio.staff.models import TECHNICIAN, TimeOff, WorkingHours
from tests import factories
from tests.booking.builders import LEAPS, MONDAY, appointment, at, choice, service

SECOND = timedelta(seconds=1)


@pytest.fixture
def browser(clock, browser_of, ana):
    """Ana's, signed in on Monday morning."""
    return browser_of(ana)


@pytest.fixture
def book(browser, ana, session):
    """`book(service, starts_at)`: post it as Ana; the response, after checking that all or nothing was booked."""

    def post(service, starts_at, **more):
        before = len(booked(session))
        response = browser.post("/portal/book", choice(service, ana, starts_at, **more))
        assert len(booked(session)) - before == (response.status_code == 303)
        return response

    return post


def booked(session):
    session.commit()
    return session.scalars(select(Appointment)).all()


def test_the_lead_time_is_exact_to_the_second(book, clock, cleaning):
    clock.move_to(at(24, 9) + SECOND)
    refusal = book(cleaning, at(25, 9))
    assert refusal.status_code == 422
    assert "Times before Wed, Nov 25, 2026, 9:00" in refusal.text
    assert "too soon to book online. The first available time is Wed, Nov 25, 2026, 9:30" in refusal.text
    assert "Or call us at (207) 555-0100." in refusal.text
    clock.move_to(at(24, 9))
    assert book(cleaning, at(25, 9)).status_code == 303


def test_a_service_can_have_a_lead_time_of_its_own(book, clock, sparkle):
    urgent = service(sparkle, "Emergency", lead_minutes=60)
    clock.move_to(at(25, 8) + SECOND)
    assert book(urgent, at(25, 9)).status_code == 422
    clock.move_to(at(25, 8))
    assert book(urgent, at(25, 9)).status_code == 303


def test_the_horizon_ends_with_a_day_of_the_company(book, clock, sparkle, cleaning):
    sparkle.horizon_days = 7
    clock.move_to(at(23, 0) - SECOND)
    refusal = book(cleaning, at(30, 9))
    assert "Appointments can be booked online through Sun, Nov 29, 2026." in refusal.text
    clock.move_to(at(23, 0))
    assert book(cleaning, at(30, 9)).status_code == 303


def test_the_past_cannot_be_booked(book, sparkle, cleaning, clock):
    sparkle.lead_minutes = 0
    clock.move_to(at(25, 9) + SECOND)
    assert "That time has passed." in book(cleaning, at(25, 9)).text
    clock.move_to(at(25, 9))
    assert book(cleaning, at(25, 9)).status_code == 303


@pytest.mark.parametrize("aside", [-SECOND, SECOND, timedelta(minutes=1), timedelta(minutes=15)])
def test_a_time_off_the_grid_is_refused(book, cleaning, aside):
    assert "Appointments start every 30 minutes." in book(cleaning, at(25, 9, 30) + aside).text


@pytest.mark.parametrize(("hour", "minute"), [(8, 30), (15, 30), (16, 30), (17, 0), (3, 0)])
def test_times_outside_working_hours_are_refused(book, cleaning, hour, minute):
    refusal = book(cleaning, at(25, hour, minute))
    assert refusal.status_code == 422
    assert "That time is outside our working hours." in refusal.text


def test_times_on_a_closed_day_are_refused(book, cleaning):
    assert "That time is outside our working hours." in book(cleaning, at(28, 10)).text


def test_times_during_time_off_are_refused(book, session, sparkle, theo, cleaning):
    session.add(TimeOff(company=sparkle, staff_id=theo.id, starts_at=at(25, 12), ends_at=at(25, 14)))
    assert "That time is outside our working hours." in book(cleaning, at(25, 10)).text
    assert book(cleaning, at(25, 9)).status_code == 303
    assert book(cleaning, at(25, 14)).status_code == 303


def test_only_staff_who_do_a_service_are_assigned(book, session, sparkle, theo, windows):
    nora = factories.staff(sparkle, "Nora Lind", TECHNICIAN)
    session.add(ServiceStaff(company=sparkle, service_id=windows.id, staff_id=nora.id))
    assert book(windows, at(25, 9)).status_code == 303
    assert [row.staff_id for row in booked(session)] == [nora.id]
    assert "No times available" not in book(windows, at(25, 9, 30)).text


@pytest.mark.parametrize("change", [{"bookable": False}, {"left_at": at(20, 9)}])
def test_staff_who_are_not_bookable_are_not_assigned(book, theo, cleaning, change):
    for name, value in change.items():
        setattr(theo, name, value)
    refusal = book(cleaning, at(25, 9))
    assert refusal.status_code == 422
    assert "No times available" in refusal.text


def test_the_least_busy_staff_member_is_assigned(book, session, sparkle, theo, ben, cleaning):
    nora = factories.staff(sparkle, "Nora Lind", TECHNICIAN)
    appointment(cleaning, ben, theo, at(25, 9))
    book(cleaning, at(25, 14))
    assert booked(session)[-1].staff_id == nora.id


def test_customers_who_book_at_the_same_time_begin_with_different_staff(sparkle, theo, ana, ben, cleaning):
    factories.staff(sparkle, "Nora Lind", TECHNICIAN)
    availability = Availability(cleaning, now=MONDAY)
    assert availability.staff_for(ana, at(25, 9))[0] != availability.staff_for(ben, at(25, 9))[0]


def test_work_of_several_days_is_booked_where_somebody_works_around_the_clock(book, sparkle, theo):
    theo.hours = [WorkingHours(company=sparkle, weekday=weekday, opens=0, closes=24 * 60) for weekday in range(7)]
    assert book(service(sparkle, "Deep cleaning", minutes=3 * 24 * 60), at(25, 9)).status_code == 303


def test_a_service_that_is_not_offered_leads_back_to_the_first_step(browser, ana, sparkle):
    secret = service(sparkle, "Secret", bookable=False)
    response = browser.post("/portal/book", choice(secret, ana, at(25, 9)))
    assert response.location == "/portal/book"
    assert "Secret cannot be booked online. Choose another service. Or call us" in browser.get("/portal/book").text


def test_while_booking_is_off_nothing_can_be_booked(browser, ana, sparkle, cleaning, session):
    sparkle.booking_open = False
    for path in ("/portal/book", "/portal/book/time?service=1&place=1"):
        assert "Online booking is not available right now." in browser.get(path).text
    browser.post("/portal/book", choice(cleaning, ana, at(25, 9)))
    assert booked(session) == []
    assert "Call (207) 555-0100 or email hello@sparkle.example." in browser.get("/portal/").text


def test_an_invalid_time_must_be_chosen_again(browser, ana, cleaning):
    for nonsense in (
        "",
        "tomorrow",
        "2026-11-25T09:00",
        "2026-11-25T09:00-05:00",
        "0001-01-01T00:00Z",
        "9999-12-31T23:59Z",
    ):
        response = browser.post("/portal/book", {**choice(cleaning, ana), "at": nonsense, "notes": "Mind the cat"})
        assert response.status_code == 422
        assert "Choose a time." in response.text
        assert "Mind the cat" in response.text


def test_pressing_twice_books_once(browser, ana, sparkle, cleaning, session):
    factories.staff(sparkle, "Nora Lind", TECHNICIAN)
    responses = [browser.post("/portal/book", choice(cleaning, ana, at(25, 9))) for _ in range(2)]
    assert [response.location for response in responses] == ["/portal/appointments/1/confirmation"] * 2
    assert len(booked(session)) == 1


def test_the_second_of_two_chooses_again_and_keeps_their_notes(book, ben, theo, cleaning):
    appointment(cleaning, ben, theo, at(25, 9))
    response = book(cleaning, at(25, 9), notes="Mind the cat")
    assert response.status_code == 422
    assert "That time was just taken. Here are the closest free times." in response.text
    assert 'value="2026-11-25T16:30Z"' in response.text
    assert 'value="2026-11-25T14:00Z"' not in response.text
    assert "Mind the cat" in response.text


def test_no_other_times_are_promised_when_there_are_none(book, sparkle, ben, theo, cleaning):
    sparkle.horizon_days = 4
    whole_day = service(sparkle, "Whole day", minutes=8 * 60)
    for day in (24, 25, 26, 27):
        appointment(whole_day, ben, theo, at(day, 9))
    response = book(cleaning, at(25, 9))
    assert response.status_code == 422
    assert "That time was just taken, and no other times are available." in response.text
    assert "<h2>No times available</h2>" in response.text


def test_a_note_that_is_too_long_has_an_error_beside_the_field(book, cleaning):
    response = book(cleaning, at(25, 9), notes="x" * 2001)
    assert response.status_code == 422
    assert 'id="notes-error"' in response.text
    assert 'value="2026-11-25T14:00Z"' in response.text


@pytest.mark.parametrize(("zone", "on", "skipped", "twice"), LEAPS)
def test_times_are_right_on_the_day_clocks_change(
    clock, browser_of, session, sparkle, ana, theo, windows, zone, on, skipped, twice
):
    """A skipped time does not exist; of a repeated one, each can be booked and keeps its own offset."""
    sparkle.time_zone = zone
    sparkle.lead_minutes = 0
    windows.minutes = 15
    day = datetime(*on, tzinfo=ZoneInfo(zone))
    theo.hours = [WorkingHours(company=sparkle, weekday=weekday, opens=0, closes=24 * 60) for weekday in range(7)]
    clock.move_to(day - timedelta(days=2))
    browser = browser_of(ana)
    for time in skipped:
        offsets = {"", day.isoformat()[-6:], (day + timedelta(days=1)).isoformat()[-6:]}
        for offset in offsets - {"+00:00"}:  # which would be a plain instant in UTC
            form = {**choice(windows, ana), "at": f"{day:%Y-%m-%d}T{time}{offset}"}
            assert browser.post("/portal/book", form).status_code == 422
    for time in twice:
        local = day.replace(hour=int(time[:2]), minute=int(time[3:]))
        for fold in (0, 1):
            starts_at = local.replace(fold=fold).astimezone(UTC)
            assert browser.post("/portal/book", choice(windows, ana, starts_at)).status_code == 303
    kept = {row.offset_minutes for row in booked(session)}
    assert len(booked(session)) == 2 * len(twice)
    assert len(kept) == (2 if twice else 0)


def test_work_of_several_days_needs_hours_on_each_of_them(book, session, sparkle, theo):
    sparkle.lead_minutes = 0
    move = service(sparkle, "Move-out", minutes=3 * 24 * 60)
    theo.hours = [WorkingHours(company=sparkle, weekday=weekday, opens=0, closes=24 * 60) for weekday in (1, 2, 3, 4)]
    session.commit()
    assert "outside our working hours" in book(move, at(25, 9)).text
    assert book(move, at(24, 9)).status_code == 303
