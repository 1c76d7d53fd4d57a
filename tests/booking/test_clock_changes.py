"""Moving appointments on the days on which clocks change in 2027, and a company that changes its time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select

from sergio.booking.models import Appointment
from sergio.booking.slices import AppointmentSlice, quarters
from sergio.staff.models import WorkingHours
from tests.booking.builders import LEAPS, appointment, at


@pytest.fixture
def always(sparkle, theo, windows):
    """Theo works day and night, windows take a quarter of an hour, and nobody has to give notice."""
    theo.hours = [WorkingHours(company=sparkle, weekday=weekday, opens=0, closes=24 * 60) for weekday in range(7)]
    sparkle.lead_minutes = sparkle.reschedule_minutes = 0
    windows.minutes = 15
    return windows


@pytest.mark.parametrize(("zone", "on", "skipped", "twice"), LEAPS)
def test_an_appointment_is_moved_to_the_day_clocks_change(
    clock, browser_of, session, sparkle, ana, olga, theo, always, zone, on, skipped, twice
):
    """By hand-made forms: a skipped time is refused to both sides, and both of two equal ones can be chosen."""
    sparkle.time_zone = zone
    day = datetime(*on, tzinfo=ZoneInfo(zone))
    clock.move_to(day - timedelta(days=2))
    mine = appointment(always, ana, theo, (day - timedelta(days=1)).replace(hour=12).astimezone(UTC))
    browsers = browser_of(ana), browser_of(olga)
    for time in skipped:
        for offset in {"", day.isoformat()[-6:], (day + timedelta(days=1)).isoformat()[-6:]} - {"+00:00"}:
            assert by_customer(browsers[0], f"{day:%Y-%m-%d}T{time}{offset}").status_code == 400
        page = by_office(browsers[1], session, day, time)
        assert page.status_code == 422
        assert "That time does not exist on that day: clocks go forward." in page.text
    for time in twice or ["12:00"]:
        local = day.replace(hour=int(time[:2]), minute=int(time[3:]))
        for fold in (0, 1) if twice else (0,):
            starts_at = local.replace(fold=fold).astimezone(UTC)
            assert by_customer(browsers[0], f"{starts_at:%Y-%m-%dT%H:%MZ}").status_code == 303
            assert place_of(session, mine) == starts_at
            assert by_office(browsers[1], session, day, "15:00").status_code == 303
            assert by_office(browsers[1], session, day, time, later="y" if fold else "").status_code == 303
            assert place_of(session, mine) == starts_at
            assert by_office(browsers[1], session, day, "15:00").status_code == 303


def by_customer(browser, at: str):
    return browser.post("/portal/appointments/1/reschedule", {"at": at})


def by_office(browser, session, day, time: str, **more):
    session.rollback()
    mine = session.scalars(select(Appointment)).one()
    sent = {"slot": "", "on": f"{day:%Y-%m-%d}", "time": time, "staff": mine.staff_id, "sequence": mine.sequence}
    return browser.post("/office/schedule/1/move", {**sent, "minutes": ["15", "minutes"], **more})


def place_of(session, mine) -> datetime:
    """When it is, after checking that it holds exactly its own quarter hours."""
    session.rollback()
    session.refresh(mine)
    assert set(session.scalars(select(AppointmentSlice.quarter_hour))) == set(quarters(mine))
    return mine.starts_at


def test_a_company_changes_its_zone_and_what_is_booked_stays(browser_of, session, ana, olga, theo, windows):
    mine = appointment(windows, ana, theo, at(25, 14))
    session.commit()
    browser = browser_of(olga)
    page = browser.get("/office/settings/company").text
    assert "Appointments that are booked stay at the same moment" in page
    assert browser.post("/office/settings/company/region", REGION | {"time_zone": "America/Denver"}).status_code == 303
    assert place_of(session, mine) == at(25, 14)
    assert "12:00\u00a0PM to 1:00\u00a0PM" in browser_of(ana).get("/portal/appointments/1").text
    (event,) = Calendar.from_ical(browser_of(ana).get("/portal/appointments/1.ics").text).events
    assert event.start == at(25, 14)
    taken = browser_of(ana).post("/portal/book", {"service": windows.number, "place": 1, "at": "2026-11-25T19:00Z"})
    assert taken.location == "/portal/appointments/1/confirmation" or taken.status_code == 422
    assert len(session.scalars(select(Appointment)).all()) == 1


REGION = {"currency": "USD"}
