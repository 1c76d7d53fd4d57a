"""A calendar to book in: it is Monday, November 23, 2026, eight in the morning; Theo works nine to five."""

import threading

import pytest
import time_machine

from sergio.extensions import db
from sergio.lib.refused import Refused
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


@pytest.fixture
def at_once(app, session):
    """`at_once(first, second)`: do these at the same time, each in its own app context and transaction; "done" or the
    refusal of each, in order of the words.
    """

    def run(*doings) -> list[str]:
        session.commit()
        outcomes = [""] * len(doings)
        threads = [threading.Thread(target=attempt, args=(app, outcomes, n, do)) for n, do in enumerate(doings)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(outcomes)

    return run


def attempt(app, outcomes: list[str], n: int, do):
    with app.app_context():
        try:
            do()
            db.session.commit()
            outcomes[n] = "done"
        except Refused as refusal:
            db.session.rollback()
            outcomes[n] = str(refusal)
