"""Connections to PostgreSQL: those that the server ended are replaced unseen, and what reads is prepared once."""

from datetime import UTC

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sergio.database import postgresql, prepared_reads
from sergio.extensions import db

ENGINES = [None, "reading"]
END = text("SELECT pg_terminate_backend(CAST(:process AS integer), 5000)")


@pytest.fixture
def engines(databases):
    app = databases("postgresql")
    with app.app_context():
        yield db.engines


def end_connection(engine):
    """End one that is idle in the pool, as a restart of the server does."""
    with engine.connect() as asking:
        asking.execute(END, {"process": process_of(engine)})


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


@pytest.mark.parametrize("name", ENGINES)
def test_a_result_says_which_columns_it_has(engines, name):
    with engines[name].connect() as connection:
        result = connection.exec_driver_sql("SELECT 1 AS one, 'b' AS two")
        description = result.cursor.description
        assert [*result.keys()] == ["one", "two"]
        assert (len(description), description[1][0]) == (2, "two")
        nothing = connection.connection.cursor()
        assert nothing.description is None


@pytest.mark.parametrize("name", ENGINES)
def test_instants_come_in_utc_wherever_the_server_is(engines, name):
    def place(zone):
        with db.engine.begin() as connection:
            database = connection.scalar(text("SELECT current_database()"))
            connection.execute(text(f"ALTER DATABASE {database} {zone}"))
        db.engine.dispose()
        engines[name].dispose()

    place("SET timezone = 'America/New_York'")
    try:
        with engines[name].connect() as connection:
            assert connection.scalar(text("SELECT now()")).tzinfo is UTC
    finally:
        place("RESET timezone")


@pytest.fixture
def reading(engines):
    """A connection that reads, new, so that it has prepared nothing."""
    engines["reading"].dispose()
    with engines["reading"].connect() as connection:
        yield connection


def prepared(connection):
    """The statements that a connection has prepared, without this one."""
    known = connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements ORDER BY name").scalars()
    return [statement for statement in known if "pg_prepared" not in statement]


def test_what_is_read_twice_is_prepared_once_for_numbers_of_any_size(reading):
    twice = text("SELECT CAST(:number AS bigint) * 2 AS twice")
    assert reading.scalar(twice, {"number": 1}) == 2
    assert not any("twice" in statement for statement in prepared(reading))
    assert [reading.scalar(twice, {"number": number}) for number in (2, 70_000, 2**40)] == [4, 140_000, 2**41]
    assert len([statement for statement in prepared(reading) if "twice" in statement]) == 1


def test_what_writes_is_prepared_when_it_comes_again(engines):
    db.engine.dispose()
    with db.engine.begin() as connection:
        begun = []
        for _ in range(3):
            connection.exec_driver_sql("UPDATE job SET attempts = 1 WHERE id = 0")
            begun.append(len([statement for statement in prepared(connection) if "job" in statement]))
    assert begun == [0, 1, 1]


def test_a_connection_forgets_what_it_read_longest_ago(reading, monkeypatch):
    monkeypatch.setattr(prepared_reads, "MOST", 3)
    first, second, third = (f"SELECT {number} AS many" for number in (1, 2, 3))
    for statement in (first, first, second, second, third, third, first):
        reading.exec_driver_sql(statement)
    assert prepared(reading) == [first, third]  # this look at them took the place of the second
    assert reading.exec_driver_sql(second).scalar() == 2


def test_two_results_of_one_statement_are_read_in_turn(reading):
    numbers = text("SELECT generate_series(1, CAST(:last AS integer))")
    for _ in range(3):
        two, three = (reading.execute(numbers, {"last": last}) for last in (2, 3))
        assert [two.fetchone()[0], three.fetchone()[0], two.fetchone()[0], two.fetchone()] == [1, 1, 2, None]
        assert three.fetchmany(1) + three.fetchall() == [(2,), (3,)]


def test_a_statement_that_fails_says_why_and_leaves_the_connection_working(reading):
    division = text("SELECT 6 / CAST(:by AS integer)")
    for _ in range(3):
        with pytest.raises(DBAPIError) as failure:
            reading.execute(division, {"by": 0})
        assert failure.value.orig.sqlstate == "22012"
        assert not failure.value.connection_invalidated
        assert reading.scalar(division, {"by": 2}) == 3


def test_a_connection_that_ends_while_it_is_used_is_known_as_lost(reading, engines):
    process = reading.scalar(text("SELECT pg_backend_pid()"))
    with db.engine.connect() as other:
        other.execute(END, {"process": process})
    with pytest.raises(DBAPIError) as failure:
        reading.execute(text("SELECT 1"))
    assert failure.value.connection_invalidated
