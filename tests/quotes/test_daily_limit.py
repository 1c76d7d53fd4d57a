"""A contact with a daily limit accepts quotes up to that in a day."""

from datetime import timedelta

import pytest

from sergio.customers.models import Contact
from sergio.customers.roles import LIMITED
from sergio.lib import clock
from sergio.lib.refused import Refused
from tests.factories import by
from tests.quotes import builders


@pytest.fixture
def carla(ana, session):
    row = Contact(company=ana.company, customer=ana.customer, name="Carla Ruiz", email="carla@example.com")
    row.role, row.limit_currency = LIMITED, "USD"
    row.daily_limit = 1
    session.add(row)
    session.flush()
    return row


def accept(quote, contact, at):
    shown = builders.total(quote)
    quote.accept(contact, builders.SIGNED, [], version=quote.version, shown=shown, by=by(contact), at=at)


def test_what_is_accepted_on_a_day_adds_up_and_the_next_day_begins_anew(ana, carla, session):
    first, second = builders.sent(ana), builders.sent(ana)
    carla.daily_limit = 2 * builders.total(first) - 1
    session.flush()
    now = clock.now()
    accept(first, carla, now)
    with pytest.raises(Refused, match=r"of it is left today\. Ask Ana\."):
        accept(second, carla, now)
    accept(second, carla, now + timedelta(days=1))
    assert second.acceptance.name


def test_an_acceptance_that_was_undone_no_longer_counts(ana, carla, session):
    quote = builders.sent(ana)
    carla.daily_limit = builders.total(quote)
    session.flush()
    accept(quote, carla, clock.now())
    quote.undo_acceptance("A mistake.", by=by(ana), at=clock.now())
    accept(quote, carla, clock.now())
    assert quote.acceptance


def test_a_limit_in_another_currency_allows_nothing(ana, carla, session):
    quote = builders.sent(ana)
    carla.daily_limit, carla.limit_currency = 10**9, "EUR"
    session.flush()
    with pytest.raises(Refused, match=r"is in another currency\. Ask Ana\."):
        accept(quote, carla, clock.now())
