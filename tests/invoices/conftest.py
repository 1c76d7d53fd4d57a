"""An invoice of Ana's, and a clock."""

from datetime import UTC, datetime

import pytest
import time_machine

from tests.invoices import builders


@pytest.fixture
def invoice(session, ana):
    """120 dollars for a spring clean, issued on March 2, due on March 16."""
    invoice = builders.invoice(ana)
    session.commit()
    return invoice


@pytest.fixture
def clock():
    """`clock(2026, 3, 9, 12)`: it is that moment, in UTC, until the test ends."""
    with time_machine.travel(datetime(2026, 3, 9, 12, tzinfo=UTC), tick=False) as traveller:
        yield lambda *moment: traveller.move_to(datetime(*moment, tzinfo=UTC))
