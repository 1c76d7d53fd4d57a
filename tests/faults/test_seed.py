"""`sergio seed` is for an empty database only."""

import pytest
from sqlalchemy import func, select

from sergio.companies.models import Company


@pytest.mark.usefixtures("one_database")
def test_seeding_refuses_a_database_with_companies(start, session, world):
    before = session.scalar(select(func.count(Company.id)))
    session.commit()
    seed = start("seed")
    assert seed.process.wait(60) != 0
    assert "already has companies" in seed.log
    assert "Traceback" not in seed.log
    assert session.scalar(select(func.count(Company.id))) == before
