"""A customer's appointments on the portal: shown, moved and canceled within the company's deadlines."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from sergio.booking.availability import Availability
from sergio.booking.busy import with_hours
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.booking.slices import AppointmentSlice, quarters
from sergio.lib.refused import Refused
from tests.booking.builders import MONDAY, actor, appointment, at

SECOND = timedelta(seconds=1)
NINE = {"at": "2026-11-26T14:00Z"}


@pytest.fixture
def browser(clock, browser_of, ana):
    return browser_of(ana)


@pytest.fixture
def mine(ana, theo, cleaning):
    """Ana's appointment on Wednesday at nine."""
    return appointment(cleaning, ana, theo, at(25, 9))


@pytest.fixture
def whole(session):
    """`whole()`: the only appointment, after checking that it has exactly its own quarter hours."""

    def read():
        session.commit()
        row = session.scalars(select(Appointment)).one()
        held = set(
            session.scalars(select(AppointmentSlice.quarter_hour).where(AppointmentSlice.appointment_id == row.id))
        )
        assert held == (set() if row.canceled_at else set(quarters(row)))
        return row

    return read


PAGES = ["", "/confirmation", ".ics", "/reschedule", "/reschedule/review?at=2026-11-26T14:00Z"]


@pytest.mark.parametrize("page", PAGES)
def test_another_customers_appointment_is_not_found(browser_of, ben, mine, page):
    assert browser_of(ben).get(f"/portal/appointments/1{page}").status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_another_companys_appointment_is_not_found(browser_of, cleo, mine, page):
    assert browser_of(cleo).get(f"/portal/appointments/1{page}").status_code == 404


@pytest.mark.parametrize("person", ["ben", "cleo"])
@pytest.mark.parametrize(("action", "form"), [("reschedule", NINE), ("cancel", {})])
def test_nobody_else_can_change_an_appointment(browser_of, world, mine, whole, person, action, form):
    response = browser_of(getattr(world, person)).post(f"/portal/appointments/1/{action}", form)
    assert response.status_code == 404
    assert (whole().starts_at, whole().canceled_at) == (at(25, 9), None)


@pytest.mark.parametrize(
    "page", ["place?service=1", "time?service=1&place=1", "details?service=1&place=1&at=2026-11-25T14:00Z"]
)
def test_another_companys_services_and_places_are_not_found(browser_of, cleo, cleaning, page):
    assert browser_of(cleo).get(f"/portal/book/{page}").status_code == 404


@pytest.mark.parametrize("step", ["time?", "details?at=2026-11-25T14:00Z&"])
def test_another_customers_place_cannot_be_booked(browser_of, ana, ben, cleaning, step, session):
    browser = browser_of(ana)
    place = ben.customer.properties[0].number
    assert browser.get(f"/portal/book/{step}service=1&place={place}").status_code == 404
    form = {"service": 1, "place": place, "at": "2026-11-25T14:00Z"}
    assert browser.post("/portal/book", form).status_code == 404
    assert session.scalars(select(Appointment)).all() == []


def test_the_list_shows_upcoming_and_past_appointments(browser, session, clock, ana, theo, cleaning, windows):
    appointment(windows, ana, theo, at(18, 9), completed_at=at(18, 10))
    appointment(cleaning, ana, theo, at(25, 9))
    coming, over = (browser.get(f"/portal/appointments{tab}").text for tab in ("", "?show=over"))
    assert "Deep clean" in coming
    assert "Windows" not in coming
    assert "Windows" in over
    assert "Completed" in over


def test_nothing_planned_leads_to_booking(browser):
    assert "No upcoming appointments" in browser.get("/portal/appointments").text


def test_an_appointment_shows_when_where_what_and_who(browser, mine):
    text = browser.get("/portal/appointments/1").text
    for words in (
        "Deep clean",
        "Wed, Nov 25, 2026",
        "7 Pine Road, Portland",
        "Theo",
        "You can reschedule or cancel online until Tue, Nov 24",
    ):
        assert words in text
    assert "Laurent" not in text


def test_an_appointment_is_moved_and_both_sides_get_an_email(browser, mine, whole, outbox):
    old = "Wed, Nov 25, 2026, 9:00"
    assert old in browser.get("/portal/appointments/1/reschedule/review?at=2026-11-26T14:00Z").text
    assert browser.post("/portal/appointments/1/reschedule", NINE).location == "/portal/appointments/1"
    moved = whole()
    assert (moved.starts_at, moved.ends_at, moved.free_at, moved.sequence) == (at(26, 9), at(26, 11), at(26, 11, 30), 1)
    (move,) = moved.moves
    assert (move.old, move.new, move.by) == (at(25, 9), at(26, 9), "Ana Ruiz")
    assert [message.to for message in outbox.emails] == ["ana@example.com", "hello@sparkle.example"]
    assert all(old in message.text for message in outbox.emails)


def test_an_appointment_can_move_into_its_own_time(browser, mine, whole):
    assert (
        browser.post("/portal/appointments/1/reschedule", {"at": "2026-11-25T14:30Z"}).location
        == "/portal/appointments/1"
    )
    assert whole().starts_at == at(25, 9, 30)


def test_an_appointment_keeps_the_length_it_was_booked_with(browser, mine, cleaning, whole):
    cleaning.minutes = 30
    browser.post("/portal/appointments/1/reschedule", NINE)
    assert whole().minutes == 120


def test_a_move_to_a_taken_time_leaves_the_appointment_where_it_was(browser, mine, ben, theo, windows, session):
    appointment(windows, ben, theo, at(26, 10))
    response = browser.post("/portal/appointments/1/reschedule", NINE)
    assert response.location == "/portal/appointments/1/reschedule?day=2026-11-26"
    assert "That time was just taken" in browser.get(response.location).text
    session.commit()
    assert session.get_one(Appointment, mine.id).starts_at == at(25, 9)


def test_a_move_to_the_same_time_is_refused(browser, mine, whole, outbox):
    browser.post("/portal/appointments/1/reschedule", {"at": "2026-11-25T14:00Z"})
    assert whole().sequence == 0
    assert outbox.emails == []


def test_a_move_that_fails_halfway_changes_nothing(browser, mine, whole, monkeypatch):
    def fail(*facts):
        raise RuntimeError("the power went")

    monkeypatch.setattr(Appointment, "_notify", fail)
    assert browser.post("/portal/appointments/1/reschedule", NINE).status_code == 500
    assert (whole().starts_at, whole().sequence, whole().moves) == (at(25, 9), 0, [])


@pytest.mark.parametrize(
    "time", ["2026-11-26T14:30:01Z", "2026-11-26T03:00Z", "2026-11-23T14:00Z", "2027-11-23T14:00Z"]
)
def test_a_move_follows_the_rules_of_booking(browser, mine, whole, time):
    assert "/reschedule?day=" in browser.post("/portal/appointments/1/reschedule", {"at": time}).location
    assert whole().starts_at == at(25, 9)


def test_appointments_can_be_moved_while_booking_is_off(browser, sparkle, cleaning, mine, whole):
    sparkle.booking_open, cleaning.bookable = False, False
    browser.post("/portal/appointments/1/reschedule", NINE)
    assert whole().starts_at == at(26, 9)


def test_the_deadline_for_moving_is_exact_to_the_second(browser, clock, sparkle, mine, whole):
    sparkle.reschedule_minutes, sparkle.lead_minutes = 90, 0
    clock.move_to(at(25, 7, 30) + SECOND)
    page = browser.get("/portal/appointments/1").text
    assert "Appointments can be rescheduled online up to 1 hour 30 minutes before they start." in page
    assert "/portal/appointments/1/reschedule" not in page
    assert browser.get("/portal/appointments/1/reschedule").location == "/portal/appointments/1"
    browser.post("/portal/appointments/1/reschedule", NINE)
    assert (
        "1 hour 30 minutes before they start. Call (207) 555-0100 or email hello@sparkle.example."
        in browser.get("/portal/appointments/1").text
    )
    assert whole().starts_at == at(25, 9)
    clock.move_to(at(25, 7, 30))
    assert "Reschedule" in browser.get("/portal/appointments/1").text
    browser.post("/portal/appointments/1/reschedule", NINE)
    assert whole().starts_at == at(26, 9)


def test_the_deadline_for_canceling_is_exact_to_the_second(browser, clock, sparkle, mine, whole):
    sparkle.cancel_minutes = 120
    clock.move_to(at(25, 7) + SECOND)
    assert (
        "Appointments can be canceled online up to 2 hours before they start."
        in browser.get("/portal/appointments/1").text
    )
    assert "Yes, cancel it" not in browser.get("/portal/appointments/1").text
    browser.post("/portal/appointments/1/cancel")
    assert whole().canceled_at is None
    clock.move_to(at(25, 7))
    browser.post("/portal/appointments/1/cancel")
    assert whole().canceled_at == at(25, 7)


def test_a_canceled_appointment_frees_its_time_and_both_sides_get_an_email(browser, mine, whole, outbox, cleaning, ana):
    assert browser.post("/portal/appointments/1/cancel").location == "/portal/appointments/1"
    row = whole()
    assert (row.canceled_by, row.sequence) == ("Ana Ruiz", 1)
    assert "Canceled" in browser.get("/portal/appointments/1").text
    assert [message.subject.partition(" on ")[0] for message in outbox.emails] == [
        "Your appointment",
        "Ana Ruiz canceled the appointment",
    ]
    again = {"service": cleaning.number, "place": 1, "at": "2026-11-25T14:00Z"}
    assert browser.post("/portal/book", again).location == "/portal/appointments/2/confirmation"


def test_past_and_canceled_appointments_cannot_be_changed(browser, clock, mine, whole):
    browser.post("/portal/appointments/1/cancel")
    first = whole().canceled_at
    clock.move_to(at(23, 9))
    browser.post("/portal/appointments/1/cancel")
    browser.post("/portal/appointments/1/reschedule", NINE)
    assert (whole().canceled_at, whole().starts_at, whole().sequence) == (first, at(25, 9), 1)
    assert "This appointment was canceled." in browser.get("/portal/appointments/1").text


def test_past_appointments_are_never_changed(browser, clock, sparkle, mine, whole):
    sparkle.reschedule_minutes = sparkle.cancel_minutes = sparkle.lead_minutes = 0
    clock.move_to(at(25, 11))
    browser.post("/portal/appointments/1/cancel")
    browser.post("/portal/appointments/1/reschedule", NINE)
    assert (whole().canceled_at, whole().starts_at) == (None, at(25, 9))


def test_the_deadlines_do_not_apply_to_staff(session, clock, mine, olga):
    clock.move_to(at(25, 8, 59))
    mine.cancel(by=actor(olga), now=at(25, 8, 59))
    assert mine.canceled_by == "Olga Petrova"


@pytest.mark.parametrize(
    "path",
    ["", "?show=over", "/1", "/1/confirmation", "/1.ics", "/1/reschedule", "/1/reschedule/review?at=2026-11-26T14:00Z"],
)
def test_a_page_takes_few_statements_for_any_number_of_appointments(
    browser, statements, ana, ben, theo, cleaning, windows, mine, path
):
    few = statements_of(browser, statements, f"/portal/appointments{path}")
    for day in range(1, 20):
        appointment(windows, ben if day % 2 else ana, theo, at(day, 9))
    assert statements_of(browser, statements, f"/portal/appointments{path}") == few
    assert few <= (2 if path == "?show=over" else 3)


@pytest.mark.parametrize("htmx", [False, True])
def test_the_times_take_three_statements(browser, statements, ana, ben, theo, cleaning, windows, htmx):
    path = "/portal/book/time?service=1&place=1&day=2026-11-25"
    few = statements_of(browser, statements, path, htmx=htmx)
    for day in range(24, 31):
        appointment(windows, ben, theo, at(day, 9))
    assert statements_of(browser, statements, path, htmx=htmx) == few == 3


def statements_of(browser, statements, path, **how) -> int:
    browser.get(path)
    with statements() as seen:
        assert browser.get(path, **how).status_code == 200
    return len(seen)


@pytest.mark.parametrize(
    "page", ["/portal/appointments/{}", "/portal/book/time?service={}&place=1", "/portal/book?service={}"]
)
def test_a_number_no_row_can_have_is_not_found(browser, cleaning, page):
    response = browser.get(page.format("9" * 30), follow_redirects=True)
    assert response.status_code == 404


@pytest.mark.parametrize("verb", ["reschedule", "cancel"])
@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"canceled_at": at(24, 9), "canceled_by": "Olga Petrova"}, "was canceled"),
        ({"completed_at": at(24, 10)}, "is over"),
        ({"starts_at": at(20, 9), "ends_at": at(20, 10)}, "is over"),
    ],
)
def test_staff_cannot_move_or_cancel_a_past_appointment(session, clock, mine, olga, free, verb, facts, sentence):
    for name, value in facts.items():
        setattr(mine, name, value)
    session.flush()
    arguments = (free(mine), at(26, 9)) if verb == "reschedule" else ()
    with pytest.raises(Refused, match=sentence) as refusal:
        getattr(mine, verb)(*arguments, by=actor(olga), now=at(24, 12))
    assert "Call us" not in str(refusal.value)
    assert (mine.canceled_by, mine.sequence) == (facts.get("canceled_by", ""), 0)


@pytest.fixture
def free(session):
    """`free(appointment)`: the times it can be moved to."""

    def read(appointment):
        rows = session.execute(with_hours(select(Service).where(Service.id == appointment.service_id))).all()
        return Availability(appointment.service, rows, now=MONDAY, appointment=appointment)

    return read


def test_staff_move_an_upcoming_appointment(clock, mine, olga, free):
    clock.move_to(at(25, 8, 59))
    mine.reschedule(free(mine), at(26, 9), by=actor(olga), now=at(25, 8, 59))
    assert (mine.starts_at, mine.moves[-1].by) == (at(26, 9), "Olga Petrova")


def test_each_email_has_the_values_of_its_change(browser, mine, whole, outbox):
    browser.post("/portal/appointments/1/reschedule", NINE)
    browser.post("/portal/appointments/1/cancel")
    assert whole().canceled_at
    moved, _, canceled, _ = outbox.emails
    assert moved.subject == "Your appointment is now on Thu, Nov 26, 2026, 9:00 AM"
    assert "METHOD:REQUEST" in moved.attachments[0][2]
    assert "SEQUENCE:1" in moved.attachments[0][2]
    assert "STATUS:CONFIRMED" in moved.attachments[0][2]
    assert "METHOD:CANCEL" in canceled.attachments[0][2]


def test_emails_are_enqueued_in_the_transaction_of_the_change(browser, mine, session, monkeypatch, outbox):
    monkeypatch.setattr(Appointment, "reschedule", refuse_late(Appointment.reschedule))
    browser.post("/portal/appointments/1/reschedule", NINE)
    assert outbox.emails == []


def refuse_late(verb):
    def changed_then_refused(*args, **kwargs):
        verb(*args, **kwargs)
        raise Refused("Not today.")

    return changed_then_refused
