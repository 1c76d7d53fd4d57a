"""Fair turns: writers of one process in the order in which they came, and turns that always end."""

import gc
import math
import threading
import time

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from sergio.database import turns
from sergio.database.engines import begin_writing, sqlite_engine, write_ahead
from sergio.database.turns import SecondWriter, Turns

INSERT = sa.text("INSERT INTO note (id) VALUES (:id)")


@pytest.fixture
def engine(tmp_path):
    """A writing engine on a new file with one table."""
    options = sqlite_engine(tmp_path / "a.db", lambda: "ab" * 32, query_only=False)
    engine = sa.create_engine(options.pop("url"), **options)
    event.listen(engine, "begin", begin_writing)
    write_ahead(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE note (id INTEGER PRIMARY KEY)"))
    yield engine
    engine.dispose()


@pytest.fixture
def is_free(engine):
    """`is_free()`: whether nobody has the turn."""

    def read() -> bool:
        with engine.connect() as connection:
            return not connection.connection.dbapi_connection.turns.taken

    return read


def in_order(turn_of, count=12) -> list[int]:
    """The order in which threads got the turn that requested it one after the other while it was taken."""
    got, threads = [], []
    for n in range(count):
        threads.append(threading.Thread(target=turn_of, args=(got, n)))
        threads[-1].start()
        time.sleep(0.03)
    return got, threads


def test_turns_come_in_the_order_of_the_requests():
    queue = Turns()
    assert queue.take(1)

    def take(got, n):
        assert queue.take(10)
        got.append(n)
        queue.give_back()

    got, threads = in_order(take)
    assert got == []
    queue.give_back()
    for thread in threads:
        thread.join()
    assert got == list(range(12))
    assert not queue.taken


def write(engine):
    def insert(got, n):
        with engine.begin() as connection:
            connection.execute(INSERT, {"id": n})
            got.append(n)
            time.sleep(0.01)

    return insert


def test_the_first_in_the_queue_writes_first(engine):
    with engine.begin():
        got, threads = in_order(write(engine))
        assert got == []
    for thread in threads:
        thread.join()
    assert got == list(range(12))


def test_control_without_turns_some_writers_overtake_others(engine, monkeypatch):
    """The control: SQLite alone lets later writers go first."""
    monkeypatch.setattr(turns.TakesTurns, "begin_writing", lambda self: False)
    with engine.begin():
        got, threads = in_order(write(engine))
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(12))
    assert got != sorted(got)


def test_a_turn_that_never_comes_only_costs_time(engine, monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE", 0.1)
    with engine.connect() as connection:
        queue = connection.connection.dbapi_connection.turns
    assert queue.take(1)
    with engine.begin() as connection:
        connection.execute(INSERT, {"id": 1})
    assert queue.taken
    queue.give_back()
    assert not queue.taken


def commit(engine):
    with engine.begin() as connection:
        connection.execute(INSERT, {"id": 1})


def fail(engine):
    with pytest.raises(ZeroDivisionError), engine.begin():
        raise ZeroDivisionError


def fail_in_the_database(engine):
    with pytest.raises(OperationalError), engine.begin() as connection:
        connection.execute(sa.text("SELECT nothing FROM nowhere"))


def invalidate(engine):
    connection = engine.connect()
    connection.begin()
    connection.invalidate()
    connection.close()


def close_the_file_under_it(engine):
    connection = engine.connect()
    connection.begin()
    connection.connection.dbapi_connection.close()
    with pytest.raises(Exception, match="closed"):
        connection.execute(INSERT, {"id": 1})
    connection.invalidate()
    connection.close()


def lose(engine):
    connection = engine.connect()
    connection.begin()
    connection.detach()
    del connection
    gc.collect()


def die(engine):
    thread = threading.Thread(target=lose, args=(engine,))
    thread.start()
    thread.join()
    gc.collect()


def commit_in_vain(engine):
    """SQLite leaves the transaction open when a deferred constraint fails, and SQLAlchemy does not roll it back."""
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE TABLE part (id INTEGER REFERENCES note (id) DEFERRABLE INITIALLY DEFERRED)"))
        connection.execute(sa.text("INSERT INTO part VALUES (99)"))
        with pytest.raises(sa.exc.IntegrityError):
            connection.commit()


def test_a_process_knows_since_when_it_writes(engine):
    before = time.monotonic()
    with engine.begin():
        assert before <= Turns.writing_since <= time.monotonic()
    assert Turns.writing_since == -math.inf


@pytest.mark.parametrize(
    "end",
    [commit, fail, fail_in_the_database, invalidate, close_the_file_under_it, lose, die, commit_in_vain],
)
def test_a_turn_ends_with_its_transaction_however_that_ends(engine, is_free, end):
    end(engine)
    assert is_free()
    with engine.begin() as connection:
        connection.execute(INSERT, {"id": 2})


def test_a_thread_that_writes_on_two_connections_is_told_at_once(engine, is_free):
    """It would wait for itself, and keep everybody else waiting meanwhile."""
    start = time.monotonic()
    with engine.begin() as first:
        with pytest.raises(SecondWriter), engine.begin():
            pass
        first.execute(INSERT, {"id": 1})
    assert time.monotonic() - start < 2
    assert is_free()
    with engine.begin() as connection:
        connection.execute(INSERT, {"id": 2})


def test_a_writer_that_cannot_begin_gives_the_turn_back(tmp_path, engine, is_free, monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE", 0.05)
    options = sqlite_engine(tmp_path / "a.db", lambda: "ab" * 32, query_only=False)
    other = sa.create_engine(options.pop("url"), **options)
    event.listen(other, "begin", begin_writing)
    with other.begin():
        with engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw.begin_writing() is False
        assert is_free()
    other.dispose()
