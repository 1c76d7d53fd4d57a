"""Settings -> Booking: each rule is checked when it is saved, and obeyed when a customer books."""

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.booking.models import Appointment
from tests.booking.builders import address, appointment, at, choice

PAGE = "/office/settings/booking"
RULES = {
    "booking_open": "y",
    "booking_message": "",
    "approval": "instant",
    "lead_minutes": ["24", "hours"],
    "horizon_days": "60",
    "slot_minutes": "30",
    "most_bookings": "10",
    "reschedule_minutes": ["24", "hours"],
    "cancel_minutes": ["24", "hours"],
    "quiet_from": "21",
    "quiet_until": "8",
}


@pytest.fixture
def office(clock, browser_of, olga):
    return browser_of(olga)


def save(office, **changed):
    rules = {name: value for name, value in (RULES | changed).items() if value is not None}
    return office.post(PAGE, rules)


def entries(session, action):
    session.expire_all()
    return session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()


def test_all_rules_are_saved_in_minutes_and_audited(office, sparkle, session):
    changed = {"lead_minutes": ["2", "days"], "reschedule_minutes": ["1.5", "hours"], "cancel_minutes": ["0", "hours"]}
    response = save(office, **changed, horizon_days="90", slot_minutes="60", most_bookings="3", approval="approval")
    assert response.status_code == 303
    session.expire_all()
    assert (sparkle.lead_minutes, sparkle.reschedule_minutes, sparkle.cancel_minutes) == (2880, 90, 0)
    assert (sparkle.horizon_days, sparkle.slot_minutes, sparkle.most_bookings) == (90, 60, 3)
    assert sparkle.booking_approval
    [entry] = entries(session, "changed_booking_rules")
    assert entry.before["lead_minutes"] == 1440
    assert entry.after["lead_minutes"] == 2880
    assert "booking_open" not in entry.after
    page = office.get(PAGE).text
    assert 'value="2"' in page
    assert 'value="days" selected' in page
    assert 'value="1.5"' in page


@pytest.mark.parametrize(
    ("field", "refused", "accepted"),
    [
        ("lead_minutes", ["-1", "hours"], ["0", "hours"]),
        ("lead_minutes", ["366", "days"], ["365", "days"]),
        ("reschedule_minutes", ["91", "days"], ["90", "days"]),
        ("cancel_minutes", ["2161", "hours"], ["2160", "hours"]),
        ("horizon_days", "0", "1"),
        ("horizon_days", "366", "365"),
        ("horizon_days", "many", "60"),
        ("horizon_days", "", "60"),
        ("most_bookings", "0", "1"),
        ("most_bookings", "101", "100"),
        ("slot_minutes", "45", "60"),
        ("slot_minutes", "", "15"),
        ("approval", "perhaps", "approval"),
        ("booking_message", "x" * 501, "x" * 500),
    ],
)
def test_each_limit_is_exact(office, field, refused, accepted):
    response = save(office, **{field: refused})
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert save(office, **{field: accepted}).status_code == 303


@pytest.mark.parametrize(
    "typed",
    [["soon", "hours"], ["", "hours"], ["1", "years"], ["1"], ["1e400", "days"], ["NaN", "days"], ["1/3", "hours"]],
)
def test_what_is_no_length_of_time_comes_back_as_typed(office, sparkle, session, typed):
    response = save(office, lead_minutes=typed)
    assert response.status_code == 422
    assert "Enter a number, such as 24." in response.text
    assert f'value="{typed[0]}"' in response.text
    session.expire_all()
    assert sparkle.lead_minutes == 1440


def test_a_fraction_of_a_minute_is_refused(office):
    assert "Enter a whole number of minutes." in save(office, lead_minutes=["0.123", "hours"]).text


def test_two_people_both_keep_what_only_they_changed(office, sparkle, session):
    first = '{"lead_minutes": 1440, "horizon_days": 60, "booking_open": true}'
    save(office, lead_minutes=["3", "days"])
    assert save(office, horizon_days="30", seen=first).status_code == 303
    session.expire_all()
    assert (sparkle.lead_minutes, sparkle.horizon_days) == (3 * 1440, 30)
    response = save(office, lead_minutes=["5", "days"], seen=first)
    assert response.status_code == 422
    assert "Someone else just changed this" in response.text


def test_extra_fields_are_ignored_and_audited(office, sparkle, session):
    assert save(office, plan="pro", company_id="2", currency="EUR", role="owner").status_code == 303
    session.expire_all()
    assert (sparkle.plan, sparkle.currency) == ("starter", "USD")
    assert entries(session, "sent_extra_fields")[0].after == {"fields": ["company_id", "currency", "plan", "role"]}


def test_a_technician_and_another_company_change_nothing(browser_of, theo, world, sparkle, session, clock):
    assert save(browser_of(theo), horizon_days="1").status_code == 403
    assert save(browser_of(world.rita), horizon_days="7").status_code == 303
    session.expire_all()
    assert (sparkle.horizon_days, world.rival.horizon_days) == (60, 7)


def test_while_it_is_off_customers_read_the_message_and_links_still_move_appointments(
    office, browser_of, ana, theo, windows, session
):
    mine = appointment(windows, ana, theo, at(26, 9), booked_online=True)
    message = "Back on <b>December 1</b>."
    assert save(office, booking_open=None, booking_message=message).status_code == 303
    browser = browser_of(ana)
    page = browser.get("/portal/book").text
    assert "Back on &lt;b&gt;December 1&lt;/b&gt;." in page
    assert browser.post("/portal/book", choice(windows, ana, at(25, 9))).status_code == 303
    assert session.scalar(select(Appointment).where(Appointment.starts_at == at(25, 9))) is None
    moved = browser.post(f"/portal/appointments/{mine.number}/reschedule", {"at": "2026-11-27T15:00Z"})
    assert moved.status_code == 303
    session.expire_all()
    assert mine.starts_at == at(27, 10)


def test_start_times_on_the_hour_are_obeyed(office, browser_of, ana, theo, windows):
    save(office, slot_minutes="60")
    page = browser_of(ana).get(address("time", windows, ana, day="2026-11-25")).text
    assert "10:00\u00a0AM" in page
    assert "10:30\u00a0AM" not in page
    refused = browser_of(ana).post("/portal/book", choice(windows, ana, at(25, 10, 30)))
    assert refused.status_code == 422
    assert "Appointments start every 1 hour." in refused.text
    assert browser_of(ana).post("/portal/book", choice(windows, ana, at(25, 11))).status_code == 303


def test_the_notice_and_the_horizon_are_obeyed(office, browser_of, ana, theo, windows):
    save(office, lead_minutes=["3", "days"], horizon_days="5")
    browser = browser_of(ana)
    assert browser.post("/portal/book", choice(windows, ana, at(25, 16))).status_code == 422
    assert browser.post("/portal/book", choice(windows, ana, at(30, 9))).status_code == 422
    assert browser.post("/portal/book", choice(windows, ana, at(26, 9))).status_code == 303


def test_the_windows_for_moving_and_canceling_are_separate(office, browser_of, ana, theo, windows, session):
    mine = appointment(windows, ana, theo, at(26, 9))
    save(office, reschedule_minutes=["4", "days"], cancel_minutes=["1", "hours"])
    browser = browser_of(ana)
    browser.post(f"/portal/appointments/{mine.number}/reschedule", {"at": "2026-11-27T15:00Z"})
    session.expire_all()
    assert mine.starts_at == at(26, 9)
    browser.post(f"/portal/appointments/{mine.number}/cancel")
    session.expire_all()
    assert mine.canceled_at


def test_the_most_bookings_are_obeyed(office, browser_of, ana, theo, windows):
    save(office, most_bookings="1")
    browser = browser_of(ana)
    assert browser.post("/portal/book", choice(windows, ana, at(25, 9))).status_code == 303
    assert browser.post("/portal/book", choice(windows, ana, at(25, 11))).status_code == 422
