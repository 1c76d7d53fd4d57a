"""The Monday on which the pages are opened."""

import pytest
import time_machine

from tests.booking.builders import MONDAY


@pytest.fixture(autouse=True)
def monday():
    """It is Monday, eight o'clock in New York; the value moves the clock on."""
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock
