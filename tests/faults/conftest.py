"""Faults against real processes: short in `./dev test`, long in `./dev test faults`."""

import os
from contextlib import ExitStack

import pytest

from sergio.audit.actor import BY_SYSTEM
from sergio.auth.models import SignIn
from sergio.auth.sessions import COOKIES
from sergio.extensions import db
from sergio.lib import clock
from tests.browser import door_of, settle
from tests.faults import program
from tests.faults.program import Client, Process, Web, environment
from tests.payments.conftest import invoice, receive_events, running, sandbox, webhooks  # noqa: F401 - for payments
from tests.ports import free_port

LONG = os.environ.get("SERGIO_FAULTS") == "long"
WAITING = "test_a_half_done_payment_settles", "test_after_an_outage"
COMPUTING = "test_killed_payers", "test_all_orders", "test_each_free_time", "test_random_multisets", "test_of_many"
FIRST = *WAITING, COMPUTING[0], "test_other_pages_stay_quick", *COMPUTING[1:]
"""What takes minutes in the long form: what mostly waits beside what computes, and the longest first, since whatever is
left to the end keeps a processor waiting.
"""


def pytest_collection_modifyitems(items):
    if LONG:
        items.sort(key=lambda item: next((at for at, name in enumerate(FIRST) if name in item.name), len(FIRST)))


@pytest.fixture(scope="session")
def long() -> bool:
    """Whether this is `./dev test faults`, which has minutes where `./dev test` has seconds."""
    return LONG


@pytest.fixture
def one_database(app):
    """For what is the same over each of them."""
    if app.config["SERGIO"].database_url:
        pytest.skip("the embedded database will do")


@pytest.fixture
def start(app, session, tmp_path):
    """`start("work", scheme="http")`: a command of the program on the database of this test, with changed settings."""
    with ExitStack() as stack:

        def command(*arguments, kind=Process, **changes):
            settle()
            env = environment(app.config["SERGIO"], **{"env": "development", **changes})
            log = tmp_path / f"{kind.__name__.lower()}-{arguments[0]}.log"
            return stack.enter_context(program.running(kind(*arguments, log=log, env=env)))

        yield command


@pytest.fixture
def serve(start):
    """`serve("--workers", 2, proxies=1)`: a web server that is up."""

    def up(*arguments, **changes) -> Web:
        return start(free_port(), *arguments, kind=Web, **changes).wait_until_up()

    return up


@pytest.fixture
def client_of(app):
    """`client_of(web, person)`: a browser at a running server, signed in as that contact or staff member."""

    def signed_in(web: Web, person) -> Client:
        settle()
        row, secret = SignIn.start(person, browser="a test", by=BY_SYSTEM, now=clock.now())
        db.session.add(row)
        host = f"{person.company.subdomain}.sergio.test"
        db.session.commit()
        return Client(web.port, host, {COOKIES[door_of(person)]: secret})

    return signed_in
