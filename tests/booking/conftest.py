"""A calendar to book in: Monday morning, two services, Theo working nine to five."""

import pytest

from tests.booking import builders


@pytest.fixture
def cleaning(sparkle):
    """Two hours of cleaning with half an hour between visits."""
    return builders.service(sparkle, "Deep clean", minutes=120, buffer_minutes=30, price_from=18_000)
