"""Solo, which is on the free plan, its owner Sam, and the Stripe sandbox that sells plans."""

from dataclasses import replace

import pytest

from sergio.billing.models import Subscription, SubscriptionInvoice
from sergio.companies.models import Company
from sergio.extensions import db
from sergio.jobs import enqueue
from sergio.jobs.models import Job
from sergio.sandbox.stripe import running_sandbox
from tests.browser import Browser
from tests.payments.card_form import CardForm, Webhooks

PLAN = "/office/settings/plan"


@pytest.fixture(scope="session")
def running():
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running, app):
    """A new Stripe sandbox for this app."""
    running.reset()
    config = app.config["SERGIO"]
    urls = {"stripe_api_base": running.base_url, "stripe_js_url": f"{running.base_url}/stripe.js"}
    app.config["SERGIO"] = replace(config, **urls)
    yield running
    app.config["SERGIO"] = config


@pytest.fixture
def webhooks(app, sandbox):
    return Webhooks(app, sandbox)


@pytest.fixture
def sam(world, session):
    session.commit()
    return world.sam


@pytest.fixture
def office(app, sandbox, sam):
    """Sam's browser."""
    browser = Browser(app, "solo")
    browser.be(sam)
    return browser


@pytest.fixture
def choose(office, sandbox):
    """`choose(plan)`: press a plan's button; the card form of the page it leads to."""

    def press(plan="starter"):
        pressed = office.post(f"{PLAN}/subscription", {"plan": plan})
        assert pressed.location == f"{PLAN}/payment", pressed.text
        return CardForm(sandbox, office.get(pressed.location).text)

    return press


@pytest.fixture
def receive_events(webhooks, work, session):
    """`receive_events()`: send Stripe's new events, and run the worker; checks that no job failed."""

    def send_and_work():
        assert set(webhooks.send_new()) <= {200}
        work()
        session.rollback()
        assert session.scalars(db.select(Job.error).where(Job.error != "", Job.name.startswith("billing."))).all() == []

    return send_and_work


@pytest.fixture
def reconcile(app, work):
    """`reconcile()`: what the worker does every few minutes."""

    def enqueue_and_work():
        with app.app_context():
            enqueue("billing.reconcile")
            db.session.commit()
        work()

    return enqueue_and_work


@pytest.fixture
def records(session):
    """Our rows about Solo's plan."""
    return Records(session)


@pytest.fixture
def subscribed(choose, receive_events, records):
    """Solo pays for Starter."""
    choose().pay()
    receive_events()
    return records


class Records:
    """The company, its newest subscription, and its invoices, read again each time."""

    def __init__(self, session):
        self.session = session

    @property
    def company(self) -> Company:
        self.session.rollback()
        return self.session.scalars(Company.at("solo")).one()

    @property
    def subscription(self) -> Subscription:
        self.session.rollback()
        return self.session.scalars(db.select(Subscription).order_by(Subscription.id.desc())).first()

    @property
    def count(self) -> int:
        self.session.rollback()
        return len(self.session.scalars(db.select(Subscription)).all())

    @property
    def invoices(self) -> list[SubscriptionInvoice]:
        self.session.rollback()
        return self.session.scalars(SubscriptionInvoice.of_company(self.company.id)).all()

    @property
    def stands(self) -> tuple:
        """What must be the same for any order of events."""
        row = self.subscription
        invoices = [(each.stripe_id, each.status, each.amount) for each in self.invoices]
        return self.company.plan, row.status, row.plan, row.card, row.ends_with_period, invoices
