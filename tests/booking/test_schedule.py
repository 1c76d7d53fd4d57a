"""The schedule, for staff."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sergio.staff.models import TECHNICIAN, TimeOff, WorkingHours
from tests import factories
from tests.booking.builders import actor, appointment, at, service


@pytest.fixture
def browser(clock, browser_of, olga):
    return browser_of(olga)


def test_a_week_shows_who_goes_where(browser, ana, theo, cleaning):
    appointment(cleaning, ana, theo, at(25, 9))
    page = browser.get("/office/schedule").text
    for words in ("Wednesday, November 25, 2026", "Nov 25", "Deep clean", "Ana Ruiz", "9:00", "Theo Laurent"):
        assert words in page


def test_weeks_follow_each_other(browser, ana, theo, cleaning):
    appointment(cleaning, ana, theo, at(30, 9))
    assert "Ana Ruiz" not in browser.get("/office/schedule").text
    assert "Ana Ruiz" in browser.get("/office/schedule?on=2026-12-06").text
    assert 'href="/office/schedule?view=week&amp;on=2026-11-30"' in browser.get("/office/schedule").text


@pytest.mark.parametrize("day", ["", "yesterday", "0001-01-01", "9999-12-31"])
def test_any_day_shows_a_week(browser, cleaning, day):
    assert browser.get("/office/schedule", query_string={"on": day}).status_code == 200


def test_a_canceled_appointment_is_not_on_the_schedule(browser, ana, theo, cleaning):
    appointment(cleaning, ana, theo, at(25, 9)).cancel(by=actor(ana), now=at(23, 8))
    assert "Ana Ruiz" not in browser.get("/office/schedule").text


def test_an_appointment_shows_the_customers_contact_and_notes(browser, ana, theo, cleaning):
    appointment(cleaning, ana, theo, at(25, 9), notes="Mind the cat")
    page = browser.get("/office/schedule/1").text
    for words in ("Mind the cat", "mailto:ana@example.com", "Theo Laurent", "11:30"):
        assert words in page


def test_a_phone_number_is_written_as_people_there_write_it(browser, ana, theo, cleaning, outbox):
    ana.phone = "+12075550199"
    mine = appointment(cleaning, ana, theo, at(25, 9))
    page = browser.get("/office/schedule/1").text
    assert 'href="tel:+12075550199"' in page
    assert "(207) 555-0199</a>" in page
    mine.cancel(by=actor(ana), now=at(23, 8))
    assert "(207) 555-0199" in next(email.text for email in outbox.emails if email.to == "hello@sparkle.example")


def test_another_companys_appointment_is_not_found(browser_of, world, ana, theo, cleaning):
    appointment(cleaning, ana, theo, at(25, 9))
    browser = browser_of(world.rita)
    assert browser.get("/office/schedule/1").status_code == 404
    assert "Ana Ruiz" not in browser.get("/office/schedule?on=2026-11-25").text


def test_the_schedule_is_for_staff(browser_of, visitor, ana, sparkle, cleaning):
    for browser in (browser_of(ana), visitor(sparkle)):
        assert browser.get("/office/schedule").status_code == 303


@pytest.mark.parametrize("view", ["day", "week", "month", "list"])
def test_a_view_takes_three_statements_or_four_for_any_number_of_appointments(
    browser, statements, sparkle, ana, theo, cleaning, windows, view
):
    for day in range(23, 30):
        appointment(windows, ana, theo, at(day, 9))
    browser.get(f"/office/schedule?view={view}&on=2026-11-25")
    with statements() as seen:
        assert "Ana Ruiz" in browser.get(f"/office/schedule?view={view}&on=2026-11-25").text
    # who asks; the team, and how many requests wait; the appointments; in a month, those that are shown
    assert len(seen) == (4 if view == "month" else 3)


def test_an_appointment_takes_three_statements(browser, statements, ana, theo, cleaning):
    appointment(cleaning, ana, theo, at(25, 9))
    browser.get("/office/schedule/1")
    with statements() as seen:
        browser.get("/office/schedule/1")
    assert len(seen) == 3  # who asks, the appointment, what was done there


def test_a_day_shows_each_persons_hours_with_a_link_in_every_free_one(browser, ana, theo, cleaning):
    appointment(cleaning, ana, theo, at(25, 10))
    page = browser.get("/office/schedule?view=day&on=2026-11-25").text
    assert "Wednesday, November 25, 2026" in page
    assert f'href="/office/schedule/new?starts_at=2026-11-25T14:00Z&amp;staff={theo.id}"' in page
    assert 'aria-label="New appointment, 9:00\xa0AM"' in page
    assert 'rowspan="8" data-starts_at="2026-11-25T15:00Z"' in page
    assert "2026-11-25T15:30Z" not in page
    assert f"/office/settings/hours/{theo.id}?on=2026-11-25#time-off" in page


def test_time_off_and_the_day_it_is_added_from(browser, sparkle, theo, olga, cleaning):
    TimeOff.take(sparkle, theo, at(25, 0), at(26, 0), "Dentist", by=actor(olga), at=at(23, 8))
    TimeOff.take(sparkle, None, at(26, 0), at(27, 0), "Thanksgiving", by=actor(olga), at=at(23, 8))
    for view in ("week", "day"):
        assert "Dentist" in browser.get(f"/office/schedule?view={view}&on=2026-11-25").text
    assert "Thanksgiving" in browser.get("/office/schedule?view=day&on=2026-11-26").text
    page = browser.get(f"/office/settings/hours/{theo.id}?on=2026-11-27").text
    assert 'value="2026-11-27"' in page


def test_a_month_shows_four_of_a_day_and_counts_the_rest(browser, sparkle, ana, theo, windows):
    for hour in range(8, 15):
        appointment(windows, ana, theo, at(25, hour))
    page = browser.get("/office/schedule?view=month&on=2026-11-25").text
    assert "November 2026" in page
    assert page.count("Ana Ruiz") == 4
    assert ">+3 more</a>" in page
    assert 'href="/office/schedule?view=month&amp;on=2026-12-01"' in page


def test_a_week_shows_eight_of_a_person_and_counts_the_rest(browser, ana, theo, sparkle, session):
    short = service(sparkle, "Check", minutes=15)
    for quarter in range(10):
        appointment(short, ana, theo, at(25, 9 + quarter // 4, quarter % 4 * 15))
    page = browser.get("/office/schedule").text
    assert page.count("Ana Ruiz") == 8
    assert ">+2 more</a>" in page


def test_a_long_appointment_is_on_each_of_its_days(browser, ana, theo, sparkle, session):
    long = service(sparkle, "Move-out", minutes=3 * 24 * 60)
    appointment(long, ana, theo, at(22, 9))
    assert browser.get("/office/schedule?view=list&on=2026-11-23").text.count("Ana Ruiz") == 3
    assert "Ana Ruiz" in browser.get("/office/schedule?view=day&on=2026-11-24").text


def test_it_is_filtered_by_person_and_status(browser, sparkle, ana, ben, theo, windows):
    maya = factories.staff(sparkle, "Maya Stone", TECHNICIAN)
    appointment(windows, ana, theo, at(25, 9))
    appointment(windows, ben, maya, at(25, 9)).cancel(by=actor(maya), now=at(23, 8))
    for view in ("day", "week", "month", "list"):
        url = f"/office/schedule?view={view}&on=2026-11-25"
        assert "Ana Ruiz" in browser.get(f"{url}&staff={theo.id}").text
        assert "Ana Ruiz" not in browser.get(f"{url}&staff={maya.id}").text
        canceled = browser.get(f"{url}&status=canceled").text
        assert "Ben Okafor" in canceled
        assert "Ana Ruiz" not in canceled
        for status in ("upcoming", "requested", "done", "nonsense"):
            assert browser.get(f"{url}&status={status}&staff=x").status_code == 200


def test_a_time_that_a_customer_asks_for_is_shown_beside_the_current_one(browser, ana, theo, windows, session):
    mine = appointment(windows, ana, theo, at(25, 9))
    mine.request_time(at(26, 9), [theo.id], by=actor(ana), now=at(23, 8))
    page = browser.get("/office/schedule").text
    assert page.count("Ana Ruiz") == 2
    assert "Asked for" in page
    assert page.count("data-sequence") == 1


def test_a_technician_sees_their_own_in_every_view(browser_of, sparkle, ana, ben, theo, windows, clock):
    maya = factories.staff(sparkle, "Maya Stone", TECHNICIAN)
    appointment(windows, ana, theo, at(25, 9))
    appointment(windows, ben, maya, at(25, 9))
    browser = browser_of(theo)
    for view in ("day", "week", "month", "list"):
        page = browser.get(f"/office/schedule?view={view}&on=2026-11-25&staff={maya.id}").text
        assert "Ana Ruiz" in page
        for hidden in ("Ben Okafor", "Maya", "/office/schedule/new", "data-sequence", "Person"):
            assert hidden not in page


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Asia/Kolkata", "America/St_Johns"])
def test_a_day_is_the_companys_own(browser, sparkle, ana, theo, windows, session, zone):
    sparkle.time_zone = zone
    local = datetime(2026, 11, 26, 0, 15, tzinfo=ZoneInfo(zone))
    appointment(windows, ana, theo, local.astimezone(UTC))
    for view in ("day", "list"):
        assert "12:15\xa0AM" in browser.get(f"/office/schedule?view={view}&on=2026-11-26").text
    assert "Ana Ruiz" not in browser.get("/office/schedule?view=day&on=2026-11-25").text


def test_the_days_that_clocks_change_have_23_and_25_hours(browser, sparkle, theo, session, windows):
    theo.hours = [WorkingHours(company=sparkle, weekday=6, opens=0, closes=24 * 60)]
    session.commit()
    spring, fall = (browser.get(f"/office/schedule?view=day&on={on}").text for on in ("2027-03-14", "2027-11-07"))
    assert [page.count('scope="row"') for page in (spring, fall)] == [23, 25]
    assert "1:00\xa0AM EST" in fall
    assert ">2:00\xa0AM<" not in spring
