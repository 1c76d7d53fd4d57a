"""Numbers of a company that are taken while others take some too."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from sergio.companies.models import Company
from sergio.extensions import db


@pytest.fixture
def on_a_server(app):
    if not app.config["SERGIO"].database_url:
        pytest.skip("the embedded database has one writer at a time")


@contextmanager
def meanwhile(app, company: Company, take: str):
    """Another request that takes a number of appointments, while the caller's transaction is open."""
    company_id = company.id

    def number() -> int:
        with app.app_context():
            return getattr(db.session.get_one(Company, company_id), take)("appointment")

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(number)


def test_a_number_taken_at_once_lets_nobody_wait_for_the_end_of_the_transaction(app, on_a_server, session, sparkle):
    assert sparkle.next_number_at_once("appointment") == 1
    with meanwhile(app, sparkle, "next_number_at_once") as taken:
        assert taken.result(timeout=10) == 2
        session.rollback()


def test_a_number_without_gaps_makes_the_next_wait(app, on_a_server, session, sparkle):
    assert sparkle.next_number("appointment") == 1
    with meanwhile(app, sparkle, "next_number") as taken:
        with pytest.raises(TimeoutError):
            taken.result(timeout=0.3)
        session.rollback()
    assert taken.result() == 1


def test_what_may_have_gaps_in_its_numbers_never_has_one_twice(app, session, sparkle):
    first = sparkle.next_number_at_once("appointment")
    session.commit()
    lost = sparkle.next_number_at_once("appointment")
    session.rollback()
    third = sparkle.next_number_at_once("appointment")
    session.commit()
    assert (first, lost) == (1, 2)
    assert third == (3 if app.config["SERGIO"].database_url else 2)
