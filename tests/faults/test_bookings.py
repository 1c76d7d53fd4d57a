"""Many concurrent bookings, also with a killed worker: no double booking, no confirmed booking lost, no error."""

import os
import signal
import threading
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from sergio.booking.models import Appointment
from tests.faults import booking_load as load
from tests.faults.program import Web, wait_until
from tests.ports import free_port


@pytest.fixture
def town(session, long):
    return load.town(clients=64 if long else 16)


def test_of_many_concurrent_bookings_each_gets_what_was_confirmed(serve, session, town, long):
    customers = load.press(serve("--workers", 2), *town, load.in_turn(2000 if long else 64))
    outcomes = [outcome for customer in customers for outcome, _ in customer.responses]
    assert set(outcomes) == {load.BOOKED, load.TAKEN}
    assert numbers(session) == confirmed(customers)
    assert load.collisions() == 0


def test_each_free_time_of_each_technician_is_booked_exactly_once_though_workers_are_killed(serve, session, town, long):
    times, presses, workers, kills = (63, 10_000, 4, 5) if long else (3, 200, 2, 1)
    web = serve("--workers", workers)
    with killing(web, kills, every=8 if long else 0.5):
        customers = load.press(web, *town, load.at_random(times, presses))
    outcomes = [outcome for customer in customers for outcome, _ in customer.responses]
    assert set(outcomes) <= {load.BOOKED, load.TAKEN, load.LOST}
    assert len(outcomes) == presses
    assert len(numbers(session)) == times * load.STAFF
    assert load.collisions() == 0
    assert set(confirmed(customers)) <= set(numbers(session))
    assert len(numbers(session)) - len(confirmed(customers)) <= outcomes.count(load.LOST)


def test_a_program_that_looks_first_and_writes_later_is_found_out(start, session, town):
    web = start(free_port(), "--workers", 2, kind=Racy).wait_until_up()
    load.press(web, *town, load.at_random(3, 200))
    assert load.collisions() > 0


class Racy(Web):
    """A running web server with the mistake of tests/faults/racy.py."""

    module = "tests.faults.racy"


@contextmanager
def killing(web: Web, kills: int, *, every: float):
    """Kill a worker so many times meanwhile; all of the kills have happened at the end."""
    done = []

    def kill():
        for _kill in range(kills):
            time.sleep(every)
            victim = wait_for_workers(web)[-1]
            os.kill(victim, signal.SIGKILL)
            done.append(victim)

    killer = threading.Thread(target=kill)
    killer.start()
    yield
    killer.join()
    assert len(set(done)) == kills


def wait_for_workers(web: Web) -> list[int]:
    """The running workers: there is a moment without any while a killed one is replaced."""
    wait_until(lambda: web.children)
    return web.children


def numbers(session) -> list[int]:
    session.rollback()
    return sorted(session.scalars(select(Appointment.number)))


def confirmed(customers) -> list[int]:
    """The numbers of all confirmed appointments; pressing twice confirms the same number."""
    return sorted(number for customer in customers for number in set(customer.numbers))
