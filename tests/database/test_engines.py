"""Engines and sessions: encrypted, durable, in UTC, and read-only for reads."""

import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, StatementError

from sergio.companies.models import Company
from sergio.database.engines import begin_without_disk
from sergio.extensions import db
from sergio.lib.language import speaking
from tests import factories


def sqlite_only(app):
    if app.config["SERGIO"].database_url:
        pytest.skip("a promise of the embedded database")


def test_nothing_in_the_file_can_be_read_without_the_key(app, world, session):
    sqlite_only(app)
    session.commit()
    for file in app.config["SERGIO"].instance.glob("sergio.db*"):
        kept = file.read_bytes()
        assert b"Sparkle" not in kept
        assert b"SQLite format" not in kept


def test_the_embedded_database_syncs_each_commit_to_disk(app, session):
    sqlite_only(app)
    pragma = {name: session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")}
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_commit_that_need_not_wait_for_the_disk_leaves_the_next_ones_waiting(app, session):
    """Also after an error: the connection goes back to the pool that everything else writes with."""
    read, usual, hurried = text("PRAGMA synchronous"), 2, 1
    if app.config["SERGIO"].database_url:
        read, usual, hurried = text("SHOW synchronous_commit"), "on", "off"
        with db.engine.begin() as connection:
            connection.execute(text("SET synchronous_commit = on"))  # the server of the tests has it off
    for fails in (False, True):
        with suppress(ZeroDivisionError), begin_without_disk(db.engine) as connection:
            assert connection.scalar(read) == hurried
            1 / (not fails)
        with db.engine.connect() as connection:
            assert connection.scalar(read) == usual


def test_a_reading_session_cannot_write(session, world):
    session.commit()
    session.info["read_only"] = True
    session.scalars(db.select(Company)).first().name = "Changed"
    with pytest.raises(DBAPIError, match=r"(?i)read-?only"):
        session.commit()
    session.rollback()


def test_control_a_writing_session_can(session, world):
    session.commit()
    session.scalars(db.select(Company)).first().name = "Changed"
    session.commit()


@pytest.mark.parametrize("locked", [True, False])
def test_two_writers_read_and_write_in_turn(app, world, session, locked):
    """Each locks a row, reads a number and writes one more; the control, without the lock, loses some."""
    company_id = world.sparkle.id
    session.commit()
    together = threading.Barrier(2)

    def count_up():
        with app.app_context():
            together.wait()
            for _ in range(20):
                company = db.session.get_one(Company, company_id, with_for_update=locked)
                time.sleep(0.001)
                company.payment_days += 1
                db.session.commit()

    writers = [threading.Thread(target=count_up) for _ in range(2)]
    [writer.start() for writer in writers]
    [writer.join() for writer in writers]
    assert (session.get_one(Company, company_id).payment_days == 14 + 40) is locked


def test_a_reader_takes_no_lock_and_the_first_write_does(app, world, session):
    session.commit()
    company = session.scalars(db.select(Company)).first()
    with app.app_context():
        db.session.scalars(db.select(Company)).first().name = "Meanwhile"
        db.session.commit()
    company.welcome = "Hello"
    session.commit()
    assert (company.name, company.welcome) == ("Meanwhile", "Hello")


def test_an_instant_is_returned_in_utc(session, ana):
    ana.left_at = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    session.commit()
    assert ana.left_at == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert ana.left_at.utcoffset() == timedelta(0)


def test_an_instant_without_a_zone_is_a_value_error(session, ana):
    ana.left_at = datetime(2026, 7, 1, 12)  # noqa: DTZ001 - the mistake itself
    with pytest.raises(StatementError, match="time zone"):
        session.commit()
    session.rollback()


def test_a_row_cannot_refer_to_a_missing_row(session, ana):
    ana.customer_id = 999_999
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        session.commit()
    session.rollback()


def test_a_company_formats_money_and_time_in_its_language(session):
    vienna = factories.company("putz", "Putz", "starter", time_zone="Europe/Vienna", currency="EUR", language="de")
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert vienna.day(late).isoformat() == "2027-01-01"
    with speaking(vienna.language):
        assert vienna.money(124_000) == "1.240,00\xa0€"
        assert vienna.format_time(late) == "00:30"
    yen = factories.company("soji", "Soji", "starter", currency="JPY")
    assert yen.money(1240) == "¥1,240"


def test_a_statement_with_a_limit_is_planned_once(app, session):
    """SQLite asks an authorizer while it plans. It does so again for `LIMIT ?`, as long as that is its own way."""
    sqlite_only(app)
    raw = session.connection().connection.dbapi_connection
    asked = []
    raw.set_authorizer(lambda *_: asked.append(True) or 0)
    session.execute(select(Company.id).limit(7)).all()
    raw.execute("SELECT id FROM company LIMIT ?", (7,)).fetchall()
    asked.clear()
    session.execute(select(Company.id).limit(8)).all()
    assert not asked
    raw.execute("SELECT id FROM company LIMIT ?", (8,)).fetchall()
    assert asked
    raw.set_authorizer(None)
