"""The limit of appointments booked online: counted exactly, and shown in time."""

from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import func, select

from sergio.booking.models import Appointment
from sergio.database import locks
from sergio.web import limits
from tests.booking.builders import MONDAY, actor, address, appointment, at, choice
from tests.booking.test_races import Book, Stale, race  # noqa: F401


@pytest.fixture
def almost(session, sparkle, ana, theo, windows):
    """Ana has booked one appointment online and may book one more."""
    sparkle.most_bookings = 2
    appointment(windows, ana, theo, at(24, 9), booked_online=True)


def booked(session) -> int:
    session.commit()
    return session.scalar(select(func.count()).select_from(Appointment))


def test_a_customer_at_the_limit_is_told_at_every_step(browser_of, ana, windows, almost, session):
    browser = browser_of(ana)
    assert browser.post("/portal/book", choice(windows, ana, at(25, 9))).status_code == 303
    for path in ("/portal/book", *(address(step, windows, ana) for step in ("place", "time"))):
        text = browser.get(path).text
        assert "You already have 2 upcoming appointments booked online, which is the limit." in text
        assert "To book another, cancel one you no longer need. Or call us at (207) 555-0100." in text
    refusal = browser.post("/portal/book", choice(windows, ana, at(25, 10), notes="Mind the dog."))
    assert (refusal.status_code, booked(session)) == (422, 2)
    assert "which is the limit" in refusal.text
    assert "Mind the dog." in refusal.text


def test_the_last_one_pressed_twice_is_confirmed_again(browser_of, ana, windows, almost, session):
    browser = browser_of(ana)
    responses = [browser.post("/portal/book", choice(windows, ana, at(25, 9))) for _ in range(2)]
    assert [response.location for response in responses] == ["/portal/appointments/2/confirmation"] * 2
    assert browser.get(address("details", windows, ana, at(25, 9))).location == "/portal/appointments/2/confirmation"
    assert booked(session) == 2


def test_past_canceled_and_staff_appointments_do_not_count(browser_of, ana, theo, windows, almost, session):
    appointment(windows, ana, theo, at(20, 9), booked_online=True)
    appointment(windows, ana, theo, at(24, 10), booked_online=True).cancel(by=actor(ana), now=MONDAY)
    for hour in range(11, 16):
        appointment(windows, ana, theo, at(24, hour))
    assert browser_of(ana).post("/portal/book", choice(windows, ana, at(25, 9))).status_code == 303


def test_other_customers_are_not_limited(browser_of, ana, ben, windows, almost):
    for person, hour in ((ana, 9), (ben, 10), (ben, 11)):
        response = browser_of(person).post("/portal/book", choice(windows, person, at(25, hour)))
        assert response.status_code == 303


def test_two_concurrent_bookings_do_not_exceed_the_limit(race, session, ana, windows, almost):  # noqa: F811
    outcomes = race(Book(windows, ana, at(25, 9)), Book(windows, ana, at(25, 11)))
    assert outcomes.count("done") == 1
    assert booked(session) == 2


def test_control_without_the_lock_two_bookings_exceed_the_limit(race, session, monkeypatch, ana, windows, almost):  # noqa: F811
    """The control: on SQLite the turn is the write transaction, so the count is read before it begins."""
    monkeypatch.setattr(locks, "lock_until_commit", lambda *_: None)
    counted = Barrier(2)
    staff_at = Stale.staff_at
    monkeypatch.setattr(Stale, "staff_at", lambda *args: counted.wait(10) is None or staff_at(*args))
    assert race(Book(windows, ana, at(25, 9)), Book(windows, ana, at(25, 11))) == ["done", "done"]
    assert booked(session) == 3


def test_each_press_counts_whether_it_booked_or_was_refused(browser_of, ana, windows, almost, session, monkeypatch):
    monkeypatch.setattr(limits, "booking", replace(limits.booking, rates="3 per hour"))
    browser = browser_of(ana)
    presses = [at(25, 9), at(25, 3), at(25, 10), at(25, 11)]
    statuses = [browser.post("/portal/book", choice(windows, ana, starts_at)).status_code for starts_at in presses]
    assert statuses == [303, 422, 422, 429]
    assert booked(session) == 2
