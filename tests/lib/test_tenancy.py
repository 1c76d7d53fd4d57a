"""Inside a company's session, other companies do not exist."""

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from sergio.customers.models import Contact, Customer
from tests import factories


@pytest.fixture
def inside_sparkle(world, session):
    session.info["company_id"] = world.sparkle.id
    return session


def names(session, query=None) -> set[str]:
    return set(session.scalars(select(Contact.name) if query is None else query))


def test_every_kind_of_select_stays_inside(inside_sparkle, world):
    everyone = select(Contact.name).join(Contact.customer).where(Customer.name != "")
    assert names(inside_sparkle) == names(inside_sparkle, everyone) == {"Ana Ruiz", "Ben Okafor"}


def test_control_without_a_company_all_rows_are_seen(session, world):
    assert "Cleo Martin" in names(session)


def test_a_lookup_by_id_stays_inside(inside_sparkle, world):
    cleo_id = world.cleo.id
    inside_sparkle.expunge_all()
    assert inside_sparkle.get(Contact, cleo_id) is None


def test_updates_and_deletes_stay_inside(inside_sparkle, world):
    inside_sparkle.execute(update(Contact).values(phone="1"))
    inside_sparkle.execute(delete(Contact).where(Contact.name == "Cleo Martin"))
    del inside_sparkle.info["company_id"]
    phones = dict(inside_sparkle.execute(select(Contact.name, Contact.phone)).all())
    assert phones["Cleo Martin"] == ""
    assert phones["Ana Ruiz"] == "1"


def test_a_row_for_another_company_is_not_written(inside_sparkle, world):
    inside_sparkle.add(Customer(company=world.rival, number=99, name="Smuggled"))
    with pytest.raises(PermissionError):
        inside_sparkle.flush()
    inside_sparkle.rollback()


def test_looking_over_all_companies_must_be_said_out_loud(inside_sparkle, world):
    query = select(Contact.name).execution_options(every_company=True)
    assert "Cleo Martin" in names(inside_sparkle, query)


def test_a_number_series_has_no_gaps_when_a_transaction_is_taken_back(session, sparkle):
    assert sparkle.next_number("quote") == 1
    session.rollback()
    assert [sparkle.next_number("quote"), sparkle.next_number("quote")] == [1, 2]


def test_each_company_counts_for_itself(session, sparkle, rival):
    first = sparkle.next_number("quote")
    assert rival.next_number("quote") == first == 1


def test_the_same_customer_number_twice_is_refused_by_the_database(session, sparkle, ana):
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        factories.added(Customer(company=sparkle, number=ana.customer.number, name="Twin"))
    session.rollback()
