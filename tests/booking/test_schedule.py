"""The schedule, for staff."""

import pytest

from tests.booking.builders import actor, appointment, at


@pytest.fixture
def browser(clock, browser_of, olga):
    return browser_of(olga)


def test_a_week_shows_who_goes_where(browser, ana, theo, cleaning):
    appointment(cleaning, ana, theo, at(25, 9))
    page = browser.get("/office/schedule").text
    for words in ("Wednesday", "Nov 25, 2026", "Deep clean · Ana Ruiz", "7 Pine Road, Portland", "Theo Laurent"):
        assert words in page


def test_weeks_follow_each_other(browser, ana, theo, cleaning):
    appointment(cleaning, ana, theo, at(30, 9))
    assert "Ana Ruiz" not in browser.get("/office/schedule").text
    assert "Ana Ruiz" in browser.get("/office/schedule?day=2026-12-06").text
    assert 'href="/office/schedule?day=2026-11-30"' in browser.get("/office/schedule").text


@pytest.mark.parametrize("day", ["", "yesterday", "0001-01-01", "9999-12-31"])
def test_any_day_shows_a_week(browser, cleaning, day):
    assert browser.get("/office/schedule", query_string={"day": day}).status_code == 200


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
    assert "Ana Ruiz" not in browser.get("/office/schedule?day=2026-11-25").text


def test_the_schedule_is_for_staff(browser_of, visitor, ana, sparkle, cleaning):
    for browser in (browser_of(ana), visitor(sparkle)):
        assert browser.get("/office/schedule").status_code == 303


def test_a_week_takes_three_statements_for_any_number_of_appointments(
    browser, statements, sparkle, ana, theo, cleaning, windows
):
    for day in range(23, 30):
        appointment(windows, ana, theo, at(day, 9))
    browser.get("/office/schedule")
    with statements() as seen:
        browser.get("/office/schedule")
    assert len(seen) == 3  # who asks, the requests that wait for an answer, the week


def test_an_appointment_takes_four_statements(browser, statements, ana, theo, cleaning):
    appointment(cleaning, ana, theo, at(25, 9))
    browser.get("/office/schedule/1")
    with statements() as seen:
        browser.get("/office/schedule/1")
    assert len(seen) == 4  # who asks, the appointment, what was done there, who else could take it
