"""Free times leave time for the trips between appointments."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from sergio.booking.models import Appointment
from sergio.booking.slots import Rota, days_from, open_slots
from sergio.service_area import travel
from sergio.service_area.coverage import Address, Area
from sergio.service_area.models import ServiceArea
from sergio.service_area.travel import Trips
from tests.booking.builders import NEW_YORK, address, appointment, at, choice

PORTLAND, BATH, BANGOR = Address("Portland", "ME", "04101"), Address("Bath", "ME", "04530"), Address("", "", "04401")
AREA = Area("US", "ME", home=(43.661, -70.259), speed=500, extra_minutes=5)


@pytest.fixture
def browser(clock, browser_of, ana):
    return browser_of(ana)


@pytest.fixture
def area(session, sparkle, ana, ben):
    """Everywhere, at 500 meters a minute and five more for each trip; Ana in Portland, Ben an hour and a half away."""
    row = ServiceArea(company=sparkle, travel_speed=500, travel_minutes=5)
    session.add(row)
    for person, place in ((ana, PORTLAND), (ben, BATH)):
        home = person.customer.properties[0]
        home.city, home.region, home.postal_code = place.city, place.region, place.postal_code
    session.commit()
    return row


def booked(session, contact) -> list[Appointment]:
    session.commit()
    mine = select(Appointment).where(Appointment.customer_id == contact.customer_id).order_by(Appointment.starts_at)
    return list(session.scalars(mine))


@pytest.mark.parametrize(
    ("start", "minutes"),
    [
        (BATH, 95),  # 44.6 km, rounded up, and five minutes
        (PORTLAND, 5),
        (Address("Xyzzyville", "ME"), 5),
        (BANGOR, travel.MOST),
    ],
)
def test_a_trip_takes_the_distance_at_the_usual_speed_and_some_more(start, minutes):
    assert Trips(AREA, PORTLAND, 1).minutes(start, 2) == pytest.approx(minutes, abs=2 if start == BATH else 0)


def test_there_is_no_trip_at_the_same_address_and_none_where_they_do_not_count():
    assert Trips(AREA, PORTLAND, 1).minutes(BATH, 1) == 0
    assert travel.trips_to(Area("US"), PORTLAND) is None


SPANS = st.lists(st.tuples(st.integers(0, 95), st.integers(1, 12), st.integers(0, 90)), max_size=5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SPANS, st.sampled_from([0, 15, 30]), st.sampled_from([30, 60]))
def test_the_engine_leaves_time_for_each_trip(taken, buffer, minutes):
    """Compared with a test of every start against every appointment."""
    days = days_from(at(25, 0).date(), 1, NEW_YORK)
    first = days[0].stretches[0].begin
    spans = [(first + 15 * begin, first + 15 * (begin + length)) for begin, length, _trip in taken]
    trips = [trip for _begin, _length, trip in taken]
    hours = [(days[0].on.weekday(), 480, 1020)]
    length = {"minutes": minutes, "buffer": buffer, "grid": 15, "earliest": 0}
    expected = [
        start
        for start in range(first + 480, first + 1020 - minutes + 1, 15)
        if all(
            start >= end + trip or start + minutes + buffer + trip <= begin
            for (begin, end), trip in zip(spans, trips, strict=True)
        )
    ]
    assert list(open_slots(days, [Rota(1, hours, spans, [], trips)], **length)) == expected


def test_times_next_to_a_distant_appointment_are_not_offered_and_refused_by_hand(
    browser, session, ana, ben, theo, windows, area
):
    appointment(windows, ben, theo, at(25, 12))  # till 1 PM, 95 minutes away
    page = browser.get(address("time", windows, ana, day="2026-11-25")).text.replace("\N{NO-BREAK SPACE}", " ")
    offered = [time for time in ("9:00 AM", "9:30 AM", "2:30 PM", "3:00 PM", "4:00 PM") if time in page]
    assert offered == ["9:00 AM", "3:00 PM", "4:00 PM"]
    response = browser.post("/portal/book", choice(windows, ana, at(25, 14, 30)))
    assert response.status_code == 422
    assert "We can&#39;t get to this address in time then" in response.text
    assert booked(session, ana) == []
    assert browser.post("/portal/book", choice(windows, ana, at(25, 15))).status_code == 303


def test_without_a_speed_they_are(browser, session, ana, ben, theo, windows, area):
    area.travel_speed = None
    session.commit()
    appointment(windows, ben, theo, at(25, 12))
    assert browser.post("/portal/book", choice(windows, ana, at(25, 13))).status_code == 303


def test_an_appointment_is_moved_only_where_it_can_be_kept(browser, session, ana, ben, theo, windows, area):
    appointment(windows, ben, theo, at(25, 12))
    mine = appointment(windows, ana, theo, at(26, 9))
    session.commit()
    path = f"{mine.portal_path}/reschedule"
    browser.post(path, {"at": f"{at(25, 14):%Y-%m-%dT%H:%MZ}"})
    assert booked(session, ana)[0].starts_at == at(26, 9)
    browser.post(path, {"at": f"{at(25, 15):%Y-%m-%dT%H:%MZ}"})
    session.expire_all()
    assert booked(session, ana)[0].starts_at == at(25, 15)


@pytest.mark.parametrize("counts", [True, False])
def test_two_at_once_never_leave_too_little_time_between_them(
    browser_of, session, ana, ben, windows, area, at_once_by_browsers, counts
):
    """The control: where trips do not count, both are booked."""
    if not counts:
        area.travel_speed = None
        session.commit()
    made = at_once_by_browsers(
        (browser_of(ana), choice(windows, ana, at(25, 10))), (browser_of(ben), choice(windows, ben, at(25, 11)))
    )
    assert sorted(made) == ([303, 422] if counts else [303, 303])


@pytest.fixture
def at_once_by_browsers():
    """The statuses of two bookings that are sent at the same time."""
    from concurrent.futures import ThreadPoolExecutor

    def send(*bookings):
        with ThreadPoolExecutor(len(bookings)) as pool:
            answers = [pool.submit(browser.post, "/portal/book", form) for browser, form in bookings]
        return [answer.result().status_code for answer in answers]

    return send


def test_the_times_take_no_more_statements(browser, ana, windows, area, statements):
    path = address("time", windows, ana)
    browser.get(path)
    with statements() as seen:
        assert browser.get(path).status_code == 200
    assert len(seen) == 3
