"""Settings -> Team hours: weekly hours, time off with the appointments in it, and holidays."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.booking.availability import Availability
from sergio.booking.slots import instant
from sergio.staff.models import TECHNICIAN, TimeOff, WorkingHours
from tests import factories
from tests.booking.builders import LEAPS, appointment, at, choice

PAGE = "/office/settings/hours"
MORNING, AFTERNOON = ["09:00", "12:00"], ["13:00", "17:00"]


@pytest.fixture
def office(clock, browser_of, olga):
    return browser_of(olga)


def hours(session, member) -> list[tuple[int, int, int]]:
    session.expire_all()
    return [(row.weekday, row.opens, row.closes) for row in member.hours]


def save(office, member, **days):
    return office.post(f"{PAGE}/{member.id}", days)


def off(office, member=None, **fields):
    path = f"{PAGE}/{member.id}/time-off" if member else f"{PAGE}/time-off"
    blank = {"starts_on": "2026-11-25", "starts_time": "", "ends_on": "", "ends_time": "", "note": ""}
    return office.post(path, blank | fields)


def periods_off(session) -> list[tuple[datetime, datetime]]:
    session.expire_all()
    return [(row.starts_at, row.ends_at) for row in session.scalars(select(TimeOff).order_by(TimeOff.id))]


def test_several_periods_a_day_are_saved_and_offered(office, browser_of, ana, theo, windows, session):
    assert save(office, theo, day_2=[*AFTERNOON, *MORNING, "", ""]).status_code == 303
    assert hours(session, theo) == [(2, 540, 720), (2, 780, 1020)]
    browser = browser_of(ana)
    assert browser.post("/portal/book", choice(windows, ana, at(25, 12))).status_code == 422
    assert browser.post("/portal/book", choice(windows, ana, at(26, 9))).status_code == 422
    assert browser.post("/portal/book", choice(windows, ana, at(25, 13))).status_code == 303
    entry = session.scalar(select(AuditEntry).where(AuditEntry.action == "changed_hours"))
    assert entry.after == {"hours": "Wed 09:00-12:00, Wed 13:00-17:00"}


def test_a_day_is_copied_to_others(office, theo, session):
    save(office, theo, day_0=MORNING, day_6=AFTERNOON, copy="0", copy_to=["1", "4", "6"])
    assert hours(session, theo) == [(day, 540, 720) for day in (0, 1, 4, 6)]


def test_each_day_offers_the_six_others(office, theo):
    page = office.get(f"{PAGE}/{theo.id}").text
    assert [page.count(f'name="copy_to" value="{day}"') for day in range(7)] == [6] * 7
    assert [page.count(f'name="copy" value="{day}"') for day in range(7)] == [1] * 7


def test_days_to_copy_to_without_the_button_copy_nothing(office, theo, session):
    save(office, theo, day_0=MORNING, copy_to=["1"])
    assert hours(session, theo) == [(0, 540, 720)]


@pytest.mark.parametrize("copied", [{"copy": "7", "copy_to": "1"}, {"copy": "0", "copy_to": "9"}])
def test_a_weekday_that_is_none_is_refused(office, theo, session, copied):
    assert save(office, theo, day_0=MORNING, **copied).status_code == 422


def test_midnight_can_be_the_end_of_a_day(office, theo, session):
    save(office, theo, day_5=["22:00", "00:00"], day_6=["00:00", "00:00"])
    assert hours(session, theo) == [(5, 1320, 1440), (6, 0, 1440)]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["12:00", "09:00"], "Each period has to end after it starts."),
        (["09:00", "09:00"], "Each period has to end after it starts."),
        (["09:00", "12:00", "11:59", "13:00"], "Two periods overlap."),
        (["09:00", ""], "Enter a start and an end for each period"),
        (["9am", "5pm"], "Enter a start and an end for each period"),
        (["25:00", "26:00"], "Enter a start and an end for each period"),
        (["<b>", "17:00"], "Enter a start and an end for each period"),
        ([f"{hour:02}:{part}" for hour in range(7) for part in ("00", "30")], "Enter up to 6 periods a day."),
    ],
)
def test_bad_hours_come_back_and_nothing_changes(office, theo, session, typed, sentence):
    before = hours(session, theo)
    response = save(office, theo, day_3=typed, day_4=MORNING)
    assert response.status_code == 422
    assert sentence in response.text
    assert "<b>" not in response.text.partition("<main")[2].partition("Time off")[0]
    assert hours(session, theo) == before


def test_periods_that_touch_do_not_overlap(office, theo, session):
    assert save(office, theo, day_3=["09:00", "12:00", "12:00", "13:00"]).status_code == 303


def test_two_people_who_change_different_days_both_keep_theirs(office, theo, session):
    seen = '{"day_0": [[540, 1020]], "day_1": [[540, 1020]]}'
    both = {"day_0": ["09:00", "17:00"], "day_1": ["09:00", "17:00"], "seen": seen}
    save(office, theo, **both | {"day_0": MORNING})
    assert save(office, theo, **both | {"day_1": AFTERNOON}).status_code == 303
    assert hours(session, theo) == [(0, 540, 720), (1, 780, 1020)]
    response = save(office, theo, **both | {"day_0": AFTERNOON})
    assert "Someone else just changed this." in response.text


def test_a_technician_sees_their_own_hours_and_changes_none(browser_of, theo, olga, session, clock):
    browser = browser_of(theo)
    assert browser.get(PAGE).location == f"{PAGE}/{theo.id}"
    page = browser.get(f"{PAGE}/{theo.id}").text
    assert "Your hours" in page
    assert "Monday to Friday" in page
    assert "Save changes" not in page
    assert browser.get(f"{PAGE}/{olga.id}").status_code == 404
    before = hours(session, theo)
    for path in (f"/{theo.id}", f"/{theo.id}/time-off", "/time-off", "/holidays", "/time-off/1/cancel"):
        assert browser.post(f"{PAGE}{path}", {"day_0": MORNING, "starts_on": "2026-11-25"}).status_code == 403
    assert (hours(session, theo), periods_off(session)) == (before, [])


def test_a_rival_finds_nobody(office, browser_of, world, theo, session):
    off(office, theo)
    row = session.scalars(select(TimeOff)).one()
    rival = browser_of(world.rita)
    assert rival.get(f"{PAGE}/{theo.id}").status_code == 404
    assert save(rival, theo, day_0=MORNING).status_code == 404
    assert off(rival, theo).status_code == 404
    assert rival.post(f"{PAGE}/time-off/{row.id}/cancel").status_code == 404


@pytest.mark.parametrize(
    ("fields", "begin", "end"),
    [
        ({}, at(25, 0), at(26, 0)),
        ({"ends_on": "2026-11-27"}, at(25, 0), at(28, 0)),
        ({"starts_time": "13:00"}, at(25, 13), at(26, 0)),
        ({"starts_time": "13:00", "ends_time": "14:30"}, at(25, 13), at(25, 14, 30)),
        ({"starts_time": "13:00", "ends_on": "2026-11-26", "ends_time": "09:00"}, at(25, 13), at(26, 9)),
    ],
)
def test_time_off_is_on_the_companys_clock(office, theo, session, fields, begin, end):
    assert off(office, theo, **fields).status_code == 303
    assert periods_off(session) == [(begin, end)]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"starts_on": ""}, "Choose the first day."),
        ({"starts_on": "soon"}, "Not a valid date value."),
        ({"starts_on": "9999-12-31"}, "Choose a day within the next three years."),
        ({"starts_on": "1999-12-31"}, "Choose a day within the next three years."),
        ({"ends_on": "2026-11-24"}, "The end has to be after the start."),
        ({"ends_on": "9999-12-31"}, "Choose a day within the next three years."),
        ({"starts_time": "13:00", "ends_time": "13:00"}, "The end has to be after the start."),
        ({"starts_time": "25:00"}, "Not a valid time value."),
        ({"note": "x" * 201}, "Field cannot be longer than 200 characters."),
    ],
)
@pytest.mark.parametrize("everyone", [False, True])
def test_bad_time_off_is_refused(office, theo, session, fields, sentence, everyone):
    response = off(office, None if everyone else theo, **fields)
    assert response.status_code == 422
    assert sentence in response.text
    assert periods_off(session) == []


def test_nobody_can_be_booked_during_it(office, browser_of, ana, theo, windows):
    off(office, theo, starts_time="10:00", ends_time="12:00")
    browser = browser_of(ana)
    for hour, minute, status in ((9, 30, 422), (11, 30, 422), (9, 0, 303), (12, 0, 303)):
        assert browser.post("/portal/book", choice(windows, ana, at(25, hour, minute))).status_code == status


def test_a_day_off_for_everyone_is_off_for_new_staff_too(office, browser_of, ana, theo, sparkle, windows, session):
    off(office, note="Team day")
    factories.staff(sparkle, "Nora Lind", TECHNICIAN)
    assert browser_of(ana).post("/portal/book", choice(windows, ana, at(25, 9))).status_code == 422
    assert browser_of(ana).post("/portal/book", choice(windows, ana, at(26, 9))).status_code == 303
    page = office.get(f"{PAGE}/{theo.id}").text
    assert "Everyone · Team day" in page


def test_the_same_time_off_twice_is_told(office, theo, session):
    for member in (theo, None):
        off(office, member)
        response = office.post(
            f"{PAGE}/{member.id}/time-off" if member else f"{PAGE}/time-off",
            {"starts_on": "2026-11-25"},
            follow_redirects=True,
        )
        assert "That time off is already there." in response.text
    assert len(periods_off(session)) == 2


def test_appointments_in_it_stay_and_are_listed(office, ana, theo, windows, session):
    mine = appointment(windows, ana, theo, at(25, 9))
    appointment(windows, ana, theo, at(26, 9))
    page = office.post(f"{PAGE}/{theo.id}/time-off", {"starts_on": "2026-11-25"}, follow_redirects=True).text
    assert "1 appointment is in this time. It stays until you change it." in page
    assert "Give each to someone else, or call the customer to find another time." in page
    assert 'href="/office/schedule/1"' in page
    assert 'href="/office/schedule/2"' not in page
    session.expire_all()
    assert mine.canceled_at is None


def test_each_time_off_lists_the_appointments_of_those_who_are_off(office, statements, ana, olga, theo, windows):
    olga.bookable = True
    appointment(windows, ana, theo, at(25, 9))
    appointment(windows, ana, olga, at(25, 12))
    off(office, theo)
    page = office.get(PAGE).text
    assert [page.count(f'"/office/schedule/{number}"') for number in (1, 2)] == [1, 0]
    off(office)
    page = office.get(PAGE).text
    assert [page.count(f'"/office/schedule/{number}"') for number in (1, 2)] == [2, 1]
    page = office.get(f"{PAGE}/{olga.id}").text
    assert [page.count(f'"/office/schedule/{number}"') for number in (1, 2)] == [0, 1]
    with statements() as seen:
        office.get(PAGE)
    assert sum("appointment" in statement for statement in seen) == 1


def test_time_off_can_be_removed(office, theo, session):
    off(office, theo)
    row = session.scalars(select(TimeOff)).one()
    assert office.post(f"{PAGE}/time-off/{row.id}/cancel").status_code == 303
    assert periods_off(session) == []
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "time_off").order_by(AuditEntry.id))
    assert actions.all() == ["created", "canceled"]


def test_the_holidays_of_the_state_are_taken_in_one_press(office, browser_of, ana, theo, windows, session):
    page = office.get(f"{PAGE}/holidays").text
    assert "Thanksgiving Day" in page
    assert "Patriots&#39; Day" in page  # of Maine
    chosen = {"days": ["2026-11-26", "2026-12-25"]}
    answer = office.post(f"{PAGE}/holidays", chosen, follow_redirects=True)
    assert "2 holidays are time off for everyone." in answer.text
    assert periods_off(session) == [
        (at(26, 0), at(27, 0)),
        (datetime(2026, 12, 25, 5, tzinfo=UTC), datetime(2026, 12, 26, 5, tzinfo=UTC)),
    ]
    assert browser_of(ana).post("/portal/book", choice(windows, ana, at(26, 9))).status_code == 422
    assert office.post(f"{PAGE}/holidays", chosen).status_code == 303
    assert len(periods_off(session)) == 2


@pytest.mark.parametrize("days", [[], ["2026-11-27"], ["2026-11-26", "x"]])
def test_only_suggested_holidays_can_be_chosen(office, session, days):
    assert office.post(f"{PAGE}/holidays", {"days": days}).status_code == 422
    assert periods_off(session) == []


def test_where_no_holidays_are_known_the_page_says_so(office, sparkle):
    sparkle.country = "XX"
    assert "No holidays to suggest" in office.get(f"{PAGE}/holidays").text


@pytest.mark.parametrize(("zone", "on"), [leap[:2] for leap in LEAPS])
def test_a_day_off_on_the_day_clocks_change_is_off_from_midnight_to_midnight(
    browser_of, olga, clock, sparkle, theo, windows, session, zone, on
):
    sparkle.time_zone = zone
    theo.hours = [WorkingHours(company=sparkle, weekday=day, opens=0, closes=1440) for day in range(7)]
    day = datetime(*on, 12, tzinfo=sparkle.zone)
    clock.move_to(day - timedelta(days=7))
    off(browser_of(olga), theo, starts_on=f"{day:%Y-%m-%d}")
    session.expire_all()
    times = [
        instant(minute).astimezone(sparkle.zone) for minute in Availability(windows, now=day - timedelta(days=7)).starts
    ]
    dates = {time.date() for time in times}
    assert day.date() not in dates
    assert {(day - timedelta(days=1)).date(), (day + timedelta(days=1)).date()} <= dates
    before = max(time for time in times if time.date() < day.date())
    assert (before.astimezone(UTC) + timedelta(hours=1)).astimezone(sparkle.zone).date() == day.date()
