"""Compiled statements are found by identity, and never those of another statement or dialect."""

import pytest
from sqlalchemy import Insert, Integer, Select, bindparam, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from sergio.database.compiled_statements import MOST, CompiledStatements
from sergio.extensions import db

SQLITE, POSTGRESQL = sqlite.dialect(), postgresql.dialect()


class Parts(tuple):
    """The parts of a statement, which count how often they are hashed."""

    hashed = 0

    def __hash__(self):
        self.hashed += 1
        return super().__hash__()


@pytest.fixture
def kept():
    return CompiledStatements()


def test_a_statement_is_hashed_only_until_it_is_known(kept):
    parts = Parts([0, Select])
    kept[SQLITE, parts, ("a",)] = "compiled"
    assert kept.get((SQLITE, parts, ("a",))) == "compiled"
    hashed = parts.hashed
    assert [kept.get((SQLITE, parts, ("a",))) for _ in range(3)] == ["compiled"] * 3
    assert parts.hashed == hashed


def test_an_equal_statement_is_found_by_its_value(kept):
    kept[SQLITE, (0, Select), ()] = "compiled"
    assert kept.get((SQLITE, tuple([0, Select][:]), ())) == "compiled"


def test_names_of_parameters_only_make_another_statement_of_one_that_writes(kept):
    for kind in (Select, Insert):
        kept[SQLITE, (0, kind), ("a",)] = kind
    assert kept.get((SQLITE, (0, Select), ("a", "b"))) is Select
    assert kept.get((SQLITE, (0, Insert), ("a", "b"))) is None


def test_other_dialects_and_other_ways_to_execute_it_are_others(kept):
    parts = (0, Insert)
    for key, compiled in (((SQLITE, parts, ("a",)), 1), ((SQLITE, parts, ("b",)), 2), ((POSTGRESQL, parts, ("a",)), 3)):
        kept[key] = compiled
        assert kept.get(key) == kept.get(key) == compiled
    assert kept.get((POSTGRESQL, parts, ("b",))) is None


def test_what_is_not_used_is_forgotten(kept):
    for n in range(3 * MOST):
        key = SQLITE, (0, Select, n), ()
        kept[key] = n
        assert kept.get(key) == kept.get(key) == n
    assert len(kept._same) <= MOST
    assert len(kept) <= 1.5 * MOST


def test_both_engines_use_it(app, session):
    statement = select(bindparam("number", type_=Integer) + literal_column("1"))
    for engine in db.engines.values():
        with engine.connect() as connection:
            found = [connection.execute(statement, {"number": number}).scalar_one() for number in (1, 2, 3)]
            assert found == [2, 3, 4]
            kept = connection.get_execution_options()["compiled_cache"]
            assert any(compiled.statement is statement for _dialect, _parts, compiled in kept._same.values())
