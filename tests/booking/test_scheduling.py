"""The office schedules appointments."""

import pytest
from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM
from sergio.booking.models import Appointment
from sergio.staff.models import TECHNICIAN
from tests import factories
from tests.booking.builders import appointment, at

NEW = "/office/schedule/new"


@pytest.fixture
def office(clock, browser_of, olga):
    return browser_of(olga)


@pytest.fixture
def form(ana, theo, windows):
    """The fields of the form: windows for Ana, Wednesday at nine with Theo, without an email."""
    place = ana.customer.properties[0].number
    who = {"customer": ana.customer.number, "service": windows.number, "place": place, "staff": theo.id}
    return who | {"slot": "", "on": "2026-11-25", "time": "09:00", "minutes": ["", "minutes"], "every": 0}


def rows(session) -> list[Appointment]:
    session.expire_all()
    return list(session.scalars(select(Appointment).order_by(Appointment.starts_at)))


def test_the_office_schedules_an_appointment_and_the_customer_hears(office, form, session, outbox):
    sent = form | {"tell": "y", "message": "See you then", "note": "Key under the mat"}
    response = office.post(NEW, sent)
    assert response.location == "/office/schedule/1"
    [mine] = rows(session)
    assert (mine.starts_at, mine.ends_at, mine.approval) == (at(25, 9), at(25, 10), "")
    assert outbox.subjects == ["Your appointment on Wed, Nov 25, 2026, 9:00 AM is booked"]
    assert "See you then" in outbox.emails[0].text
    page = office.get("/office/schedule/1").text
    assert "Key under the mat" in page
    assert "Scheduled for Wed, Nov 25, 2026, 9:00\xa0AM with Theo Laurent. We emailed the customer." in page


def test_without_the_check_mark_nobody_is_emailed(office, form, session, outbox):
    assert office.post(NEW, form).status_code == 303
    assert outbox.subjects == []


def test_the_customer_is_searched_first(office, ana, ben):
    page = office.get(f"{NEW}?starts_at=2026-11-25T14:00Z&staff=2").text
    assert "Who is it for?" in page
    found = office.get(f"{NEW}?q=ruiz&starts_at=2026-11-25T14:00Z").text
    assert (
        f'href="/office/schedule/new?customer={ana.customer.number}&amp;starts_at=2026-11-25T14:00Z"'
        in found.replace("%3A", ":")
    )
    assert "Ben Okafor" not in found
    assert "No customer found" in office.get(f"{NEW}?q=nobody").text


def test_an_empty_time_of_the_calendar_opens_it_filled_in(office, ana, theo, windows):
    page = office.get(f"{NEW}?customer={ana.customer.number}&starts_at=2026-11-25T14:00Z&staff={theo.id}").text
    assert 'value="2026-11-25"' in page
    assert 'value="09:00"' in page
    assert f'<option selected value="{theo.id}">' in page


def test_free_times_of_the_service_are_offered_and_taken(office, form, ana, theo, windows, session):
    url = f"{NEW}?customer={ana.customer.number}&service={windows.number}&staff={theo.id}"
    page = office.get(url).text
    slot = f"2026-11-23T14:00Z~{theo.id}"
    assert f'value="{slot}"' in page
    assert office.post(NEW, form | {"slot": slot, "on": "", "time": "", "anyway": "y"}).status_code == 303
    assert rows(session)[0].starts_at == at(23, 9)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"service": 0}, "Choose a service."),
        ({"on": ""}, "Choose a day."),
        ({"on": "2036-01-01"}, "Choose a day within the next five years."),
        ({"time": ""}, "Choose a time."),
        ({"time": "09:10"}, "Appointments start on a quarter hour"),
        ({"on": "2027-03-14", "time": "02:30"}, "That time does not exist on that day: clocks go forward."),
        ({"minutes": ["x", "minutes"]}, "Enter a number"),
        ({"minutes": ["20", "days"]}, "Enter between"),
        ({"staff": 9999}, "Not a valid choice."),
        ({"place": 9999}, "Not a valid choice."),
        ({"slot": "tomorrow"}, "Choose one of the times."),
        ({"every": 1, "times": "99"}, "Enter a number from 2 to 52."),
        ({"note": "x" * 2001}, "Field cannot be longer than 2000 characters."),
    ],
)
def test_bad_input_comes_back_with_everything_typed(office, form, session, changed, sentence):
    response = office.post(NEW, {"note": "Keep <this>", **form, **changed})
    assert response.status_code == 422
    assert sentence in response.text
    assert "Keep &lt;this&gt;" in response.text or "note" in changed
    assert rows(session) == []


def test_a_conflict_is_refused_and_says_with_whom(office, form, ben, theo, cleaning, session):
    appointment(cleaning, ben, theo, at(25, 8))
    response = office.post(NEW, form | {"anyway": "y", "note": "Kept"})
    assert response.status_code == 422
    said = "Theo Laurent has Deep clean for Ben Okafor on Wed, Nov 25, 2026, 8:00\xa0AM to 10:00\xa0AM."
    assert said in response.text
    assert "Kept" in response.text
    assert 'name="slot" value="2026-11-25T15:30Z~' in response.text
    assert len(rows(session)) == 1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"on": "2026-11-28"}, "outside Theo Laurent&#39;s working hours"),
        ({"time": "16:30"}, "outside Theo Laurent&#39;s working hours"),
        ({"on": "2026-11-20"}, "That time has passed."),
    ],
)
def test_a_rule_of_booking_warns_once(office, form, session, changed, sentence):
    response = office.post(NEW, form | changed)
    assert response.status_code == 422
    assert sentence in response.text
    assert office.post(NEW, form | changed | {"anyway": "y"}).status_code == 303
    assert len(rows(session)) == 1


def test_time_off_and_services_of_others_warn(office, form, sparkle, theo, windows, olga, session):
    from sergio.booking.services import ServiceStaff
    from sergio.staff.models import TimeOff

    maya = factories.staff(sparkle, "Maya Stone", TECHNICIAN)
    windows.only_by = [ServiceStaff(company=sparkle, staff_id=maya.id)]
    TimeOff.take(sparkle, theo, at(25, 0), at(26, 0), "", by=factories.by(olga), at=at(23, 8))
    page = office.post(NEW, form).text
    assert "Theo Laurent does not do this service." in page
    assert "Theo Laurent has time off then." in page


def test_whoever_is_free_goes(office, form, sparkle, ben, theo, windows, session):
    maya = factories.staff(sparkle, "Maya Stone", TECHNICIAN)
    appointment(windows, ben, theo, at(25, 9))
    assert office.post(NEW, form | {"staff": 0}).status_code == 303
    assert rows(session)[-1].staff_id == maya.id
    page = office.post(NEW, form | {"staff": 0, "time": "03:00"})
    assert "Nobody who does this is free then." in page.text


def test_another_length_takes_as_long(office, form, session):
    office.post(NEW, form | {"minutes": ["3", "hours"]})
    assert rows(session)[0].ends_at == at(25, 12)


def test_the_second_of_two_equal_hours_can_be_chosen(office, form, session):
    night = form | {"on": "2027-11-07", "time": "01:30", "anyway": "y"}
    page = office.post(NEW, night | {"every": 1, "times": "0"}).text
    assert "The second time that hour comes" in page
    office.post(NEW, night | {"later": "y"})
    assert rows(session)[0].starts_at.hour == 6


def test_it_lists_what_collides_and_leaves_it_out(office, form, ben, theo, windows, session, outbox):
    appointment(windows, ben, theo, at(25, 9).replace(month=12, day=9))
    series = form | {"every": 1, "times": "4", "tell": "y"}
    page = office.post(NEW, series)
    assert page.status_code == 422
    assert "Wed, Dec 9, 2026, 9:00\xa0AM: Theo Laurent has Windows for Ben Okafor." in page.text
    assert len(rows(session)) == 1
    page = office.post(NEW, series | {"skip": "y"}, follow_redirects=True).text
    assert "3 appointments are scheduled with Theo Laurent, the first on Wed, Nov 25, 2026, 9:00\xa0AM." in page
    assert [row.starts_at.day for row in rows(session)] == [25, 2, 9, 16]
    assert [row.number for row in rows(session)] == [2, 3, 1, 4]
    assert len(outbox.subjects) == 1
    assert "Wed, Dec 16, 2026, 9:00\xa0AM" in outbox.emails[0].text


def test_a_series_keeps_its_time_of_day_when_clocks_change(office, form, session):
    office.post(NEW, form | {"on": "2027-03-08", "every": 1, "times": "2", "anyway": "y"})
    assert [row.starts_at.hour for row in rows(session)] == [14, 13]


def test_a_customer_without_an_email_address_gets_appointments_too(office, form, ana, session, outbox):
    ana.left_at = at(1, 9)
    page = office.get(f"{NEW}?customer={ana.customer.number}").text
    assert "has no email address" in page
    assert office.post(NEW, form).status_code == 303
    assert rows(session)[0].contact_id == ana.id


def test_pressed_twice_it_is_scheduled_once(office, form, session):
    assert [office.post(NEW, form | {"anyway": "y"}).status_code for _ in range(2)] == [303, 422]
    assert len(rows(session)) == 1


def test_it_is_for_a_quote_of_the_same_customer(office, form, ana, ben, session):
    from tests.overview.builders import quote

    mine, theirs = quote(ana, "Windows"), quote(ben, "Doors")
    office.post(NEW, form | {"quote": mine.number})
    assert rows(session)[0].quote_id == mine.id
    assert f'href="/office/quotes/{mine.number}"' in office.get("/office/schedule/1").text
    office.post(NEW, form | {"quote": theirs.number, "time": "11:00"})
    assert rows(session)[1].quote_id is None


def test_rows_of_another_company_do_not_exist(office, browser_of, world, form, session):
    rita = browser_of(world.rita)
    assert rita.post(NEW, form | {"customer": 77}).status_code == 404
    cleo = world.cleo.customer
    assert rita.post(NEW, form | {"customer": cleo.number, "place": cleo.properties[0].number}).status_code == 422
    assert rows(session) == []


@pytest.mark.parametrize(
    "query",
    [
        "starts_at=2999-01-01T00:00Z&staff=2&service=1",
        "slot=&on=9999-12-31&time=23:59&staff=2&service=1",
        "slot=&on=0001-01-01&time=00:00&staff=2&service=1&minutes=9&minutes=days",
        "slot=&service=99999999999999999999&staff=99999999999999999999&on=x&time=y",
        f"slot=2026-11-25T14:00Z~{'9' * 5000}&service=1",
        f"quote={'9' * 5000}&service=-1&part=check",
    ],
)
def test_any_query_shows_the_form(office, ana, windows, query):
    assert office.get(f"{NEW}?customer={ana.customer.number}&{query}").status_code == 200

    assert office.get(f"{NEW}?customer=99999999999999999999&{query}").status_code in (200, 404)


def test_technicians_schedule_nothing(browser_of, form, theo, session):
    browser = browser_of(theo)
    assert browser.get(NEW).status_code == 403
    assert browser.post(NEW, form).status_code == 403
    assert "New appointment" not in browser.get("/office/schedule").text


def test_a_form_that_was_open_too_long_comes_back(office, form, session):
    response = office.post(NEW, form | {"csrf_token": "old", "note": "Still here"})
    assert response.status_code == 422
    assert "Still here" in response.text
    assert rows(session) == []


def test_an_archived_address_is_neither_offered_nor_taken(office, form, ana, session):
    [place] = ana.customer.properties
    place.archive(by=BY_SYSTEM, at=at(1, 9))
    session.commit()
    assert office.post(NEW, form).status_code == 422
    assert rows(session) == []
    assert "Pine Road" not in office.get(f"{NEW}?customer={ana.customer.number}").text
