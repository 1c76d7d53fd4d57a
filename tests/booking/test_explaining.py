"""Staff read why a time is not offered to customers, rule by rule."""

from html import unescape
from urllib.parse import urlencode

import pytest

from sergio.service_area.models import ServiceArea
from sergio.staff.models import TimeOff
from tests.booking.builders import appointment, at

PAGE = "/office/schedule/why"


@pytest.fixture
def ask(clock, browser_of, olga, windows, session):
    def ask(day: int, time: str, address: str = "") -> str:
        session.commit()
        asked = {"service": windows.number, "on": f"2026-11-{day}", "time": time, "address": address}
        page = browser_of(olga).get(f"{PAGE}?{urlencode(asked)}").text
        return unescape(page).replace("\N{NO-BREAK SPACE}", " ")

    return ask


def test_a_free_time_keeps_every_rule(ask):
    page = ask(25, "09:00")
    assert "Customers can book this time" in page
    assert "Theo Laurent: free." in page
    assert ">No<" not in page


@pytest.mark.parametrize(
    ("day", "time", "sentence"),
    [
        (23, "15:00", "Customers can book from Tue, Nov 24, 2026, 8:00 AM on."),
        (25, "09:10", "Appointments start every 30 minutes."),
        (25, "16:30", "doesn't work for the whole time."),
        (28, "09:00", "doesn't work for the whole time."),
    ],
)
def test_a_broken_rule_is_named(ask, day, time, sentence):
    page = ask(day, time)
    assert "Customers can't book this time" in page
    assert sentence in page


def test_a_refused_page_names_the_first_free_time_and_a_time_that_clocks_skip(ask, browser_of, olga, windows):
    assert "The first available time is Tue, Nov 24, 2026, 9:00 AM." in ask(28, "09:00")
    asked = f"{PAGE}?service={windows.number}&on=2027-03-14&time=02:30"
    page = unescape(browser_of(olga).get(asked).text).replace("\N{NO-BREAK SPACE}", " ")
    assert "Clocks move forward that day, so this time doesn't exist. It becomes 3:30 AM." in page


def test_what_theo_does_then_is_named(ask, session, sparkle, ben, theo, windows):
    appointment(windows, ben, theo, at(25, 12))
    session.add(TimeOff(company=sparkle, staff_id=theo.id, starts_at=at(26, 9), ends_at=at(26, 12)))
    assert "has an appointment, 12:00 PM to 1:00 PM" in ask(25, "12:30")
    assert "has time off, or is busy in another calendar." in ask(26, "10:00")


def test_the_area_and_the_trip_are_among_the_rules(ask, session, sparkle, ben, theo, windows):
    session.add(ServiceArea(company=sparkle, postal_codes=["041*"], travel_speed=500, travel_minutes=5))
    appointment(windows, ben, theo, at(25, 12))
    home = ben.customer.properties[0]
    home.city, home.region, home.postal_code = "Bath", "ME", "04530"
    page = ask(25, "13:30", "04101")
    assert "Its postal code is in your list, by the entry 041*." in page
    assert "for the trip from or to the appointment 12:00 PM to 1:00 PM." in page
    assert "It is in none of your cities, postal codes, and shapes." in ask(25, "16:00", "Bangor, ME 04401")


def test_the_form_is_shown_first_and_again_with_what_is_missing(clock, browser_of, olga, windows):
    office = browser_of(olga)
    assert "Explain" in office.get(PAGE).text
    for query in ("service=1", "service=99&on=2026-11-25&time=09:00", "service=x&on=y&time=z"):
        page = office.get(f"{PAGE}?{query}")
        assert page.status_code == 200
        assert "Who could come" not in page.text


def test_the_page_takes_few_statements(clock, browser_of, olga, windows, statements):
    office = browser_of(olga)
    path = f"{PAGE}?service=1&on=2026-11-25&time=09:00&address=04101"
    office.get(path)
    with statements() as seen:
        office.get(path)
    assert len(seen) <= 4
