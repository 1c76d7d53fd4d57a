"""What the database's errors mean, on both databases."""

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from sergio.companies.models import Company
from sergio.database.errors import is_unique_violation


def refused(session, **values) -> IntegrityError:
    """The error of the database when Rival's row takes these values."""
    with pytest.raises(IntegrityError) as refusal, session.begin_nested():
        session.execute(update(Company).where(Company.subdomain == "rival").values(**values))
    return refusal.value


def test_a_second_row_of_the_same_key_is_a_unique_violation(world, session):
    assert is_unique_violation(refused(session, subdomain="sparkle"))
    assert is_unique_violation(refused(session, id=world.sparkle.id))


def test_another_constraint_is_not_a_unique_violation(world, session):
    assert not is_unique_violation(refused(session, payment_days=-1))
    assert not is_unique_violation(refused(session, name=None))
