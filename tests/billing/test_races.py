"""Two owners, tabs or presses at once: one subscription, one charge."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from sergio.billing.models import Subscription
from sergio.companies.plans import STARTER
from sergio.extensions import db
from sergio.lib import clock
from tests.billing.conftest import PLAN
from tests.browser import SAME_ORIGIN, Browser, settle

OPEN_INDEX = next(index for index in Subscription.__table__.indexes if index.name == "uq_subscription_not_over")


@pytest.fixture
def tabs(app, sandbox, sam):
    """Eight tabs of Sam's, each with the CSRF token of an open page."""
    made = [Browser(app, "solo") for _tab in range(8)]
    for tab in made:
        tab.be(sam)
        tab.token = tab.csrf_token()
    return made


def at_once(tabs, path, **form) -> list[int]:
    """The statuses of the same press in all tabs together."""
    gate = threading.Barrier(len(tabs))

    def press(tab):
        gate.wait()
        data = {"csrf_token": tab.token, **form}
        return tab.client.post(path, data=data, headers=SAME_ORIGIN, base_url=tab.base_url).status_code

    settle()
    with ThreadPoolExecutor(len(tabs)) as crowd:
        return list(crowd.map(press, tabs))


def test_eight_presses_are_one_subscription_and_one_charge(tabs, records, sandbox, choose, receive_events):
    statuses = at_once(tabs, f"{PLAN}/subscription", plan=STARTER)
    assert set(statuses) <= {303, 503}  # 503: more than two at a time do not wait for Stripe
    assert 303 in statuses
    assert records.count == 1
    choose().pay()
    receive_events()
    assert records.company.plan == STARTER
    assert len(sandbox.store().all("subscription")) == 1
    assert [entry.charged for entry in sandbox.ledger()] == [2_900]


def test_eight_changes_of_plan_are_charged_once(tabs, subscribed, sandbox, receive_events):
    at_once(tabs, f"{PLAN}/change", plan="pro")
    receive_events()
    assert subscribed.company.plan == "pro"
    assert sum(entry.charged for entry in sandbox.ledger()) == 7_900


def add_two(session, company):
    now = clock.now()
    for key in ("one", "two"):
        row = Subscription(company=company, key=key, plan=STARTER, amount=2_900, currency="USD")
        row.created_at = row.checked_at = now
        session.add(row)
    session.flush()


def test_the_database_refuses_a_second_subscription(session, world):
    with pytest.raises(IntegrityError):
        add_two(session, world.solo)


def test_control_without_its_index_it_would_take_two(session, world):
    session.commit()
    with db.engine.begin() as connection:
        connection.execute(text(f'DROP INDEX "{OPEN_INDEX.name}"'))
    try:
        add_two(session, world.solo)
    finally:
        session.rollback()
        session.remove()
        with db.engine.begin() as connection:
            OPEN_INDEX.create(connection)
