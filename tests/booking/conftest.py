"""A calendar to book in: it is Monday, November 23, 2026, eight in the morning; Theo works nine to five."""

import pytest
import time_machine

from tests.booking import builders


@pytest.fixture
def clock():
    """The clock of the program, stopped; `clock.move_to(...)` sets it."""
    with time_machine.travel(builders.MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def cleaning(clock, sparkle):
    """Two hours of cleaning, with half an hour between appointments."""
    return builders.service(sparkle, "Deep clean", minutes=120, buffer_minutes=30, price=18_000)


@pytest.fixture
def windows(clock, sparkle):
    """An hour of windows, with nothing between appointments."""
    return builders.service(sparkle, "Windows", minutes=60)
