"""What every test may ask for: an app on a fresh SQLite or PostgreSQL, a small world, browsers, the queue."""

import shutil
from contextlib import contextmanager
from dataclasses import replace

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES
from sqlalchemy import event, text

from sergio import create_app
from sergio.config import Config
from sergio.extensions import db, limiter
from sergio.jobs import worker
from sergio.migrating import bring_up_to_date
from tests import factories
from tests.browser import Browser, settle
from tests.postgres import new_database, postgres_server

SPECIAL_USE_DOMAIN_NAMES.remove("test")
CONFIG = Config(
    env="testing",
    database_key="ab" * 32,
    secret_key="a secret for tests that is long enough",
    root_domain="sergio.test",
    stripe_secret_key="sk_test_sergio",
    stripe_publishable_key="pk_test_sergio",
    stripe_webhook_secret="whsec_sergio",
)


def pytest_generate_tests(metafunc):
    """Whatever touches the database runs on both kinds."""
    if "database" in metafunc.fixturenames:
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True, scope="session")


@pytest.fixture(scope="session")
def postgres_url(worker_id):
    """A PostgreSQL server of this test worker's own."""
    with postgres_server() as socket:
        yield new_database(socket, f"sergio_{worker_id}")


@pytest.fixture(scope="session")
def database(request, tmp_path_factory):
    """An app with empty tables, on one kind of database, for the whole run."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    instance = tmp_path_factory.mktemp(request.param)
    app = create_app(replace(CONFIG, database_url=url, instance=instance))
    with app.app_context():
        bring_up_to_date()
        dispose(app)
    if not url:
        shutil.copy(instance / "sergio.db", instance / "empty.db")
    yield app
    with app.app_context():
        dispose(app)


@pytest.fixture
def app(database):
    """The app with nothing in its tables."""
    with database.app_context():
        empty(database)
        limiter.reset()
    return database


def empty(app):
    """Put the database back to empty tables: a fresh copy of the file, or one TRUNCATE."""
    config = app.config["SERGIO"]
    if config.database_url:
        with db.engine.begin() as connection:
            names = ", ".join(f'"{table.name}"' for table in db.metadata.sorted_tables)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        return
    dispose(app)
    for leftover in config.instance.glob("sergio.db-*"):
        leftover.unlink()
    shutil.copy(config.instance / "empty.db", config.database_path)


def dispose(app):
    for engine in db.engines.values():
        engine.dispose()


@pytest.fixture
def session(app):
    """A session in an app context of the test's own, apart from those of requests."""
    with app.app_context():
        yield db.session
        db.session.remove()


@pytest.fixture
def world(session):
    """Sparkle with Ana, Ben, Olga and Theo; Rival with Cleo and Rita; Solo on the free plan with Sam."""
    world = factories.world()
    session.commit()
    return world


@pytest.fixture
def sparkle(world):
    return world.sparkle


@pytest.fixture
def rival(world):
    return world.rival


@pytest.fixture
def ana(world):
    return world.ana


@pytest.fixture
def ben(world):
    return world.ben


@pytest.fixture
def cleo(world):
    return world.cleo


@pytest.fixture
def olga(world):
    return world.olga


@pytest.fixture
def theo(world):
    return world.theo


@pytest.fixture
def visitor(app):
    """`visitor(company)`: a browser on the company's host, signed in nowhere."""
    return lambda company: Browser(app, company.subdomain)


@pytest.fixture
def browser_of(app, work):
    """`browser_of(person)`: a browser in which that contact or staff member is signed in."""

    def sign_in(person):
        browser = Browser(app, person.company.subdomain)
        browser.sign_in(person)
        return browser

    return sign_in


@pytest.fixture
def work(app):
    """`work()`: do what is due, as the worker would; returns how many jobs ran.

    A letter counts as sent, but Flask-Mail's testing mode opens no SMTP; tests/outbox speaks to a real server.
    """

    def drain():
        settle()
        with app.app_context():
            return worker.drain()

    return drain


@pytest.fixture
def outbox(session):
    """The letters on their way, oldest first. That of a sign-in by `browser_of` is read and gone (tests/browser.py)."""
    return factories.Outbox(session)


@pytest.fixture
def statements(app):
    """`with statements() as seen:` collects the SQL of all engines meanwhile; beginnings and ends do not count."""

    @contextmanager
    def listen():
        seen = []

        def note(connection, cursor, statement, parameters, context, executemany):
            if not statement.startswith("BEGIN"):
                seen.append(statement)

        with app.app_context():
            engines = list(db.engines.values())
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        yield seen
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)

    return listen
