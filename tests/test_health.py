"""The health checks: one for the process, one for all it needs; on any host, and without details."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, text

from sergio import jobs
from sergio.extensions import db
from sergio.health import LONGEST_WAIT
from sergio.jobs.models import Job, Outage
from sergio.lib import clock
from tests import factories

WELL = {"database": True, "schema": True, "queue": True}


def ask(app, path="/up/ready", host="10.0.0.7"):
    return app.test_client().get(path, base_url=f"https://{host}")


def test_everything_works(app):
    response = ask(app)
    assert (response.status_code, response.json) == (200, WELL)
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["sparkle.sergio.test", "sergio.test", "nobody.example"])
@pytest.mark.parametrize("path", ["/up", "/up/ready"])
def test_it_responds_on_any_host(app, world, session, host, path):
    session.commit()
    assert ask(app, path, host).status_code == 200


def test_a_process_responds_without_its_database(app, statements):
    with statements() as seen:
        assert ask(app, "/up").text == "ok"
    assert seen == []


@pytest.fixture
def another_schema(app, session):
    """A database brought to a revision that this program does not know."""
    here = session.scalar(text("SELECT version_num FROM alembic_version"))
    session.rollback()
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'another'"))
    yield
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :here"), {"here": here})


def test_an_outdated_schema_is_reported(app, another_schema):
    response = ask(app)
    assert (response.status_code, response.json) == (503, {"database": True, "schema": False, "queue": False})
    assert response.headers["Retry-After"] == "30"


@pytest.fixture
def no_database(app):
    """Engines whose every connection fails."""
    engines = list(db.engines.values())
    pools = [engine.pool for engine in engines]
    for engine in engines:
        engine.pool = engine.pool.recreate()
        engine.pool._creator = broken
    yield
    for engine, pool in zip(engines, pools, strict=True):
        engine.pool = pool


def broken(*_):
    raise db.engine.dialect.dbapi.OperationalError("the secret host is away")


def test_a_database_that_is_down_is_reported_without_details(app, session, no_database):
    response = ask(app)
    assert (response.status_code, response.json) == (503, {"database": False, "schema": False, "queue": False})
    assert "secret" not in response.text


@pytest.mark.parametrize(("waited", "well"), [(LONGEST_WAIT * 0.5, True), (LONGEST_WAIT * 2, False)])
def test_a_queue_that_does_not_move_is_reported(app, session, waited, well):
    jobs.enqueue("jobs.delete_expired", at=clock.now() - waited)
    session.commit()
    assert ask(app).json == {**WELL, "queue": well}


def test_pdfs_that_are_still_to_be_rendered_do_not_count_as_overdue(app, session):
    jobs.enqueue("quotes.keep_pdf", at=clock.now() - LONGEST_WAIT * 2, quote_id=1)
    session.commit()
    assert ask(app).json == WELL


def test_later_and_running_jobs_do_not_count_as_overdue(app, session):
    session.execute(delete(Job))
    jobs.enqueue("jobs.delete_expired", at=clock.now() + timedelta(days=1))
    begun = factories.job("jobs.delete_expired", at=clock.now() - timedelta(days=1))
    begun.leased_until = clock.now() + timedelta(minutes=1)
    session.commit()
    assert ask(app).json == WELL


@pytest.mark.parametrize("away", [True, False])
def test_jobs_that_wait_for_a_server_do_not_count_as_overdue(app, session, away):
    jobs.enqueue("outbox.deliver", at=clock.now() - timedelta(hours=1), email_id=1)
    if away:
        session.add(Outage(server=jobs.SMTP, since=clock.now(), next_at=clock.now(), reason="It does not answer."))
    session.commit()
    assert ask(app).json == {**WELL, "queue": away}
