"""What the tests of quotes share: an open quote of Ana's."""

import pytest

from tests.quotes import builders


@pytest.fixture
def quote(session, ana):
    """Quote 1, sent to Ana today, open for two weeks."""
    quote = builders.sent(ana)
    session.commit()
    return quote
