"""A disk that fails or is full: no partial changes, a page that says what to do, and recovery with the disk."""

import importlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from sergio.database import errors, turns
from sergio.extensions import db


@contextmanager
def failing_disk(engines):
    """Every statement fails with EIO, and a connection that has met one keeps failing, as measured."""
    poisoned, failing = [], [True]
    driver = importlib.import_module("sqlcipher3.dbapi2")

    def execute(cursor, statement, parameters, context):
        connection = cursor.connection
        if failing and connection not in poisoned:
            poisoned.append(connection)
        if connection in poisoned:
            error = driver.OperationalError("disk I/O error")
            error.sqlite_errorcode = 266  # SQLITE_IOERR_READ
            raise error

    for engine in engines:
        event.listen(engine, "do_execute", execute)
    yield failing.clear
    for engine in engines:
        event.remove(engine, "do_execute", execute)


@pytest.fixture
def engines(app, session):
    session.commit()
    return list(db.engines.values())


def statuses(browser, times: int) -> set[int]:
    return {browser.get("/portal/sign-in").status_code for _ in range(times)}


def embedded(engines):
    if engines[0].dialect.name != "sqlite":
        pytest.skip("a disk of our own")


def test_the_first_request_after_a_failing_disk_is_answered(engines, sparkle, visitor):
    embedded(engines)
    browser = visitor(sparkle)
    with failing_disk(engines) as mend:
        assert statuses(browser, 5) == {503}
        mend()
        assert statuses(browser, 5) == {200}


def test_control_a_pool_that_keeps_such_connections_keeps_failing(engines, sparkle, visitor):
    embedded(engines)
    browser = visitor(sparkle)
    for engine in engines:
        event.remove(engine, "handle_error", errors.mark_broken)
    with failing_disk(engines) as mend:
        assert statuses(browser, 5) == {503}
        mend()
        assert statuses(browser, 5) == {503}
    for engine in engines:
        errors.discard_broken_connections(engine)
        engine.dispose()


@contextmanager
def full_disk(engine):
    """No room for another page: SQLite's own limit, or what a PostgreSQL server says of a full disk."""
    if engine.dialect.name == "sqlite":
        engine.dispose()
        event.listen(engine, "checkout", allow_no_more_pages)
        yield
        event.remove(engine, "checkout", allow_no_more_pages)
        engine.dispose()
        return
    with engine.begin() as connection:
        connection.execute(text(REFUSE))
        connection.execute(text("CREATE TRIGGER full_disk BEFORE INSERT ON magic_link EXECUTE FUNCTION no_room()"))
    yield
    with engine.begin() as connection:
        connection.execute(text("DROP FUNCTION no_room CASCADE"))


REFUSE = """CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"""


def allow_no_more_pages(connection, record, proxy):
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_is_a_503_and_a_line_in_the_log(engines, sparkle, visitor, caplog):
    browser = visitor(sparkle)
    browser.get("/portal/sign-in")
    with full_disk(db.engine):
        response = ask_until_it_fails(browser)
        assert response.status_code == 503
        assert 0 < int(response.headers["Retry-After"]) <= 120
        assert "Try again in a few minutes" in response.text
        assert str(errors.Failure.FULL) in caplog.text
        assert browser.get("/portal/sign-in").status_code == 200
    assert browser.post("/portal/sign-in", {"email": "new@example.com"}).status_code == 303


def ask_until_it_fails(browser):
    """A row may still fit into a page that is there already."""
    for number in range(200):
        response = browser.post(
            "/portal/sign-in", {"email": f"ana{number}@example.com", "next": "/portal/" + "x" * 1500}
        )
        if response.status_code not in (200, 303, 422):
            return response
    raise AssertionError("the disk is not full")


def test_a_locked_database_is_busy_and_not_broken(engines, sparkle, visitor, monkeypatch):
    embedded(engines)
    monkeypatch.setattr(turns, "PATIENCE", 0.2)
    browser = visitor(sparkle)
    browser.get("/portal/sign-in")
    db.engine.dispose()
    event.listen(db.engine, "checkout", lose_patience)
    with ThreadPoolExecutor(1) as other, db.engine.begin():
        response = other.submit(browser.post, "/portal/sign-in", {"email": "ana@example.com"}).result()
    event.remove(db.engine, "checkout", lose_patience)
    db.engine.dispose()
    assert (response.status_code, "Retry-After" in response.headers) == (503, True)
    assert browser.post("/portal/sign-in", {"email": "ana@example.com"}).status_code == 303


def lose_patience(connection, record, proxy):
    connection.execute("PRAGMA busy_timeout = 50")
