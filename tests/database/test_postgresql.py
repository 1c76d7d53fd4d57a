"""Connections to PostgreSQL: those that the server ended are replaced unseen, and results are described when asked."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sergio.database import postgresql
from sergio.extensions import db

ENGINES = [None, "reading"]


@pytest.fixture
def engines(databases):
    app = databases("postgresql")
    with app.app_context():
        yield db.engines


def end_connection(engine):
    """End one that is idle in the pool, as a restart of the server does."""
    with engine.connect() as asking:
        asking.execute(text("SELECT pg_terminate_backend(:process, 5000)"), {"process": process_of(engine)})


def process_of(engine):
    with engine.connect() as connection:
        return connection.scalar(text("SELECT pg_backend_pid()"))


def use_two(engine):
    with engine.connect() as one, engine.connect() as other:
        return one.scalar(text("SELECT 1")) + other.scalar(text("SELECT 1"))


@pytest.mark.parametrize("name", ENGINES)
def test_nobody_gets_a_connection_that_the_server_has_just_ended(engines, name):
    end_connection(engines[name])
    assert use_two(engines[name]) == 2


@pytest.mark.parametrize("name", ENGINES)
def test_control_whoever_does_not_look_gets_it(engines, name, monkeypatch):
    end_connection(engines[name])
    monkeypatch.setattr(postgresql, "has_input", lambda connection: False)
    with pytest.raises(DBAPIError):
        use_two(engines[name])


@pytest.mark.parametrize("name", ENGINES)
def test_the_server_is_asked_about_a_connection_that_was_idle_for_longer(engines, name, monkeypatch):
    end_connection(engines[name])
    monkeypatch.setattr(postgresql, "has_input", lambda connection: False)
    monkeypatch.setattr(postgresql, "RECENTLY", 0)
    assert use_two(engines[name]) == 2


def test_the_server_is_not_asked_at_each_use(engines, monkeypatch):
    asked = []
    monkeypatch.setattr(postgresql, "ask_server", asked.append)
    use_two(engines["reading"])
    use_two(engines["reading"])
    assert asked == []


def test_a_connection_that_works_is_kept_when_the_server_was_asked(engines, monkeypatch):
    monkeypatch.setattr(postgresql, "RECENTLY", 0)
    assert len({process_of(engines["reading"]) for _ in range(3)}) == 1


def test_a_result_says_which_columns_it_has(engines):
    with engines["reading"].connect() as connection:
        result = connection.exec_driver_sql("SELECT 1 AS one, 'b' AS two")
        description = result.cursor.description
        assert [*result.keys()] == ["one", "two"]
        assert (len(description), description[1].name) == (2, "two")
        nothing = connection.connection.cursor()
        assert nothing.description is None
