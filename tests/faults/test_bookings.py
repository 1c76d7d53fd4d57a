"""Many concurrent bookings, also with a killed worker: no double booking, no confirmed booking lost, no error."""

import os
import signal
import threading
import time

import pytest
from sqlalchemy import select

from sergio.booking.models import Appointment
from tests.faults import booking_load as load


@pytest.fixture
def town(session, long):
    return load.town(clients=64 if long else 16)


def test_of_many_concurrent_bookings_each_gets_what_was_confirmed(serve, session, town, long):
    customers = load.press(serve("--workers", 2), *town, presses=2000 if long else 64)
    outcomes = [outcome for customer in customers for outcome, _ in customer.responses]
    assert set(outcomes) == {load.BOOKED, load.TAKEN}
    assert numbers(session) == confirmed(customers)
    assert load.collisions() == 0


def test_a_killed_worker_loses_no_confirmed_booking(serve, session, town, long):
    if not long:
        pytest.skip("takes a minute: ./dev test faults")
    web = serve("--workers", 2)
    killer = threading.Thread(target=kill_a_worker, args=(web, 3))
    killer.start()
    customers = load.press(web, *town, presses=1500)
    killer.join()
    outcomes = [outcome for customer in customers for outcome, _ in customer.responses]
    assert set(outcomes) <= {load.BOOKED, load.TAKEN, load.LOST}
    assert set(confirmed(customers)) <= set(numbers(session))
    assert len(numbers(session)) - len(confirmed(customers)) <= outcomes.count(load.LOST)
    assert load.collisions() == 0


def kill_a_worker(web, after: float):
    time.sleep(after)
    os.kill(web.children[-1], signal.SIGKILL)


def numbers(session) -> list[int]:
    session.rollback()
    return sorted(session.scalars(select(Appointment.number)))


def confirmed(customers) -> list[int]:
    """The numbers of all confirmed appointments; pressing twice confirms the same number."""
    return sorted(number for customer in customers for number in set(customer.numbers))
