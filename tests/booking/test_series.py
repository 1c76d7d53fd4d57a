"""Appointments that repeat: made, moved and canceled one by one or from one on, and gone on with."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select

from sergio.booking import jobs
from sergio.booking.models import Appointment
from sergio.booking.series import AppointmentSeries
from sergio.booking.slices import AppointmentSlice, quarters
from sergio.extensions import db
from sergio.staff.models import TECHNICIAN, TimeOff
from tests import factories
from tests.booking.builders import LEAPS, MONDAY, appointment, at

NEW = "/office/schedule/new"
WEEK = timedelta(weeks=1)


@pytest.fixture
def office(clock, browser_of, olga):
    return browser_of(olga)


@pytest.fixture
def form(ana, theo, windows):
    """Windows for Ana every week, from Wednesday at nine, with Theo."""
    place = ana.customer.properties[0].number
    who = {"customer": ana.customer.number, "service": windows.number, "place": place, "staff": theo.id}
    return who | {"slot": "", "on": "2026-11-25", "time": "09:00", "minutes": ["", "minutes"], "every": 1}


@pytest.fixture
def weekly(office, form, session):
    """Four of them."""
    office.post(NEW, form | {"times": "4"})
    session.expire_all()


def rows(session) -> list[Appointment]:
    """Those that were not canceled, after checking that each has exactly its own quarter hours."""
    session.rollback()
    session.expire_all()
    found = list(session.scalars(select(Appointment).order_by(Appointment.starts_at)))
    for row in found:
        mine = select(AppointmentSlice.quarter_hour).where(AppointmentSlice.appointment_id == row.id)
        assert set(session.scalars(mine)) == (set() if row.canceled_at else set(quarters(row)))
    return [row for row in found if row.canceled_at is None]


def starts(session) -> list[str]:
    zone = ZoneInfo("America/New_York")
    return [f"{row.starts_at.astimezone(zone):%m-%d %H:%M}" for row in rows(session)]


def move(office, number: int, **changed):
    sent = {"slot": "", "minutes": ["60", "minutes"], "later_too": "y", "tell": "y"}
    return office.post(f"/office/schedule/{number}/move", sent | changed)


FOUR = ["11-25 09:00", "12-02 09:00", "12-09 09:00", "12-16 09:00"]


@pytest.mark.parametrize(
    ("ends", "count"),
    [({"times": "4"}, 4), ({"until": "2026-12-16"}, 4), ({"until": "2026-12-15"}, 3), ({}, 13), ({"every": 4}, 4)],
)
def test_a_series_ends_after_a_number_or_on_a_day_or_goes_on(office, form, session, ends, count):
    assert office.post(NEW, form | ends).status_code == 303
    found = rows(session)
    assert len(found) == count
    step = ends.get("every", 1) * WEEK
    assert [row.starts_at for row in found] == [at(25, 9) + n * step for n in range(count)]
    assert len({row.series_id for row in found}) == 1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"times": "1"}, "Enter a number from 2 to 52."),
        ({"times": "53"}, "Enter a number from 2 to 52."),
        ({"times": "4", "until": "2026-12-16"}, "not both"),
        ({"until": "2026-11-25"}, "Choose a later day, for up to 52 appointments."),
        ({"until": "2027-11-18"}, "Choose a later day, for up to 52 appointments."),
    ],
)
def test_an_end_that_is_none_is_refused(office, form, session, changed, sentence):
    page = office.post(NEW, form | changed)
    assert page.status_code == 422
    assert sentence in page.text
    assert rows(session) == []


def test_the_customer_gets_one_email_with_all_of_them(office, form, outbox, work):
    office.post(NEW, form | {"times": "4", "tell": "y", "message": "See you every week"})
    assert outbox.subjects == ["Your appointments are booked"]
    (email,) = outbox.emails
    assert "Every week, on Wednesday at 9:00\xa0AM." in email.text
    assert "Wed, Dec 16, 2026, 9:00\xa0AM" in email.text
    assert "See you every week" in email.text
    ((name, kind, text),) = email.attachments
    calendar = Calendar.from_ical(text)
    assert (name, kind, calendar["METHOD"]) == ("appointments.ics", "text/calendar", "PUBLISH")
    assert [event.start for event in calendar.events] == [at(25, 9) + n * WEEK for n in range(4)]
    assert len({event["UID"] for event in calendar.events}) == 4


def test_what_collides_is_listed_before_anything_is_made(office, form, session, ben, theo, windows, sparkle):
    appointment(windows, ben, theo, at(25, 9) + WEEK)
    session.add(
        TimeOff(company=sparkle, staff_id=theo.id, starts_at=at(25, 8) + 2 * WEEK, ends_at=at(25, 12) + 2 * WEEK)
    )
    session.commit()
    page = office.post(NEW, form | {"times": "4"})
    assert page.status_code == 422
    assert "Wed, Dec 2, 2026, 9:00\xa0AM: Theo Laurent has Windows for Ben Okafor." in page.text
    assert "Wed, Dec 9, 2026, 9:00\xa0AM: Theo Laurent has time off or is busy." in page.text
    assert len(rows(session)) == 1
    assert office.post(NEW, form | {"times": "4", "skip": "y"}).status_code == 303
    assert starts(session) == ["11-25 09:00", "12-02 09:00", "12-16 09:00"]
    assert session.scalars(select(AppointmentSeries)).one().skipped == ["2026-12-02", "2026-12-09"]
    assert "Left out because the time was taken: Dec 2, 2026" in office.get("/office/schedule/2/series").text


def test_a_time_that_a_customer_is_booking_is_left_alone(office, form, session, browser_of, ben, windows):
    held = at(25, 9) + WEEK
    place = ben.customer.properties[0].number
    sent = {"service": windows.number, "place": place, "at": f"{held:%Y-%m-%dT%H:%MZ}"}
    assert browser_of(ben).post("/portal/book/hold", sent).status_code == 303
    page = office.post(NEW, form | {"times": "2"})
    assert page.status_code == 422
    assert "Wed, Dec 2, 2026, 9:00\xa0AM: A customer is booking that time right now." in page.text
    assert office.post(NEW, form | {"times": "2", "skip": "y"}).status_code == 303
    assert starts(session) == ["11-25 09:00"]


def test_the_check_reads_as_many_statements_for_many_as_for_few(office, form, statements):
    counts = []
    for times in ("2", "40"):
        with statements() as seen:
            office.post(NEW, form | {"times": times, "time": "09:07"})  # refused before anything is made
            office.get(f"{NEW}?customer=1")
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_one_is_moved_alone(office, weekly, session, theo):
    assert move(office, 2, on="2026-12-03", time="10:00", staff=theo.id, later_too="").status_code == 303
    assert starts(session) == ["11-25 09:00", "12-03 10:00", *FOUR[2:]]


def test_it_and_all_later_ones_are_moved(office, weekly, session, theo, outbox):
    assert move(office, 2, on="2026-12-03", time="10:30", staff=theo.id).status_code == 303
    assert starts(session) == ["11-25 09:00", "12-03 10:30", "12-10 10:30", "12-17 10:30"]
    assert outbox.subjects == ["Your appointments have new times"]
    assert "Every week, on Thursday at 10:30\xa0AM." in outbox.emails[0].text
    assert "Nov 25" not in outbox.emails[0].text


@pytest.mark.parametrize("days", [7, -7, 14])
def test_they_are_moved_by_whole_weeks_into_each_others_times(office, form, session, theo, days):
    office.post(NEW, form | {"on": "2026-12-16", "times": "4"})
    before = [row.starts_at for row in rows(session)]
    on = date(2026, 12, 16) + timedelta(days)
    assert move(office, 1, on=on.isoformat(), time="09:00", staff=theo.id).status_code == 303
    assert [row.starts_at for row in rows(session)] == [each + timedelta(days) for each in before]


def test_those_that_were_moved_alone_stay(office, weekly, session, theo):
    move(office, 3, on="2026-12-11", time="14:00", staff=theo.id, later_too="")
    move(office, 1, on="2026-11-26", time="09:00", staff=theo.id)
    assert starts(session) == ["11-26 09:00", "12-03 09:00", "12-11 14:00", "12-17 09:00"]


def test_what_cannot_move_is_listed_and_may_stay(office, weekly, session, ben, theo, windows):
    appointment(windows, ben, theo, at(25, 13) + 2 * WEEK)
    session.commit()
    page = move(office, 1, on="2026-11-25", time="13:00", staff=theo.id)
    assert page.status_code == 422
    assert "Wed, Dec 9, 2026, 1:00\xa0PM: Theo Laurent has Windows for Ben Okafor." in page.text
    assert starts(session)[:2] == FOUR[:2]
    assert move(office, 1, on="2026-11-25", time="13:00", staff=theo.id, skip="y").status_code == 303
    assert starts(session) == ["11-25 13:00", "12-02 13:00", "12-09 09:00", "12-09 13:00", "12-16 13:00"]


def test_one_that_stays_is_not_run_over_by_the_one_before(office, weekly, session, ben, theo, windows):
    appointment(windows, ben, theo, at(25, 9) + 4 * WEEK)
    session.commit()
    page = move(office, 1, on="2026-12-02", time="09:00", staff=theo.id, skip="y")
    assert page.status_code == 422  # the last one cannot move, so the one before it cannot, and so on to the first
    assert starts(session) == [*FOUR, "12-23 09:00"]


def test_another_person_takes_the_later_ones(office, weekly, session, theo, sparkle):
    maya = factories.staff(sparkle, "Maya Stone", TECHNICIAN)
    assert move(office, 2, on="2026-12-02", time="09:00", staff=maya.id).status_code == 303
    assert [row.staff_id for row in rows(session)] == [theo.id, *(3 * [maya.id])]
    assert session.scalars(select(AppointmentSeries)).one().staff_id == maya.id


def test_it_and_all_later_ones_are_canceled(office, weekly, session, outbox):
    sent = {"reason": "We moved away", "later_too": "y", "tell": "y"}
    assert office.post("/office/schedule/3/cancel", sent).status_code == 303
    assert starts(session) == FOUR[:2]
    assert session.scalars(select(AppointmentSeries)).one().ended_at == MONDAY
    assert outbox.subjects == ["Your appointments are canceled"]
    events = Calendar.from_ical(outbox.emails[0].attachments[0][2]).events
    assert [(event["STATUS"], event["SEQUENCE"]) for event in events] == [("CANCELLED", 1)] * 2


def test_both_sides_see_that_it_is_a_series(office, weekly, browser_of, ana):
    assert "Every week, on Wednesday at 9:00\xa0AM." in browser_of(ana).get("/portal/appointments/1").text
    assert "Every week, on Wednesday at 9:00\xa0AM." in office.get("/office/schedule/1").text
    page = office.get("/office/schedule/2/series").text
    assert page.count('href="/office/schedule/') >= 3


def test_only_appointments_at_its_time_say_how_the_series_repeats(office, weekly, theo, browser_of, ana):
    assert move(office, 2, staff=theo.id, on="2026-12-03", time="13:00").status_code == 303
    assert "Part of a series" not in browser_of(ana).get("/portal/appointments/1").text
    assert "Every week, on Thursday at 1:00\xa0PM." in browser_of(ana).get("/portal/appointments/2").text
    assert office.get("/office/schedule/1/series").text.count("not at the time of the series") == 1


def test_the_page_of_a_series_is_for_the_company_and_for_series(office, weekly, browser_of, world, ben, theo, windows):
    appointment(windows, ben, theo, at(26, 9))
    db.session.commit()
    assert browser_of(world.rita).get("/office/schedule/1/series").status_code == 404
    assert office.get("/office/schedule/5/series").status_code == 404


@pytest.fixture
def go_on(app, session, clock, work):
    """`go_on(at)`: what the worker does that day."""

    def run(now: datetime):
        clock.move_to(now)
        with app.app_context():
            jobs.find_series()
            db.session.commit()
        work()
        session.rollback()
        session.expire_all()

    return run


def test_a_series_without_an_end_goes_on_and_only_once(office, form, session, go_on, outbox):
    office.post(NEW, form)
    assert len(rows(session)) == 13
    go_on(MONDAY + timedelta(days=8))
    assert len(rows(session)) == 13
    for _twice in range(2):
        go_on(MONDAY + timedelta(days=9))
    assert len(rows(session)) == 14
    go_on(MONDAY + 4 * WEEK)
    assert [row.starts_at for row in rows(session)] == [at(25, 9) + n * WEEK for n in range(16)]
    assert outbox.subjects == []


def test_what_is_taken_later_is_left_out_and_the_office_hears(office, form, session, go_on, ben, theo, windows, outbox):
    office.post(NEW, form)
    appointment(windows, ben, theo, at(25, 9) + 13 * WEEK)
    session.commit()
    go_on(MONDAY + 2 * WEEK)
    assert len([row for row in rows(session) if row.series_id]) == 13
    assert outbox.subjects == ["Ana Ruiz's series of appointments leaves out a date"]
    assert "Wed, Feb 24, 2027, 9:00\xa0AM: Theo Laurent has Windows for Ben Okafor." in outbox.emails[0].text


def test_a_series_ends_with_its_technician(office, form, session, go_on, theo, outbox):
    office.post(NEW, form)
    theo.left_at = MONDAY
    session.commit()
    go_on(MONDAY + 2 * WEEK)
    assert len(rows(session)) == 13
    assert outbox.subjects == ["Ana Ruiz's series of appointments has ended"]
    assert session.scalars(select(AppointmentSeries)).one().ended_at == MONDAY + 2 * WEEK


def test_two_workers_go_on_once(office, form, session, clock, at_once, slow_writing):
    office.post(NEW, form)
    series = session.scalars(select(AppointmentSeries.id)).one()
    clock.move_to(MONDAY + 3 * WEEK)
    assert at_once(lambda: jobs.extend_series(series), lambda: jobs.extend_series(series)) == ["done"] * 2
    assert len(rows(session)) == 15


def test_a_worker_that_dies_in_the_middle_leaves_nothing_half_done(app, office, form, session, clock, monkeypatch):
    office.post(NEW, form)
    series = session.scalars(select(AppointmentSeries.id)).one()
    clock.move_to(MONDAY + 3 * WEEK)
    real, made = Appointment.schedule, []

    def die_after_one(*args, **facts):
        made.append(1)
        if len(made) > 1:
            raise SystemExit
        return real(*args, **facts)

    monkeypatch.setattr(Appointment, "schedule", die_after_one)
    with app.app_context(), pytest.raises(SystemExit):
        jobs.extend_series(series)
    monkeypatch.undo()
    assert len(rows(session)) == 13
    with app.app_context():
        jobs.extend_series(series)
        db.session.commit()
    assert len(rows(session)) == 15


@pytest.mark.parametrize(("zone", "day", "skipped", "repeated"), LEAPS)
def test_a_series_keeps_the_time_on_the_wall(zone, day, skipped, repeated):
    """On the day the clocks change, a time they skip is as much later, and of two equal ones it is the first."""
    on, zone = date(*day), ZoneInfo(zone)
    for text in (*skipped, *repeated, "09:00"):
        hour, minute = map(int, text.split(":"))
        first = on - 2 * WEEK
        series = AppointmentSeries(
            weeks=1, starts_on=first, minute=hour * 60 + minute, made_until=first, until=on + WEEK
        )
        times = dict(series.times(on + WEEK, zone))
        assert list(times) == [on - WEEK, on, on + WEEK]
        for day_of, each in times.items():
            local = each.astimezone(zone)
            moved = local.replace(tzinfo=UTC) - datetime(
                day_of.year, day_of.month, day_of.day, hour, minute, tzinfo=UTC
            )
            if day_of == on and text in skipped:
                assert timedelta() < moved <= timedelta(hours=2)
            else:
                assert (moved, local.fold) == (timedelta(), 0)


def test_the_zone_of_the_company_changes_and_what_is_booked_stays(office, form, session, sparkle, go_on, theo):
    office.post(NEW, form)
    before = [row.starts_at for row in rows(session)]
    sparkle.time_zone = "America/Los_Angeles"
    session.commit()
    go_on(MONDAY + 2 * WEEK)
    found = rows(session)
    assert [row.starts_at for row in found[:13]] == before
    pacific = ZoneInfo("America/Los_Angeles")
    assert [row.starts_at.astimezone(pacific).hour for row in found[13:]] == [9]
    series = session.scalars(select(AppointmentSeries)).one()
    assert all(series.has(row) for row in found)
