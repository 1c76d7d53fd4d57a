"""Fixtures of all tests: an app on a new SQLite or PostgreSQL database, a small world, browsers, the queue."""

import gc
import os
import re
import shutil
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import current_thread
from zlib import crc32

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES
from sqlalchemy import event

from sergio import create_app
from sergio.config import Config
from sergio.database.engines import Session
from sergio.database.upgrade import bring_up_to_date
from sergio.extensions import db
from sergio.jobs import worker
from sergio.staff.models import OFFICE
from tests import factories
from tests.browser import Browser, settle
from tests.postgres import new_database, postgres_server
from tests.states import PostgresStates, SqliteStates

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
DATABASES = re.compile(r"tests/(database|jobs)/|faults/test_(?!queue|logs)|/test_(races|ledger|growth)|isolation|plan")
ASKS_A_DATABASE = {"statements", "slow_writing", "at_once", "all_at_once", "once", "one_database"}
"""The tests of these names, and those with these fixtures, run on both kinds always: they count statements, race, read
plans, or choose the kind themselves. Those of the queue and of the logs take long, and have it on both in their long
form.
"""


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collect without garbage collections, and keep later ones from what was loaded: they took a quarter of the time.

    Thousands of tests and modules stay to the end; what a test leaves is found by fewer collections of what is new.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        gc.enable()


def pytest_generate_tests(metafunc):
    """Run every test that uses the database on both kinds."""
    if "database" in metafunc.fixturenames:
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True, scope="session")


def pytest_collection_modifyitems(config, items):
    """In a run of the whole suite, leave each test on one kind of database by its name, but for those that ask
    something of a database: about half of the time.
    """
    if os.environ.get("SERGIO_DATABASES") != "one each":
        return
    left_out = {item for item in items if not belongs(item)}
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def belongs(item) -> bool:
    """Whether a run that has each test once has it on this kind of database."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    if "database" not in params or ASKS_A_DATABASE & set(item.fixturenames) or DATABASES.search(item.nodeid):
        return True
    kinds = ["sqlite", "postgresql"]
    name = item.nodeid.replace(params["database"], "")
    return params["database"] == kinds[crc32(name.encode()) % 2]


@pytest.fixture(scope="session")
def fast_folder(tmp_path_factory):
    """Where databases and files are kept: in memory if there is room, where no commit waits for a disk."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30:
        with TemporaryDirectory(prefix="sergio-", dir=memory) as own:
            yield Path(own)
    else:
        yield tmp_path_factory.mktemp("databases")


@pytest.fixture(scope="session")
def databases(fast_folder, worker_id):
    """databases(kind): the app of this run on that kind of database, created when it is first used."""
    with ExitStack() as stack:

        @cache
        def made(kind: str):
            url = ""
            if kind == "postgresql":
                url = new_database(stack.enter_context(postgres_server()), f"sergio_{worker_id}")
            (fast_folder / kind).mkdir()
            app = create_app(replace(CONFIG, database_url=url, instance=fast_folder / kind))
            within(app, prepare, app, PostgresStates if url else SqliteStates)
            stack.callback(within, app, app.extensions["states"].close)
            return app

        yield made


def within(app, do, *args):
    with app.app_context():
        do(*args)


def prepare(app, kind_of_states):
    """Create the tables, and the two states that tests start from: empty, and with the world."""
    bring_up_to_date(db.engine)
    app.extensions["states"] = states = kind_of_states(app)
    states.keep("empty")
    factories.world()
    db.session.commit()
    states.keep("world")


@pytest.fixture(scope="session")
def database(request, databases):
    """An app on one kind of database."""
    return databases(request.param)


@pytest.fixture
def app(request, database):
    """The app with empty tables, or with the world if the test uses it."""
    within(database, database.extensions["states"].back_to, "world" if "world" in request.fixturenames else "empty")
    return database


@pytest.fixture
def session(app):
    """A session in an app context of the test's own, apart from those of requests."""
    with app.app_context():
        yield db.session
        db.session.remove()


@pytest.fixture
def world(session):
    """Sparkle with Ana, Ben, Olga and Theo; Rival with Cleo and Rita; Solo on the free plan with Sam."""
    return factories.people()


@pytest.fixture
def once(app, session):
    """`once("large", make)`: commit what `make()` adds, or put back what it added in an earlier test of this run.

    Comes before anything else that a test adds, which would be lost.
    """
    states = app.extensions["states"]

    def bring(name: str, make):
        session.rollback()
        if name in states.kept:
            states.back_to(name)
        else:
            make()
            session.commit()
            states.keep(name)
        session.expire_all()

    return bring


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
def nora(sparkle, session):
    """Sparkle's office member, who is not part of the world."""
    return factories.staff(sparkle, "Nora Fields", OFFICE)


@pytest.fixture
def visitor(app):
    """`visitor(company)`: a browser on the company's host, signed in nowhere."""
    return lambda company: Browser(app, company.subdomain)


@pytest.fixture(scope="session")
def signed_in():
    """Who has signed in by a real link in this run."""
    return set()


@pytest.fixture
def browser_of(app, work, signed_in):
    """`browser_of(person)`: a browser in which that contact or staff member is signed in: by a real link the first
    time in a run, after that by a cookie (tests/auth uses the whole sign-in each time).
    """

    def sign_in(person):
        browser = Browser(app, person.company.subdomain)
        who = (app, type(person), person.email)
        browser.be(person) if who in signed_in else browser.sign_in(person)
        signed_in.add(who)
        return browser

    return sign_in


@pytest.fixture
def work(app):
    """`work()`: do what is due, as the worker would; returns how many jobs ran.

    An email counts as sent, but Flask-Mail's testing mode opens no SMTP; tests/outbox uses a real server.
    """

    def drain():
        settle()
        with app.app_context():
            return worker.drain()

    return drain


@pytest.fixture
def outbox(session):
    """The emails in the outbox, oldest first, without those of sign-ins by `browser_of` (tests/browser.py)."""
    return factories.Outbox(session)


@pytest.fixture
def slow_writing():
    """A delay between check and write in each thread that a test starts, so that the others check as well."""
    here = current_thread()

    def pause(*flush):
        if current_thread() is not here:
            time.sleep(0.15)

    event.listen(Session, "before_flush", pause)
    yield
    event.remove(Session, "before_flush", pause)


@pytest.fixture
def statements(app):
    """`with statements() as seen:` collects the SQL of all engines within the block, without BEGIN and COMMIT."""

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
